//! How much memory a program and all that it starts hold at most, looked at while they run.
//!
//! In runs of their own, since looking takes time. The kernel's own figure at a process's end (`ru_maxrss`) is no use:
//! it holds the peak of whoever started the process, too. The one that is read here (`VmHWM`) begins anew when a
//! program starts and only grows, so a look that comes late misses no more than what was taken since the last one.

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

/// Seldom enough to leave a core to those that are looked at.
const GLANCE: Duration = Duration::from_micros(100);

/// Peaks, in bytes. A page that two processes share counts for both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Peaks {
    /// Of the process that was started.
    pub(crate) first: u64,
    /// Of the one that it calls `runner`.
    pub(crate) runner: u64,
    /// What all held at one time.
    pub(crate) at_once: u64,
}

impl Peaks {
    /// The larger one of each.
    pub(crate) fn or_larger(self, other: Self) -> Self {
        Self {
            first: self.first.max(other.first),
            runner: self.runner.max(other.runner),
            at_once: self.at_once.max(other.at_once),
        }
    }

    /// The peaks of both processes together, though they need not come at one time.
    pub(crate) fn both(&self) -> u64 {
        self.first + self.runner
    }
}

/// Runs a program to its end, which must be a good one.
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

/// Looks at a process and its descendants. One that has ended meanwhile is left out.
fn look(id: u32, parent: &[u8], seen: &mut BTreeMap<u32, Process>) {
    // The arguments first: as long as they are the parent's, the process has not begun its own program, and may still
    // share the memory of the one that started it.
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

/// A field of `/proc/<id>/status`, which counts in KiB.
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
        // A text of 8 MiB in the shell's memory.
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
