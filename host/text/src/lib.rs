//! Makes texts from outside safe for a line of a log: from a server, a component, a repository, a binding, an image.
//!
//! The host's only table of characters is here. Nothing here knows a secret or prints.

mod cause;
mod wrap;

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt as _;

pub use cause::chain;
pub use wrap::wrapped;

/// The limit for a shown name, in characters.
const NAME: usize = 80;
/// The limit for a shown path or a server's message, in characters.
const LONG: usize = 200;

/// Sorted ranges of characters that are invisible or that change the direction of the text after them, besides the
/// control characters: Unicode's `Default_Ignorable_Code_Point`, its line and paragraph separators, and its
/// interlinear annotation marks.
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

/// Returns whether a character is a control character, invisible, or changes the direction of text.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control() || UNSEEN.iter().any(|(from, to)| (*from..=*to).contains(&c))
}

/// Returns the text as one line that can't control a terminal, hide characters, or give the CI service a command.
///
/// Line ends and tabs become spaces, and other unseen characters are removed. CI services read commands from a build's
/// log: `##[...]` and `##vso[...]` anywhere in a line, and `::...::` at its beginning. A space is put into these.
/// GitLab's commands contain control characters, which are removed.
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

/// Escapes a name from outside for a message that has it in quotes, and cuts it if it is long.
#[must_use]
pub fn shown(text: &str) -> String {
    escaped(text, NAME)
}

/// Like [`shown`], for a name that need not be UTF-8.
#[must_use]
pub fn shown_os(name: &OsStr) -> String {
    escaped_bytes(name.as_bytes(), NAME)
}

/// Like [`shown_os`], for a path: the limit is higher.
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

/// Returns JSON of the same value in printable characters, so that it can be shown to a person as well.
#[must_use]
pub fn json(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    for c in text.chars() {
        // JSON has these characters only within strings, so they can be escaped.
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

/// A server's message, whole and unchanged, so that it can be compared. It is displayed as one line, cut to a limit.
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
