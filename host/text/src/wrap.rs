//! Wraps text for a terminal.

/// Wraps one line to lines of at most `width` columns, unless a single word is wider. The first line begins with
/// `start`, all others with `further`. Has no line end.
#[must_use]
pub fn wrapped(line: &str, width: usize, start: &str, further: &str) -> String {
    let mut text = start.to_owned();
    let mut column = start.chars().count();
    for (n, word) in line.split(' ').enumerate() {
        let chars = word.chars().count();
        if n > 0 && column + 1 + chars > width {
            text.push('\n');
            text.push_str(further);
            column = further.chars().count();
        } else if n > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += chars;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_long_as_it_may_be_and_a_wide_word_stands_alone() {
        assert_eq!(
            wrapped("one two three", 9, "- ", "  "),
            "- one two\n  three"
        );
        assert_eq!(
            wrapped("one two three", 8, "- ", "  "),
            "- one\n  two\n  three"
        );
        assert_eq!(
            wrapped("a wider-than-all b", 5, "", ""),
            "a\nwider-than-all\nb"
        );
        assert_eq!(wrapped("", 5, "- ", "  "), "- ");
    }
}
