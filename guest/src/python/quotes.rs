//! Skips string literals, and the fields between `{` and `}` in them.
//!
//! Only the end of a literal matters here.

use super::{Lines, Stop, is_of_word};

/// The greatest depth of nested literals. Python's own limit is similar.
const DEEPEST: usize = 100;

impl Lines<'_> {
    /// Skips a string literal if one begins here, and returns whether it does.
    pub(super) fn skip_text(&mut self) -> Result<bool, Stop> {
        let at = self.at();
        let prefix = self
            .rest
            .bytes()
            .take(2)
            .take_while(|byte| is_one_of(*byte, b"bfrtu"))
            .count();
        let quote = self.rest.as_bytes().get(prefix);
        if !matches!(quote, Some(b'"' | b'\'')) {
            return Ok(false);
        }
        let has_fields = self.take(prefix).bytes().any(|byte| is_one_of(byte, b"ft"));
        let long = self.rest.starts_with("\"\"\"") || self.rest.starts_with("'''");
        let end = self.take(if long { 3 } else { 1 });
        self.enter()?;
        while let Some(character) = self.rest.chars().next() {
            if self.rest.starts_with(end) {
                self.take(end.len());
                self.level -= 1;
                return Ok(true);
            }
            match character {
                // A backslash does not escape a brace.
                '\\' if has_fields && matches!(self.rest.as_bytes(), [_, b'{' | b'}', ..]) => {
                    self.take(1);
                }
                '\\' => self.skip_escaped(),
                '\n' | '\r' if !long => break,
                '{' if has_fields && !self.rest.starts_with("{{") => self.skip_field(end)?,
                '{' if has_fields => {
                    self.take(2);
                }
                _ => {
                    self.take(character.len_utf8());
                }
            }
        }
        Err(self.flaw(at, "a text in quotes that is never closed"))
    }

    /// Skips a field of a formatted literal. Since Python 3.12, it may contain literals with the same quotes; before,
    /// those could not occur.
    fn skip_field(&mut self, end: &str) -> Result<(), Stop> {
        self.take(1);
        let mut depth = 0_usize;
        let mut in_format = false;
        while let Some(character) = self.rest.chars().next() {
            match character {
                '{' if in_format => {
                    self.enter()?;
                    self.skip_field(end)?;
                    self.level -= 1;
                    continue;
                }
                '}' if depth == 0 => {
                    self.take(1);
                    return Ok(());
                }
                '\\' => {
                    self.skip_escaped();
                    continue;
                }
                // The literal ends within the field. Whether that is a fault is not decided here.
                _ if in_format && self.rest.starts_with(end) => return Err(Stop::Unclear),
                _ if in_format => {}
                '#' => {
                    self.skip_comment();
                    continue;
                }
                ':' if depth == 0 => in_format = true,
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ if self.skip_text()? => continue,
                _ if is_of_word(character) => {
                    self.take_word();
                    continue;
                }
                _ => {}
            }
            self.take(character.len_utf8());
        }
        Err(Stop::Unclear)
    }
    fn enter(&mut self) -> Result<(), Stop> {
        self.level += 1;
        if self.level > DEEPEST {
            return Err(Stop::Unclear);
        }
        Ok(())
    }
}

/// Whether a byte is one of these letters, in either case.
fn is_one_of(byte: u8, letters: &[u8]) -> bool {
    letters
        .iter()
        .any(|letter| byte.eq_ignore_ascii_case(letter))
}
