//! Texts from outside, made fit for a line of a log: those of a server, a component, a repository, a binding, an image.
//!
//! One table of characters, and nobody else has one. Nothing here knows a secret or prints.

mod cause;

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt as _;

pub use cause::chain;

/// The most characters of a name that are shown.
const NAME: usize = 80;
/// The same for a path, or for what a server says.
const LONG: usize = 200;

/// Characters besides the control characters that nobody sees, or that turn the text behind them around, in their
/// order: Unicode's `Default_Ignorable_Code_Point`, its separators of lines and paragraphs, and its marks of annotations.
const UNSEEN: [(char, char); 17] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a character is not to be seen as what it is.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control() || UNSEEN.iter().any(|(from, to)| (*from..=*to).contains(&c))
}

/// One line, which neither steers a terminal, nor hides something, nor is a command to the service that runs the build.
///
/// Line ends and tabs become spaces; other characters that are not to be seen are left out. Services of CI read commands
/// out of what a build prints: `##[...]` and `##vso[...]` anywhere in a line, and `::...::` at its beginning. Those get
/// a space between. What GitLab reads has control characters in it.
#[must_use]
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' => line.push(' '),
            c if is_unseen(c) => {}
            '#' if line.ends_with('#') => line.push_str(" #"),
            c => line.push(c),
        }
    }
    let begin = line.len() - line.trim_start().len();
    if line[begin..].starts_with("::") {
        line.insert(begin + 1, ' ');
    }
    line
}

/// A name from outside for a message, where it stands between quotes: escaped, and cut if it is long.
#[must_use]
pub fn shown(text: &str) -> String {
    escaped(text, NAME)
}

/// The same for a name that need not be UTF-8.
#[must_use]
pub fn shown_os(name: &OsStr) -> String {
    escaped_bytes(name.as_bytes(), NAME)
}

/// The same for a path, of which more is shown.
#[must_use]
pub fn shown_path(path: &[u8]) -> String {
    escaped_bytes(path, LONG)
}

fn escaped_bytes(bytes: &[u8], most: usize) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => escaped(text, most),
        Err(_) => cut(&bytes.escape_ascii().to_string(), most),
    }
}

fn escaped(text: &str, most: usize) -> String {
    let mut escaped = String::new();
    for c in text.chars().take(most) {
        match c {
            '\'' | '"' | '\\' => escaped.extend(['\\', c]),
            '\0' => escaped.push_str("\\0"),
            c if is_unseen(c) => escaped.extend(c.escape_default()),
            c => escaped.push(c),
        }
    }
    if text.chars().nth(most).is_some() {
        escaped.push('…');
    }
    escaped
}

fn cut(text: &str, most: usize) -> String {
    let mut cut: String = text.chars().take(most).collect();
    if text.chars().nth(most).is_some() {
        cut.push('…');
    }
    cut
}

/// JSON for a program, which may be shown to a person as well: the same value, in characters that can be printed.
#[must_use]
pub fn json(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    for c in text.chars() {
        // Outside of its strings JSON has neither.
        if c == '#' || c != '\n' && is_unseen(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _written = write!(json, "\\u{unit:04x}");
            }
        } else {
            json.push(c);
        }
    }
    json
}

/// A server's words, whole and as they came, for comparing. Shown, they are one line and not too long.
#[derive(Clone, PartialEq, Eq)]
pub struct Said(String);

impl From<&[u8]> for Said {
    fn from(bytes: &[u8]) -> Self {
        Self(String::from_utf8_lossy(bytes).into_owned())
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PartialEq<str> for Said {
    fn eq(&self, text: &str) -> bool {
        self.0 == text
    }
}

impl Deref for Said {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&cut(line(&self.0).trim(), LONG))
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Said({self})")
    }
}

#[cfg(test)]
mod tests;
