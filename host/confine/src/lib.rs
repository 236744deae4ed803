//! The kernel's walls: around whoever runs a guest, and around the host before it hears a server.
//!
//! WebAssembly is the first wall. These are for the day on which it has a hole. Nothing here knows what a guest is.

mod alarm;
#[cfg(test)]
mod calls;
mod descriptors;
mod files;
mod held;
mod limits;
mod probe;
mod programs;

use std::io;
use std::os::fd::BorrowedFd;

use text::chain;

use self::probe::Probe;

pub use self::alarm::end_after;
pub use self::descriptors::close_inherited;
pub use self::files::Grant;
pub use self::held::{Held, Level};
pub use self::limits::{ProcessLimits, hide};

/// How much of the sandbox a caller demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Demand {
    /// Anything below [`Level::Full`] is an error.
    Require,
    /// The result names what is missing.
    Prefer,
    /// Neither Landlock nor seccomp is asked for.
    Off,
}

/// Why a process could not be confined.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// The helper thread could not be started.
    #[error("a thread could not be started")]
    Thread(#[source] io::Error),
    /// The buildpack asks for more than there is.
    #[error("sandbox = \"require\" is asked for, and this is all there is: {0}")]
    TooLittle(Held),
}

/// Confines this process for good, from top to bottom. All that it will ever need is open, and all code is mapped.
///
/// `start_helper` starts the one thread that it needs beside this one: no other can be started later.
pub fn enter(
    grants: &[Grant<'_>],
    limits: &ProcessLimits,
    demand: Demand,
    start_helper: impl FnOnce() -> io::Result<()>,
) -> Result<Held, ConfineError> {
    // Each is tried, whatever becomes of the other.
    let (hidden, limited) = (hide(), limits.apply());
    let walls = if demand == Demand::Off {
        start_helper().map_err(ConfineError::Thread)?;
        Held::off()
    } else {
        let probe = Probe::ready();
        // Of this thread and those that it starts from here on; a helper that is there already would stay free.
        let files = files::restrict(grants);
        start_helper().map_err(ConfineError::Thread)?;
        // Of both threads.
        let calls = programs::restrict();
        probe.prove(files, calls)
    };
    let held = walls.with(hidden, limited);
    if demand == Demand::Require && !held.missing.is_empty() {
        return Err(ConfineError::TooLittle(held));
    }
    Ok(held)
}

/// Takes from the host, for good, what it doesn't need to hear a server and to write the layers: files elsewhere
/// by Landlock, and the calls that would be worth most by seccomp. What holds, and what is missing.
#[must_use]
pub fn restrict_host(layers: BorrowedFd<'_>) -> Held {
    let mut missing = Vec::new();
    let landlock = files::restrict_host(layers).unwrap_or_else(|error| {
        missing.push(chain(&error));
        0
    });
    let seccomp = programs::restrict_host();
    missing.extend(seccomp.as_ref().err().map(|error| chain(error)));
    Held {
        landlock,
        seccomp: seccomp.is_ok(),
        is_limited: true,
        missing,
    }
}
