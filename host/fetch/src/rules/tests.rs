use proptest::prelude::*;

use super::*;

const FILE: Mode = Mode::File { executable: false };

fn name(name: impl AsRef<[u8]>) -> Result<(), EntryReason> {
    judge_name(name.as_ref(), FILE)
}

#[test]
fn the_rules_of_every_tree_hold_and_those_of_windows_do_not() {
    let refused = Err(EntryReason::Name(NameReason::NotPlain));
    for bad in ["..", "a/b"] {
        assert_eq!(name(bad), refused, "{bad:?}");
    }
    let long = "a".repeat(256);
    assert_eq!(name(long), Err(EntryReason::Name(NameReason::LongName)));
    for fine in ["a\\b", "a:b", "CON", "nul.txt", "a.", "a ", "-rf", "ä"] {
        assert_eq!(name(fine), Ok(()), "{fine:?}");
    }
    assert_eq!(name(b"caf\xe9"), Ok(()), "a name need not be UTF-8");
}

#[test]
fn every_spelling_of_dot_git_is_refused_and_its_neighbours_are_not() {
    let spellings = [
        ".git",
        ".GIT",
        ".Git",
        ".giT",
        "git~1",
        "GIT~1",
        ".git ",
        ".git.",
        ".git . .",
        ".git::$INDEX_ALLOCATION",
        ".git:x",
        ".g\u{200c}it",
        "\u{feff}.git",
        ".git\u{200d}",
        "\u{202e}.git",
    ];
    for spelling in spellings {
        for mode in [FILE, Mode::Dir, Mode::Link] {
            assert_eq!(
                judge_name(spelling.as_bytes(), mode),
                Err(EntryReason::DotGit),
                "{spelling:?}"
            );
        }
    }
    for fine in [
        "git",
        ".gitignore",
        ".github",
        ".gi",
        ".git-x",
        ".gitx",
        "x.git",
        "git~2",
        "git~10",
        ".git\u{e9}",
        "_git",
    ] {
        assert_eq!(name(fine), Ok(()), "{fine:?}");
    }
}

#[test]
fn only_a_link_may_not_be_named_gitmodules() {
    for spelling in [".gitmodules", ".GitModules", "gitmod~1", ".gitmodules "] {
        assert_eq!(
            judge_name(spelling.as_bytes(), Mode::Link),
            Err(EntryReason::LinkedGitmodules)
        );
        assert_eq!(judge_name(spelling.as_bytes(), FILE), Ok(()));
    }
}

#[test]
fn only_the_modes_that_git_writes_are_taken() {
    let program = Mode::File { executable: true };
    let valid = [
        ("40000", Mode::Dir),
        ("040000", Mode::Dir),
        ("100644", FILE),
        ("100664", FILE),
        ("100755", program),
        ("120000", Mode::Link),
    ];
    for (mode, judged) in valid {
        assert_eq!(judge_mode(mode.as_bytes()), Ok(judged), "{mode}");
    }
    assert_eq!(judge_mode(b"160000"), Err(EntryReason::Submodule));
    let invalid = [
        "",
        "0",
        "644",
        "100600",
        "100777",
        "104755",
        "102755",
        "101755",
        "20000",
        "60000",
        "10000",
        "140000",
        "1040000",
        "0100644",
        "120777",
        "040755",
        "40000 ",
        "4000x",
        "\u{1b}[2J",
        "-40000",
        "10064410064410064410064410064410064410064410",
    ];
    for mode in invalid {
        let Err(EntryReason::Mode { mode: shown }) = judge_mode(mode.as_bytes()) else {
            panic!("{mode:?} was taken")
        };
        assert!(shown.len() <= 16 && !shown.contains('\u{1b}'), "{shown:?}");
    }
}

#[test]
fn a_refusal_names_the_entry_and_the_reason() {
    let refused = Refused {
        entry: EntryPath::root().join(b"a\n").join(b".git"),
        reason: EntryReason::DotGit,
    };
    let text = "the repository's entry 'a\\n/.git' is refused: '.git' is reserved for git, in every spelling";
    assert_eq!(refused.to_string(), text);
}

/// Generates bytes that often form meaningful names and targets.
fn tricky() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(b'.'),
        Just(b'/'),
        Just(b'g'),
        Just(b'i'),
        Just(b't'),
        Just(b'~'),
        Just(b'1'),
        Just(0),
        any::<u8>()
    ];
    prop::collection::vec(byte, 0..8)
}

proptest! {
    #[test]
    fn a_name_that_is_taken_is_one_plain_name(bytes in tricky()) {
        if judge_name(&bytes, FILE).is_ok() {
            prop_assert!(!bytes.is_empty() && bytes != b"." && bytes != b"..");
            prop_assert!(!bytes.contains(&b'/') && !bytes.contains(&0));
            prop_assert!(!bytes.eq_ignore_ascii_case(b".git"));
            let path = EntryPath::root().join(b"d").join(&bytes);
            prop_assert_eq!(path.name(), &bytes[..]);
        }
    }
}
