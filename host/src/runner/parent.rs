//! The host's end: start the runner, tell it what to do, hear its answer, see it gone.

use std::io::{self, IoSlice, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use crate::wire::{self, Message, START_CAP, Start, WireError};
use confine::Held;
use contract::log::Level;
use contract::types::{BuildOutput, Failure};
use dir::Dir;
use engine::CallError;
use engine::artifact::ArtifactFile;

/// What starting and ending a process may take beside the guest's own time.
const GRACE: Duration = Duration::from_secs(10);

/// How much of the runner's standard error is kept: it is silent unless it panics.
const STDERR_CAP: u64 = 16 << 10;

/// Bytes that a logged line may take in a message, beside its text escaped at its worst.
const LOG_FRAME: usize = 64;

/// What the runner is given besides words.
#[derive(Debug, Clone, Copy)]
pub struct Workplace<'a> {
    /// The application directory.
    pub app: &'a Dir,
    /// The layers directory.
    pub layers: &'a Dir,
    /// The component, compiled.
    pub artifact: &'a ArtifactFile,
}

/// What is done with what the runner says before its answer.
pub struct Listener<'a> {
    /// How far it is confined.
    pub confined: &'a mut dyn FnMut(&Held),
    /// A line of the guest's.
    pub log: &'a mut dyn FnMut(Level, &str),
}

