//! Limits of a download, from those of buildpack.toml that the operator grants.

use std::time::{Duration, Instant};

use cnb::descriptor::Limits;

use crate::pack::PackLimits;
use crate::tree::TreeLimits;

/// Time for the answer to the first request, before the server is asked in another way.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// Folders in folders, in what is fetched.
const DEPTH: usize = 64;

/// Objects of a pack besides those of the folder: a server that can't leave anything out sends the whole commit.
const OTHER_OBJECTS: u64 = 100_000;

/// Bytes of a pack's objects that are held in memory; others are spilled to a file.
const HELD: u64 = 16 << 20;

/// What a download may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadLimits {
    /// Bytes of one answer.
    pub response: u64,
    /// Objects of one pack: files, folders and commits.
    pub objects: u32,
    /// Bytes of a pack's objects once inflated, and bytes of the files that are written.
    pub bytes: u64,
    /// Bytes of objects that are held in memory, if a session has somewhere to put the others. On top of that come some
    /// hundred bytes for each object, and where a difference is applied, its base and itself.
    pub memory: u64,
    /// Files, folders and links that are written.
    pub entries: usize,
    /// Folders in folders.
    pub depth: usize,
    /// Time from the first request to the last byte, all waiting and repeating included.
    pub deadline: Duration,
    /// Time for the answer to the first request, before the server is asked in another way: some never answer a
    /// question that they don't understand, nor do some proxies. Later answers may take all the time that is left.
    pub first_answer: Duration,
}

impl DownloadLimits {
    /// What one source may cost by the limits that are granted, where `spent` of the time of all sources is gone.
    #[must_use]
    pub fn granted(limits: &Limits, spent: Duration) -> Self {
        Self {
            response: limits.fetch_mib << 20,
            objects: u32::try_from(limits.content_files + OTHER_OBJECTS).unwrap_or(u32::MAX),
            bytes: limits.content_mib << 20,
            memory: HELD,
            // A ceiling of buildpack.toml's fits any machine that has 64 bits.
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

    /// With so much time from now on.
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
    /// The limits that hold where buildpack.toml says nothing.
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
