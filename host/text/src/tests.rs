use std::os::unix::ffi::OsStrExt as _;

use proptest::prelude::*;

use super::*;

#[test]
fn a_line_has_nothing_that_steers_a_terminal_hides_or_turns_around() {
    let cases = [
        ("plain \u{e4}\u{1f600}", "plain \u{e4}\u{1f600}"),
        ("a\tb\nc", "a b c"),
        ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
        ("\u{1b}]8;;http://x\u{7}link", "]8;;http://xlink"),
        ("over\rwritten\u{8}", "overwritten"),
        ("\u{9b}2J", "2J"),
        ("\u{202e}txt.exe\u{2066}", "txt.exe"),
        ("nul\0", "nul"),
        ("so\u{ad}ft", "soft"),
        ("ze\u{200b}ro\u{feff}wi\u{2060}dth", "zerowidth"),
        ("fi\u{3164}ll\u{115f}ed", "filled"),
        ("ta\u{e0041}gs", "tags"),
        ("va\u{fe0f}ried\u{e0100}", "varied"),
    ];
    for (text, cleaned) in cases {
        assert_eq!(line(text), cleaned, "{text:?}");
    }
}

#[test]
fn a_line_is_no_command_to_a_service_that_reads_the_log() {
    let cases = [
        ("::set-output name=a::b", ": :set-output name=a::b"),
        ("  \u{200b}::error::x", "  : :error::x"),
        ("##[set-env name=a;]b", "# #[set-env name=a;]b"),
        ("x ##vso[task.complete]", "x # #vso[task.complete]"),
        ("#\u{200b}#vso[a.b]c", "# #vso[a.b]c"),
        ("###[error]", "# # #[error]"),
        ("section_start:1:x\r\u{1b}[0Ky", "section_start:1:x[0Ky"),
        // The most similar texts that are not commands.
        ("a::b # c", "a::b # c"),
        (": no command", ": no command"),
    ];
    for (text, cleaned) in cases {
        assert_eq!(line(text), cleaned, "{text:?}");
    }
}

#[test]
fn a_name_is_escaped_and_cut() {
    assert_eq!(shown("plain 'ü'"), r"plain \'ü\'");
    assert_eq!(shown("a\n\u{1b}[2J"), r"a\n\u{1b}[2J");
    assert_eq!(shown("a\u{200b}b\u{202e}"), r"a\u{200b}b\u{202e}");
    assert_eq!(shown(&"x".repeat(80)).chars().count(), 80);
    assert_eq!(shown(&"x".repeat(81)).chars().count(), 81);
    assert!(shown(&"x".repeat(10_000)).ends_with("x…"));
    assert_eq!(shown_os(OsStr::from_bytes(b"a\xff\n")), r"a\xff\n");
    assert_eq!(
        shown_os(OsStr::from_bytes(&[0xff; 500])).chars().count(),
        81
    );
    assert_eq!(shown_path(&[b'a'; 200]), "a".repeat(200));
    assert_eq!(shown_path(&[b'a'; 201]), format!("{}…", "a".repeat(200)));
}

#[test]
fn what_a_server_says_is_kept_whole_and_shown_short_and_clean() {
    let shown = |text: &[u8]| Said::from(text).to_string();
    assert_eq!(shown(b"plain text"), "plain text");
    assert_eq!(shown(b"\x1b[31mred\x07\r\nnext\n"), "[31mred next");
    assert_eq!(shown(b"caf\xe9"), "caf\u{fffd}");
    assert_eq!(shown(&[b'a'; 200]), "a".repeat(200));
    assert_eq!(shown(&[b'a'; 201]), format!("{}…", "a".repeat(200)));
    let long = Said::from(&vec![b'a'; 70_000][..]);
    assert_eq!(long.len(), 70_000);
    assert_eq!(format!("{long:?}"), format!("Said({long})"));
}

#[test]
fn json_says_the_same_in_characters_that_can_be_printed() {
    let text = "a ##[b] \u{200b}\u{e0041}\u{1b}\u{e4}\n\u{feff}";
    let value = serde_json::json!({ "key": text });
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let printed = json(&pretty);
    assert_eq!(line(&printed.replace('\n', "")), printed.replace('\n', ""));
    let read: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(read, value);
}

proptest! {
    #[test]
    fn nothing_that_is_shown_has_what_is_not_to_be_seen(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = String::from_utf8_lossy(&bytes);
        for shown in [
            line(&text),
            shown(&text),
            shown_os(OsStr::from_bytes(&bytes)),
            shown_path(&bytes),
            Said::from(&bytes[..]).to_string(),
        ] {
            prop_assert!(!shown.contains(is_unseen), "{shown:?}");
        }
    }
}
