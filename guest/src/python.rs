//! Python source cut into logical lines of words and signs, as far as that shows what a module defines.
//! What is looked for is not known here, and nothing is judged: a line that Python refuses passes.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;

/// A piece of a line. Texts are left out of their quotes, and numbers are words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A name, a keyword or a number.
    Word(&'a str),
    /// An operator, a bracket or a separator. Of those with more than one character only [`PAIRS`] stay whole.
    Sign(&'a str),
    /// A literal in quotes, whatever it holds.
    Text,
}

/// Signs that would mean something else in halves.
const PAIRS: [&str; 6] = ["==", "!=", "<=", ">=", ":=", "->"];

/// A logical line: brackets and backslashes join what the source has on several.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// How far it is indented, a tab going on to the next multiple of eight.
    pub(crate) indent: usize,
    /// What it is made of, never nothing.
    pub(crate) tokens: Vec<Token<'a>>,
}

/// The source ends within a bracket or a text, so it was not understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unclosed;

/// The logical lines of `source`. After [`Unclosed`] there are none.
pub(crate) fn lines(source: &str) -> impl Iterator<Item = Result<Line<'_>, Unclosed>> {
    Lines { rest: source }
}

struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, Unclosed>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let indent = self.indent();
            match self.tokens() {
                Ok(tokens) if tokens.is_empty() => {}
                Ok(tokens) => return Some(Ok(Line { indent, tokens })),
                Err(unclosed) => {
                    self.rest = "";
                    return Some(Err(unclosed));
                }
            }
        }
        None
    }
}

impl<'a> Lines<'a> {
    fn indent(&mut self) -> usize {
        let text = self.rest.trim_start_matches([' ', '\t', '\x0c']);
        let blank = &self.rest[..self.rest.len() - text.len()];
        self.rest = text;
        blank.chars().fold(0, |column, character| match character {
            '\t' => (column / 8 + 1) * 8,
            '\x0c' => 0,
            _ => column + 1,
        })
    }

    /// The tokens up to the end of the logical line, which is taken too.
    fn tokens(&mut self) -> Result<Vec<Token<'a>>, Unclosed> {
        let mut tokens = Vec::new();
        let mut depth = 0_usize;
        while let Some(character) = self.rest.chars().next() {
            match character {
                '\n' | '\r' => {
                    self.take(1);
                    if depth == 0 {
                        return Ok(tokens);
                    }
                }
                '#' => {
                    let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
                    self.take(end);
                }
                '\\' => self.skip_escaped(),
                '"' | '\'' => {
                    self.skip_text()?;
                    tokens.push(Token::Text);
                }
                _ if character.is_whitespace() => {
                    self.take(character.len_utf8());
                }
                _ if is_of_word(character) => {
                    let end = self.rest.find(|c| !is_of_word(c));
                    tokens.push(Token::Word(self.take(end.unwrap_or(self.rest.len()))));
                }
                _ => {
                    match character {
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    let pair = PAIRS.iter().any(|pair| self.rest.starts_with(pair));
                    let length = if pair { 2 } else { character.len_utf8() };
                    tokens.push(Token::Sign(self.take(length)));
                }
            }
        }
        if depth == 0 {
            Ok(tokens)
        } else {
            Err(Unclosed)
        }
    }

    /// Takes a literal in quotes. One in single quotes ends with its line at the latest.
    fn skip_text(&mut self) -> Result<(), Unclosed> {
        let quote = self.take(1);
        let long = self.rest.starts_with(&quote.repeat(2));
        let end = if long {
            quote.repeat(3)
        } else {
            quote.to_owned()
        };
        if long {
            self.take(2);
        }
        while let Some(character) = self.rest.chars().next() {
            if self.rest.starts_with(&end) {
                self.take(end.len());
                return Ok(());
            }
            match character {
                '\\' => self.skip_escaped(),
                '\n' | '\r' if !long => return Ok(()),
                _ => {
                    self.take(character.len_utf8());
                }
            }
        }
        if long { Err(Unclosed) } else { Ok(()) }
    }

