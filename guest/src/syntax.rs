//! Finds faults for which every Python refuses a source, as far as its logical lines show them.
//!
//! A source without a finding may still be invalid: only a full parser would know.

use alloc::vec;
use alloc::vec::Vec;

use crate::python::{Flaw, Line, Stop, Token, lines, position_outside};
use Token::{Sign, Text, Word};

/// The keywords that are not values, and after them the names that are keywords in some places.
const KEYWORDS: [&str; 36] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "_",
    "case", "match", "type",
];

/// The keywords that begin a statement with a colon.
const HEADS: [&str; 12] = [
    "async", "class", "def", "elif", "else", "except", "finally", "for", "if", "try", "while",
    "with",
];

/// The first fault for which every Python certainly refuses `source`.
pub(crate) fn flaw(source: &str) -> Option<Flaw> {
    if let Some(at) = source.find('\0') {
        let what = "a zero byte, so it is not UTF-8";
        return Some(Flaw { at, what });
    }
    if !is_sure_to_be_utf8(source) {
        return None;
    }
    match search(source) {
        Err(Stop::Flaw(flaw)) => Some(flaw),
        Ok(()) | Err(Stop::Unclear) => None,
    }
}

/// The number of the line, from 1, that contains the byte at `at`. All lines are assumed to end alike.
pub(crate) fn line_number(source: &str, at: usize) -> usize {
    let before = source.as_bytes().get(..at).unwrap_or_default();
    let (mut feeds, mut returns) = (0, 0);
    for byte in before {
        feeds += usize::from(*byte == b'\n');
        returns += usize::from(*byte == b'\r');
    }
    1 + feeds.max(returns)
}

/// Whether no other encoding is declared, and no byte was replaced when the text was read.
fn is_sure_to_be_utf8(source: &str) -> bool {
    let mut first = source.split('\n').take(2);
    !first.any(|line| has(line, b"coding") && !has(line, b"utf-8") && !has(line, b"utf8"))
        && !source.chars().any(|character| character == '\u{fffd}')
}

/// Whether a line contains a word, in letters of either case.
fn has(line: &str, word: &[u8]) -> bool {
    let mut parts = line.as_bytes().windows(word.len());
    parts.any(|part| part.eq_ignore_ascii_case(word))
}

fn search(source: &str) -> Result<(), Stop> {
    // The indents of the enclosing blocks, with wide and with narrow tabs.
    let mut indents = vec![(0, 0)];
    let mut head: Option<usize> = None;
    for line in lines(source) {
        let line = line?;
        judge_indent(&line, head.is_some(), &mut indents)?;
        judge_tokens(&line.tokens).map_or(Ok(()), |what| flawed(line.at, what))?;
        head = matches!(line.tokens.last(), Some(Sign(":"))).then_some(line.at);
    }
    head.map_or(Ok(()), |at| flawed(at, NO_BLOCK))
}

const NO_BLOCK: &str = "nothing is indented below the colon";

/// Checks a line's indentation as Python does: with tabs of eight and of one.
fn judge_indent(
    line: &Line<'_>,
    is_first_of_block: bool,
    indents: &mut Vec<(usize, usize)>,
) -> Result<(), Stop> {
    let Line {
        at, indent, narrow, ..
    } = *line;
    let last = indents.last().copied().unwrap_or_default();
    if is_first_of_block {
        if indent <= last.0 {
            return flawed(at, "a line that should be indented, after a colon");
        }
        indents.push((indent, narrow));
        return if narrow > last.1 {
            Ok(())
        } else {
            flawed(at, TABS)
        };
    }
    if indent > last.0 {
        return flawed(at, "a line that is indented further than the one before");
    }
    while indents.last().is_some_and(|outer| outer.0 > indent) {
        indents.pop();
    }
    match indents.last() {
        Some(outer) if outer.0 != indent => {
            flawed(at, "a line that is indented like no block around it")
        }
        Some(outer) if outer.1 != narrow => flawed(at, TABS),
        _ => Ok(()),
    }
}

const TABS: &str = "tabs and spaces, mixed to indent it";

/// The fault of a line, as far as neighbouring tokens show it.
fn judge_tokens(tokens: &[Token<'_>]) -> Option<&'static str> {
    match tokens.first() {
        Some(Sign(sign)) if begins_no_statement(sign) => {
            return Some("a line that begins like no statement");
        }
        Some(Word(word)) if HEADS.contains(word) && position_outside(tokens, ":").is_none() => {
            return Some("a statement without its colon");
        }
        _ => {}
    }
    if tokens
        .windows(2)
        .any(|pair| ends_value(pair[0]) && begins_value(pair[1]) && !matches!(pair, [Text, Text]))
    {
        return Some("two values with nothing between them");
    }
    match tokens.last() {
        Some(Sign(sign)) if ends_no_statement(sign) => {
            Some("a line that ends before its last value")
        }
        _ => None,
    }
}

fn begins_no_statement(sign: &str) -> bool {
    matches!(
        sign.as_bytes(),
        [
            b'=' | b'<' | b'>' | b'%' | b'/' | b'&' | b'|' | b'^' | b',' | b':' | b';' | b'!',
            ..
        ]
    )
}

fn ends_no_statement(sign: &str) -> bool {
    matches!(
        sign.as_bytes(),
        [
            ..,
            b'=' | b'+' | b'-' | b'/' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>'
        ]
    )
}

fn ends_value(token: Token<'_>) -> bool {
    match token {
        Text | Sign(")" | "]" | "}") => true,
        // A keyword may follow a number without a space: `1if x else 2`.
        Word(word) if matches!(word.as_bytes(), [b'0'..=b'9', .., b'a'..=b'z']) => false,
        _ => begins_value(token),
    }
}

fn begins_value(token: Token<'_>) -> bool {
    match token {
        Text => true,
        Word(word) => !KEYWORDS.contains(&word),
        Sign(_) => false,
    }
}

fn flawed(at: usize, what: &'static str) -> Result<(), Stop> {
    Err(Stop::Flaw(Flaw { at, what }))
}

#[cfg(test)]
mod against_cpython;
#[cfg(test)]
mod tests;
