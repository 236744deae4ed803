//! Splits a marker into its tokens. Nothing here knows which sequence of tokens is a marker.

/// A token of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A text, without its quotation marks.
    Quoted(&'a str),
    /// A variable, or an operator of letters.
    Word(&'a str),
    /// An operator, a bracket, or a character that is none of these.
    Other(&'a str),
}

/// Splits an ASCII text. An open quotation mark is a token of its own, which no marker has.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let quoted = match first {
            '\'' | '"' => rest[1..].find(first).map(|end| (&rest[1..=end], end + 2)),
            _ => None,
        };
        let run = |of: fn(char) -> bool| rest.find(|char| !of(char)).unwrap_or(rest.len());
        let (token, end) = match quoted {
            Some((text, end)) => (Token::Quoted(text), end),
            None if is_word(first) => {
                let end = run(is_word);
                (Token::Word(&rest[..end]), end)
            }
            None => {
                let end = if is_operator(first) {
                    run(is_operator)
                } else {
                    first.len_utf8()
                };
                (Token::Other(&rest[..end]), end)
            }
        };
        tokens.push(token);
        rest = rest[end..].trim_start();
    }
    tokens
}

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '.')
}

fn is_operator(char: char) -> bool {
    matches!(char, '<' | '>' | '=' | '!' | '~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_need_no_spaces_between_them() {
        let expected = [
            Token::Other("("),
            Token::Word("os.name"),
            Token::Other("=="),
            Token::Quoted("a 'b"),
            Token::Other(")"),
            Token::Word("or"),
            Token::Quoted(""),
            Token::Word("in"),
            Token::Word("extras"),
        ];
        assert_eq!(tokens("(os.name==\"a 'b\")or''in extras"), expected);
        assert_eq!(tokens(" ' "), [Token::Other("'")]);
        assert_eq!(tokens(""), []);
    }
}
