//! Runs the detect and build logic of a buildpack as a confined WebAssembly component.
//!
//! The map, from the top: `phase` is the walk of detect and build. It calls `runner`, which runs the guest, and
//! `contents`, which fetches what the guest declared; those stand on `wasm` and `source`; those on `cnb`, the words
//! of the specification. Arrows point down only. `docs/architecture.md` has the reasons.

pub mod cli;
pub mod contents;
pub mod credential;
pub mod diagnosis;
pub mod explain;
pub mod phase;
pub mod policy;
pub mod receipt;
pub mod report;
pub mod runner;
pub mod wire;
