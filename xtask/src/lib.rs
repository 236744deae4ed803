//! The commands of `cargo xtask` that are more than a call of the package `package`, as a library for the benchmark.

pub mod accept;
pub mod acceptance;
pub mod bench;
pub mod demo;
pub mod documents;
pub mod fuzz;
pub mod kernels;
pub mod packaging;
mod python;
pub mod release;
pub mod tidy;
