//! Limits that the kernel enforces for a process, and what other processes may see of it.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use serde::{Deserialize, Serialize};

/// The limits of a process that runs a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessLimits {
    /// The number of files that may be open at one time, the host's own included.
    pub open_files: u64,
    /// The largest size of a file that is written, in bytes. A larger one ends the process with SIGXFSZ. `None` if the
    /// component cannot write files.
    pub file: Option<u64>,
    /// The size of the process's own writable memory, in bytes, as the kernel counts it: without code, stack, and address
    /// space that is only reserved. A process that gets no more memory ends itself.
    pub memory: u64,
}

impl ProcessLimits {
    /// Sets the limits, up to the first that the kernel refuses.
    pub(super) fn apply(&self) -> io::Result<()> {
        // Set the limits of zero first, because they need no outer limit. A sandbox that refuses setrlimit also refuses
        // getrlimit, and rustix then returns uninitialized memory instead of an error.
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
            // A lower outer limit stays in force.
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

/// Hides this process's memory, environment and files from other processes of the same user, and prevents a core file.
pub fn hide() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
