//! Writes a fetched folder to a temporary name, which nobody reads.
//!
//! Nothing here checks entries, because a [`Tree`] was checked when it was walked. The caller moves the folder to its
//! final name.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use super::objects::{ObjectError, Reading, ScratchError};
use super::tree::{Entry, Tree};
use dir::{Dir, DirError};
use entry::Mode;

/// A writer thread pays off for this count of files.
const FILES_OF_A_WRITER: usize = 500;
/// The limit for writer threads. More of them wait for one another in the kernel.
const MOST_WRITERS: usize = 4;
/// The count of files in a batch for a writer.
const AT_ONCE: usize = 32;
/// The count of batches queued for each writer. It limits the folders that are open at once.
const WAITING: usize = 16;

/// A folder that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A file operation failed.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The spill file can't be used.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// A spilled object can't be read back. This is the only possible cause, because a [`Tree`] is complete.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

impl Tree {
    /// Writes the folder to a new name in `parent`. After an error, the caller must remove the written files.
    ///
    /// Permissions are 755 and 644, regardless of the umask and the repository.
    pub fn stage(&self, parent: &Dir, name: &str) -> Result<(), StageError> {
        let root = parent.create_dir(name, 0o755)?;
        self.fill(root, self.files() / FILES_OF_A_WRITER)
    }

    /// Writes the folder's contents. For many files it starts threads, at most one for each processor.
    fn fill(&self, root: Dir, worth: usize) -> Result<(), StageError> {
        // For few files the count of processors is not requested.
        let threads = match worth.min(MOST_WRITERS) {
            0 => 0,
            worth => worth.min(thread::available_parallelism().map_or(1, usize::from)),
        };
        thread::scope(|scope| {
            let mut writers = Writers::default();
            for _ in 0..threads {
                let (files, wanted) = sync_channel(WAITING);
                let write = || self.write_wanted(wanted);
                // If no more threads may be started, the running ones write the files, or this thread does.
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

    /// Makes folders and links, and sends the files to the writers.
    fn make<'t>(&'t self, root: Dir, writers: &mut Writers<'_, 't>) -> Result<(), StageError> {
        let root = Arc::new(root);
        // The open folders on the path to the last entry, for the next entry: a folder comes before its contents.
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

/// Returns the count of folders above an entry.
fn depth(entry: &Entry) -> usize {
    entry.path.parts().count().saturating_sub(1)
}

/// Returns whether two successive entries are files in the same folder.
fn are_files_of_one_folder(one: &Entry, next: &Entry) -> bool {
    one.is_file() && next.is_file() && depth(one) == depth(next)
}

/// Files to write, and the folder to write them to.
type Wanted<'t> = (Arc<Dir>, &'t [Entry]);

/// Threads that write files, each from its own queue. The caller writes the files itself if there are no threads.
#[derive(Default)]
struct Writers<'s, 't> {
    files: Vec<SyncSender<Wanted<'t>>>,
    threads: Vec<ScopedJoinHandle<'s, Result<(), StageError>>>,
    next: usize,
}

impl<'t> Writers<'_, 't> {
    /// Sends files to the writers in turn. Breaks if a writer has failed.
    fn pass_on(&mut self, dir: &Arc<Dir>, files: &'t [Entry]) -> ControlFlow<()> {
        for some in files.chunks(AT_ONCE) {
            self.next = (self.next + 1) % self.files.len();
            if self.files[self.next].send((Arc::clone(dir), some)).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Waits until all files are written.
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
