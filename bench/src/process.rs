//! One run of one program: how long it took, and what it took.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

/// What a run took. Its processor time holds that of its children.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) wall: Duration,
    pub(crate) processor: Duration,
}

/// Runs a program to its end, which must be a good one. What it prints goes to a file.
pub(crate) fn run(mut command: Command, printed: &Path) -> Result<Run> {
    let output = File::create(printed)?;
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let began = Instant::now();
    let child = command
        .spawn()
        .with_context(|| format!("can't start {}", command.get_program().display()))?;
    let ended = child.wait4()?;
    let wall = began.elapsed();
    ensure_good(&command, ended.status, printed)?;
    Ok(Run {
        wall,
        processor: ended.rusage.utime + ended.rusage.stime,
    })
}

/// An error with all that it printed, where a program did not end well.
pub(crate) fn ensure_good(
    command: &Command,
    status: std::process::ExitStatus,
    printed: &Path,
) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let mut text = Vec::new();
    File::open(printed)?.read_to_end(&mut text)?;
    let program = command.get_program().display();
    bail!(
        "{program} ended with {status}; it printed:\n{}",
        String::from_utf8_lossy(&text)
    );
}
