//! Compiles a buildpack ahead of time, lays it out, packages it and verifies it. Tests, xtask and bench use it, so that
//! all of them build in the same way.
//!
//! No compiler is linked here: `aot` calls the program in `compiler/`. `sbom` writes the bills of materials of a
//! package, and `verify` runs nothing of a package.

pub mod aot;
pub mod arch;
pub mod assets;
pub mod build;
pub mod cargo;
mod checkout;
pub mod layout;
pub mod packed;
pub mod platforms;
pub mod programs;
pub mod project;
pub mod release;
pub mod running;
pub mod say;
pub mod sbom;
pub mod shipped;
pub mod trial;
pub mod vendor;
pub mod verify;
