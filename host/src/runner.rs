//! Both ends of the process that runs a component's `build`.
//!
//! The host starts itself again with an empty environment and one socket. It sends the open directories, the open
//! artifact and the context over the socket, and receives the component's log and answer. The host looks for the
//! credential only after that process has ended, so nothing here reads a token, the environment or a path.

mod child;
mod parent;

pub use child::run;
pub use parent::{Listener, RunnerError, Workplace, build};

/// The program name with which the host starts itself as the runner.
pub const ARGV0: &str = "runner";

/// The path of the running program itself, which is the runner's program in a build.
pub const OWN: &str = "/proc/self/exe";
