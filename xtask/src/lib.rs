//! The commands of `cargo xtask`, as a library, because the benchmark uses a part of them. A command that only calls
//! the package `package` does not belong here.

pub mod accept;
pub mod acceptance;
pub mod assets;
pub mod bench;
mod bindings;
pub mod demo;
pub mod documents;
pub mod fuzz;
pub mod kernels;
mod packages;
pub mod packaging;
pub mod programs;
mod python;
pub mod pythons;
pub mod release;
pub mod tidy;
