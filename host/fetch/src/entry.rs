//! Refuses unsafe names, modes and links of a repository. Pure.
//!
//! Nothing here reads objects or touches the disk.

use std::collections::BTreeMap;
use std::fmt;

use gix_validate::path::component;
use unicode_normalization::UnicodeNormalization;

use text::shown_path;

/// Linux's limit for a name, in bytes.
const LONGEST_NAME: usize = 255;
/// Names are cut to this length for messages, which shows that they are too long.
pub(super) const TOO_LONG: usize = LONGEST_NAME + 1;
/// Linux's limit for a link's target, in bytes.
const LONGEST_TARGET: usize = 4095;
/// The limit for an entry's path, in bytes, so that the full path stays usable beneath any sane layers directory.
const LONGEST_PATH: usize = 1024;

/// The type of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Dir,
    /// A regular file.
    File {
        executable: bool,
    },
    /// A symbolic link.
    Link,
}

/// An entry's path, relative to the fetched folder. Displayed without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPath(Vec<u8>);

impl EntryPath {
    /// The path of the fetched folder itself.
    #[must_use]
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// Returns the path of this name in this folder.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut path = self.0.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        Self(path)
    }

    /// Returns the path's names, the outermost first. The fetched folder itself has none.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
    }

    /// Returns the last name, or an empty one for the fetched folder itself.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.parts().last().unwrap_or_default()
    }

    /// Returns the whole path, with `/` between the names. Names need not be UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown_path(&self.0))
    }
}

/// A refused entry, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the repository's entry '{entry}' is refused: {reason}")]
pub struct Refused {
    pub entry: EntryPath,
    pub reason: Reason,
}

/// The reason to refuse an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A name that is empty, `.`, `..`, or holds `/` or a zero byte.
    #[error("its name is not a plain name")]
    Name,
    /// `.git` in any spelling that some file system takes as the same name.
    #[error("'.git' is git's own, however it is written")]
    DotGit,
    /// A link named `.gitmodules`.
    #[error("'.gitmodules' can't be a link")]
    LinkedGitmodules,
    /// A name over Linux's limit.
    #[error("its name is longer than {LONGEST_NAME} bytes")]
    LongName,
    #[error("its path is longer than {LONGEST_PATH} bytes")]
    LongPath,
    #[error("a submodule can't be fetched")]
    Submodule,
    /// A mode that git does not write, such as the mode of a device or one with setuid.
    #[error("its mode {mode} is not that of a file, directory or link")]
    Mode {
        /// The mode's text in the tree object.
        mode: String,
    },
    /// Two entries whose names are the same to some file system.
    #[error(
        "its name can't be told from that of '{other}' where letter case or Unicode form don't count"
    )]
    Collision {
        /// The name of the other entry.
        other: String,
    },
    /// A link with a target that is refused.
    #[error(transparent)]
    Link(#[from] LinkReason),
}

/// The reason to refuse the target of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkReason {
    /// A link whose target is empty or has a zero byte.
    #[error("a link must lead somewhere")]
    Empty,
    #[error("its target is longer than {LONGEST_TARGET} bytes")]
    Long,
    #[error("it leads to an absolute path")]
    Absolute,
    #[error("it leads out of the fetched folder")]
    Outward,
    /// A link whose target passes through another link, so that the text alone does not show where it leads.
    #[error("its target leads through another link")]
    ThroughLink,
}

/// Checks an entry's name.
///
/// Accepts bytes that are not UTF-8, and names that only Windows can't hold, because nothing is unpacked on Windows.
pub(super) fn judge_name(name: &[u8], mode: Mode) -> Result<(), Reason> {
    if name.contains(&0) {
        return Err(Reason::Name);
    }
    let link = (mode == Mode::Link).then_some(component::Mode::Symlink);
    let options = component::Options {
        protect_windows: false,
        protect_hfs: true,
        protect_ntfs: true,
    };
    match gix_validate::path::component(name.into(), link, options) {
        Ok(_) if name.len() > LONGEST_NAME => Err(Reason::LongName),
        Ok(_) => Ok(()),
        Err(component::Error::DotGitDir) => Err(Reason::DotGit),
        Err(component::Error::SymlinkedGitModules) => Err(Reason::LinkedGitmodules),
        Err(_) => Err(Reason::Name),
    }
}

/// Checks the length of an entry's path.
pub(super) fn judge_path(path: &EntryPath) -> Result<(), Reason> {
    if path.0.len() > LONGEST_PATH {
        return Err(Reason::LongPath);
    }
    Ok(())
}

/// Checks a mode by its text in the tree object.
///
/// Compares the text and not a number: parsed into a number, a socket's mode and overlong modes can become the mode
/// of a directory.
pub(super) fn judge_mode(mode: &[u8]) -> Result<Mode, Reason> {
    match mode {
        // Old tools wrote the leading zero.
        b"40000" | b"040000" => Ok(Mode::Dir),
        // Older versions of git kept the group's write permission.
        b"100644" | b"100664" => Ok(Mode::File { executable: false }),
        b"100755" => Ok(Mode::File { executable: true }),
        b"120000" => Ok(Mode::Link),
        b"160000" => Err(Reason::Submodule),
        other => Err(Reason::Mode {
            mode: shown_path(&other[..other.len().min(16)]),
        }),
    }
}

/// The names of one directory, folded like the file system that distinguishes the fewest names.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<Vec<u8>, Vec<u8>>);

impl Names {
    /// Adds a name, or refuses it if it is the same as an earlier one after folding.
    pub(super) fn insert(&mut self, name: &[u8]) -> Result<(), Reason> {
        match self.0.insert(folded(name), name.to_vec()) {
            None => Ok(()),
            Some(other) => Err(Reason::Collision {
                other: shown_path(&other),
            }),
        }
    }
}

/// Folds a name's letter case and Unicode form. In a name that is not UTF-8, folds only the ASCII capitals.
///
/// Maps to lowercase, to uppercase, and to lowercase again: `ß` and `ss`, and `ſ` and `s`, are the same only in
/// uppercase, and `ẞ` must be in lowercase before.
fn folded(name: &[u8]) -> Vec<u8> {
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

/// Checks the size of a link's target before the target is read.
pub(super) fn judge_target_size(bytes: u64) -> Result<(), Reason> {
    if bytes > LONGEST_TARGET as u64 {
        return Err(Reason::Link(LinkReason::Long));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
