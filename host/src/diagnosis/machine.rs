//! The messages for a machine that lacks something that every build needs. No buildpack, server or proxy is the cause.

use std::error::Error;
use std::io;

use super::{Diagnosis, fixable, id};
use crate::phase::{ComponentError, InputError, LayersError, PhaseError};
use crate::runner::RunnerError;
use contents::ContentsError;
use engine::ArtifactError;
use engine::machine::Lack;
use fetch::{ConnectError, FetchError};

/// Returns the message for an error that the machine has caused. `None` for all others.
pub(super) fn lack(error: &PhaseError) -> Option<Diagnosis> {
    match error {
        PhaseError::Input(InputError::Artifact(error @ ArtifactError::Machine { lack, .. })) => {
            Some(diagnosis(*lack, error))
        }
        PhaseError::Component(ComponentError::Runner(RunnerError::Start(io)))
        | PhaseError::Input(InputError::Own(io))
            if io.kind() == io::ErrorKind::NotFound =>
        {
            Some(diagnosis(Lack::Proc, error))
        }
        PhaseError::Contents(ContentsError::Fetch { error, .. }) => fetch(error),
        PhaseError::Contents(ContentsError::Stage { error, .. }) => by_cause(error),
        PhaseError::Contents(ContentsError::Credential { error, .. }) => by_cause(error),
        // `EAGAIN` here means the lock of another build, and not a lack of processes.
        PhaseError::Layers(LayersError::Lock(error))
            if error.kind() == io::ErrorKind::WouldBlock =>
        {
            None
        }
        // The runner reports a lack of the machine itself, as `CallError::Machine`.
        PhaseError::Component(ComponentError::Runner(error))
            if !matches!(error, RunnerError::Start(_)) =>
        {
            None
        }
        error => by_cause(error),
    }
}

/// Once connected, the same error numbers can come from the network. Before that, they come from the machine.
fn fetch(error: &FetchError) -> Option<Diagnosis> {
    match error {
        FetchError::Connect(
            ConnectError::Setup(_)
            | ConnectError::Unresolved { .. }
            | ConnectError::NoConnection { .. }
            | ConnectError::Tls { .. },
        )
        | FetchError::Pack(_) => by_cause(error),
        _ => None,
    }
}

fn by_cause(error: &(dyn Error + 'static)) -> Option<Diagnosis> {
    Lack::of(error).map(|lack| diagnosis(lack, error))
}

/// Returns the message for an error that this lack has caused.
pub(super) fn diagnosis(lack: Lack, error: &dyn Error) -> Diagnosis {
    let (title, step) = match lack {
        Lack::Files => (
            "This machine allows too few open files",
            "Raise the limit on open files (ulimit -n) of the build's container: 256 are enough.",
        ),
        Lack::Processes => (
            "This machine allows too few processes and threads",
            "Raise the limit on processes of the build's container or user (ulimit -u, pids.max, docker's \
             --pids-limit): a build has two processes and a few threads.",
        ),
        Lack::Memory => (
            "This machine refuses the memory that a build needs",
            "Raise the limit on address space (ulimit -v) or on memory of the build's container, or lower memory-mib \
             in [metadata.limits] of buildpack.toml: that much is reserved, plus about 150 MiB.",
        ),
        Lack::Code => (
            "This machine forbids executable memory",
            "A component is run as native code. Allow the build to do so, by systemd's setting \
             MemoryDenyWriteExecute=no, or in the security policy that forbids it.",
        ),
        Lack::ExecutableMount => (
            "The buildpack lies on a mount that forbids programs",
            "Mount the folder of the buildpacks without the option noexec.",
        ),
        Lack::Proc => (
            "This machine has no /proc",
            "Mount /proc in the build's container, and give it /dev/null: the host starts the component's process with their help.",
        ),
    };
    Diagnosis {
        id: id::lack(lack),
        ..fixable(title, error).step(step)
    }
}
