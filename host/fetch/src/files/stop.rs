//! The end of a download before its file is there.

use std::sync::atomic::{AtomicBool, Ordering};

use super::error::FileError;

/// Tells all threads that one item has failed.
#[derive(Default)]
pub(super) struct Stop(AtomicBool);

impl Stop {
    /// Says that an item has failed.
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails if an item has failed.
    pub(super) fn check(&self) -> Result<(), Ended> {
        if self.0.load(Ordering::Relaxed) {
            return Err(Ended::Stopped);
        }
        Ok(())
    }
}

/// A download that ended without the file.
#[derive(Debug)]
pub(super) enum Ended {
    Failed(FileError),
    /// Another file's download has failed.
    Stopped,
}

impl From<FileError> for Ended {
    fn from(error: FileError) -> Self {
        Self::Failed(error)
    }
}
