//! The walk from the project to all packages that it needs on one platform.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::Name;

use super::{Conflict, Edge, FILE, Package, UvLock};
use crate::error::LockError;
use crate::marker::{MarkerError, Markers};
use crate::platform::Platform;
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

    /// The list of a package as a value of the variable `extra`. uv writes such a marker where something depends on a
    /// list that is declared as conflicting.
    fn in_markers(&self, package: &Name) -> String {
        let package = package.to_string();
        let length = package.len();
        match self {
            Self::Always => format!("project-{length}-{package}"),
            Self::Extra(name) => format!("extra-{length}-{package}-{name}"),
            Self::Group(name) => format!("group-{length}-{package}-{name}"),
        }
    }
}

impl Conflict {
    fn list(&self) -> List {
        match (&self.extra, &self.group) {
            (Some(extra), _) => List::Extra(extra.clone()),
            (None, Some(group)) => List::Group(group.clone()),
            (None, None) => List::Always,
        }
    }

    fn in_markers(&self) -> String {
        self.list().in_markers(&self.package)
    }

    fn shown(&self) -> String {
        let package = &self.package;
        match self.list() {
            List::Always => format!("project '{package}'"),
            List::Extra(name) => format!("extra '{name}' of '{package}'"),
            List::Group(name) => format!("group '{name}' of '{package}'"),
        }
    }
}

/// The packages that the roots need for running, with what was chosen of theirs, and without the roots themselves.
///
/// One walk finds them if nothing is declared as conflicting. Otherwise a marker may ask for a list that is reached
/// only later, so the walk is repeated until it reaches no other of these lists.
pub(super) fn walk<'a>(
    lock: &'a UvLock,
    roots: &[usize],
    selection: &Selection,
    platform: &Platform,
) -> Result<Vec<&'a Package>, LockError> {
    let extras = selection.extras.iter().cloned().map(List::Extra);
    let groups = selection.groups.iter().cloned().map(List::Group);
    let chosen = std::iter::once(List::Always).chain(extras).chain(groups);
    let start: BTreeSet<Node> = chosen
        .flat_map(|list| roots.iter().map(move |root| (*root, list.clone())))
        .collect();
    let mut walk = Walk::new(lock, platform);
    walk.activate(&start)?;
    let mut reached = walk.reach(&start)?;
    while walk.activate(&reached)? {
        reached = walk.reach(&start)?;
    }
    let needed: BTreeSet<usize> = reached.into_iter().map(|(at, _)| at).collect();
    let needed = needed.into_iter().filter(|at| !roots.contains(at));
    Ok(needed.map(|at| &lock.packages[at]).collect())
}

struct Walk<'a> {
    lock: &'a UvLock,
    by_name: BTreeMap<&'a Name, Vec<usize>>,
    platform: &'a Platform,
    /// The lists that are declared as conflicting, as values in markers.
    conflicting: BTreeSet<String>,
    /// Those of them that were reached.
    active: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn new(lock: &'a UvLock, platform: &'a Platform) -> Self {
        let mut by_name: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
        for (at, package) in lock.packages.iter().enumerate() {
            by_name.entry(&package.name).or_default().push(at);
        }
        let conflicts = lock.conflicts.iter().flatten();
        Self {
            lock,
            by_name,
            platform,
            conflicting: conflicts.map(Conflict::in_markers).collect(),
            active: BTreeSet::new(),
        }
    }

    /// Adds the conflicting lists among these. Returns whether there are more than before, so that a walk can reach
    /// others. Refuses two lists that exclude each other.
    fn activate(&mut self, nodes: &BTreeSet<Node>) -> Result<bool, LockError> {
        let before = self.active.len();
        for (at, list) in nodes {
            let name = self.conflicting(list, &self.lock.packages[*at].name);
            self.active.extend(name);
        }
        for set in &self.lock.conflicts {
            let mut members = set
                .iter()
                .filter(|member| self.active.contains(&member.in_markers()));
            if let (Some(one), Some(other)) = (members.next(), members.next()) {
                return Err(LockError::Conflict {
                    file: FILE,
                    names: [one.shown(), other.shown()],
                });
            }
        }
        Ok(self.active.len() > before)
    }

    /// A list of a package as a value in markers, if it is declared as conflicting.
    fn conflicting(&self, list: &List, package: &Name) -> Option<String> {
        if self.conflicting.is_empty() {
            return None;
        }
        let name = list.in_markers(package);
        self.conflicting.contains(&name).then_some(name)
    }

    /// All nodes that these need, with these.
    fn reach(&self, start: &BTreeSet<Node>) -> Result<BTreeSet<Node>, LockError> {
        let markers = Markers::new(self.platform).with_extra(self.active.clone());
        let mut open: Vec<Node> = start.iter().cloned().collect();
        let mut seen = start.clone();
        while let Some((at, list)) = open.pop() {
            for edge in list.of(&self.lock.packages[at]) {
                let holds = self.holds(edge, &markers);
                if !holds
                    .map_err(|error| LockError::marker(FILE, edge.marker.as_slice(), &error))?
                {
                    continue;
                }
                let target = target(self.lock, &self.by_name, edge, &markers)?;
                for list in edge.lists() {
                    let node = (target, list);
                    if seen.insert(node.clone()) {
                        open.push(node);
                    }
                }
            }
        }
        Ok(seen)
    }

    /// Whether the marker of a dependency is true. It may ask for the lists that the dependency itself brings.
    fn holds(&self, edge: &Edge, markers: &Markers<'_>) -> Result<bool, MarkerError> {
        let own = edge
            .lists()
            .filter_map(|list| self.conflicting(&list, &edge.name));
        let own: BTreeSet<String> = own.collect();
        if own.is_empty() {
            return markers.hold(edge.marker.as_deref());
        }
        let with_own = own.into_iter().chain(self.active.iter().cloned());
        let markers = Markers::new(self.platform).with_extra(with_own.collect());
        markers.hold(edge.marker.as_deref())
    }
}

impl Edge {
    /// The lists of the package that the dependency needs.
    fn lists(&self) -> impl Iterator<Item = List> {
        let extras = self.extra.iter().cloned().map(List::Extra);
        std::iter::once(List::Always).chain(extras)
    }
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
