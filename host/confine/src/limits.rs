//! What the kernel counts for a process, and what others may see of it.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use serde::{Deserialize, Serialize};

/// The limits of a guest's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessLimits {
    /// Open files at one time, those of the host's own included.
    pub open_files: u64,
    /// Bytes of one file that is written; more ends the process with SIGXFSZ. `None` where a guest can write none.
    pub file: Option<u64>,
    /// Bytes of memory that is the process's own to write, as the kernel counts it: address space that is reserved
    /// alone, code and stack are not among them. A process that is refused more ends itself.
    pub memory: u64,
}

impl ProcessLimits {
    /// Puts them in force, up to the first that is refused.
    pub(super) fn apply(&self) -> io::Result<()> {
        // Those that allow nothing come first. Where this call is refused, to ask for an outer limit is too, and the
        // answer then is not an error but what happens to lie in memory.
        let nothing = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        for resource in [Resource::Core, Resource::Memlock, Resource::Msgqueue] {
            setrlimit(resource, nothing)?;
        }
        for (resource, most) in [
            (Resource::Nofile, Some(self.open_files)),
            (Resource::Fsize, self.file),
            (Resource::Data, Some(self.memory)),
        ] {
            // An outer limit that is lower stays.
            let outer = rustix::process::getrlimit(resource).maximum;
            let most = match (most, outer) {
                (Some(most), Some(outer)) => Some(most.min(outer)),
                (most, outer) => most.or(outer),
            };
            let limit = Rlimit {
                current: most,
                maximum: most,
            };
            setrlimit(resource, limit)?;
        }
        Ok(())
    }
}

/// Hides this process's memory, environment and files from others of the same user, and leaves no core file.
pub fn hide() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
