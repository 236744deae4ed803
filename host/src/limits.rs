//! Turns the granted limits of a build into the units of the crates that enforce them.
//!
//! Only this module, and `fetch::DownloadLimits` for downloads, turn a declared number into a limit.

use std::time::Duration;

use cnb::descriptor::Limits;
use cnb::sandbox::Sandbox;
use confine::{Demand, ProcessLimits};
use engine::GuestLimits;

/// The memory of a component's process in addition to the component's own, in bytes. It covers the engine, the
/// arguments of one call of the component, which the engine limits to 128 MiB, and the values made of them.
const PROCESS: u64 = 192 << 20;

/// Returns the limits of the component.
#[must_use]
pub fn guest(limits: &Limits) -> GuestLimits {
    GuestLimits {
        memory: size(limits.memory_mib, 20),
        stack: size(limits.stack_kib, 10),
        table_elements: size(limits.table_elements, 0),
        memories: size(limits.memories, 0),
        instances: size(limits.core_instances, 0),
        time: Duration::from_secs(limits.seconds),
        log: size(limits.log_kib, 10),
        files: limits.files,
        files_bytes: limits.files_mib << 20,
    }
}

/// Returns the limits of the component's process in build.
#[must_use]
pub fn process(limits: &Limits) -> ProcessLimits {
    ProcessLimits {
        open_files: limits.open_files,
        file: Some(limits.file_mib << 20),
        memory: PROCESS + 2 * (limits.memory_mib << 20) + (limits.stack_kib << 10),
    }
}

/// Converts the value of `sandbox` in buildpack.toml or the policy.
#[must_use]
pub fn demand(sandbox: Sandbox) -> Demand {
    match sandbox {
        Sandbox::Require => Demand::Require,
        Sandbox::Prefer => Demand::Prefer,
        Sandbox::Off => Demand::Off,
    }
}

/// Returns the limit for the component's answer, in bytes.
#[must_use]
pub fn output(limits: &Limits) -> usize {
    size(limits.output_kib, 10)
}

/// Shifts a limit into a `usize`. The maximum of each limit in buildpack.toml fits 64 bits.
fn size(number: u64, shift: u32) -> usize {
    usize::try_from(number << shift).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

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
