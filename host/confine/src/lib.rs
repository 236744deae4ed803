//! The sandbox of the Linux kernel: for the process that runs a component, and for the host before it reads a server's
//! answer.
//!
//! WebAssembly is the first sandbox. This one protects if WebAssembly has a flaw. No code here knows what a component is.

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

/// The demand of a caller for the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Demand {
    /// Anything below [`Level::Full`] is an error.
    Require,
    /// The result names what is missing.
    Prefer,
    /// Neither Landlock nor seccomp is asked for.
    Off,
}

/// A process that could not be confined as demanded.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    #[error("a thread could not be started")]
    Thread(#[source] io::Error),
    /// The demand is [`Demand::Require`], and the kernel enforces less.
    #[error("sandbox = \"require\" is asked for, and this is all there is: {0}")]
    TooLittle(Held),
}

/// Permanently confines this process. The steps run from top to bottom. Everything that the process will need must be open
/// before, and all code mapped.
///
/// `start_helper` starts the one further thread that the process needs, because no thread can be started later.
pub fn enter(
    grants: &[Grant<'_>],
    limits: &ProcessLimits,
    demand: Demand,
    start_helper: impl FnOnce() -> io::Result<()>,
) -> Result<Held, ConfineError> {
    // A failure of one does not keep the other from being tried.
    let (hidden, limited) = (hide(), limits.apply());
    let enforced = if demand == Demand::Off {
        start_helper().map_err(ConfineError::Thread)?;
        Held::off()
    } else {
        let probe = Probe::ready();
        // Landlock applies to this thread and to threads that it starts later. A helper that runs already would stay free.
        let files = files::restrict(grants);
        start_helper().map_err(ConfineError::Thread)?;
        // Seccomp applies to both threads.
        let calls = programs::restrict();
        probe.prove(files, calls)
    };
    let held = enforced.with(hidden, limited);
    if demand == Demand::Require && !held.missing.is_empty() {
        return Err(ConfineError::TooLittle(held));
    }
    Ok(held)
}

/// Permanently drops what the host does not need to connect and to write the layers: files elsewhere by Landlock, and the
/// calls that would be most useful to an attacker by seccomp. Returns what is enforced and what is missing.
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
