//! Lock files: which packages an image needs, and the files that each of them has.
//!
//! The choice of one file is in `choice`.

mod pylock;
mod reading;
mod uv;

use crate::name::Name;
use python_version::{PythonVersion, Request};
use wasm_buildpack_sdk::App;

use crate::error::LockError;
use crate::platform::Platform;
use crate::selection::Selection;

pub(crate) use reading::text;

/// A package that the image needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locked {
    pub(crate) name: Name,
    /// Some tools leave it out for what comes from no index.
    pub(crate) version: Option<String>,
    pub(crate) origin: PackageOrigin,
    pub(crate) wheels: Vec<LockedFile>,
    /// Whether there is a source distribution.
    pub(crate) has_source: bool,
}

/// The kind of place that a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageOrigin {
    /// An index, or the address of one file.
    Files,
    /// A repository of a version control system.
    Repository,
    /// A folder of the application, or another folder of the machine that made the lock.
    Folder,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockedFile {
    pub(crate) place: Place,
    /// 64 hexadecimal digits, if the lock has them.
    pub(crate) sha256: Option<String>,
}

/// The place of a file, as the lock spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Url(String),
    /// A path on the machine that made the lock.
    Path(String),
}

/// The packages of a lock file that an image needs, sorted by name.
#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) packages: Vec<Locked>,
    /// The dependencies of the project when the lock was made, if it records them.
    pub(crate) recorded: Recorded,
    /// Whether the lock knows the project as a package that is built and installed.
    pub(crate) has_own_package: bool,
    /// The extras and dependency groups of the project that the lock has.
    pub(crate) offered: Selection,
}

/// A dependency that a lock records: its name, its extras and its range. The range is empty if each version is
/// allowed, and missing for what comes from no index.
pub(crate) type RecordedDependency = (Name, Vec<Name>, Option<String>);

/// The dependencies of the project that a lock records.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// The lock may have dependencies, and does not record them.
    Nothing,
    /// Only the versions of packages are there.
    Versions,
    /// The dependencies for this platform when the lock was made.
    Dependencies(Vec<RecordedDependency>),
}

/// The lock file that is read if there are both. Somebody made it for installers.
pub(crate) const PREFERRED: &str = python_version::LOCKS[0];

/// The name of the application's lock file, the preferred one first.
pub(crate) fn find(app: &App) -> Option<&'static str> {
    python_version::LOCKS
        .into_iter()
        .find(|name| app.is_file(name))
}

/// Reads a lock file for what was chosen. `project` is the project's own name, if `pyproject.toml` has one.
pub(crate) fn read(
    file: &'static str,
    text: &str,
    platform: &Platform,
    project: Option<&Name>,
    selection: &Selection,
) -> Result<Lock, LockError> {
    match file {
        "uv.lock" => uv::read(text, platform, selection),
        _ => pylock::read(text, platform, project, selection),
    }
}

/// Refuses a lock that was made for other versions of Python than the chosen one.
fn python_fits(
    file: &'static str,
    range: Option<&str>,
    platform: &Platform,
) -> Result<(), LockError> {
    match range {
        Some(range) if !allows(range, platform.python) => Err(LockError::Python {
            file,
            name: None,
            range: range.chars().take(60).collect(),
            python: platform.python.to_string(),
        }),
        _ => Ok(()),
    }
}

/// Whether `requires-python` allows a version. A text that is not a range allows none.
fn allows(range: &str, python: PythonVersion) -> bool {
    Request::range(range).is_some_and(|range| range.contains(python))
}

/// A lock file that was read.
pub(crate) type Read<T> = Result<T, LockError>;

/// Sorts the packages, and refuses two of one name.
pub(crate) fn sorted(
    file: &'static str,
    mut packages: Vec<Locked>,
) -> Result<Vec<Locked>, LockError> {
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    for pair in packages.windows(2) {
        if let [one, other] = pair
            && one.name == other.name
        {
            let version =
                |locked: &Locked| locked.version.clone().unwrap_or_else(|| "?".to_owned());
            return Err(LockError::TwoVersions {
                file,
                name: one.name.to_string(),
                versions: [version(one), version(other)],
            });
        }
    }
    Ok(packages)
}

#[cfg(test)]
mod tests;