    /// Takes a backslash and what it stands before: a line end is two characters on Windows.
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

    /// The first `length` bytes, which are no longer part of the rest.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// Python's names may hold letters of every script.
fn is_of_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;

    /// Each line as its indent and its tokens, a space between them and a text shown as `""`.
    fn shown(source: &str) -> Vec<String> {
        lines(source)
            .map(|line| {
                let Ok(Line { indent, tokens }) = line else {
                    return "unclosed".to_owned();
                };
                let words: Vec<&str> = tokens
                    .iter()
                    .map(|token| match token {
                        Token::Word(text) | Token::Sign(text) => *text,
                        Token::Text => "\"\"",
                    })
                    .collect();
                format!("{indent}: {}", words.join(" "))
            })
            .collect()
    }

    #[test]
    fn source_is_cut_into_logical_lines() {
        for (source, expected) in [
            ("", &[][..]),
            ("\n\r\n  \n\t\n# only a comment", &[]),
            ("a = 1\nb = 2", &["0: a = 1", "0: b = 2"]),
            ("a\r\n  b\r\n", &["0: a", "2: b"]),
            ("a\r  b\r", &["0: a", "2: b"]),
            ("\ta\n  \tb\n\x0cc", &["8: a", "8: b", "0: c"]),
            ("a # b\nc", &["0: a", "0: c"]),
            ("f(a,\n  b)\nc", &["0: f ( a , b )", "0: c"]),
            ("f(a, # b)\n  )\nc", &["0: f ( a , )", "0: c"]),
            ("def \\\n  run", &["0: def run"]),
            ("def \\\r\n  run", &["0: def run"]),
            ("a == b != c := d -> e", &["0: a == b != c := d -> e"]),
            ("a += 1; b", &["0: a + = 1 ; b"]),
            ("größe = 1.5", &["0: größe = 1 . 5"]),
            (")(a)\nb", &["0: ) ( a )", "0: b"]),
        ] {
            assert_eq!(shown(source), expected, "{source:?}");
        }
    }

    #[test]
    fn texts_are_left_out() {
        for (source, expected) in [
            ("a = 'b'\nc", &["0: a = \"\"", "0: c"][..]),
            (r#""a \" b" c"#, &["0: \"\" c"]),
            (r#"r"a \" b" c"#, &["0: r \"\" c"]),
            ("''\nc", &["0: \"\"", "0: c"]),
            ("'''a\n'b' # c\n''' d", &["0: \"\" d"]),
            ("\"\"\"a\r\n\"\" \\\"\"\" b\"\"\" c", &["0: \"\" c"]),
            ("'a \\\n b' c", &["0: \"\" c"]),
            ("'a \\\r\n b' c", &["0: \"\" c"]),
            ("'never closed\nc", &["0: \"\"", "0: c"]),
            ("'#' c", &["0: \"\" c"]),
            ("('(')\nc", &["0: ( \"\" )", "0: c"]),
            ("'", &["0: \"\""]),
        ] {
            assert_eq!(shown(source), expected, "{source:?}");
        }
    }

    #[test]
    fn a_source_that_ends_within_something_is_unclosed() {
        for source in ["a\nf(", "a\n{[", "a\n'''b", "a\n\"\"\"b\\", "a\n\"\"\"b\""] {
            assert_eq!(shown(source), ["0: a", "unclosed"], "{source:?}");
        }
    }

    #[test]
    fn any_text_comes_to_an_end() {
        let source = "'\\\"#\n\r\t(é)]\u{2028}=:\0";
        for (start, _) in source.char_indices() {
            for (end, _) in source.char_indices().filter(|(end, _)| *end >= start) {
                assert!(lines(&source[start..end]).count() <= source.len());
            }
        }
    }
}
