//! Runs one build that can be killed at any moment, and collects the ends of its processes.
//!
//! The files that it leaves do not matter here.

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

/// The time within which a process must end after its parent has ended, even on a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// A running build: the host, and its runner. Both are in one process group.
pub(crate) struct Victim {
    host: Child,
    handle: Handle,
    began: Instant,
}

/// The output and exit status of a build that has ended.
#[derive(Debug)]
pub(crate) struct Remains {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) output: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) took: Duration,
    /// The exit statuses of the processes that the host left behind.
    pub(crate) orphans: Vec<WaitStatus>,
}

impl Victim {
    pub(crate) fn start(mut command: Command) -> Self {
        // A process that loses its parent becomes a child of this process, which can wait for it.
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

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits for the runner, and returns `None` if the host ends before it starts one.
    pub(crate) fn runner(&self) -> Option<Handle> {
        let id = self.host.id();
        loop {
            // The file still exists for a process that has ended and was not yet waited for.
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

    /// Waits until all processes of the build have ended.
    pub(crate) fn end(mut self) -> Remains {
        let group = pid(self.host.id());
        // The output fits in a pipe.
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

/// Waits for each process of the group that has become a child of this process.
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
    /// Everything that it printed, on one line.
    pub(crate) fn said(&self) -> String {
        let output = String::from_utf8_lossy(&self.output);
        output.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The title of the printed error, if standard error begins with one.
    pub(crate) fn title(&self) -> Option<String> {
        let stderr = String::from_utf8_lossy(&self.stderr);
        let first = stderr.lines().next()?;
        let (title, _id) = first.strip_prefix("[Error: ")?.rsplit_once(']')?;
        (!title.is_empty()).then(|| title.to_owned())
    }

    /// Whether the host was killed and did not end by itself.
    pub(crate) fn was_killed(&self) -> bool {
        self.signal == Some(Signal::KILL.as_raw())
    }
}

/// A pidfd: it never refers to another process that got the same number.
pub(crate) struct Handle(OwnedFd);

impl Handle {
    /// Returns `None` if the process has ended.
    fn of(process: Pid) -> Option<Self> {
        pidfd_open(process, PidfdFlags::empty()).ok().map(Self)
    }

    /// Kills the process, unless it has ended.
    pub(crate) fn kill(&self) {
        match pidfd_send_signal(&self.0, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(errno) => panic!("can't kill: {errno}"),
        }
    }

    /// Waits for the end of the process, for at most `time`.
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
