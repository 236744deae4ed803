//! The host's end: starts the runner, sends the request, receives the answer and waits until the runner has ended.

use std::io::{self, IoSlice, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
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

/// The time for starting and ending the process, in addition to the component's own time.
const GRACE: Duration = Duration::from_secs(10);

/// The bytes of the runner's standard error that are kept. The runner writes there only if it fails or panics.
const STDERR_CAP: u64 = 16 << 10;

/// The size of a log message without its text, in bytes.
const LOG_FRAME: usize = 64;

/// The runner's program, and the open files that it gets.
#[derive(Debug, Clone, Copy)]
pub struct Workplace<'a> {
    /// A host: the one that runs, or in a dry run the one that ships.
    pub program: &'a Path,
    pub app: &'a Dir,
    pub layers: &'a Dir,
    /// The compiled component.
    pub artifact: &'a ArtifactFile,
}

/// The functions that are called before the runner's answer.
pub struct Listener<'a> {
    /// Called when the runner has all that it needs. What the host does here takes place beside the component.
    pub started: &'a mut dyn FnMut(),
    /// Receives the protection that the runner has proven.
    pub confined: &'a mut dyn FnMut(&Held),
    /// Receives a line of the component's log.
    pub log: &'a mut dyn FnMut(Level, &str),
}

/// A runner that gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The runner could not be started, or the request could not be sent.
    #[error("the runner could not be started")]
    Start(#[source] io::Error),
    /// The request is too large.
    #[error("the input for the component is too large")]
    Context(#[source] WireError),
    /// The component gave no answer, and the runner sent the reason.
    #[error(transparent)]
    Call(CallError),
    #[error("the runner didn't end within {} seconds and was killed", .0.as_secs())]
    Deadline(Duration),
    /// The runner sent an invalid message, and was killed.
    #[error("the runner sent an invalid message")]
    Garbage(#[source] WireError),
    /// The runner's answer is over the limit. The runner was killed.
    #[error("the runner's answer is too large")]
    Output(#[source] WireError),
    /// The runner sent a message that the host's own code never sends at that point, and was killed.
    #[error("the runner {0}")]
    OutOfTurn(&'static str),
    /// The runner logged more than its own code passes on, and was killed.
    #[error("the runner logged more than it may")]
    Flood,
    #[error("the runner ended without an answer ({status}){}", last_words(.stderr))]
    Died {
        status: ExitStatus,
        /// The beginning of its standard error.
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

/// Runs the component's `build` in a separate process. Returns after that process has ended.
pub fn build(
    start: &Start,
    workplace: Workplace<'_>,
    output_cap: usize,
    listener: &mut Listener<'_>,
) -> Result<Result<BuildOutput, Failure>, RunnerError> {
    let frame = wire::encode(start, START_CAP).map_err(RunnerError::Context)?;
    let time = start.limits.time + GRACE;
    let (ours, theirs) = UnixStream::pair().map_err(RunnerError::Start)?;
    let mut runner = Runner(spawn(workplace.program, theirs.into()).map_err(RunnerError::Start)?);
    let mut socket = Socket {
        stream: ours,
        end: Instant::now() + time,
    };
    let answer = socket
        .hand_over(workplace, &frame)
        .map_err(RunnerError::Start)
        .and_then(|()| {
            (listener.started)();
            listen(&mut socket, start.limits.log, output_cap, listener)
        });
    let (status, stderr) = runner.end();
    match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(RunnerError::Died { status, stderr }),
        // The runner ended in the middle of a message, or before it read the request. Its exit status says more.
        Err(RunnerError::Start(_) | RunnerError::Garbage(WireError::Cut(_)))
            if !socket.is_late() =>
        {
            Err(RunnerError::Died { status, stderr })
        }
        Err(_) if socket.is_late() => Err(RunnerError::Deadline(time)),
        Err(error) => Err(error),
    }
}

fn spawn(program: &Path, socket: OwnedFd) -> io::Result<Child> {
    Command::new(program)
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
    // The runner counts too, but a component may have taken it over. The extra bytes are for the runner's warning that
    // the rest is not shown.
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
            // The host's own code sends this once. A second one may come from a component that broke out.
            Some(Message::Confined(_)) if confined => {
                return Err(RunnerError::OutOfTurn("reported its sandbox twice"));
            }
            Some(Message::Confined(held)) => {
                confined = true;
                (listener.confined)(&held);
            }
            Some(Message::Log(..) | Message::Output(_) | Message::Failure(_)) if !confined => {
                return Err(RunnerError::OutOfTurn(
                    "sent a message of its component before it reported its sandbox",
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

/// The host's end of the socket. Reads and writes fail after the moment `end`.
struct Socket {
    stream: UnixStream,
    end: Instant,
}

impl Socket {
    /// Sends the open files with the first byte, then the request.
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

/// The child process. Dropping this kills and reaps it.
struct Runner(Child);

impl Runner {
    /// Kills and reaps the process. A process that has already ended keeps its exit status.
    fn end(&mut self) -> (ExitStatus, String) {
        let killed = self.0.kill();
        let status = self.0.wait();
        let mut stderr = Vec::new();
        if let Some(pipe) = self.0.stderr.take() {
            // A failed read is ignored: the text only adds to the error that is reported.
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
