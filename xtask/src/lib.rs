//! The commands of `cargo xtask`, as a library, so that the tests build what they try the same way.

pub mod acceptance;
pub mod aot;
pub mod arch;
pub mod bench;
pub mod build;
pub mod cargo;
pub mod demo;
pub mod fuzz;
pub mod layout;
pub mod package;
mod python;
pub mod release;
pub mod say;
pub mod sbom;
pub mod shipped;
pub mod tidy;
pub mod trial;
pub mod verify;
