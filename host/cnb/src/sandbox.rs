//! The setting `sandbox` of buildpack.toml and of an operator's policy.

use std::fmt;

/// The protection that a buildpack asks of the kernel: `sandbox` in `[metadata]` of buildpack.toml.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sandbox {
    /// The build fails unless the sandbox is complete.
    Require,
    /// The build goes on without the protections that the kernel lacks, and the log names them.
    #[default]
    Prefer,
    /// The host uses neither Landlock nor seccomp.
    Off,
}

impl Sandbox {
    #[must_use]
    pub fn is_stricter_than(self, other: Self) -> bool {
        let rank = |sandbox| match sandbox {
            Self::Off => 0,
            Self::Prefer => 1,
            Self::Require => 2,
        };
        rank(self) > rank(other)
    }
}

impl fmt::Display for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Require => "require",
            Self::Prefer => "prefer",
            Self::Off => "off",
        })
    }
}
