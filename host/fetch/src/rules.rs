//! Refuses what a repository may not hold: names by git's own rules, and modes. Pure.
//!
//! Rules for every tree are in the crate `entry`. Nothing here reads objects or touches the disk.

use gix_validate::path::component;

use entry::{EntryPath, LinkReason, Mode, NameReason};
use text::shown_path;

/// A refused entry, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the repository's entry '{entry}' is refused: {reason}")]
pub struct Refused {
    pub entry: EntryPath,
    pub reason: EntryReason,
}

/// The reason to refuse an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryReason {
    /// A name or path that no tree may hold.
    #[error(transparent)]
    Name(#[from] NameReason),
    /// `.git` in any spelling that some file system takes as the same name.
    #[error("'.git' is reserved for git, in every spelling")]
    DotGit,
    /// A link named `.gitmodules`.
    #[error("'.gitmodules' can't be a link")]
    LinkedGitmodules,
    #[error("a submodule can't be fetched")]
    Submodule,
    /// A mode that git does not write, such as the mode of a device or one with setuid.
    #[error("its mode {mode} is not that of a file, directory or link")]
    Mode {
        /// The mode's text in the tree object.
        mode: String,
    },
    /// A link with a target that is refused.
    #[error(transparent)]
    Link(#[from] LinkReason),
}

/// Checks an entry's name by git's rules, and by those of every tree.
pub(super) fn judge_name(name: &[u8], mode: Mode) -> Result<(), EntryReason> {
    entry::judge_name(name)?;
    let link = (mode == Mode::Link).then_some(component::Mode::Symlink);
    let options = component::Options {
        protect_windows: false,
        protect_hfs: true,
        protect_ntfs: true,
    };
    match gix_validate::path::component(name.into(), link, options) {
        Ok(_) => Ok(()),
        Err(component::Error::DotGitDir) => Err(EntryReason::DotGit),
        Err(component::Error::SymlinkedGitModules) => Err(EntryReason::LinkedGitmodules),
        Err(_) => Err(NameReason::NotPlain.into()),
    }
}

/// Checks a mode by its text in the tree object.
///
/// Compares the text and not a number: parsed into a number, a socket's mode and overlong modes can become the mode
/// of a directory.
pub(super) fn judge_mode(mode: &[u8]) -> Result<Mode, EntryReason> {
    match mode {
        // Old tools wrote the leading zero.
        b"40000" | b"040000" => Ok(Mode::Dir),
        // Older versions of git kept the group's write permission.
        b"100644" | b"100664" => Ok(Mode::File { executable: false }),
        b"100755" => Ok(Mode::File { executable: true }),
        b"120000" => Ok(Mode::Link),
        b"160000" => Err(EntryReason::Submodule),
        other => Err(EntryReason::Mode {
            mode: shown_path(&other[..other.len().min(16)]),
        }),
    }
}

#[cfg(test)]
mod tests;
