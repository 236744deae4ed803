//! The Cloud Native Buildpacks specification: the inputs from the lifecycle, the files that the lifecycle reads, and
//! the rules for both.
//!
//! Nothing here knows WebAssembly, the network or a token.

pub mod address;
pub mod api;
pub mod bindings;
pub mod check;
pub mod context;
pub mod descriptor;
pub mod git_id;
pub mod identity;
mod json;
pub mod later;
pub mod launch;
pub mod layer;
pub mod names;
pub mod sandbox;
pub mod sbom;
pub mod sha256;
pub mod steering;
pub mod write;
pub mod written;

pub use context::{metadata, platform};
pub use layer::{reuse, walk};
