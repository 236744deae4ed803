//! A buildpack as it is shipped: compiled ahead of time, laid out, packaged, verified. Tests, xtask and bench build what
//! they try by it, in the same way.
//!
//! No compiler is linked here: `aot` calls the program in `compiler/`. The documents of a package are written by `sbom`,
//! and nothing of a package is run by `verify`.

pub mod aot;
pub mod arch;
pub mod build;
pub mod cargo;
mod checkout;
pub mod layout;
pub mod platforms;
pub mod release;
pub mod say;
pub mod sbom;
pub mod shipped;
pub mod trial;
pub mod vendor;
pub mod verify;
