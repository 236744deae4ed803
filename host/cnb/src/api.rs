//! Versions of the Buildpack API.

/// A version of the Buildpack API that this host supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    V0_10,
    V0_11,
    /// The first version with execution environments.
    V0_12,
}
