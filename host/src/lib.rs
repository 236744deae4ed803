//! Runs the detect and build logic of a buildpack as a confined WebAssembly component.
//!
//! The modules, from the top: `phase` has the steps of detect and build. It calls `runner`, which runs the component,
//! and the crate `contents`, which fetches what the component declared. Those use the crates `engine` and `fetch`, and
//! these use `cnb`, which implements the buildpack specification. A module uses only modules below it.
//! `docs/architecture.md` has the reasons.

pub mod diagnosis;
pub mod limits;
pub mod phase;
pub mod receipt;
pub mod runner;
pub mod wire;
