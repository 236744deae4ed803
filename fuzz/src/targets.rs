//! The targets, by what they try. Each says in assertions what the host promises, in other words than the host's.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod descriptor;
pub(crate) mod output;
pub(crate) mod pack;
pub(crate) mod policy;
pub(crate) mod tree;
pub(crate) mod wire;

use std::error::Error;

/// A server's or repository's words in a message can't move the cursor, turn the text or fill the screen.
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

/// Whether git or a file system would take this name for more than a name.
///
/// NTFS drops dots and spaces at the end, HFS+ some characters that can't be seen; none does both.
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
