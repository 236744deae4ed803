//! Runs one program once, and measures its time.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

/// The cost of a run. The processor time includes that of child processes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) wall: Duration,
    pub(crate) processor: Duration,
}

/// Runs a program to its end. It must succeed; its output goes to a file.
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

/// Returns an error with the program's output if the program failed.
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
