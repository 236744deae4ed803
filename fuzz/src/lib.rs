//! All that the host parses and can't trust, each as a function that says what must hold for any input.
//!
//! Nothing here makes inputs up but `mutation`, and nothing knows libFuzzer: that is `long/`.
//!
//! A new target is a function in a file of `targets/`, a line in [`TARGETS`], and a folder of that name in
//! `corpus/` with at least one input that is taken and one that is refused. `cargo test` says what is missing.

pub mod corpus;
pub mod mutation;
mod packing;
mod plan;
mod targets;

use targets::{address, answer, descriptor, output, pack, policy, tree, wire};

/// What the host made of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is sound, and what was asserted of sound inputs was looked at.
    Taken,
    /// It was refused.
    Refused,
}

impl Verdict {
    fn of<T, E>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Taken,
            Err(_) => Self::Refused,
        }
    }

    fn or(self, other: Self) -> Self {
        match self {
            Self::Taken => Self::Taken,
            Self::Refused => other,
        }
    }
}

/// One thing to try.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// Panics if the host does with this input what it must not.
    pub run: fn(&[u8]) -> Verdict,
}

/// All targets.
pub const TARGETS: [Target; 12] = [
    target("address", address::run),
    target("advertisement", answer::advertisement),
    target("answer", answer::pack),
    target("descriptor", descriptor::run),
    target("output", output::build),
    target("pack", pack::planned),
    target("pack-bytes", pack::bytes),
    target("plan", output::detect),
    target("policy", policy::run),
    target("refs", answer::refs),
    target("tree", tree::run),
    target("wire", wire::run),
];

const fn target(name: &'static str, run: fn(&[u8]) -> Verdict) -> Target {
    Target { name, run }
}

/// The target of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
