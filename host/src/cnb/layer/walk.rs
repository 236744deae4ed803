//! The layers directory before the guest ran and after it ended: what is there that must not be.
//!
//! Nothing here writes. A fault names what was found; whether the guest meant harm is not asked.

mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use self::tree::{Budget, Print, Tree};
use crate::cnb::check::CheckedLayer;
use crate::cnb::descriptor::Limits;
use crate::cnb::names::{LayerName, is_obeyed_at_layer_root, shown_os};
use crate::dir::{Dir, DirError, Kind, STAGED_PREFIX};

/// The most names of one directory that are looked at: beyond it no limit of a buildpack reaches.
const MOST_NAMES: usize = 2_000_000;
/// How deep folders of a layer may be nested.
const DEEPEST: usize = 64;
/// The largest file that is compared byte for byte. Bills of materials can be large.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The layers directory before the guest runs.
#[derive(Debug)]
pub struct Snapshot {
    /// What lies at the top.
    top: BTreeMap<OsString, Print>,
    /// What lies at the root of a layer and is obeyed there, in full.
    obeyed: BTreeMap<(OsString, OsString), Print>,
    /// The layers that were restored with files.
    layers: BTreeMap<OsString, Tree>,
    entries: u64,
    bytes: u64,
}

/// What the guest left behind, and nothing of it against the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// Each declared layer.
    pub layers: BTreeMap<LayerName, Left>,
    /// Files, folders and links in all layers.
    pub entries: u64,
    /// What they hold.
    pub bytes: u64,
}

/// What the guest left of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Whether its directory is there.
    pub directory: bool,
    /// Whether the guest wrote or changed something in it.
    pub own_files: bool,
}

/// Why the layers directory was refused. Paths are relative to it, escaped and cut.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// It can't be looked at.
    #[error("the layers directory can't be looked through")]
    Dir(#[from] DirError),
    /// Something at the top is no layer that was declared.
    #[error("'{path}' is in the layers directory, but no layer of this name was declared")]
    Undeclared {
        /// What.
        path: String,
    },
    /// A file of the lifecycle's has changed, or is gone.
    #[error("'{path}' was restored by the lifecycle, and the guest has {what} it")]
    Restored {
        /// What.
        path: String,
        /// What was done to it.
        what: &'static str,
    },
    /// A layer, or its folder's place, is taken by something else.
    #[error("'{path}' must be a directory, and is {found}")]
    NoDirectory {
        /// What.
        path: String,
        /// What it is.
        found: &'static str,
    },
    /// The lifecycle or the launcher would obey it.
    #[error(
        "'{path}' would be obeyed by the lifecycle or the launcher, and is not the guest's to write"
    )]
    Obeyed {
        /// What.
        path: String,
    },
    /// It lies where fetched content is to be, or where the host prepares what it writes.
    #[error("'{path}' is in the place of what the host writes")]
    Occupied {
        /// What.
        path: String,
    },
    /// A link leads out, or may do so.
    #[error("the link '{path}' leads out of the layers directory: '{target}'")]
    LinkOut {
        /// The link.
        path: String,
        /// Where it leads, as it is written.
        target: String,
    },
    /// A device, a socket or a pipe.
    #[error("'{path}' is a device, a socket or a pipe")]
    Special {
        /// What.
        path: String,
    },
    /// A program that runs with other rights.
    #[error("'{path}' has the setuid or setgid bit")]
    Privileged {
        /// What.
        path: String,
    },
    /// A file that has a name outside too.
    #[error("'{path}' is a file of which not all names are in layers")]
    HardLink {
        /// One of its names.
        path: String,
    },
    /// Too many.
    #[error("the guest left more than {most} files, folders and links in its layers ('{path}')")]
    TooMany {
        /// Where the limit was met.
        path: String,
        /// The limit.
        most: u64,
    },
    /// Too large.
    #[error("the guest left more than {most_mib} MiB in its layers ('{path}')")]
    TooLarge {
        /// Where the limit was met.
        path: String,
        /// The limit.
        most_mib: u64,
    },
    /// Nested too deeply.
    #[error("'{path}' is nested more than {DEEPEST} folders deep")]
    TooDeep {
        /// Where the limit was met.
        path: String,
    },
}

