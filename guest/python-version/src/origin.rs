//! The names of the places that can ask for a Python version. `sources` reads them.

use std::fmt;

/// The variable of the platform, by the name that Paketo's buildpack has for it.
pub const VARIABLE: &str = "BP_CPYTHON_VERSION";

pub(crate) const VERSION_FILE: &str = ".python-version";
pub(crate) const PROJECT_FILE: &str = "pyproject.toml";

/// The place of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// [`VARIABLE`].
    Variable,
    /// `.python-version`.
    VersionFile,
    /// `requires-python` of `pyproject.toml`.
    Project,
    /// `requires-python` of a lock file.
    Lock(&'static str),
    /// Nothing asks.
    Default,
}

impl Origin {
    /// The name for other buildpacks, which have an order of names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Variable => VARIABLE,
            Self::VersionFile => VERSION_FILE,
            Self::Project => PROJECT_FILE,
            Self::Lock(name) => name,
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project => f.write_str("'requires-python' of pyproject.toml"),
            Self::Lock(name) => write!(f, "'requires-python' of {name}"),
            Self::Variable | Self::VersionFile | Self::Default => f.write_str(self.name()),
        }
    }
}
