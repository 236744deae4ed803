//! Paths as archives write them, split into plain names.
//!
//! Nothing here compares one path with another.

use entry::{EntryPath, NameReason, TOO_LONG, judge_name, judge_path};
use text::is_unseen;

/// The reason to refuse a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathReason {
    #[error("its path is absolute")]
    Absolute,
    /// A backslash, which some tools take for a slash.
    #[error("its path has a backslash")]
    Backslash,
    /// A control character, or one that is invisible or changes the direction of text.
    #[error("its path has a character that can't be seen")]
    Unseen,
    /// A path of too few folders to leave some off.
    #[error("it lies outside the {count} leading folders that are to be left off")]
    Outside { count: u32 },
    #[error("it lies in more than {most} nested folders")]
    TooDeep { most: usize },
    /// A name or path that no tree may hold.
    #[error(transparent)]
    Name(#[from] NameReason),
}

/// Checks a path of plain names with `/` between them. A directory's path has no slash at its end here.
pub(crate) fn judge(path: &str) -> Result<(), PathReason> {
    if path.starts_with('/') {
        return Err(PathReason::Absolute);
    }
    if path.contains('\\') {
        return Err(PathReason::Backslash);
    }
    if !path.is_ascii() || path.bytes().any(|byte| byte.is_ascii_control()) {
        // A zero byte has a reason of its own: its name is not a plain name.
        if path.chars().any(|c| c != '\0' && is_unseen(c)) {
            return Err(PathReason::Unseen);
        }
    }
    for name in path.split('/') {
        judge_name(name.as_bytes())?;
    }
    judge_path(&shown(path))?;
    Ok(())
}

/// Checks that a path has at most this many nested folders.
pub(crate) fn judge_depth(path: &str, most: usize, is_dir: bool) -> Result<(), PathReason> {
    let folders = path.split('/').count() - usize::from(!is_dir);
    if folders > most {
        return Err(PathReason::TooDeep { most });
    }
    Ok(())
}

/// Leaves off a number of leading folders. Returns `None` for one of these folders itself.
pub(crate) fn without_leading(
    path: &str,
    count: u32,
    is_dir: bool,
) -> Result<Option<&str>, PathReason> {
    let mut rest = path;
    for _ in 0..count {
        match rest.split_once('/') {
            Some((_, beneath)) => rest = beneath,
            None if is_dir => return Ok(None),
            None => return Err(PathReason::Outside { count }),
        }
    }
    Ok(Some(rest))
}

/// Returns a path for a message. It need not be one that is accepted.
pub(crate) fn shown(path: &str) -> EntryPath {
    let bytes = path.as_bytes();
    // A longer path is refused; this keeps enough of it for the message.
    EntryPath::root().join(&bytes[..bytes.len().min(LONGEST_SHOWN)])
}

/// Enough for the longest path, and for one name more.
const LONGEST_SHOWN: usize = 1024 + TOO_LONG;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_plain_names_is_accepted_and_no_other() {
        let long = "a".repeat(256);
        let deep = format!("{}a", "a/".repeat(512));
        let refused: [(&str, PathReason); 15] = [
            ("", NameReason::NotPlain.into()),
            ("/etc", PathReason::Absolute),
            ("//etc", PathReason::Absolute),
            ("..", NameReason::NotPlain.into()),
            ("a/../b", NameReason::NotPlain.into()),
            ("./a", NameReason::NotPlain.into()),
            ("a//b", NameReason::NotPlain.into()),
            ("a/", NameReason::NotPlain.into()),
            ("a\0b", NameReason::NotPlain.into()),
            ("a\\b", PathReason::Backslash),
            ("a\nb", PathReason::Unseen),
            ("a\u{7f}", PathReason::Unseen),
            ("a\u{202e}b", PathReason::Unseen),
            (&long, NameReason::LongName.into()),
            (&deep, NameReason::LongPath.into()),
        ];
        for (path, reason) in refused {
            assert_eq!(judge(path), Err(reason), "{path:?}");
        }
        for fine in [
            "a",
            "a/b",
            "..a/b..",
            "script (dev).tmpl",
            "caf\u{e9}",
            &long[1..],
            &deep[2..],
        ] {
            assert_eq!(judge(fine), Ok(()), "{fine:?}");
        }
    }

    #[test]
    fn leading_folders_are_left_off_and_what_lies_outside_them_is_refused() {
        assert_eq!(without_leading("a/b/c", 0, false), Ok(Some("a/b/c")));
        assert_eq!(without_leading("a/b/c", 2, false), Ok(Some("c")));
        assert_eq!(without_leading("a/b", 2, true), Ok(None));
        assert_eq!(
            without_leading("a", 1, false),
            Err(PathReason::Outside { count: 1 })
        );
        let text = PathReason::Outside { count: 2 }.to_string();
        assert_eq!(
            text,
            "it lies outside the 2 leading folders that are to be left off"
        );
    }

    #[test]
    fn folders_are_nested_up_to_the_limit() {
        assert_eq!(judge_depth("a/b/c", 2, false), Ok(()));
        assert_eq!(judge_depth("a/b", 2, true), Ok(()));
        assert_eq!(
            judge_depth("a/b/c", 1, false),
            Err(PathReason::TooDeep { most: 1 })
        );
    }
}
