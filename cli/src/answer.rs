//! Prints the answer to a question, as text for a person or as JSON for a program. Nothing is decided here.

use std::fmt::{self, Display, Write as _};

use serde::Serialize;

use crate::show;

/// The form of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    #[default]
    Text,
    /// For a program.
    Json,
}

/// Prints an answer on standard output.
pub(crate) fn show(answer: &(impl Display + Serialize), format: Format) {
    match format {
        Format::Text => show::out(&answer.to_string()),
        Format::Json => json(answer),
    }
}

/// Prints an answer as JSON on standard output.
pub(crate) fn json(answer: &impl Serialize) {
    // This cannot fail, because all keys are strings.
    let json = serde_json::to_string_pretty(answer).unwrap_or_default();
    show::out(&text::json(&json));
}

/// Writes the lines of a text below a line of an answer.
pub(crate) fn indented(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        writeln!(f, "    {line}")?;
    }
    Ok(())
}

/// Writes a list after its name, in lines of at most 98 columns.
pub(crate) fn list(f: &mut fmt::Formatter<'_>, what: &str, items: &[String]) -> fmt::Result {
    match items {
        [] => writeln!(f, "{what}: none"),
        items => {
            let mut width = what.len() + 1;
            write!(f, "{what}:")?;
            for (n, item) in items.iter().enumerate() {
                let comma = if n + 1 < items.len() { "," } else { "" };
                if n > 0 && width + item.len() > 98 {
                    f.write_str("\n   ")?;
                    width = 3;
                }
                write!(f, " {item}{comma}")?;
                width += item.len() + 2;
            }
            f.write_char('\n')
        }
    }
}
