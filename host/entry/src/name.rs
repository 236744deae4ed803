//! Refuses names and paths that no tree may hold.
//!
//! Rules that only one kind of source has, such as git's about `.git`, are with that source.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::path::EntryPath;
use text::shown_path;

/// Linux's limit for a name, in bytes.
pub const LONGEST_NAME: usize = 255;
/// Names are cut to this length for messages, which shows that they are too long.
pub const TOO_LONG: usize = LONGEST_NAME + 1;
/// The limit for an entry's path, in bytes, so that the full path stays usable beneath any sane layers directory.
const LONGEST_PATH: usize = 1024;

/// The reason to refuse an entry's name or path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameReason {
    /// A name that is empty, `.`, `..`, or holds `/` or a zero byte.
    #[error("its name is not a plain name")]
    NotPlain,
    /// A name over Linux's limit.
    #[error("its name is longer than {LONGEST_NAME} bytes")]
    LongName,
    #[error("its path is longer than {LONGEST_PATH} bytes")]
    LongPath,
    /// Two entries whose names are the same to some file system.
    #[error(
        "its name can't be told from that of '{other}' where letter case or Unicode form is ignored"
    )]
    Collision {
        /// The name of the other entry.
        other: String,
    },
}

/// Checks an entry's name.
///
/// Accepts bytes that are not UTF-8, and names that only Windows can't hold, because nothing is unpacked on Windows.
pub fn judge_name(name: &[u8]) -> Result<(), NameReason> {
    if matches!(name, b"" | b"." | b"..") || name.iter().any(|byte| matches!(byte, 0 | b'/')) {
        return Err(NameReason::NotPlain);
    }
    if name.len() > LONGEST_NAME {
        return Err(NameReason::LongName);
    }
    Ok(())
}

/// Checks the length of an entry's path.
pub fn judge_path(path: &EntryPath) -> Result<(), NameReason> {
    if path.as_bytes().len() > LONGEST_PATH {
        return Err(NameReason::LongPath);
    }
    Ok(())
}

/// The names of one directory, folded like the file system that distinguishes the fewest names.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<Vec<u8>, Vec<u8>>);

impl Names {
    /// Adds a name, or refuses it if it is the same as an earlier one after folding.
    pub fn insert(&mut self, name: &[u8]) -> Result<(), NameReason> {
        match self.0.insert(folded(name), name.to_vec()) {
            None => Ok(()),
            Some(other) => Err(NameReason::Collision {
                other: shown_path(&other),
            }),
        }
    }
}

/// Folds a name's letter case and Unicode form. In a name that is not UTF-8, folds only the ASCII capitals.
///
/// Maps to lowercase, to uppercase, and to lowercase again: `ß` and `ss`, and `ſ` and `s`, are the same only in
/// uppercase, and `ẞ` must be in lowercase before.
#[must_use]
pub fn folded(name: &[u8]) -> Vec<u8> {
    match str::from_utf8(name) {
        Ok(name) if name.is_ascii() => name.to_ascii_lowercase().into_bytes(),
        Ok(name) => name
            .nfd()
            .flat_map(char::to_lowercase)
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .nfd()
            .collect::<String>()
            .into_bytes(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests;
