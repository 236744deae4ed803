//! The Python version of an application: the request, and the newest release of our list that satisfies it.
//!
//! Both components call [`choose`], so that the packages are chosen for the Python that is in the image. Nothing here
//! knows packages or layers.

mod error;
mod origin;
mod releases;
mod request;
mod sources;
mod version;

pub use error::VersionError;
pub use origin::{Origin, VARIABLE};
pub use releases::{Release, newest, releases, releases_in, version_of};
pub use request::Request;
pub use sources::{LOCKS, Wanted, wanted};
pub use version::PythonVersion;

use wasm_buildpack_sdk::App;

/// The minor version without a request, or if a range allows it.
pub const DEFAULT: (u64, u64) = (3, 13);

/// The chosen version, and the place of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub version: PythonVersion,
    pub origin: Origin,
}

/// Chooses the version for an application. `variable` is the value of [`VARIABLE`].
pub fn choose(app: &App, variable: Option<&str>) -> Result<Choice, VersionError> {
    let wanted = wanted(app, variable)?;
    let known = releases()?;
    let chosen = newest(&known, &wanted.request);
    match chosen {
        Some(version) => Ok(Choice {
            version,
            origin: wanted.origin,
        }),
        None => Err(VersionError::Unknown {
            wanted: wanted.request.to_string(),
            origin: wanted.origin,
            known: releases::listed(&known),
        }),
    }
}

#[cfg(test)]
mod tests;
