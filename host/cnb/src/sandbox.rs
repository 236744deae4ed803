//! The setting `sandbox` of buildpack.toml and of an operator's policy.

use std::fmt;

/// What a buildpack asks of the kernel, `sandbox` in `[metadata]` of buildpack.toml.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sandbox {
    /// Anything below full confinement is an error.
    Require,
    /// What is missing is said.
    #[default]
    Prefer,
    /// Neither Landlock nor seccomp is asked for.
    Off,
}

impl Sandbox {
    /// Whether it asks for more than the other one.
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
