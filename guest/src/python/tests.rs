//! Tests sources, their logical lines, and the faults that no Python accepts.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::*;

/// Formats each line as its indent and its tokens, separated by spaces, with a string literal shown as `""`.
fn shown(source: &str) -> Vec<String> {
    lines(source)
        .map(|line| {
            let Line { indent, tokens, .. } = match line {
                Ok(line) => line,
                Err(Stop::Flaw(Flaw { at, what })) => return format!("{at}: {what}"),
                Err(Stop::Unclear) => return "unclear".to_owned(),
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
        ("r = rb'a' f\"b\"", &["0: r = \"\" \"\""]),
    ] {
        assert_eq!(shown(source), expected, "{source:?}");
    }
}

#[test]
fn texts_are_left_out() {
    for (source, expected) in [
        ("a = 'b'\nc", &["0: a = \"\"", "0: c"][..]),
        (r#""a \" b" c"#, &["0: \"\" c"]),
        (r#"r"a \" b" c"#, &["0: \"\" c"]),
        ("''\nc", &["0: \"\"", "0: c"]),
        ("'''a\n'b' # c\n''' d", &["0: \"\" d"]),
        ("\"\"\"a\r\n\"\" \\\"\"\" b\"\"\" c", &["0: \"\" c"]),
        ("'a \\\n b' c", &["0: \"\" c"]),
        ("'a \\\r\n b' c", &["0: \"\" c"]),
        ("'#' c", &["0: \"\" c"]),
        ("('(')\nc", &["0: ( \"\" )", "0: c"]),
    ] {
        assert_eq!(shown(source), expected, "{source:?}");
    }
}

#[test]
fn a_text_with_fields_ends_where_any_python_ends_it() {
    for (source, expected) in [
        (r#"f"{a}" b"#, &["0: \"\" b"][..]),
        (r#"f"{{" b"#, &["0: \"\" b"]),
        (r#"f"{{{a['"']}}}" b"#, &["0: \"\" b"]),
        (r#"F"{a["b"]}" b"#, &["0: \"\" b"]),
        (r#"f"{f"{f"{a}"}"}" b"#, &["0: \"\" b"]),
        (r#"t'{a:{"'"}>{b}}' b"#, &["0: \"\" b"]),
        (r#"f"{a!r:'>10}" b"#, &["0: \"\" b"]),
        (r"f'{a:\'>10}' b", &["0: \"\" b"]),
        (r#"rf"{a:%H:%M "{b}}" c"#, &["unclear"]),
        (r#"f"\{a['b']}" b"#, &["0: \"\" b"]),
        (r#"f"\N{QUOTATION MARK}" b"#, &["0: \"\" b"]),
        (r#"f"{a[1:2]}{ {1: 2}[1] }" b"#, &["0: \"\" b"]),
        ("f'''{\na # '\n}''' b", &["0: \"\" b"]),
        (r#""{a["c"]}" d"#, &["0: \"\" c \"\" d"]),
        ("f'{' b", &["unclear"]),
        ("f'{a", &["unclear"]),
        ("f'{a' b", &["unclear"]),
    ] {
        assert_eq!(shown(source), expected, "{source}");
    }
    let nested = "f'{".repeat(100_000);
    assert_eq!(shown(&nested), ["unclear"]);
    let formats = format!("f'{{a{}", ":{b".repeat(100_000));
    assert_eq!(shown(&formats), ["unclear"]);
}

#[test]
fn what_no_python_takes_is_told_with_its_place() {
    for (source, place, words) in [
        ("a\nf(", 3, "a bracket that is never closed"),
        ("a\n{[", 3, "a bracket that is never closed"),
        ("a\n{[]", 2, "a bracket that is never closed"),
        ("a\n)", 2, "a closing bracket without its opening one"),
        ("a\n(b]", 4, "a closing bracket without its opening one"),
        ("a\n'b", 2, "a text in quotes that is never closed"),
        ("a\n rb'b\nc", 3, "a text in quotes that is never closed"),
        ("a\n'''b", 2, "a text in quotes that is never closed"),
        ("a\n\"\"\"b\\", 2, "a text in quotes that is never closed"),
        ("a\n\"\"\"b\"\"", 2, "a text in quotes that is never closed"),
        ("a\nb \\ \nc", 4, "a backslash that does not end its line"),
        ("a\nb = $", 6, "a character that Python doesn't have"),
        ("a\nb?", 3, "a character that Python doesn't have"),
        ("a\n!b", 2, "a character that Python doesn't have"),
        (
            "a\nb = \u{201c}c\u{201d}",
            6,
            "a character that Python doesn't have",
        ),
        ("a\n\u{a0} b", 2, "a character that Python doesn't have"),
        ("a\n\u{1}", 2, "a character that Python doesn't have"),
    ] {
        let expected = ["0: a".to_owned(), format!("{place}: {words}")];
        assert_eq!(shown(source), expected, "{source:?}");
    }
    for (source, expected) in [
        ("a != b", "0: a != b"),
        ("'$ ? \u{201c}'", "0: \"\""),
        ("a # $ \u{201c}", "0: a"),
        ("a\u{203f}b", "0: a \u{203f} b"),
        ("e\u{301} = 1", "0: e \u{301} = 1"),
    ] {
        assert_eq!(shown(source), [expected], "{source:?}");
    }
}

#[test]
fn a_backslash_before_a_line_leaves_its_indent_unclear() {
    assert_eq!(shown("\\\na"), ["0: a"]);
    assert_eq!(shown("a\n\\\n  b"), ["0: a", "unclear"]);
    assert_eq!(shown("a:\n  \\\n b"), ["0: a :", "unclear"]);
}

#[test]
fn any_text_comes_to_an_end() {
    let source = "f'\\{\"#\n\r\t(é:{)]}\u{2028}=:\0";
    for (start, _) in source.char_indices() {
        for (end, _) in source.char_indices().filter(|(end, _)| *end >= start) {
            assert!(lines(&source[start..end]).count() <= source.len());
        }
    }
}
