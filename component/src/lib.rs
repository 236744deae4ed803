//! Turns the output of a language's compiler into a component that the host can run, and judges it.
//!
//! Nothing here compiles to machine code, and nothing runs a component.

mod check;
mod contract;
mod doors;
mod finish;
mod module;
mod offer;
mod strip;

#[cfg(test)]
mod made;

pub use check::{
    Compared, Export, Feature, Finding, Import, Kind, Report, Shape, State, Verdict, check,
};
pub use finish::{Finished, finish};
