//! Computes the limits of a download from the granted limits of buildpack.toml.

use std::time::{Duration, Instant};

use cnb::descriptor::Limits;

use crate::pack::PackLimits;
use crate::tree::TreeLimits;

/// The wait for the first answer, before the request is sent in another way.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// The limit for nested folders.
const DEPTH: usize = 64;

/// The objects of a pack in addition to those of the folder: a server without filters sends the whole commit.
const OTHER_OBJECTS: u64 = 100_000;

/// The bytes of a pack's objects that are held in memory; others are spilled to a file.
const HELD: u64 = 16 << 20;

/// The limits of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadLimits {
    /// The bytes of one answer, and so of one file that is downloaded by itself.
    pub response: u64,
    /// The bytes of all files that are downloaded by themselves.
    pub downloads: u64,
    /// The objects of one pack: files, folders and commits.
    pub objects: u32,
    /// The bytes of a pack's objects after inflation, and the bytes of the written files.
    pub bytes: u64,
    /// The bytes of objects that are held in memory, if the session has a directory to spill the others to. Each object
    /// needs a few hundred bytes more, and an applied delta is in memory together with its base.
    pub memory: u64,
    /// The files, folders and links that are written.
    pub entries: usize,
    /// The limit for nested folders.
    pub depth: usize,
    /// The time from the first request to the last byte, including all waits and repeated requests.
    pub deadline: Duration,
    /// The wait for the first answer, before the request is sent in another way: some servers and proxies never answer
    /// a request that they don't understand. Later answers may take all the time that is left.
    pub first_answer: Duration,
}

impl DownloadLimits {
    /// Returns the limits of one source, from the granted limits. `spent` is the time that earlier sources used.
    #[must_use]
    pub fn granted(limits: &Limits, spent: Duration) -> Self {
        Self {
            response: limits.fetch_mib << 20,
            downloads: limits.fetch_mib << 20,
            objects: u32::try_from(limits.content_files + OTHER_OBJECTS).unwrap_or(u32::MAX),
            bytes: limits.content_mib << 20,
            memory: HELD,
            // The highest value that buildpack.toml may have fits on any 64-bit machine.
            entries: usize::try_from(limits.content_files).unwrap_or(usize::MAX),
            depth: DEPTH,
            deadline: Duration::from_secs(limits.fetch_seconds).saturating_sub(spent),
            first_answer: FIRST_ANSWER,
        }
    }

    pub(crate) fn of_pack(&self) -> PackLimits {
        PackLimits {
            objects: self.objects,
            bytes: self.bytes,
            memory: self.memory,
        }
    }

    /// Returns the limits of a folder that must be checked within `time` from now.
    pub(crate) fn of_tree(&self, time: Duration) -> TreeLimits {
        TreeLimits {
            entries: self.entries,
            bytes: self.bytes,
            depth: self.depth,
            until: Instant::now().checked_add(time),
        }
    }
}

impl Default for DownloadLimits {
    /// Returns the limits for a buildpack.toml without any.
    fn default() -> Self {
        Self::granted(&Limits::default(), Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_objects_may_come_as_files_are_granted_and_those_of_a_whole_commit_besides() {
        for content_files in [1, 20_000, 100_000, 1_000_000] {
            let limits = Limits {
                content_files,
                ..Limits::default()
            };
            let download = DownloadLimits::granted(&limits, Duration::ZERO);
            assert_eq!(download.entries as u64, content_files);
            assert_eq!(u64::from(download.objects), content_files + OTHER_OBJECTS);
        }
    }
}
