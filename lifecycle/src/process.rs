//! Runs one program to its end, with a deadline, and keeps its output.
//!
//! No knowledge of a phase or a folder belongs here.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::search::{Sighting, look_at};

/// The interval between two polls of the processes: long enough to leave them a core.
const GLANCE: Duration = Duration::from_micros(200);

/// A program that has ended by itself.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code, or `None` if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// Its run time.
    pub took: Duration,
    /// The sightings of it and its descendants, if they were watched.
    pub processes: Vec<Sighting>,
}

impl Ended {
    #[must_use]
    pub fn passed(&self) -> bool {
        self.code == Some(0)
    }

    /// The whole output, standard error last.
    #[must_use]
    pub fn output(&self) -> String {
        let text = [&self.stdout[..], &self.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The id of the refusal with which standard error begins: after the title, or in a line of its own below it.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.stderr);
        let mut lines = text.lines();
        let title = lines.next()?.strip_prefix("[Error: ")?;
        let id = match title.strip_suffix(']') {
            Some(_) => lines.next()?.strip_prefix("  (")?,
            None => title.rsplit_once("] (")?.1,
        };
        Some(id.strip_suffix(')')?.to_owned())
    }
}

/// Runs `command` as `user`, if one is given. A program that exceeds the time limit is killed, which is an error.
pub(super) fn run(
    mut command: Command,
    user: Option<u32>,
    timeout: Duration,
    watched: bool,
) -> Result<Ended> {
    if let Some(user) = user {
        // If root starts it, this drops the supplementary groups as well.
        command.uid(user).gid(user);
    }
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .with_context(|| format!("can't start {}", command.get_program().display()))?;
    let number = child.id();
    let stdout = read_in_background(child.stdout.take().context("no pipe")?);
    let stderr = read_in_background(child.stderr.take().context("no pipe")?);
    let (tell, ended) = mpsc::channel();
    thread::spawn(move || drop(tell.send(child.wait())));

    let mut sightings = BTreeSet::new();
    let status = await_end(&ended, began + timeout, || {
        if watched {
            look_at(number, &mut sightings);
        }
        watched
    })?;
    let took = began.elapsed();
    // No process that it started may outlive it, or keep its output open.
    kill_group(number);
    let (stdout, stderr) = (stdout.recv()?, stderr.recv()?);
    let Some(status) = status else {
        let text = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
        bail!("did not end within {timeout:?}; it printed:\n{text}");
    };
    Ok(Ended {
        code: status.code(),
        signal: status.signal(),
        stdout,
        stderr,
        took,
        processes: sightings.into_iter().collect(),
    })
}

fn await_end(
    ended: &Receiver<std::io::Result<ExitStatus>>,
    deadline: Instant,
    mut glance: impl FnMut() -> bool,
) -> Result<Option<ExitStatus>> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let pause = if glance() { GLANCE.min(left) } else { left };
        match ended.recv_timeout(pause) {
            Ok(status) => return Ok(Some(status?)),
            Err(RecvTimeoutError::Disconnected) => bail!("nobody waits for the program"),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn read_in_background(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (tell, all) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // The bytes before an error are still its output.
        drop(pipe.read_to_end(&mut bytes));
        drop(tell.send(bytes));
    });
    all
}

fn kill_group(leader: u32) {
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        // Usually the group is empty.
        let _nobody = kill_process_group(group, Signal::KILL);
    }
}
