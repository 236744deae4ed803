//! Runs the detect and build logic of a buildpack as a confined WebAssembly component.
//!
//! The map, from the top: `phase` is the walk of detect and build. It calls `runner`, which runs the guest, and
//! `contents`, which fetches what the guest declared; those stand on `wasm` and `source`; those on `cnb`, the words
//! of the specification. Arrows point down only. `docs/architecture.md` has the reasons.

pub mod cli;
pub use cnb;
pub use confine;
pub mod contents;
pub use contract;
pub mod credential;
pub mod diagnosis;
pub use dir;
pub mod explain;
pub use engine::machine;
pub mod phase;
pub mod policy;
pub mod receipt;
pub mod report;
pub mod runner;
pub use engine as wasm;
pub use fetch as source;
pub use text;
pub mod wire;
