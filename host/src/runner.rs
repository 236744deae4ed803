//! Both ends of the process in which a guest's `build` runs.
//!
//! The host starts itself again with an empty environment and one socket. Over it go the open directories, the open
//! artifact and the context; back come the guest's words and its answer. The host looks for the credential only when
//! that process is gone, so nothing here reads a token, the environment or a path.

mod child;
mod parent;

pub use child::run;
pub use parent::{Listener, RunnerError, Workplace, build};

/// The name by which the host calls itself to be the runner.
pub const ARGV0: &str = "runner";
