//! Turns the output of a language's compiler into a component that the host can run, and judges it.
//!
//! Nothing here compiles to machine code, and nothing runs a component.

mod contract;
mod doors;
mod finish;
mod module;
mod strip;

#[cfg(test)]
mod made;

pub use finish::{Finished, finish};
