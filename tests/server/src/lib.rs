//! A git server on loopback, the repositories that it serves, and the applications among the fixtures.
//!
//! No assertion lives here, and nothing of the host: tests, demo and benchmark share it.

pub mod app;
pub mod git_server;
pub mod repository;
