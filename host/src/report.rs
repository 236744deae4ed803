//! What a person sees. The only file that prints, and so the one that cleans.
//!
//! No decision is made here but how a line looks.

use std::io::{self, Write};

use crate::contract::log::Level;

/// Prints for one phase.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// Whether lines of level `debug` are shown.
    pub debug: bool,
}

impl Report {
    /// A line of the host's own.
    pub fn line(self, text: &str) {
        print(&mut io::stdout().lock(), &clean(text));
    }

    /// A step of the host's own, below its headline.
    pub fn step(self, text: &str) {
        print(&mut io::stdout().lock(), &format!("  {}", clean(text)));
    }

    /// Something that works, but is likely not meant so.
    pub fn warning(self, text: &str) {
        self.guest(Level::Warning, text);
    }

    /// What the guest says.
    pub fn guest(self, level: Level, text: &str) {
        let prefix = match level {
            Level::Debug if !self.debug => return,
            Level::Debug | Level::Info => "",
            Level::Warning => "Warning: ",
        };
        let mut out = io::stdout().lock();
        for (n, line) in text.lines().enumerate() {
            let prefix = if n == 0 { prefix } else { "" };
            print(&mut out, &format!("{prefix}{}", clean(line)));
        }
    }

    /// An error, on standard error.
    pub fn error(self, text: &str) {
        let mut err = io::stderr().lock();
        for line in text.lines() {
            print(&mut err, &clean(line));
        }
    }
}

/// A reader that has gone away is no reason to fail a build.
fn print(out: &mut impl Write, line: &str) {
    let _gone = writeln!(out, "{line}");
}

/// One line without what could steer a terminal or turn text around: control characters, C0 and C1, and Unicode's
/// marks of direction. A tab becomes a space.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' => Some(' '),
            '\u{200e}'
            | '\u{200f}'
            | '\u{061c}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => None,
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_takes_away_what_steers_a_terminal() {
        let cases = [
            ("plain \u{e4}\u{1f600}", "plain \u{e4}\u{1f600}"),
            ("a\tb", "a b"),
            ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
            ("\u{1b}]8;;http://x\u{7}link", "]8;;http://xlink"),
            ("over\rwritten\u{8}", "overwritten"),
            ("\u{9b}2J", "2J"),
            ("\u{202e}txt.exe\u{2066}", "txt.exe"),
            ("nul\0", "nul"),
        ];
        for (text, cleaned) in cases {
            assert_eq!(clean(text), cleaned, "{text:?}");
        }
    }
}
