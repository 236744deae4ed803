//! The harness for testing or showing a buildpack: applications, a git server with its repositories, the lifecycle's
//! side of the specification, and a search for leaked secrets.
//!
//! No assertion and no code of the host belongs here: harness and host share only the specification.

pub mod app;
pub mod folder;
pub mod git_server;
pub mod kernel;
pub mod lifecycle;
pub mod machine;
pub mod repository;
pub mod search;
