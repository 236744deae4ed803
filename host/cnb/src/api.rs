//! The versions of the Buildpack API.

/// A Buildpack API that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    /// 0.10
    V0_10,
    /// 0.11
    V0_11,
    /// 0.12, the first with execution environments.
    V0_12,
}
