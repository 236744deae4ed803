//! The runner's end: receives the open files, loads the component, calls it, sends the answer and ends.

use std::fs::File;
use std::io::{self, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::wire::{self, Message, START_CAP, Start, WireError};
use contract::types::{BuildOutput, Failure};
use engine::artifact::{ArtifactFile, Compare};
use engine::{Artifact, CallError, Confinement, Guest, Logger, Preopen, engine_for};

/// A runner that could not send an answer. Only its host sees this error, on the runner's standard error.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("this program calls itself as 'runner'; it is not for calling by hand")]
    Caller,
    #[error("the socket failed")]
    Socket(#[from] io::Error),
    #[error("the host's message is broken")]
    Message(#[from] WireError),
}

/// Serves the host over the socket on standard input. Returns the text for standard error if that fails.
///
/// `host` is the process id of the host, from the arguments.
pub fn run(host: Option<&str>) -> Result<(), String> {
    serve(host).map_err(|error| match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}

fn serve(host: Option<&str>) -> Result<(), RunError> {
    die_with(host)?;
    let mut socket = UnixStream::from(rustix::stdio::stdin().try_clone_to_owned()?);
    let [app, layers, artifact] = receive_files(&socket)?;
    let Some(start) = wire::decode::<Start>(&mut socket, START_CAP)? else {
        return Err(RunError::Caller);
    };
    let says = socket.try_clone()?;
    let message = match call(&start, &app, &layers, artifact, &says) {
        Ok(Ok(output)) => Message::Output(Box::new(output)),
        Ok(Err(failure)) => Message::Failure(failure),
        Err(error) => Message::Fault(error),
    };
    Ok(wire::write(&message, &socket)?)
}

/// Makes the kernel kill this process when the host ends, and checks that the host has not ended already.
fn die_with(host: Option<&str>) -> Result<(), RunError> {
    let host = host
        .and_then(|pid| pid.parse().ok())
        .and_then(Pid::from_raw)
        .ok_or(RunError::Caller)?;
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from)?;
    if getppid() == Some(host) {
        Ok(())
    } else {
        Err(RunError::Caller)
    }
}

fn receive_files(socket: &UnixStream) -> Result<[OwnedFd; 3], RunError> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )
    .map_err(io::Error::from)?;
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    files.try_into().map_err(|_| RunError::Caller)
}

fn call(
    start: &Start,
    app: &OwnedFd,
    layers: &OwnedFd,
    artifact: OwnedFd,
    says: &UnixStream,
) -> Result<Result<BuildOutput, Failure>, CallError> {
    let engine = engine_for(&start.limits).map_err(|error| CallError::set_up(&error))?;
    let mut artifact = ArtifactFile {
        record: start.record.clone(),
        file: File::from(artifact),
    };
    let artifact = Artifact::load(&engine, &mut artifact, Compare::Digest)?;
    let guest = Guest::link(engine, &artifact)?;
    let preopens = [
        Preopen {
            dir: app.as_fd(),
            name: &start.context.app_dir,
            writable: false,
        },
        Preopen {
            dir: layers.as_fd(),
            name: &start.context.layers_dir,
            writable: true,
        },
    ];
    let logs = says
        .try_clone()
        .map_err(|error| CallError::set_up(&error.into()))?;
    let logger = Logger::new(
        start.limits.log,
        Box::new(move |level, text| say(&logs, &Message::Log(level, text.to_owned()))),
    );
    let mut confinement = Confinement {
        limits: start.process,
        demand: start.demand,
        confined: &mut |held| say(says, &Message::Confined(held.clone())),
    };
    guest.build(
        &start.context,
        &preopens,
        &start.limits,
        &mut confinement,
        logger,
    )
}

/// Sends a message. Ignores a failure: a host that closed its socket will end this process.
fn say(mut host: &UnixStream, message: &Message) {
    let _unheard = wire::encode(message, usize::MAX).map(|frame| host.write_all(&frame));
}
