//! `uv.lock`: a graph of all packages for all platforms, which is walked from the project.
//!
//! uv has no specification of the file. A revision adds keys and removes none, so every revision of version 1 is read:
//! <https://docs.astral.sh/uv/concepts/resolution/#lockfile-versioning>

mod graph;

use std::collections::{BTreeMap, BTreeSet};

use crate::name::Name;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Lock, Locked, LockedFile, PackageOrigin, Place, Recorded, reading, sorted};
use crate::error::LockError;
use crate::marker::Markers;
use crate::platform::Platform;
use crate::selection::Selection;

const FILE: &str = "uv.lock";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UvLock {
    version: u64,
    requires_python: Option<String>,
    #[serde(default)]
    supported_markers: Vec<String>,
    /// Sets of extras, groups and projects that exclude each other.
    #[serde(default)]
    conflicts: Vec<Vec<Conflict>>,
    #[serde(default)]
    manifest: Manifest,
    #[serde(default, rename = "package")]
    packages: Vec<Package>,
}

/// An extra or a group of a project of the workspace, or else the project itself.
#[derive(Debug, Deserialize)]
struct Conflict {
    package: Name,
    extra: Option<Name>,
    group: Option<Name>,
}

#[derive(Debug, Default, Deserialize)]
struct Manifest {
    /// The packages of a workspace.
    #[serde(default)]
    members: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: Name,
    version: Option<String>,
    #[serde(default)]
    source: Source,
    /// The platforms for which this version was resolved, if there are several versions.
    #[serde(default)]
    resolution_markers: Vec<String>,
    #[serde(default)]
    dependencies: Vec<Edge>,
    #[serde(default)]
    optional_dependencies: BTreeMap<Name, Vec<Edge>>,
    /// The dependency groups of the project.
    #[serde(default)]
    dev_dependencies: BTreeMap<Name, Vec<Edge>>,
    #[serde(default)]
    wheels: Vec<Wheel>,
    sdist: Option<IgnoredAny>,
    #[serde(default)]
    metadata: Metadata,
}

/// The place that a package comes from: one of these.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
struct Source {
    registry: Option<String>,
    url: Option<String>,
    git: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
}

/// A dependency of a package. The version and the source are there if the name alone is ambiguous.
#[derive(Debug, Deserialize)]
struct Edge {
    name: Name,
    version: Option<String>,
    source: Option<Source>,
    #[serde(default)]
    extra: Vec<Name>,
    marker: Option<String>,
}

/// A wheel: with `url` from an index or an address, with `path` from a folder, with `filename` of a source `path`.
#[derive(Debug, Deserialize)]
struct Wheel {
    url: Option<String>,
    path: Option<String>,
    filename: Option<String>,
    hash: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    requires_dist: Option<Vec<Requirement>>,
    /// All extras, those without dependencies too.
    #[serde(default)]
    provides_extras: BTreeSet<Name>,
    /// All dependency groups, those without dependencies too.
    #[serde(default)]
    requires_dev: BTreeMap<Name, Vec<IgnoredAny>>,
}

/// A dependency as the project wrote it when the lock was made.
#[derive(Debug, Deserialize)]
struct Requirement {
    name: Name,
    #[serde(default)]
    extras: Vec<Name>,
    specifier: Option<String>,
    marker: Option<String>,
    #[serde(flatten)]
    source: Source,
}

pub(super) fn read(
    text: &str,
    platform: &Platform,
    selection: &Selection,
) -> Result<Lock, LockError> {
    let lock: UvLock = reading::toml(FILE, text)?;
    if lock.version != 1 {
        return Err(LockError::Version {
            file: FILE,
            version: lock.version.to_string(),
        });
    }
    let markers = Markers::new(platform);
    super::python_fits(FILE, lock.requires_python.as_deref(), platform)?;
    let supported = markers.hold_any(&lock.supported_markers);
    if !supported.map_err(|error| LockError::marker(FILE, &lock.supported_markers, &error))? {
        return Err(LockError::Environment { file: FILE });
    }
    let roots = lock.roots();
    if roots.is_empty() && !lock.packages.is_empty() {
        return Err(LockError::NoProject { file: FILE });
    }
    let needed = graph::walk(&lock, &roots, selection, platform)?;
    let packages = needed.into_iter().map(Package::locked).collect();
    Ok(Lock {
        packages: sorted(FILE, packages)?,
        recorded: recorded(&lock, &roots, &markers)?,
        has_own_package: roots
            .iter()
            .any(|root| lock.packages[*root].source.editable.is_some()),
        offered: lock.offered(&roots),
    })
}

