//! What a person sees. The only file that prints, and so the one that cleans.
//!
//! No decision is made here but how a line looks.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use crate::contract::log::Level;

/// How what is said beneath a headline begins.
const INDENT: &str = "  ";

/// Prints for one phase.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// Whether lines of level `debug` are shown.
    debug: bool,
    /// Whether standard output has colours.
    colour: bool,
    /// Whether standard error has.
    error_colour: bool,
    /// What each line begins with.
    indent: &'static str,
}

/// Control sequences by their meaning, ECMA-48's "select graphic rendition".
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
    /// Before anything is known of who reads it.
    pub const PLAIN: Self = Self {
        debug: false,
        colour: false,
        error_colour: false,
        indent: "",
    };

    /// Prints what is asked for: lines of level `debug`, and colours, which otherwise a terminal has and nothing else.
    ///
    /// What the output goes to is asked here and not later: a confined process may not ask.
    #[must_use]
    pub fn new(debug: bool, colour: Option<bool>) -> Self {
        Self {
            debug,
            colour: colour.unwrap_or_else(|| io::stdout().is_terminal()),
            error_colour: colour.unwrap_or_else(|| io::stderr().is_terminal()),
            ..Self::PLAIN
        }
    }

    /// The headline of a buildpack's work. What is said with the report that comes back stands beneath it.
    #[must_use]
    pub fn headline(self, name: &str, version: &str) -> Self {
        let text = clean(&format!("---> {name} {version}"));
        self.print(&styled(self.colour, Style::Headline, &text));
        Self {
            indent: INDENT,
            ..self
        }
    }

    /// A line of the host's own.
    pub fn line(self, text: &str) {
        self.print(&clean(text));
    }

    /// Something that works, but is likely not meant so.
    pub fn warning(self, text: &str) {
        self.guest(Level::Warning, text);
    }

    /// For the one who looks for a fault.
    pub fn debug(self, text: &str) {
        self.guest(Level::Debug, text);
    }

    /// What the guest says.
    pub fn guest(self, level: Level, text: &str) {
        let prefix = match level {
            Level::Debug if !self.debug => return,
            Level::Debug | Level::Info => String::new(),
            Level::Warning => styled(self.colour, Style::Warning, "Warning:") + " ",
        };
        for (n, line) in text.lines().enumerate() {
            let prefix = if n == 0 { &*prefix } else { "" };
            self.print(&format!("{prefix}{}", clean(line)));
        }
    }

    /// An error, on standard error: its first line is its title.
    pub fn error(self, text: &str) {
        let mut err = io::stderr().lock();
        for (n, line) in text.lines().enumerate() {
            let line = clean(line);
            let line = match n {
                0 => styled(self.error_colour, Style::Error, &line),
                _ => line,
            };
            let _gone = writeln!(err, "{line}");
        }
    }

    /// A reader that has gone away is no reason to fail a build.
    fn print(self, line: &str) {
        let _gone = writeln!(io::stdout().lock(), "{}{line}", self.indent);
    }
}

fn styled(colour: bool, style: Style, text: &str) -> String {
    if colour {
        format!("\u{1b}[{}m{text}\u{1b}[0m", style.code())
    } else {
        text.to_owned()
    }
}

/// A number of bytes, in words: thousands, as disks and networks count.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.into_iter().find(|(_, unit)| count >= *unit) {
        Some((name, unit)) => format!("{}.{} {name}", count / unit, count % unit * 10 / unit),
        None if count == 1 => "1 byte".to_owned(),
        None => format!("{count} bytes"),
    }
}

/// A number of things, in words.
#[must_use]
pub fn counted(count: u64, one: &str, several: &str) -> String {
    let what = if count == 1 { one } else { several };
    format!("{count} {what}")
}

/// A time, in seconds.
#[must_use]
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
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
