//! One build that can be killed at any moment, and what is left of its processes afterwards.
//!
//! What it leaves on the disk does not matter here.

use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, WaitStatus, getpid, pidfd_open, pidfd_send_signal,
    set_child_subreaper, waitpgid,
};

/// How soon a process must be gone when the one that it belongs to is, on however busy a machine.
const SOON: Duration = Duration::from_secs(10);

/// A running build: the host, and the runner while there is one. Both are in a process group of their own.
pub(crate) struct Victim {
    host: Child,
    handle: Handle,
    began: Instant,
}

/// What a build that has ended, or was ended, said and left.
#[derive(Debug)]
pub(crate) struct Remains {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) output: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) took: Duration,
    /// How those ended whom the host left behind.
    pub(crate) orphans: Vec<WaitStatus>,
}

impl Victim {
    pub(crate) fn start(mut command: Command) -> Self {
        // Who loses its parent becomes a child of this process, which can wait for it.
        set_child_subreaper(Some(getpid())).unwrap();
        let began = Instant::now();
        let host = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let handle = Handle::of(pid(host.id())).unwrap();
        Self {
            host,
            handle,
            began,
        }
    }

    /// The host.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The runner, as soon as there is one, or `None` if the host ends before that.
    pub(crate) fn runner(&self) -> Option<Handle> {
        let id = self.host.id();
        loop {
            // A process that has ended, and isn't waited for yet, has the file still.
            let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
            let mut children = children.split_ascii_whitespace();
            if let Some(child) = children.next() {
                return Handle::of(pid(child.parse().unwrap()));
            }
            if self.handle.ends_within(Duration::from_micros(20)) {
                return None;
            }
        }
    }

    /// Waits until all of it is gone.
    pub(crate) fn end(mut self) -> Remains {
        let group = pid(self.host.id());
        // It prints less than a pipe holds.
        let status: ExitStatus = self.host.wait().unwrap();
        let (took, gone) = (self.began.elapsed(), Instant::now());
        let orphans = orphans(group);
        let outlived = gone.elapsed();
        assert!(outlived < SOON, "somebody outlived the host: {orphans:?}");
        let (mut output, mut stderr) = (Vec::new(), Vec::new());
        let (out, err) = (&mut self.host.stdout, &mut self.host.stderr);
        out.take().unwrap().read_to_end(&mut output).unwrap();
        err.take().unwrap().read_to_end(&mut stderr).unwrap();
        output.extend_from_slice(&stderr);
        Remains {
            code: status.code(),
            signal: status.signal(),
            output,
            stderr,
            took,
            orphans,
        }
    }
}

/// Waits for those of the group that are children of this process by now, until there is none.
fn orphans(group: Pid) -> Vec<WaitStatus> {
    let mut orphans = Vec::new();
    loop {
        match waitpgid(group, WaitOptions::empty()) {
            Ok(Some((_, status))) => orphans.push(status),
            Ok(None) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => return orphans,
            Err(errno) => panic!("can't wait for the group {group:?}: {errno}"),
        }
    }
}

impl Remains {
    /// All that it printed, on one line.
    pub(crate) fn said(&self) -> String {
        let output = String::from_utf8_lossy(&self.output);
        output.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The title of the error that it printed, if it did, and nothing before it on standard error.
    pub(crate) fn title(&self) -> Option<String> {
        let stderr = String::from_utf8_lossy(&self.stderr);
        let first = stderr.lines().next()?;
        let title = first.strip_prefix("[Error: ")?.strip_suffix(']')?;
        (!title.is_empty()).then(|| title.to_owned())
    }

    /// Whether the host was killed, and not ended by itself before.
    pub(crate) fn was_killed(&self) -> bool {
        self.signal == Some(Signal::KILL.as_raw())
    }
}

/// A process, and never another one that got its number.
pub(crate) struct Handle(OwnedFd);

impl Handle {
    /// `None` if it is gone.
    fn of(process: Pid) -> Option<Self> {
        pidfd_open(process, PidfdFlags::empty()).ok().map(Self)
    }

    /// Kills it, unless it has ended.
    pub(crate) fn kill(&self) {
        match pidfd_send_signal(&self.0, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(errno) => panic!("can't kill: {errno}"),
        }
    }

    /// Waits for its end, but no longer than this.
    pub(crate) fn ends_within(&self, time: Duration) -> bool {
        let time = Timespec::try_from(time).unwrap();
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        match poll(&mut fds, Some(&time)) {
            Ok(ready) => ready > 0,
            Err(Errno::INTR) => false,
            Err(errno) => panic!("can't wait: {errno}"),
        }
    }
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}