/// Why the runner gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// It could not be started or told what to do.
    #[error("the runner could not be started")]
    Start(#[source] io::Error),
    /// What it was to be told is too much.
    #[error("what the guest is to be told is too much")]
    Context(#[source] WireError),
    /// The guest gave no answer, and the runner says why.
    #[error(transparent)]
    Call(CallError),
    /// It didn't end in time and was killed.
    #[error("the runner didn't end within {} seconds and was killed", .0.as_secs())]
    Deadline(Duration),
    /// It said what can't be understood, and was killed.
    #[error("the runner sent what is no answer")]
    Garbage(#[source] WireError),
    /// It returned more than is taken, and was killed.
    #[error("the runner's answer is too large")]
    Output(#[source] WireError),
    /// It said what the host's own code never says at that point, and was killed.
    #[error("the runner {0}")]
    OutOfTurn(&'static str),
    /// It logged more than it passes on, and was killed.
    #[error("the runner logged more than it may")]
    Flood,
    /// It ended without an answer.
    #[error("the runner ended without an answer ({status}){}", last_words(.stderr))]
    Died {
        /// How it ended.
        status: ExitStatus,
        /// What it wrote to standard error.
        stderr: String,
    },
}

fn last_words(stderr: &str) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!(": {stderr}")
    }
}

/// Runs `build` of the guest in a process of its own, and comes back when that process is gone.
pub fn build(
    start: &Start,
    workplace: Workplace<'_>,
    output_cap: usize,
    listener: &mut Listener<'_>,
) -> Result<Result<BuildOutput, Failure>, RunnerError> {
    let frame = wire::encode(start, START_CAP).map_err(RunnerError::Context)?;
    let time = start.limits.time + GRACE;
    let (ours, theirs) = UnixStream::pair().map_err(RunnerError::Start)?;
    let mut runner = Runner(spawn(theirs.into()).map_err(RunnerError::Start)?);
    let mut socket = Socket {
        stream: ours,
        end: Instant::now() + time,
    };
    let answer = socket
        .hand_over(workplace, &frame)
        .map_err(RunnerError::Start)
        .and_then(|()| listen(&mut socket, start.limits.log, output_cap, listener));
    let (status, stderr) = runner.end();
    match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(RunnerError::Died { status, stderr }),
        // It died in the middle of a word or before it listened. How it died says more.
        Err(RunnerError::Start(_) | RunnerError::Garbage(WireError::Cut(_)))
            if !socket.is_late() =>
        {
            Err(RunnerError::Died { status, stderr })
        }
        Err(_) if socket.is_late() => Err(RunnerError::Deadline(time)),
        Err(error) => Err(error),
    }
}

fn spawn(socket: OwnedFd) -> io::Result<Child> {
    Command::new("/proc/self/exe")
        .arg0(super::ARGV0)
        .arg(std::process::id().to_string())
        .env_clear()
        .stdin(Stdio::from(socket))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}

type Answer = Result<BuildOutput, Failure>;

fn listen(
    socket: &mut Socket,
    log_cap: usize,
    output_cap: usize,
    listener: &mut Listener<'_>,
) -> Result<Option<Answer>, RunnerError> {
    // The runner counts as well, but it may be the guest by now. One line more: it says that there was too much.
    let mut log_left = log_cap + 1024;
    let cap = output_cap.max(6 * log_cap + LOG_FRAME);
    let mut confined = false;
    loop {
        let message = wire::decode(socket, cap).map_err(|error| match error {
            WireError::TooLarge { .. } => RunnerError::Output(error),
            WireError::Cut(_) | WireError::Garbage(_) => RunnerError::Garbage(error),
        })?;
        match message {
            None => return Ok(None),
            // Said once, by the host's own code: what comes later may come from a guest that broke out.
            Some(Message::Confined(_)) if confined => {
                return Err(RunnerError::OutOfTurn("said twice how it is confined"));
            }
            Some(Message::Confined(held)) => {
                confined = true;
                (listener.confined)(&held);
            }
            Some(Message::Log(..) | Message::Output(_) | Message::Failure(_)) if !confined => {
                return Err(RunnerError::OutOfTurn(
                    "let its guest speak before it said how it is confined",
                ));
            }
            Some(Message::Log(level, text)) => {
                log_left = log_left
                    .checked_sub(text.len().max(1))
                    .ok_or(RunnerError::Flood)?;
                (listener.log)(level, &text);
            }
            Some(Message::Output(output)) => return Ok(Some(Ok(*output))),
            Some(Message::Failure(failure)) => return Ok(Some(Err(failure))),
            Some(Message::Fault(error)) => return Err(RunnerError::Call(error)),
        }
    }
}

/// The host's end of the socket, which is read until a moment and not past it.
struct Socket {
    stream: UnixStream,
    end: Instant,
}

impl Socket {
    /// Sends the open files along with the first byte, then the message.
    fn hand_over(&mut self, workplace: Workplace<'_>, frame: &[u8]) -> io::Result<()> {
        let files = [
            workplace.app.as_fd(),
            workplace.layers.as_fd(),
            workplace.artifact.file.as_fd(),
        ];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&files)) {
            return Err(io::Error::other("no room for three descriptors"));
        }
        let byte = [IoSlice::new(b".")];
        sendmsg(&self.stream, &byte, &mut control, SendFlags::NOSIGNAL)?;
        let mut rest = frame;
        while !rest.is_empty() {
            self.stream.set_write_timeout(Some(self.left()?))?;
            match rustix::net::send(&self.stream, rest, SendFlags::NOSIGNAL) {
                Ok(sent) => rest = &rest[sent..],
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(io::ErrorKind::TimedOut.into())
        } else {
            Ok(left)
        }
    }

    fn is_late(&self) -> bool {
        self.left().is_err()
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

/// The process, which is dead and buried when this is dropped.
struct Runner(Child);

impl Runner {
    /// Kills what is left of it. One that has ended by itself keeps the status with which it did.
    fn end(&mut self) -> (ExitStatus, String) {
        let killed = self.0.kill();
        let status = self.0.wait();
        let mut stderr = Vec::new();
        if let Some(pipe) = self.0.stderr.take() {
            // What can't be read is lost: it is only said beside the error that is reported.
            let _lost = pipe.take(STDERR_CAP).read_to_end(&mut stderr);
        }
        let status = status.unwrap_or_else(|_| {
            debug_assert!(killed.is_ok(), "a child of ours can be waited for");
            ExitStatus::default()
        });
        (status, String::from_utf8_lossy(&stderr).trim().to_owned())
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            self.end();
        }
    }
}
