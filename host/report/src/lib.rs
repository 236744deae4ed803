//! Prints everything that a person sees. This is the only trusted code that prints, so that all output is cleaned by `text`.
//!
//! Nothing here decides what is reported; only how a line looks.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use contract::log::Level;
use text::line;

/// The indent of the lines under a headline.
const INDENT: &str = "  ";
/// The prefix of the component's own lines. No line of the host has it.
pub const COMPONENT: &str = "| ";
/// The number of warnings of one kind that are shown one by one.
const MOST_ALIKE: usize = 3;

/// Prints the output of one phase.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Report {
    /// Whether lines of level `debug` are shown.
    debug: bool,
    /// Whether standard output has colours.
    colour: bool,
    error_colour: bool,
    /// The indent of each line.
    indent: &'static str,
    /// Whether only errors are printed.
    silent: bool,
}

/// The styles of text, as control sequences: ECMA-48's "select graphic rendition".
#[derive(Debug, Clone, Copy)]
enum Style {
    Headline,
    Warning,
    Error,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Headline => "1",
            Self::Warning => "33",
            Self::Error => "1;31",
        }
    }
}

impl Report {
    /// Used before the settings are known.
    pub const PLAIN: Self = Self {
        debug: false,
        colour: false,
        error_colour: false,
        indent: "",
        silent: false,
    };
    /// Used for steps whose result another report prints.
    pub const SILENT: Self = Self {
        silent: true,
        ..Self::PLAIN
    };

    /// Makes a report with or without lines of level `debug`, and with or without colours. If `colour` is `None`, a
    /// terminal gets colours and anything else does not.
    ///
    /// Checks here whether the output is a terminal, because the sandbox denies that later.
    #[must_use]
    pub fn new(debug: bool, colour: Option<bool>) -> Self {
        Self {
            debug,
            colour: colour.unwrap_or_else(|| io::stdout().is_terminal()),
            error_colour: colour.unwrap_or_else(|| io::stderr().is_terminal()),
            ..Self::PLAIN
        }
    }

    /// Prints a buildpack's headline. The returned report indents its lines under it.
    #[must_use]
    pub fn headline(self, name: &str, version: &str) -> Self {
        let text = line(&format!("---> {name} {version}"));
        self.print(&styled(self.colour, Style::Headline, &text));
        Self {
            indent: INDENT,
            ..self
        }
    }

    /// Prints a line of the host.
    pub fn line(self, text: &str) {
        self.say(Level::Info, text);
    }

    /// Prints the host's lines at a level.
    pub fn say(self, level: Level, text: &str) {
        self.lines(level, "", text);
    }

    /// Prints a warning: something that works, but is probably a mistake.
    pub fn warning(self, text: &str) {
        self.say(Level::Warning, text);
    }

    /// Prints a warning for each of the first few things, then counts the others. `one` and `several` name those.
    pub fn warnings<T>(self, things: &[T], text: impl Fn(&T) -> String, one: &str, several: &str) {
        for text in of_one_kind(things, text, one, several) {
            self.warning(&text);
        }
    }

    /// Prints lines that help to find a fault.
    pub fn debug(self, text: &str) {
        self.say(Level::Debug, text);
    }

    /// Prints a message of the component, marked so that it can't be taken for one of the host.
    pub fn component(self, level: Level, text: &str) {
        self.lines(level, COMPONENT, text);
    }

    /// Prints each line with `mark` before it.
    fn lines(self, level: Level, mark: &str, text: &str) {
        let prefix = match level {
            Level::Debug if !self.debug => return,
            Level::Debug | Level::Info => String::new(),
            Level::Warning => styled(self.colour, Style::Warning, "Warning:") + " ",
        };
        for (n, text) in text.lines().enumerate() {
            let prefix = if n == 0 { &*prefix } else { "" };
            self.print(&format!("{mark}{prefix}{}", line(text)));
        }
    }

    /// Prints an error on standard error. The first line is its title.
    pub fn error(self, text: &str) {
        let mut err = io::stderr().lock();
        for (n, text) in text.lines().enumerate() {
            let line = line(text);
            let line = match n {
                0 => styled(self.error_colour, Style::Error, &line),
                _ => line,
            };
            let _gone = writeln!(err, "{line}");
        }
    }

    /// Prints a line. Ignores a closed pipe, which must not fail a build.
    fn print(self, line: &str) {
        if self.silent {
            return;
        }
        let _gone = writeln!(io::stdout().lock(), "{}{line}", self.indent);
    }
}

/// The first few texts, and a count of the others.
fn of_one_kind<T>(
    things: &[T],
    text: impl Fn(&T) -> String,
    one: &str,
    several: &str,
) -> Vec<String> {
    let (first, others) = things.split_at(things.len().min(MOST_ALIKE));
    let mut texts: Vec<_> = first.iter().map(text).collect();
    if !others.is_empty() {
        let others = counted(others.len() as u64, one, several);
        texts.push(format!("The same holds for {others}."));
    }
    texts
}

fn styled(colour: bool, style: Style, text: &str) -> String {
    if colour {
        format!("\u{1b}[{}m{text}\u{1b}[0m", style.code())
    } else {
        text.to_owned()
    }
}

/// Formats a number of bytes, with units of 1000.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.into_iter().find(|(_, unit)| count >= *unit) {
        Some((name, unit)) => format!("{}.{} {name}", count / unit, count % unit * 10 / unit),
        None if count == 1 => "1 byte".to_owned(),
        None => format!("{count} bytes"),
    }
}

/// Formats a number of things.
#[must_use]
pub fn counted(count: u64, one: &str, several: &str) -> String {
    let what = if count == 1 { one } else { several };
    format!("{count} {what}")
}

/// Formats a time in seconds.
#[must_use]
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_as_they_are_asked_for_on_both_streams() {
        for colour in [true, false] {
            let report = Report::new(false, Some(colour));
            assert_eq!((report.colour, report.error_colour), (colour, colour));
        }
        let coloured = "\u{1b}[33mWarning:\u{1b}[0m";
        assert_eq!(styled(true, Style::Warning, "Warning:"), coloured);
        assert_eq!(styled(false, Style::Warning, "Warning:"), "Warning:");
    }

    #[test]
    fn of_many_warnings_of_a_kind_the_first_few_are_shown_and_the_others_counted() {
        let told = |count: usize| {
            let things: Vec<_> = (0..count).collect();
            of_one_kind(&things, |n| format!("no {n}"), "other", "others")
        };
        assert_eq!(told(0), [""; 0]);
        assert_eq!(told(3), ["no 0", "no 1", "no 2"]);
        assert_eq!(told(4)[3], "The same holds for 1 other.");
        let many = told(30_000);
        assert_eq!(many.len(), 4);
        assert_eq!(many[3], "The same holds for 29997 others.");
    }

    #[test]
    fn sizes_are_told_in_the_largest_unit_that_fits() {
        for (count, told) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (7_528, "7.5 kB"),
            (999_999, "999.9 kB"),
            (104_857_600, "104.8 MB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(bytes(count), told);
        }
    }
}
