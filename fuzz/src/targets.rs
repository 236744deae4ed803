//! The targets, grouped by input. Each asserts what the host promises, with code that is independent of the host's.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod archive;
pub(crate) mod descriptor;
pub(crate) mod listing;
pub(crate) mod output;
pub(crate) mod pack;
pub(crate) mod policy;
pub(crate) mod tree;
pub(crate) mod wheel;
pub(crate) mod wire;

use std::error::Error;

/// Text of a server or repository in a message must not move the cursor, change the text's direction or fill the
/// screen.
fn assert_harmless(error: &dyn Error) {
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        let length = text.chars().count();
        assert!(length <= 2000, "a message of {length} characters");
        let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(
            !text.contains(|c: char| c.is_control() || turns(c)),
            "a message is not stripped: {text:?}"
        );
        next = error.source();
    }
}

/// Whether git or a file system would treat this name as more than a plain name.
///
/// NTFS drops dots and spaces at the end, and HFS+ drops some invisible characters; no file system does both.
fn is_evil_name(name: &[u8]) -> bool {
    let unseen = |c: &char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let text = String::from_utf8_lossy(name).to_ascii_lowercase();
    let hfs: String = text.chars().filter(|c| !unseen(c)).collect();
    let ntfs = text.trim_end_matches([' ', '.']);
    matches!(name, b"" | b"." | b"..")
        || name.contains(&b'/')
        || name.contains(&0)
        || hfs == ".git"
        || matches!(ntfs, ".git" | "git~1")
}
