//! The harness: a machine and a kernel that lack something, and under one name everything that stands around a buildpack
//! when it is tested.
//!
//! No assertion and no code of the host belongs here: harness and host share only the specification.

pub mod kernel;
pub mod machine;

pub use ::lifecycle;
pub use ::lifecycle::{folder, search};
pub use server::{app, git_server, repository};
