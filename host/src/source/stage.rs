//! Writes a fetched folder beside its place and puts it there with one rename.
//!
//! Nothing here judges: what a [`Tree`] holds was judged when it was walked.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::entry::Mode;
use super::objects::{ObjectError, Reading, ScratchError};
use super::tree::{Entry, Tree};
use crate::dir::{Dir, DirError};

/// A folder that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The disk says no.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// Neither does it take what doesn't fit in memory.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// A file of the folder is gone. [`Tree`]s are whole, so this is a bug.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// A written folder that is not in its place yet. Dropped, it is removed.
#[derive(Debug)]
#[must_use = "what was staged is removed unless it is placed"]
pub struct Staged<'d> {
    parent: &'d Dir,
    name: String,
}

impl Tree {
    /// Writes the folder into `parent` under a free name. If that fails, nothing of it stays.
    ///
    /// Permissions are 755 and 644, whatever the umask and the repository say.
    pub fn stage<'d>(&self, parent: &'d Dir, name: &str) -> Result<Staged<'d>, StageError> {
        let root = parent.create_dir(name, 0o755)?;
        let staged = Staged {
            parent,
            name: name.to_owned(),
        };
        let mut open = Vec::new();
        for entry in self.entries() {
            self.write(&root, &mut open, entry)?;
        }
        Ok(staged)
    }

    /// Writes one entry. `open` holds the folders that lead to the last one, for the next one's sake: each
    /// folder comes before what lies in it.
    fn write(&self, root: &Dir, open: &mut Vec<Dir>, entry: &Entry) -> Result<(), StageError> {
        let depth = entry.path.parts().count().saturating_sub(1);
        open.truncate(depth);
        let dir = open.last().unwrap_or(root);
        let name = OsStr::from_bytes(entry.path.name());
        match entry.mode {
            Mode::Dir => {
                let made = dir.create_dir(name, 0o755)?;
                open.push(made);
            }
            Mode::File { executable } => {
                let mode = if executable { 0o755 } else { 0o644 };
                match self.open(entry)? {
                    Reading::Held(bytes) => dir.write_new(name, bytes, mode)?,
                    mut aside @ Reading::Aside { .. } => dir.copy_new(name, &mut aside, mode)?,
                }
            }
            Mode::Link => dir.symlink(OsStr::from_bytes(&self.content(entry)?), name)?,
        }
        Ok(())
    }
}

impl Staged<'_> {
    /// Moves the folder to its place, a free name in `into`. If that fails, it is removed.
    pub fn place(self, into: &Dir, name: &str) -> Result<(), StageError> {
        Ok(self.parent.rename(&self.name, into, name)?)
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        // Placed, it has this name no longer, and what isn't there is no error. What can't be removed lies under
        // a name that nobody reads, and the error that led here counts.
        self.parent.remove_tree(&self.name).ok();
    }
}

#[cfg(test)]
mod tests;
