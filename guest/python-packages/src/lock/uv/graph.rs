//! The walk from the project to all packages that it needs on one platform.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::Name;

use super::{Edge, FILE, Package, UvLock};
use crate::error::LockError;
use crate::marker::Markers;
use crate::selection::Selection;

/// A package by its position, and one of its lists of dependencies.
type Node = (usize, List);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    Always,
    Extra(Name),
    Group(Name),
}

impl List {
    /// The dependencies of a package in this list, if it has the list.
    fn of<'a>(&self, package: &'a Package) -> &'a [Edge] {
        let list = match self {
            Self::Always => Some(&package.dependencies),
            Self::Extra(name) => package.optional_dependencies.get(name),
            Self::Group(name) => package.dev_dependencies.get(name),
        };
        list.map_or(&[], Vec::as_slice)
    }
}

/// The packages that the roots need for running, with what was chosen of theirs, and without the roots themselves.
pub(super) fn walk<'a>(
    lock: &'a UvLock,
    roots: &[usize],
    selection: &Selection,
    markers: &Markers<'_>,
) -> Result<Vec<&'a Package>, LockError> {
    let mut by_name: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
    for (at, package) in lock.packages.iter().enumerate() {
        by_name.entry(&package.name).or_default().push(at);
    }
    let extras = selection.extras.iter().cloned().map(List::Extra);
    let groups = selection.groups.iter().cloned().map(List::Group);
    let chosen = std::iter::once(List::Always).chain(extras).chain(groups);
    let mut seen: BTreeSet<Node> = chosen
        .flat_map(|list| roots.iter().map(move |root| (*root, list.clone())))
        .collect();
    let mut open: Vec<Node> = seen.iter().cloned().collect();
    while let Some((at, list)) = open.pop() {
        for edge in list.of(&lock.packages[at]) {
            let marker = edge.marker.as_deref();
            let holds = markers.hold(marker);
            if !holds.map_err(|error| LockError::marker(FILE, edge.marker.as_slice(), &error))? {
                continue;
            }
            let target = target(lock, &by_name, edge, markers)?;
            let extras = edge.extra.iter().cloned().map(List::Extra);
            for list in std::iter::once(List::Always).chain(extras) {
                let node = (target, list);
                if seen.insert(node.clone()) {
                    open.push(node);
                }
            }
        }
    }
    let needed: BTreeSet<usize> = seen.into_iter().map(|(at, _)| at).collect();
    let needed = needed.into_iter().filter(|at| !roots.contains(at));
    Ok(needed.map(|at| &lock.packages[at]).collect())
}

/// The only package that a dependency can mean on this platform.
fn target(
    lock: &UvLock,
    by_name: &BTreeMap<&Name, Vec<usize>>,
    edge: &Edge,
    markers: &Markers<'_>,
) -> Result<usize, LockError> {
    let of_name = by_name.get(&edge.name).map_or(&[][..], Vec::as_slice);
    let mut fitting = Vec::new();
    for at in of_name {
        let package = &lock.packages[*at];
        let version_fits = edge.version.is_none() || edge.version == package.version;
        let source_fits = edge
            .source
            .as_ref()
            .is_none_or(|source| *source == package.source);
        if !(version_fits && source_fits) {
            continue;
        }
        let resolved = markers.hold_any(&package.resolution_markers);
        if resolved.map_err(|error| LockError::marker(FILE, &package.resolution_markers, &error))? {
            fitting.push(*at);
        }
    }
    match fitting[..] {
        [at] => Ok(at),
        [] => Err(LockError::Missing {
            file: FILE,
            name: edge.name.to_string(),
        }),
        [one, other, ..] => {
            let version = |at: usize| {
                lock.packages[at]
                    .version
                    .clone()
                    .unwrap_or_else(|| "?".to_owned())
            };
            Err(LockError::TwoVersions {
                file: FILE,
                name: edge.name.to_string(),
                versions: [version(one), version(other)],
            })
        }
    }
}
