use super::*;

fn name(name: impl AsRef<[u8]>) -> Result<(), NameReason> {
    judge_name(name.as_ref())
}

#[test]
fn a_name_that_means_something_else_is_refused() {
    for bad in [
        "", ".", "..", "a/b", "/", "/etc", "../x", "a/", "a\0b", "\0",
    ] {
        assert_eq!(name(bad), Err(NameReason::NotPlain), "{bad:?}");
    }
    for fine in [
        "a",
        "...",
        "..a",
        "a..",
        ".a",
        "a b",
        " ",
        "a\\b",
        "a:b",
        "CON",
        "nul.txt",
        "a.",
        "a ",
        "-rf",
        "ä",
        "\u{1f600}",
    ] {
        assert_eq!(name(fine), Ok(()), "{fine:?}");
    }
    assert_eq!(name(b"caf\xe9"), Ok(()), "a name need not be UTF-8");
}

#[test]
fn a_name_has_at_most_255_bytes_and_a_path_1024() {
    assert_eq!(name("a".repeat(255)), Ok(()));
    assert_eq!(name("a".repeat(256)), Err(NameReason::LongName));
    assert_eq!(
        name("ä".repeat(128)),
        Err(NameReason::LongName),
        "bytes, not letters"
    );
    let path = |length| judge_path(&EntryPath::root().join(&vec![b'a'; length]));
    assert_eq!(
        (path(1024), path(1025)),
        (Ok(()), Err(NameReason::LongPath))
    );
}

#[test]
fn names_that_some_file_system_takes_for_one_are_refused() {
    let colliding: [(&str, &str); 10] = [
        ("same", "same"),
        ("README", "Readme"),
        ("Ärger", "ärger"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("\u{212b}", "\u{e5}"),
        ("Σ", "ς"),
        ("\u{17f}", "s"),
        ("α\u{345}\u{301}", "α\u{301}\u{345}"),
        ("straße", "STRASSE"),
        ("\u{1e9b}\u{323}", "\u{1e69}"),
    ];
    for (one, other) in colliding {
        let mut names = Names::default();
        names.insert(one.as_bytes()).unwrap();
        let error = names.insert(other.as_bytes()).unwrap_err();
        assert_eq!(
            error,
            NameReason::Collision {
                other: one.to_owned()
            },
            "{one} {other}"
        );
    }
    let distinct = [
        "a",
        "b",
        "README",
        "READMF",
        "caf",
        "cafe",
        "café",
        "ﬁ2",
        "ı",
        "\u{1f600}",
        "\u{1f601}",
    ];
    let mut names = Names::default();
    for name in distinct {
        names.insert(name.as_bytes()).unwrap();
    }
    names.insert(b"caf\xe9").unwrap();
    names.insert(b"caf\xea").unwrap();
    names.insert(b"CAF\xe9").unwrap_err();
}

#[test]
fn every_letter_folds_to_the_same_whatever_its_case_or_form() {
    let fold = |text: &str| folded(text.as_bytes());
    // Characters beyond have neither case nor other forms.
    for letter in '\0'..'\u{30000}' {
        let text = letter.to_string();
        let forms: [String; 4] = [
            text.to_lowercase(),
            text.to_uppercase(),
            text.nfd().collect(),
            text.nfc().collect(),
        ];
        for form in forms.iter().filter(|form| **form != text) {
            assert_eq!(fold(form), fold(&text), "{letter:?} {form:?}");
        }
    }
}
