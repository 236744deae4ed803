//! Measures the peak memory of a program and its descendants, by polling while they run.
//!
//! These runs are separate from the timed ones, since polling takes time. The kernel's own figure at a process's end
//! (`ru_maxrss`) is not usable: it includes the peak of the process that forked it. `VmHWM`, which is read here,
//! starts anew with each program and only grows, so a late poll misses only what was allocated after the poll before
//! it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use wait4::Wait4;

use crate::process::ensure_good;

/// The interval between two polls: long enough to leave a core to the measured processes.
const GLANCE: Duration = Duration::from_micros(100);

/// Peak memory, in bytes. A page that two processes share counts for both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Peaks {
    /// The peak of the process that was started.
    pub(crate) first: u64,
    /// The peak of the process with the name `runner`.
    pub(crate) runner: u64,
    /// The highest sum of all processes at one time.
    pub(crate) at_once: u64,
}

impl Peaks {
    /// Returns the larger value of each field.
    pub(crate) fn or_larger(self, other: Self) -> Self {
        Self {
            first: self.first.max(other.first),
            runner: self.runner.max(other.runner),
            at_once: self.at_once.max(other.at_once),
        }
    }

    /// The sum of both processes' peaks, which need not occur at the same time.
    pub(crate) fn both(&self) -> u64 {
        self.first + self.runner
    }
}

/// Runs a program to its end. It must succeed.
pub(crate) fn peaks(mut command: Command, printed: &Path) -> Result<Peaks> {
    let output = File::create(printed)?;
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let mut child = command
        .spawn()
        .with_context(|| format!("can't start {}", command.get_program().display()))?;
    let own = arguments(std::process::id()).unwrap_or_default();
    let mut peaks = Peaks::default();
    loop {
        if let Some(ended) = child.try_wait4()? {
            ensure_good(&command, ended.status, printed)?;
            return Ok(peaks);
        }
        let mut seen = BTreeMap::new();
        look(child.id(), &own, &mut seen);
        let now = Peaks {
            first: seen.get(&child.id()).map_or(0, |process| process.peak),
            runner: seen
                .values()
                .filter(|process| process.is_runner)
                .map(|process| process.peak)
                .max()
                .unwrap_or(0),
            at_once: seen.values().map(|process| process.held).sum(),
        };
        peaks = peaks.or_larger(now);
        thread::sleep(GLANCE);
    }
}

struct Process {
    peak: u64,
    held: u64,
    is_runner: bool,
}

/// Polls a process and its descendants. A process that has ended meanwhile is left out.
fn look(id: u32, parent: &[u8], seen: &mut BTreeMap<u32, Process>) {
    // The arguments come first: as long as they equal the parent's, the process has not started its own program, and
    // may still share the memory of its parent.
    let Some(name) = arguments(id) else { return };
    if name != parent
        && let Ok(status) = fs::read_to_string(format!("/proc/{id}/status"))
        && let (Some(peak), Some(held)) = (field(&status, "VmHWM:"), field(&status, "VmRSS:"))
    {
        let is_runner = name.starts_with(b"runner\0");
        seen.insert(
            id,
            Process {
                peak,
                held,
                is_runner,
            },
        );
    }
    for child in children(id) {
        look(child, &name, seen);
    }
}

fn arguments(id: u32) -> Option<Vec<u8>> {
    let line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    (!line.is_empty()).then_some(line)
}

fn children(id: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{id}/task"));
    let tasks = tasks.into_iter().flatten().flatten();
    tasks
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|text| {
            text.split_whitespace()
                .filter_map(|id| id.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Reads a field of `/proc/<id>/status`, which counts in KiB.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_process_are_read_in_bytes() {
        let status = "Name:\tx\nVmPeak:\t    9 kB\nVmHWM:\t    1480 kB\nVmRSS:\t     4 kB\n";
        assert_eq!(field(status, "VmHWM:"), Some(1480 * 1024));
        assert_eq!(field(status, "VmSwap:"), None);
        assert!(field(&fs::read_to_string("/proc/self/status").unwrap(), "VmHWM:").is_some());
    }

    #[test]
    fn what_a_program_takes_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = Command::new("/bin/sh");
        // The shell holds a text of 8 MiB in memory.
        shell.args([
            "-c",
            "text=$(head -c 8388608 /dev/zero | tr '\\0' x); : \"$text\"",
        ]);
        let peaks = peaks(shell, &folder.path().join("printed")).unwrap();
        assert!(peaks.first > 8 << 20, "{peaks:?}");
        assert!(peaks.at_once >= peaks.first / 2, "{peaks:?}");
        assert_eq!(peaks.runner, 0);
    }
}
