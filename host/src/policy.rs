//! What holds in a build: what buildpack.toml declares and the operator grants, in the measures of those who hold
//! a build to it.
//!
//! Nobody else turns a declared number into a limit.

mod grants;
mod mirrors;
mod operator;
mod variables;

use std::time::Duration;

use crate::cnb::descriptor::Limits;
use crate::confine::ProcessLimits;
use crate::source::DownloadLimits;
use crate::wasm::GuestLimits;

pub use self::grants::{Denial, Grants};
pub use self::operator::{HostGrant, Mirror, OperatorPolicy, PATH, PolicyError, RefPattern};
pub use self::variables::{LaterError, is_like_a_credential};

/// Time for the answer to the first request, before the server is asked in another way.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// Folders in folders, in what is fetched.
const DEPTH: usize = 64;

/// Objects of a pack besides those of the folder: a server that can't leave anything out sends the whole commit.
const OTHER_OBJECTS: u64 = 100_000;

/// Bytes of a pack's objects that are held in memory; others wait in a file.
const HELD: u64 = 16 << 20;

/// Memory of a guest's process beside its guest's, in bytes: the engine, what a guest hands over by one call, which
/// the engine holds to 128 MiB, and what becomes of that.
const PROCESS: u64 = 192 << 20;

/// What the guest may use.
#[must_use]
pub fn guest(limits: &Limits) -> GuestLimits {
    GuestLimits {
        memory: size(limits.memory_mib, 20),
        stack: size(limits.stack_kib, 10),
        table_elements: size(limits.table_elements, 0),
        time: Duration::from_secs(limits.seconds),
        log: size(limits.log_kib, 10),
        files: limits.files,
        files_bytes: limits.files_mib << 20,
    }
}

/// What the guest's process may use, in build.
#[must_use]
pub fn process(limits: &Limits) -> ProcessLimits {
    ProcessLimits {
        open_files: limits.open_files,
        file: Some(limits.file_mib << 20),
        memory: PROCESS + 2 * (limits.memory_mib << 20) + (limits.stack_kib << 10),
    }
}

/// How large the guest's answer may be, in bytes.
#[must_use]
pub fn output(limits: &Limits) -> usize {
    size(limits.output_kib, 10)
}

/// What one source may cost, where `spent` of the time of all is gone.
#[must_use]
pub fn download(limits: &Limits, spent: Duration) -> DownloadLimits {
    DownloadLimits {
        response: limits.fetch_mib << 20,
        objects: u32::try_from(limits.content_files + OTHER_OBJECTS).unwrap_or(u32::MAX),
        bytes: limits.content_mib << 20,
        memory: HELD,
        entries: size(limits.content_files, 0),
        depth: DEPTH,
        deadline: Duration::from_secs(limits.fetch_seconds).saturating_sub(spent),
        first_answer: FIRST_ANSWER,
    }
}

impl Default for DownloadLimits {
    /// The limits that hold where buildpack.toml says nothing.
    fn default() -> Self {
        download(&Limits::default(), Duration::ZERO)
    }
}

/// The ceilings of buildpack.toml's limits fit any machine that has 64 bits.
fn size(number: u64, shift: u32) -> usize {
    usize::try_from(number << shift).unwrap_or(usize::MAX)
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
            let download = download(&limits, Duration::ZERO);
            assert_eq!(download.entries as u64, content_files);
            assert_eq!(u64::from(download.objects), content_files + OTHER_OBJECTS);
        }
    }

    #[test]
    fn a_guests_process_may_take_what_its_guest_may_and_little_besides() {
        let limits = Limits {
            memory_mib: 64,
            stack_kib: 1024,
            ..Limits::default()
        };
        assert_eq!(process(&limits).memory, PROCESS + (129 << 20));
    }
}
