//! Loads a WebAssembly component, links it to its imports and calls it once.
//!
//! Nothing here knows the lifecycle, a credential or the network.

pub mod artifact;
mod clock;
mod config;
mod counting;
mod exports;
mod limited;
mod limits;
mod linker;
mod log;
pub mod machine;
mod quota;
mod state;
mod wasi;
mod world;

pub use artifact::{Artifact, ArtifactError, Flaw};
pub use config::{ENGINE_VERSION, engine_config};
pub use limited::engine_for;
pub use limits::{GuestLimits, Short};
pub use log::Logger;
pub use quota::Exceeded;
pub use wasi::Preopen;
pub use world::{CallError, Confinement, Guest};
