//! Writes a fetched folder under a name at which nobody reads it yet.
//!
//! Nothing here judges: what a [`Tree`] holds was judged when it was walked. Nor is anything put into its place.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use super::entry::Mode;
use super::objects::{ObjectError, Reading, ScratchError};
use super::tree::{Entry, Tree};
use dir::{Dir, DirError};

/// So many files are worth a thread that writes them.
const FILES_OF_A_WRITER: usize = 500;
/// More writers than this wait for one another in the kernel.
const MOST_WRITERS: usize = 4;
/// Files that a writer is given at once.
const AT_ONCE: usize = 32;
/// How often that may be before it has written them, and so folders that are open for them.
const WAITING: usize = 16;

/// A folder that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The disk says no.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// Neither does it take what doesn't fit in memory.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// What was put aside can't be had back. Nothing else of it is missing: [`Tree`]s are whole.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

impl Tree {
    /// Writes the folder into `parent` under a free name. What was written before an error is the caller's to remove.
    ///
    /// Permissions are 755 and 644, whatever the umask and the repository say.
    pub fn stage(&self, parent: &Dir, name: &str) -> Result<(), StageError> {
        let root = parent.create_dir(name, 0o755)?;
        self.fill(root, self.files() / FILES_OF_A_WRITER)
    }

    /// Writes what the folder holds. Many files are written by as many threads as there are processors for.
    fn fill(&self, root: Dir, worth: usize) -> Result<(), StageError> {
        // How many there are isn't asked for a few files.
        let threads = match worth.min(MOST_WRITERS) {
            0 => 0,
            worth => worth.min(thread::available_parallelism().map_or(1, usize::from)),
        };
        thread::scope(|scope| {
            let mut writers = Writers::default();
            for _ in 0..threads {
                let (files, wanted) = sync_channel(WAITING);
                let write = || self.write_wanted(wanted);
                // Where no more threads may be started, those that are there do it, or this one.
                let Ok(thread) = thread::Builder::new().spawn_scoped(scope, write) else {
                    break;
                };
                writers.files.push(files);
                writers.threads.push(thread);
            }
            let made = self.make(root, &mut writers);
            writers.finish().and(made)
        })
    }

    /// Makes folders and links, and leaves the files to the writers.
    fn make<'t>(&'t self, root: Dir, writers: &mut Writers<'_, 't>) -> Result<(), StageError> {
        let root = Arc::new(root);
        // The folders that lead to the last entry, for the next one's sake: each comes before what lies in it.
        let mut open: Vec<Arc<Dir>> = Vec::new();
        for run in self.entries().chunk_by(are_files_of_one_folder) {
            let [entry, ..] = run else { continue };
            open.truncate(depth(entry));
            let dir = open.last().unwrap_or(&root);
            let name = OsStr::from_bytes(entry.path.name());
            match entry.mode {
                Mode::Dir => {
                    let made = dir.create_dir(name, 0o755)?;
                    open.push(Arc::new(made));
                }
                Mode::File { .. } if writers.files.is_empty() => self.write(dir, run)?,
                Mode::File { .. } => {
                    if writers.pass_on(dir, run).is_break() {
                        return Ok(());
                    }
                }
                Mode::Link => dir.symlink(OsStr::from_bytes(&self.content(entry)?), name)?,
            }
        }
        Ok(())
    }

    fn write_wanted(&self, wanted: Receiver<Wanted<'_>>) -> Result<(), StageError> {
        for (dir, files) in wanted {
            self.write(&dir, files)?;
        }
        Ok(())
    }

    fn write(&self, dir: &Dir, files: &[Entry]) -> Result<(), StageError> {
        for file in files {
            let name = OsStr::from_bytes(file.path.name());
            let mode = if file.mode == (Mode::File { executable: true }) {
                0o755
            } else {
                0o644
            };
            match self.open(file)? {
                Reading::Held(bytes) => dir.write_new(name, bytes, mode)?,
                mut aside @ Reading::Aside { .. } => dir.copy_new(name, &mut aside, mode)?,
            }
        }
        Ok(())
    }
}

/// In how many folders an entry lies.
fn depth(entry: &Entry) -> usize {
    entry.path.parts().count().saturating_sub(1)
}

/// Whether of two entries, one behind the other, the second is a file like the first, beside it.
fn are_files_of_one_folder(one: &Entry, next: &Entry) -> bool {
    one.is_file() && next.is_file() && depth(one) == depth(next)
}

/// Files that are to be written, and the folder that they belong into.
type Wanted<'t> = (Arc<Dir>, &'t [Entry]);

/// Threads that write files, each those that it is given. Without any, nobody does.
#[derive(Default)]
struct Writers<'s, 't> {
    files: Vec<SyncSender<Wanted<'t>>>,
    threads: Vec<ScopedJoinHandle<'s, Result<(), StageError>>>,
    next: usize,
}

impl<'t> Writers<'_, 't> {
    /// Gives files to those whose turn it is. Breaks if one of them has failed.
    fn pass_on(&mut self, dir: &Arc<Dir>, files: &'t [Entry]) -> ControlFlow<()> {
        for some in files.chunks(AT_ONCE) {
            self.next = (self.next + 1) % self.files.len();
            if self.files[self.next].send((Arc::clone(dir), some)).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Waits until all is written.
    fn finish(self) -> Result<(), StageError> {
        drop(self.files);
        let mut written = Ok(());
        for thread in self.threads {
            let own = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            written = written.and(own);
        }
        written
    }
}

#[cfg(test)]
mod tests;
