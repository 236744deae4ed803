//! One function for each untrusted input that the host parses. It asserts what must hold for any input.
//!
//! Only `mutation` generates inputs, and only `long/` depends on libFuzzer.
//!
//! A new target needs a function in a file of `targets/`, a line in [`TARGETS`], and a folder of its name in
//! `corpus/` with at least one input that is accepted and one that is refused. `cargo test` says which part is
//! missing.

pub mod corpus;
pub mod mutation;
mod packing;
mod plan;
mod targets;

use targets::{
    address, answer, archive, descriptor, listing, output, pack, policy, tree, wheel, wire,
};

/// The host's decision about an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid, and every assertion about valid inputs held.
    Taken,
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

/// One parser to fuzz.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of the target and of its folder in `corpus/`.
    pub name: &'static str,
    /// Panics if the host breaks a rule with this input.
    pub run: fn(&[u8]) -> Verdict,
}

pub const TARGETS: [Target; 18] = [
    target("address", address::run),
    target("advertisement", answer::advertisement),
    target("answer", answer::pack),
    target("descriptor", descriptor::run),
    target("lock", listing::lock),
    target("output", output::build),
    target("pack", pack::planned),
    target("pack-bytes", pack::bytes),
    target("page", listing::page),
    target("plan", output::detect),
    target("policy", policy::run),
    target("refs", answer::refs),
    target("requirements", listing::requirements),
    target("tar", archive::tar),
    target("tree", tree::run),
    target("wheel", wheel::run),
    target("wire", wire::run),
    target("zip", archive::zip),
];

const fn target(name: &'static str, run: fn(&[u8]) -> Verdict) -> Target {
    Target { name, run }
}

/// Finds a target by its name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
