//! Splits Python source into logical lines of tokens, in enough detail to see what a module defines.
//!
//! The rules that use these tokens do not belong here. A source that no Python accepts may pass; a source that is
//! refused is not Python.

mod quotes;

use alloc::vec::Vec;

/// A token of a line. A string literal is one token with its quotes and prefix, and a number counts as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A name, a keyword or a number.
    Word(&'a str),
    /// An operator, a bracket or a separator. Of the longer operators, only [`PAIRS`] stay one token.
    Sign(&'a str),
    /// A string literal, whatever its content.
    Text,
}

/// Operators whose halves would mean something else.
const PAIRS: [&str; 6] = ["==", "!=", "<=", ">=", ":=", "->"];

/// A logical line: brackets and backslashes join several lines of the source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// The offset of its first token in the source, in bytes.
    pub(crate) at: usize,
    /// Its indentation, where a tab extends to the next multiple of eight.
    pub(crate) indent: usize,
    /// Its indentation, where a tab counts as one space.
    pub(crate) narrow: usize,
    /// Its tokens, at least one.
    pub(crate) tokens: Vec<Token<'a>>,
}

/// The reason why a source was not read to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Every Python refuses it.
    Flaw(Flaw),
    /// It may be valid, but this tokenizer cannot tell.
    Unclear,
}

/// A fault for which every Python refuses a source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// Its offset in the source, in bytes.
    pub(crate) at: usize,
    /// A description that can follow a colon.
    pub(crate) what: &'static str,
}

/// The logical lines of `source`. A [`Stop`] is the last item.
pub(crate) fn lines(source: &str) -> impl Iterator<Item = Result<Line<'_>, Stop>> {
    Lines {
        source,
        rest: source,
        level: 0,
    }
}

/// The first position of `sign` outside brackets.
pub(crate) fn position_outside(tokens: &[Token<'_>], sign: &str) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match token {
            Token::Sign("(" | "[" | "{") => depth += 1,
            Token::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Token::Sign(sign)
    })
}

struct Lines<'a> {
    source: &'a str,
    rest: &'a str,
    /// The number of string literals that are open.
    level: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (indent, narrow) = self.indent();
            let at = self.at();
            // The indentation of such a line differs between versions of Python.
            let tokens = if self.rest.starts_with('\\') && indent + at > 0 {
                Err(Stop::Unclear)
            } else {
                self.tokens()
            };
            match tokens {
                Ok(tokens) if tokens.is_empty() => {}
                Ok(tokens) => {
                    return Some(Ok(Line {
                        at,
                        indent,
                        narrow,
                        tokens,
                    }));
                }
                Err(stop) => {
                    self.rest = "";
                    return Some(Err(stop));
                }
            }
        }
        None
    }
}

impl<'a> Lines<'a> {
    fn indent(&mut self) -> (usize, usize) {
        let text = self.rest.trim_start_matches([' ', '\t', '\x0c']);
        let blank = &self.rest[..self.rest.len() - text.len()];
        self.rest = text;
        blank
            .chars()
            .fold((0, 0), |(wide, narrow), character| match character {
                '\t' => ((wide / 8 + 1) * 8, narrow + 1),
                '\x0c' => (0, 0),
                _ => (wide + 1, narrow + 1),
            })
    }

    /// Consumes the tokens of a logical line, with the line end.
    fn tokens(&mut self) -> Result<Vec<Token<'a>>, Stop> {
        let mut tokens = Vec::new();
        let mut brackets = Vec::new();
        while let Some(character) = self.rest.chars().next() {
            match character {
                '\n' | '\r' => {
                    self.take(1);
                    if brackets.is_empty() {
                        return Ok(tokens);
                    }
                }
                ' ' | '\t' | '\x0c' => {
                    self.take(1);
                }
                '#' => self.skip_comment(),
                '\\' => self.skip_continuation()?,
                _ if self.skip_text()? => tokens.push(Token::Text),
                _ if is_of_word(character) => tokens.push(Token::Word(self.take_word())),
                _ if is_stray(character, self.rest) => {
                    return Err(self.flaw(self.at(), "a character that Python doesn't have"));
                }
                _ => {
                    match character {
                        '(' | '[' | '{' => brackets.push(self.at()),
                        ')' | ']' | '}' if !self.closes(brackets.pop(), character) => {
                            let what = "a closing bracket without its opening one";
                            return Err(self.flaw(self.at(), what));
                        }
                        _ => {}
                    }
                    let pair = PAIRS.iter().any(|pair| self.rest.starts_with(pair));
                    let length = if pair { 2 } else { character.len_utf8() };
                    tokens.push(Token::Sign(self.take(length)));
                }
            }
        }
        match brackets.last() {
            None => Ok(tokens),
            Some(at) => Err(self.flaw(*at, "a bracket that is never closed")),
        }
    }

    /// Whether the bracket at this offset is of the same kind as the closing one.
    fn closes(&self, opened: Option<usize>, closing: char) -> bool {
        let opening = opened.and_then(|at| self.source.as_bytes().get(at));
        matches!(
            (opening, closing),
            (Some(b'('), ')') | (Some(b'['), ']') | (Some(b'{'), '}')
        )
    }

    fn skip_comment(&mut self) {
        let end = self.rest.find(['\n', '\r']);
        self.take(end.unwrap_or(self.rest.len()));
    }

    /// Consumes a backslash and the line end after it.
    fn skip_continuation(&mut self) -> Result<(), Stop> {
        if matches!(self.rest.as_bytes(), [_, next, ..] if !matches!(next, b'\n' | b'\r')) {
            return Err(self.flaw(self.at(), "a backslash that does not end its line"));
        }
        self.skip_escaped();
        Ok(())
    }

    /// Consumes a backslash and the escaped character. A line end is two characters on Windows.
    fn skip_escaped(&mut self) {
        self.take(1);
        let next = self.rest.chars().next().map_or(0, char::len_utf8);
        let length = if self.rest.starts_with("\r\n") {
            2
        } else {
            next
        };
        self.take(length);
    }

    fn take_word(&mut self) -> &'a str {
        let end = self.rest.find(|character| !is_of_word(character));
        self.take(end.unwrap_or(self.rest.len()))
    }

    /// Consumes and returns the first `length` bytes of the rest.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// The number of consumed bytes.
    fn at(&self) -> usize {
        self.source.len() - self.rest.len()
    }

    fn flaw(&self, at: usize, what: &'static str) -> Stop {
        // Within a nested literal, the fault may be in how the literal was read.
        if self.level > 1 {
            return Stop::Unclear;
        }
        Stop::Flaw(Flaw { at, what })
    }
}

/// A Python name may contain letters of every script.
fn is_of_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// Whether the first character of `rest` occurs in no name, operator or white space of Python. Such characters come
/// with text that was copied from elsewhere. Of all other characters, this function does not know it.
fn is_stray(character: char, rest: &str) -> bool {
    match character {
        '$' | '?' | '`' | '\u{200b}'..='\u{203e}' | '\u{2212}' | '\u{feff}' => true,
        '!' => !rest.starts_with("!="),
        _ => character.is_whitespace() || character.is_control(),
    }
}

#[cfg(test)]
mod tests;
