//! The harness: what stands around a buildpack when it is tested or shown. Applications, a git server with
//! the repositories that it serves, the lifecycle's side of the contract, and a search for leaked secrets.
//!
//! No assertion lives here, and nothing of the host: the harness has only the specification in common with it.

pub mod app;
pub mod folder;
pub mod git_server;
pub mod kernel;
pub mod lifecycle;
pub mod machine;
pub mod repository;
pub mod search;
