//! Compares a lock with `pyproject.toml`, so that an image does not silently lack what was added after locking.
//!
//! Only the dependencies for running on this platform are compared: nothing else is in the image.

use pep440_rs::{Version, VersionSpecifiers};

use crate::dependency::{Dependency, Range};
use crate::lock::{Lock, Recorded, RecordedDependency};
use crate::marker::Markers;
use crate::platform::Platform;
use crate::project::Project;

/// The first difference between a lock and the project, as a sentence.
pub(crate) fn difference(lock: &Lock, project: &Project, platform: &Platform) -> Option<String> {
    if project.is_dynamic {
        return None;
    }
    let markers = Markers::new(platform);
    // A marker that cannot be evaluated is left to the tool that makes the lock.
    let holds = |one: &&Dependency| markers.hold(one.marker.as_deref()).unwrap_or(false);
    let mut needed = project.dependencies.iter().filter(holds);
    match &lock.recorded {
        Recorded::Nothing => None,
        Recorded::Versions => needed.find_map(|one| unsatisfied(lock, one)),
        Recorded::Dependencies(recorded) => {
            let needed: Vec<_> = needed.collect();
            let added = needed
                .iter()
                .find(|one| !recorded.iter().any(|other| is_same(one, other)));
            if let Some(one) = added {
                return Some(format!("the lock does not know '{one}'"));
            }
            // Without a project in the file, its dependencies are in a table that only a tool reads.
            let removed = recorded
                .iter()
                .find(|(name, ..)| !needed.iter().any(|one| one.name == *name));
            let (name, ..) = removed.filter(|_| project.name.is_some())?;
            Some(format!(
                "the lock was made when '{name}' was still a dependency"
            ))
        }
    }
}

/// The reason why a dependency is not satisfied by the packages of a lock.
fn unsatisfied(lock: &Lock, needed: &Dependency) -> Option<String> {
    let Some(package) = lock
        .packages
        .iter()
        .find(|package| package.name == needed.name)
    else {
        return Some(format!("the lock has no package '{}'", needed.name));
    };
    let Range::Versions(range) = &needed.range else {
        return None;
    };
    let version: Version = package.version.as_ref()?.parse().ok()?;
    // The lock may have been made with pre-releases allowed.
    let allowed = range.contains(&version) || range.contains(&version.only_release());
    (!allowed).then(|| {
        format!(
            "the lock has {} {version}, and '{needed}' is needed",
            needed.name
        )
    })
}

/// Whether a dependency is the one that a lock records.
fn is_same(needed: &Dependency, (name, extras, recorded): &RecordedDependency) -> bool {
    let mut theirs = extras.clone();
    theirs.sort_unstable();
    if needed.name != *name || needed.extras != theirs {
        return false;
    }
    let sorted = |range: &VersionSpecifiers| {
        let mut parts: Vec<String> = range.iter().map(ToString::to_string).collect();
        parts.sort_unstable();
        parts
    };
    let recorded = recorded
        .as_ref()
        .map(|range| range.parse::<VersionSpecifiers>());
    match (&needed.range, recorded) {
        (Range::Versions(mine), Some(Ok(theirs))) => sorted(mine) == sorted(&theirs),
        (Range::Address, Some(Ok(theirs))) => theirs.is_empty(),
        // A dependency that a tool's table takes from a repository, a folder or an address has no range in the lock.
        (_, None | Some(Err(_))) => true,
    }
}

#[cfg(test)]
mod tests;
