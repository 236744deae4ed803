//! Tests sources that no Python 3 accepts, each beside the nearest source that it accepts.

use std::string::String;

use super::*;

/// The line and the description of the fault, if there is one.
fn told(source: &str) -> Option<(usize, &'static str)> {
    flaw(source).map(|flaw| (line_number(source, flaw.at), flaw.what))
}

/// An invalid source, the line of its fault, the description, and the nearest valid source.
type Case = (&'static str, usize, &'static str, &'static str);

fn check(cases: &[Case]) {
    for (invalid, line, words, valid) in cases {
        let found = told(invalid);
        assert!(
            found.is_some_and(|(at, what)| at == *line && what.starts_with(words)),
            "{invalid:?}: {found:?}"
        );
        assert_eq!(told(valid), None, "{valid:?}");
    }
}

#[test]
fn what_never_ends_and_wrong_indents_are_told_with_their_line() {
    check(&[
        (
            "def run(a:\n    pass\n",
            1,
            "a bracket that is never closed",
            "def run(a):\n    pass\n",
        ),
        ("a = 'b\nc", 1, "a text in quotes", "a = 'b'\nc"),
        (
            "\n\na = 'b'\"\"\"\n\n",
            3,
            "a text in quotes",
            "\n\na = 'b'\"\"\"\n\n\"\"\"",
        ),
        ("a\r\nb\r\n)", 3, "a closing bracket", "a\r\nb\r\n()"),
        ("a\n  b", 2, "a line that is indented further", "a;\\\n  b"),
        ("if a:\nb", 2, "a line that should be indented", "if a:\n b"),
        (
            "if a:\n  if b:\n  c",
            3,
            "a line that should be indented",
            "if a:\n  if b:\n    c",
        ),
        (
            "a\nif a:\n# b\n",
            2,
            "nothing is indented below",
            "a\nif a: b\n# b\n",
        ),
        (
            "if a:\n    b\n  c",
            3,
            "a line that is indented like no block",
            "if a:\n    b\n# c\n    d",
        ),
        (
            "if a:\n\tb\n        c",
            3,
            "tabs and spaces",
            "if a:\n\tb\n\tc",
        ),
        (
            "if a:\n        b\n\tc",
            3,
            "tabs and spaces",
            "if a:\n \tb\n \tc",
        ),
        (
            "if a:\n  if b:\n\tc\n  d",
            3,
            "tabs and spaces",
            "if a:\n  if b:\n  \tc\n  d",
        ),
    ]);
}

#[test]
fn what_cannot_stand_beside_each_other_is_told_with_its_line() {
    check(&[
        (
            "a\n<<<<<<< HEAD\nb",
            2,
            "a line that begins like no statement",
            "a\n[b]",
        ),
        (
            "a\n=======\nb",
            2,
            "a line that begins like no statement",
            "a\n...\nb",
        ),
        (
            "%matplotlib inline",
            1,
            "a line that begins like no statement",
            "*a, b = c",
        ),
        (
            "!pip install x",
            1,
            "a character that Python doesn't have",
            "-a",
        ),
        (
            "def run(data, params)\n    pass",
            1,
            "a statement without its colon",
            "def run(): pass",
        ),
        (
            "if a[1:2]\n    pass",
            1,
            "a statement without its colon",
            "if a[1:2]: pass",
        ),
        (
            "else\n    pass",
            1,
            "a statement without its colon",
            "try: a\nfinally: b",
        ),
        (
            "print 'a'",
            1,
            "two values with nothing between them",
            "print('a')",
        ),
        (
            "a = (b\n  c)",
            1,
            "two values with nothing between them",
            "a = (b,\n  c)",
        ),
        (
            "f(x) y",
            1,
            "two values with nothing between them",
            "f(x)if y else z",
        ),
        (
            "'a' b",
            1,
            "two values with nothing between them",
            "'a' 'b'",
        ),
        (
            "a = 1 2",
            1,
            "two values with nothing between them",
            "a = 1if 2else 3",
        ),
        ("a =", 1, "a line that ends before its last value", "a = 1"),
        (
            "a = b +\nc",
            1,
            "a line that ends before its last value",
            "from a import *\nb = ...",
        ),
        ("a\0", 1, "a zero byte", "a"),
    ]);
}

#[test]
fn what_newer_and_older_pythons_accept_is_let_pass() {
    for valid in [
        "match a:\n    case [b, _] if b: pass\n    case _: pass",
        "match (a):\n    case 'b' | 1: pass",
        "match = case = type = _ = 1\nmatch[a], type(b), case.c",
        "type A[T] = list[T]\ndef f[T](a: T) -> T: return a",
        "lazy import a\nlazy from a import b",
        "try: a\nexcept B, C: d\nexcept* E: f",
        "a = f'{b['c']}' t\"{d}\"",
        "def f(a, /, b, *, c=1, **d): return not'a', lambda: 0",
        "async def f():\n    async with a as b, c: await d\n    return [e async for e in g]",
        "@a\n@b.c(d)\nclass E(F, g=h): i: int = 1; j: 'k'",
        "a = 0x1for b in c",
        "print(1if 0or 1else 2, 1_0 .real, .5, 1., 1e-5j, 0xEE-1)",
        "if a:\n\x0c    b\n\x0c\nc",
        "if a: pass\n   \n  # b\n\t\nc",
        "if a:\n  b = (\nc)\n  d",
        "größe = e\u{301} = \u{2118} = x\u{b7}y = 1",
        "raise a from b\nyield a\nyield from b\nglobal c, d\nnonlocal e\ndel f\nassert g, h",
        "a if b else c\nnot a\n~a\n-a\n+a\n(a)\n{}\n'a'",
    ] {
        assert_eq!(told(valid), None, "{valid:?}");
    }
}

#[test]
fn nothing_is_said_of_a_source_in_another_encoding() {
    for unclear in [
        "# -*- coding: latin-1 -*-\n'",
        "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'",
        "a = 'gr\u{fffd}\u{fffd}e\n",
    ] {
        assert_eq!(told(unclear), None, "{unclear}");
    }
    for clear in [
        "# coding: UTF-8\n'",
        "# -*- coding: utf8 -*-\n'",
        "a\nb\n# coding: latin-1\n'",
    ] {
        assert!(told(clear).is_some(), "{clear}");
    }
}

#[test]
fn lines_are_counted_by_their_ends() {
    for (source, at, line) in [
        ("a\nb\nc", 0, 1),
        ("a\nb\nc", 2, 2),
        ("a\nb\nc", 4, 3),
        ("a\r\nb\r\nc", 3, 2),
        ("a\rb\rc", 4, 3),
    ] {
        assert_eq!(line_number(source, at), line, "{source:?}");
    }
}

#[test]
fn a_deep_or_wide_source_is_read_to_its_end() {
    let nested: String = (0..500)
        .map(|depth| " ".repeat(depth) + "class A:\n")
        .collect();
    assert_eq!(told(&nested), Some((500, NO_BLOCK)));
    let wide = "(".repeat(500_000);
    assert_eq!(told(&wide), Some((1, "a bracket that is never closed")));
}
