//! Prints what `new`, `run` and `test` show. Progress and the tool's own errors are printed by `package::say`.
//!
//! Each line is cleaned: names come from projects, applications and components.

use std::io::{self, Write as _};

/// Prints text on standard output, with one line end at its end.
pub(crate) fn out(text: &str) {
    let text = text.trim_end_matches('\n');
    if !text.is_empty() {
        let lines: Vec<_> = text.split('\n').map(text::line).collect();
        // A closed pipe must not fail a command.
        let _gone = writeln!(io::stdout().lock(), "{}", lines.join("\n"));
    }
}

/// Prints text of another program on standard error, as that program wrote it.
pub(crate) fn err(bytes: &[u8]) {
    let _gone = io::stderr().lock().write_all(bytes);
}