impl UvLock {
    /// The project, or else the members of a workspace without one: their positions.
    fn roots(&self) -> Vec<usize> {
        let positions = |of: &dyn Fn(&Package) -> bool| {
            let packages = self.packages.iter().enumerate();
            packages
                .filter(|(_, one)| of(one))
                .map(|(at, _)| at)
                .collect::<Vec<_>>()
        };
        let project = positions(&|one| one.source.folder() == Some("."));
        if project.is_empty() {
            let members = &self.manifest.members;
            positions(&|one| {
                one.source.folder().is_some()
                    && members.iter().any(|name| *name == one.name.to_string())
            })
        } else {
            project
        }
    }

    /// The extras and dependency groups of the project, or of the members of a workspace.
    fn offered(&self, roots: &[usize]) -> Selection {
        let mut offered = Selection::default();
        for root in roots {
            let Package {
                optional_dependencies,
                dev_dependencies,
                metadata,
                ..
            } = &self.packages[*root];
            let extras = optional_dependencies.keys();
            offered
                .extras
                .extend(extras.chain(&metadata.provides_extras).cloned());
            let groups = dev_dependencies.keys();
            offered
                .groups
                .extend(groups.chain(metadata.requires_dev.keys()).cloned());
        }
        offered
    }
}

impl Source {
    /// The folder of a package that is not built yet.
    fn folder(&self) -> Option<&str> {
        let folder = self.r#virtual.as_ref().or(self.editable.as_ref());
        folder.or(self.directory.as_ref()).map(String::as_str)
    }
}

impl Package {
    fn locked(&self) -> Locked {
        Locked {
            name: self.name.clone(),
            version: self.version.clone(),
            origin: if self.source.git.is_some() {
                PackageOrigin::Repository
            } else if self.source.folder().is_some() {
                PackageOrigin::Folder
            } else {
                PackageOrigin::Files
            },
            wheels: self.wheels.iter().filter_map(Wheel::locked).collect(),
            has_source: self.sdist.is_some(),
        }
    }
}

impl Wheel {
    fn locked(&self) -> Option<LockedFile> {
        let path = self.path.as_ref().or(self.filename.as_ref());
        let place = match (&self.url, path) {
            (Some(url), _) => Place::Url(url.clone()),
            (None, Some(path)) => Place::Path(path.clone()),
            (None, None) => return None,
        };
        let hash = self
            .hash
            .as_deref()
            .and_then(|hash| hash.strip_prefix("sha256:"));
        Some(LockedFile {
            place,
            sha256: hash.map(str::to_ascii_lowercase),
        })
    }
}

/// The dependencies that the only project had for this platform when the lock was made.
fn recorded(lock: &UvLock, roots: &[usize], markers: &Markers<'_>) -> Result<Recorded, LockError> {
    let [root] = roots else {
        return Ok(Recorded::Nothing);
    };
    let root = &lock.packages[*root];
    let requirements = match &root.metadata.requires_dist {
        Some(requirements) => requirements.as_slice(),
        // uv leaves the list out if it is empty.
        None if root.dependencies.is_empty() => &[],
        None => return Ok(Recorded::Nothing),
    };
    let mut active = Vec::new();
    for requirement in requirements {
        let Requirement {
            name,
            extras,
            specifier,
            marker,
            source,
        } = requirement;
        // Without a range, each version is allowed.
        let range = (*source == Source::default()).then(|| specifier.clone().unwrap_or_default());
        if markers
            .hold(marker.as_deref())
            .map_err(|error| LockError::marker(FILE, marker.as_slice(), &error))?
        {
            active.push((name.clone(), extras.clone(), range));
        }
    }
    Ok(Recorded::Dependencies(active))
}

#[cfg(test)]
mod tests;
