//! Prints the results of `new`, `run`, `test`, `check`, `explain` and `inspect`. Progress and the tool's own errors are
//! printed by `package::say`.
//!
//! Each line is cleaned: names come from projects, applications and components.

use std::io::{self, Write as _};

/// Prints text on standard output, with one line end at its end. Empty lines in it stay.
pub(crate) fn out(text: &str) {
    let text = cleaned(text);
    if !text.is_empty() {
        // A closed pipe must not fail a command.
        let _gone = writeln!(io::stdout().lock(), "{text}");
    }
}

fn cleaned(text: &str) -> String {
    let lines = text.trim_end_matches('\n').split('\n');
    lines.map(text::line).collect::<Vec<_>>().join("\n")
}

/// Prints text of another program on standard error, as that program wrote it.
pub(crate) fn err(bytes: &[u8]) {
    let _gone = io::stderr().lock().write_all(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_stay_and_each_line_is_cleaned() {
        let text = cleaned("[[processes]]\n\ntype = \"web\"\n\n\u{1b}[0mend\n\n");
        let lines: Vec<_> = text.split('\n').collect();
        assert_eq!(lines[..4], ["[[processes]]", "", "type = \"web\"", ""]);
        assert_eq!(lines.len(), 5);
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
