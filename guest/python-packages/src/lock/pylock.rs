//! `pylock.toml`: a list of packages, each with a marker, as PEP 751 defines it. uv, pip, pdm and poetry write it with
//! differences: pip leaves out everything about platforms, and uv lists the project itself.
//!
//! <https://packaging.python.org/en/latest/specifications/pylock-toml/>

use std::collections::{BTreeMap, BTreeSet};

use crate::name::Name;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{
    Lock, Locked, LockedFile, PackageOrigin, Place, Recorded, python_fits, reading, sorted,
};
use crate::address;
use crate::error::LockError;
use crate::marker::Markers;
use crate::platform::Platform;
use crate::selection::Selection;

const FILE: &str = "pylock.toml";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pylock {
    lock_version: String,
    requires_python: Option<String>,
    #[serde(default)]
    environments: Vec<String>,
    #[serde(default)]
    extras: BTreeSet<Name>,
    #[serde(default)]
    dependency_groups: BTreeSet<Name>,
    #[serde(default)]
    default_groups: BTreeSet<Name>,
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: Name,
    version: Option<String>,
    marker: Option<String>,
    requires_python: Option<String>,
    #[serde(default)]
    wheels: Vec<File>,
    /// A file by its address or path: a wheel or a source distribution.
    archive: Option<File>,
    sdist: Option<IgnoredAny>,
    vcs: Option<IgnoredAny>,
    directory: Option<Directory>,
}

/// A file. Its name is that in its address: `name` may be a normalised one.
#[derive(Debug, Deserialize)]
struct File {
    url: Option<String>,
    path: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Directory {
    path: String,
}

pub(super) fn read(
    text: &str,
    platform: &Platform,
    project: Option<&Name>,
    selection: &Selection,
) -> Result<Lock, LockError> {
    let lock: Pylock = reading::toml(FILE, text)?;
    if lock.lock_version.split('.').next() != Some("1") {
        return Err(LockError::Version {
            file: FILE,
            version: lock.lock_version.chars().take(20).collect(),
        });
    }
    let mut chosen = selection.clone();
    chosen.groups.extend(lock.default_groups.iter().cloned());
    let markers = Markers::new(platform).with_lists(chosen);
    python_fits(FILE, lock.requires_python.as_deref(), platform)?;
    let fits = markers.hold_any(&lock.environments);
    if !fits.map_err(|error| LockError::marker(FILE, &lock.environments, &error))? {
        return Err(LockError::Environment { file: FILE });
    }
    let mut packages = Vec::new();
    let mut has_own_package = false;
    for package in &lock.packages {
        let holds = markers.hold(package.marker.as_deref());
        if !holds.map_err(|error| LockError::marker(FILE, package.marker.as_slice(), &error))? {
            continue;
        }
        if package.is_project(project) {
            has_own_package = true;
            continue;
        }
        if let Some(range) = &package.requires_python
            && !super::allows(range, platform.python)
        {
            return Err(LockError::Python {
                file: FILE,
                name: Some(package.name.to_string()),
                range: range.chars().take(60).collect(),
                python: platform.python.to_string(),
            });
        }
        packages.push(package.locked());
    }
    Ok(Lock {
        packages: sorted(FILE, packages)?,
        recorded: Recorded::Versions,
        has_own_package,
        offered: lock.offered(),
    })
}

impl Pylock {
    fn offered(self) -> Selection {
        let mut groups = self.dependency_groups;
        groups.extend(self.default_groups);
        Selection {
            extras: self.extras,
            groups,
        }
    }
}

impl Package {
    /// Whether it is the project that the lock was made for. Its folder is relative in some locks and absolute in others.
    fn is_project(&self, project: Option<&Name>) -> bool {
        let folder = self
            .directory
            .as_ref()
            .map(|directory| directory.path.as_str());
        matches!(folder, Some("." | "./")) || (folder.is_some() && project == Some(&self.name))
    }

    fn locked(&self) -> Locked {
        let archive = self.archive.iter().filter(|archive| archive.is_wheel());
        let wheels = self.wheels.iter().chain(archive).filter_map(File::locked);
        Locked {
            name: self.name.clone(),
            version: self.version.clone(),
            origin: if self.vcs.is_some() {
                PackageOrigin::Repository
            } else if self.directory.is_some() {
                PackageOrigin::Folder
            } else {
                PackageOrigin::Files
            },
            wheels: wheels.collect(),
            has_source: self.sdist.is_some()
                || self
                    .archive
                    .as_ref()
                    .is_some_and(|archive| !archive.is_wheel()),
        }
    }
}

impl File {
    fn place(&self) -> Option<&str> {
        self.url.as_deref().or(self.path.as_deref())
    }

    fn is_wheel(&self) -> bool {
        let name = self.place().and_then(address::file_name);
        name.is_some_and(|name| name.strip_suffix(".whl").is_some())
    }

    fn locked(&self) -> Option<LockedFile> {
        let place = match (&self.url, &self.path) {
            (Some(url), _) => Place::Url(url.clone()),
            (None, Some(path)) => Place::Path(path.clone()),
            (None, None) => return None,
        };
        Some(LockedFile {
            place,
            sha256: self
                .hashes
                .get("sha256")
                .map(|digits| digits.to_ascii_lowercase()),
        })
    }
}

#[cfg(test)]
mod tests;
