//! Which name, mode or link of a repository is refused. Pure.
//!
//! Nothing here reads objects or touches the disk.

use std::collections::BTreeMap;
use std::fmt;

use gix_validate::path::component;
use unicode_normalization::UnicodeNormalization;

use text::shown_path;

/// The longest name that Linux takes.
const LONGEST_NAME: usize = 255;
/// So long is a name that is too long.
pub(super) const TOO_LONG: usize = LONGEST_NAME + 1;
/// The longest target of a link that Linux takes.
const LONGEST_TARGET: usize = 4095;
/// The longest path of an entry, so that the whole of it stays usable beneath any sane layers directory.
const LONGEST_PATH: usize = 1024;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A directory.
    Dir,
    /// A regular file.
    File {
        /// Whether it can be run.
        executable: bool,
    },
    /// A symbolic link.
    Link,
}

/// Where an entry lies beneath the fetched folder. Shown without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPath(Vec<u8>);

impl EntryPath {
    /// The fetched folder itself.
    #[must_use]
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// The name beneath this folder.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut path = self.0.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        Self(path)
    }

    /// Its names, the outermost first. The folder itself has none.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
    }

    /// The last name, or nothing for the folder itself.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.parts().last().unwrap_or_default()
    }

    /// The whole path, with `/` between its names. Names need not be UTF-8.
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

/// An entry that is not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the repository's entry '{entry}' is refused: {reason}")]
pub struct Refused {
    /// Where it lies.
    pub entry: EntryPath,
    /// Why it is not taken.
    pub reason: Reason,
}

/// Why an entry is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A name that is empty, `.`, `..`, or holds `/` or a zero byte.
    #[error("its name is no plain name")]
    Name,
    /// `.git` in any spelling that some file system takes for it.
    #[error("'.git' is git's own, however it is written")]
    DotGit,
    /// A link named `.gitmodules`.
    #[error("'.gitmodules' can't be a link")]
    LinkedGitmodules,
    /// A name that no file system takes.
    #[error("its name is longer than {LONGEST_NAME} bytes")]
    LongName,
    /// A path that is too long.
    #[error("its path is longer than {LONGEST_PATH} bytes")]
    LongPath,
    /// A submodule.
    #[error("a submodule can't be fetched")]
    Submodule,
    /// A mode that git does not write, such as a device's or one with setuid.
    #[error("its mode {mode} is that of no file, directory or link")]
    Mode {
        /// The mode as the repository has it.
        mode: String,
    },
    /// Two entries that some file system takes for one.
    #[error(
        "its name can't be told from that of '{other}' where letter case or Unicode form don't count"
    )]
    Collision {
        /// The other one.
        other: String,
    },
    /// A link to nothing, or with a zero byte.
    #[error("a link must lead somewhere")]
    EmptyLink,
    /// A link whose target is too long.
    #[error("its target is longer than {LONGEST_TARGET} bytes")]
    LongTarget,
    /// A link to an absolute path.
    #[error("it leads to an absolute path")]
    AbsoluteLink,
    /// A link out of the fetched folder.
    #[error("it leads out of the fetched folder")]
    OutwardLink,
    /// A link whose way passes through another link, so that its end can't be told from its text.
    #[error("its way leads through another link")]
    LinkThroughLink,
}

/// Judges an entry's name.
///
/// Bytes that are no UTF-8 pass, and so do names that Windows alone can't hold: nothing is unpacked there.
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

/// Judges an entry's whole path by its length.
pub(super) fn judge_path(path: &EntryPath) -> Result<(), Reason> {
    if path.0.len() > LONGEST_PATH {
        return Err(Reason::LongPath);
    }
    Ok(())
}

/// Judges a mode by the text that the repository has for it.
///
/// Not by a number: reading it into one folds a socket's mode and overlong ones into a directory's.
pub(super) fn judge_mode(mode: &[u8]) -> Result<Mode, Reason> {
    match mode {
        // Old tools wrote the zero.
        b"40000" | b"040000" => Ok(Mode::Dir),
        // Older git kept the group's permission.
        b"100644" | b"100664" => Ok(Mode::File { executable: false }),
        b"100755" => Ok(Mode::File { executable: true }),
        b"120000" => Ok(Mode::Link),
        b"160000" => Err(Reason::Submodule),
        other => Err(Reason::Mode {
            mode: shown_path(&other[..other.len().min(16)]),
        }),
    }
}

/// The names of one directory so far, as the least discerning file system sees them.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<Vec<u8>, Vec<u8>>);

impl Names {
    /// Takes one more name, unless it can't be told from one that is there.
    pub(super) fn insert(&mut self, name: &[u8]) -> Result<(), Reason> {
        match self.0.insert(folded(name), name.to_vec()) {
            None => Ok(()),
            Some(other) => Err(Reason::Collision {
                other: shown_path(&other),
            }),
        }
    }
}

/// A name with letter case and Unicode form taken out. What is no UTF-8 keeps all but its ASCII capitals.
///
/// By way of capitals, which small letters share that are not the same: `ß` and `ss`, `ſ` and `s`. And first to
/// small letters, for capitals that have no other: `ẞ`.
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

/// Judges a link's target by its size, before it is read.
pub(super) fn judge_target_size(bytes: u64) -> Result<(), Reason> {
    if bytes > LONGEST_TARGET as u64 {
        return Err(Reason::LongTarget);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