impl Snapshot {
    /// Looks at the layers directory before the guest runs.
    pub fn take(layers: &Dir) -> Result<Self, WalkError> {
        let mut budget = Budget::unlimited();
        let mut snapshot = Self {
            top: BTreeMap::new(),
            obeyed: BTreeMap::new(),
            layers: BTreeMap::new(),
            entries: 0,
            bytes: 0,
        };
        for name in layers.names(MOST_NAMES)? {
            let print = Print::shallow(layers, &name)?;
            if print == Print::Dir {
                let dir = layers.open_dir(&name)?;
                let tree = Tree::walk(&dir, &name, &mut budget)?;
                for inner in dir.names(MOST_NAMES)? {
                    if is_obeyed_at_layer_root(inner.as_bytes()) {
                        let print = Print::deep(&dir, &inner)?;
                        snapshot.obeyed.insert((name.clone(), inner), print);
                    }
                }
                snapshot.layers.insert(name.clone(), tree);
            }
            snapshot.top.insert(name, print);
        }
        (snapshot.entries, snapshot.bytes) = (budget.entries(), budget.bytes());
        Ok(snapshot)
    }
}

/// Judges the layers directory after the guest has ended.
///
/// `layers_dir` is the directory's path as the platform gives it and as it is at launch, for absolute links.
pub fn judge(
    layers: &Dir,
    layers_dir: &str,
    before: &Snapshot,
    declared: &[CheckedLayer],
    limits: &Limits,
) -> Result<Walk, WalkError> {
    let declared: BTreeMap<&OsStr, &CheckedLayer> = declared
        .iter()
        .map(|layer| (OsStr::new(layer.name.as_str()), layer))
        .collect();
    let mut budget = Budget::guest(before.entries, before.bytes, limits, layers_dir);
    let mut left = BTreeMap::new();
    let names = layers.names(MOST_NAMES)?;
    for name in &names {
        let now = Print::shallow(layers, name)?;
        judge_top(
            name,
            &now,
            before.top.get(name),
            declared.contains_key(name.as_os_str()),
        )?;
        if now == Print::Dir {
            let dir = layers.open_dir(name)?;
            let layer = declared.get(name.as_os_str()).copied();
            judge_root(&dir, name, before, layer)?;
            let tree = Tree::walk(&dir, name, &mut budget)?;
            if let Some(layer) = layer {
                let own_files = match before.layers.get(name) {
                    None => !tree.is_empty(),
                    Some(before) => *before != tree,
                };
                let directory = true;
                left.insert(
                    layer.name.clone(),
                    Left {
                        directory,
                        own_files,
                    },
                );
            }
        }
    }
    budget.finish()?;
    let names: BTreeSet<_> = names.iter().collect();
    for (name, print) in &before.top {
        if *print != Print::Dir && !names.contains(name) {
            let path = shown_os(name);
            return Err(WalkError::Restored {
                path,
                what: "removed",
            });
        }
    }
    for layer in declared.values() {
        left.entry(layer.name.clone()).or_insert(Left {
            directory: false,
            own_files: false,
        });
    }
    Ok(Walk {
        layers: left,
        entries: budget.entries(),
        bytes: budget.bytes(),
    })
}

/// A name at the top: the directory of a declared layer, or as it was before.
fn judge_top(
    name: &OsStr,
    now: &Print,
    before: Option<&Print>,
    declared: bool,
) -> Result<(), WalkError> {
    let path = shown_os(name);
    match (now, before) {
        (Print::Link(_), _) => Err(WalkError::NoDirectory {
            path,
            found: "a link",
        }),
        (Print::Special, _) => Err(WalkError::Special { path }),
        (Print::Dir, _) if declared => Ok(()),
        (Print::File { .. }, _) if declared => Err(WalkError::NoDirectory {
            path,
            found: "a file",
        }),
        (_, None) => Err(WalkError::Undeclared { path }),
        (now, Some(before)) if now == before => Ok(()),
        (_, Some(_)) => Err(WalkError::Restored {
            path,
            what: "changed",
        }),
    }
}

/// The root of a layer: nothing there is obeyed that wasn't so before, and the host's places are free.
fn judge_root(
    dir: &Dir,
    layer: &OsStr,
    before: &Snapshot,
    declared: Option<&CheckedLayer>,
) -> Result<(), WalkError> {
    for name in dir.names(MOST_NAMES)? {
        let path = || tree::join(&shown_os(layer), &name);
        if is_obeyed_at_layer_root(name.as_bytes()) {
            let key = (layer.to_owned(), name.clone());
            if before.obeyed.get(&key) != Some(&Print::deep(dir, &name)?) {
                return Err(WalkError::Obeyed { path: path() });
            }
        }
        let is_staged = name.as_bytes().starts_with(STAGED_PREFIX.as_bytes());
        let is_content = declared.is_some_and(|layer| {
            let mut contents = layer.contents.iter();
            contents.any(|content| name == *content.into.as_str())
        });
        let was_there = before.layers.get(layer);
        let was_there = was_there.is_some_and(|tree| tree.kind(&name) == Some(Kind::Dir));
        let is_dir = dir.stat(&name)?.is_some_and(|stat| stat.kind == Kind::Dir);
        if is_staged || is_content && !(was_there && is_dir) {
            return Err(WalkError::Occupied { path: path() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
