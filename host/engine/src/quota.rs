//! Limits the files that a component may list, make and write.
//!
//! A file that it removes again still counts, because it took space on the disk. A file that could not be made does not
//! count. `cnb::walk` checks the remaining files, in another process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use wasmtime_wasi::p2::FsResult;

use super::limits::GuestLimits;

/// A component's attempt to list, make or write more files than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Exceeded {
    /// Open files, including the host's own.
    #[error(
        "had more than {0} files open at once, including the host's own, or more than the machine allows"
    )]
    Open(u64),
    /// Names in all directory listings together, including listings that it closed again.
    #[error(
        "listed so many names that all listings together took more than {0} bytes of the host's memory"
    )]
    Listed(u64),
    /// Files, folders and links, including those that it removed again.
    #[error("made more than {0} files, folders and links")]
    Made(u64),
    /// Bytes written to files, including those that it removed or overwrote.
    #[error("wrote more than {0} bytes into files")]
    Written(u64),
}

impl Exceeded {
    /// The key of buildpack.toml that sets this limit.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Open(_) => "open-files",
            Self::Listed(_) => "memory-mib",
            Self::Made(_) => "files",
            Self::Written(_) => "files-mib",
        }
    }
}

/// The remaining amount of a limited resource.
#[derive(Clone)]
pub(super) struct Left {
    amount: Arc<AtomicU64>,
    most: u64,
    exceeded: fn(u64) -> Exceeded,
}

impl Left {
    fn of(most: u64, exceeded: fn(u64) -> Exceeded) -> Self {
        Self {
            amount: Arc::new(AtomicU64::new(most)),
            most,
            exceeded,
        }
    }

    pub(super) fn take(&self, some: u64) -> Result<(), Exceeded> {
        let taken = |left: u64| left.checked_sub(some);
        let order = Ordering::Relaxed;
        match self.amount.fetch_update(order, order, taken) {
            Ok(_) => Ok(()),
            Err(_) => Err((self.exceeded)(self.most)),
        }
    }

    fn give_back(&self, some: u64) {
        self.amount.fetch_add(some, Ordering::Relaxed);
    }
}

/// The amounts that a component may still list, make and write.
pub(super) struct Quota {
    pub(super) listed: Left,
    pub(super) made: Left,
    pub(super) written: Left,
    /// Whether a separate thread does the file operations.
    pub(super) has_thread: bool,
    /// The limit for open files; the machine may allow fewer.
    pub(super) open_files: u64,
}

impl Quota {
    pub(super) fn of(limits: &GuestLimits, open_files: u64, has_thread: bool) -> Self {
        Self {
            listed: Left::of(limits.memory as u64, Exceeded::Listed),
            made: Left::of(limits.files, Exceeded::Made),
            written: Left::of(limits.files_bytes, Exceeded::Written),
            has_thread,
            open_files,
        }
    }

    /// Takes back the count of a file that could not be made, such as a folder that already exists.
    pub(super) fn made<T>(&self, made: FsResult<T>) -> FsResult<T> {
        if made.is_err() {
            self.made.give_back(1);
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

    /// The quota of a component that may make `files` files.
    fn quota(files: u64) -> Quota {
        let limits = GuestLimits {
            files,
            memory: 0,
            stack: 0,
            table_elements: 0,
            memories: 0,
            instances: 0,
            time: Duration::ZERO,
            log: 0,
            files_bytes: 0,
        };
        Quota::of(&limits, 0, false)
    }

    #[test]
    fn what_could_not_be_made_takes_nothing() {
        let quota = quota(1);
        for _ in 0..3 {
            quota.made.take(1).unwrap();
            let failed: FsResult<()> = Err(ErrorCode::Exist.into());
            quota.made(failed).unwrap_err();
        }
    }

    #[test]
    fn the_limit_of_what_is_listed_is_told_as_that_of_all_listings() {
        let told = Exceeded::Listed(4096).to_string();
        assert!(told.contains("all listings together"), "{told}");
    }

    #[test]
    fn what_was_made_stays_counted() {
        let quota = quota(1);
        quota.made.take(1).unwrap();
        quota.made(Ok(())).unwrap();
        assert_eq!(quota.made.take(1), Err(Exceeded::Made(1)));
    }
}
