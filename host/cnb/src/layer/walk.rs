//! Reads the layers directory before the component runs and after it has ended, and decides which of its entries are
//! refused.
//!
//! Nothing here writes, or follows a link. An error names what was found, and does not say whether it was meant to do
//! harm.

mod error;
mod executable;
mod link;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub use self::error::{AmountError, EntryError, LinkError, WalkError};
use self::error::{kind, shown_path};
use self::tree::{Caps, LayerEntry, LayerTree};
use crate::check::CheckedLayer;
use crate::descriptor::Limits;
use crate::names::{LayerName, is_obeyed_at_layer_root};
use dir::{Dir, Kind, is_staged};

/// The permission bits with which a file runs as another user or group.
const SETUID_SETGID: u32 = 0o6000;
/// The owner's permissions on the directory of a layer, which the host needs to write into it.
const OWNER_ALL: u32 = 0o700;
const MIB: u64 = 1024 * 1024;

/// The layers directory before the component runs, as the lifecycle restored it.
#[derive(Debug)]
pub struct Snapshot {
    tree: LayerTree,
}

/// The entries that the component left, all of them accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// Each declared layer.
    pub layers: BTreeMap<LayerName, Left>,
    /// The number of files, folders and links in layers that are new or changed.
    pub entries: u64,
    /// The size of the files among them, in bytes.
    pub bytes: u64,
}

/// The entries that the component left in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Whether the directory exists. An empty directory counts: it replaces a reused layer.
    pub directory: bool,
    /// Whether the component wrote, changed or removed something in the layer.
    pub own_files: bool,
    /// The names at the top of the layer that the component wrote or changed, or beneath which it did. Removed names
    /// are not included.
    pub written: BTreeSet<OsString>,
}

impl Snapshot {
    /// Reads the layers directory before the component runs.
    ///
    /// The restored files are of an earlier build, under the limits of that time. So only their depth has a limit, for
    /// the sake of this walk.
    pub fn take(layers: &Dir) -> Result<Self, WalkError> {
        let mut look = LayerTree::look(layers, Caps::restored())?;
        for name in look.folders_at_top() {
            look.descend(layers, &name)?;
        }
        Ok(Self { tree: look.done() })
    }
}

/// Checks the layers directory after the component has ended. Returns the first error.
///
/// `layers_dir` is the absolute path of the directory as the component knew it. Absolute links are compared with it.
pub fn judge(
    layers: &Dir,
    layers_dir: &str,
    before: &Snapshot,
    declared: &[CheckedLayer],
    limits: &Limits,
) -> Result<Walk, WalkError> {
    let before = &before.tree;
    let mut look = LayerTree::look(layers, Caps::guest(limits, before))?;
    judge_top(look.so_far(), before, declared)?;
    for name in look.folders_at_top() {
        look.descend(layers, &name)?;
    }
    let after = look.done();
    judge_restored(&after, before, declared)?;
    judge_roots(&after, before, declared)?;
    judge_each(&after, before)?;
    judge_hard_links(&after, before)?;
    executable::judge(&after, before, declared)?;
    link::judge(&after, before, Path::new(layers_dir))?;
    let (entries, bytes) = count(&after, before, limits)?;
    let left = |layer: &CheckedLayer| (layer.name.clone(), left(&layer.name, &after, before));
    Ok(Walk {
        layers: declared.iter().map(left).collect(),
        entries,
        bytes,
    })
}

fn left(layer: &LayerName, after: &LayerTree, before: &LayerTree) -> Left {
    let layer = Path::new(layer.as_str());
    let now = after.beneath(layer).skip(1);
    let written = now.filter(|(path, now)| !is_unchanged(path, now, before));
    let written: BTreeSet<_> = written
        .filter_map(|(path, _)| Some(path.iter().nth(1)?.to_owned()))
        .collect();
    let mut then = before.beneath(layer).skip(1);
    Left {
        directory: after.get(layer).is_some(),
        own_files: !written.is_empty() || then.any(|(path, _)| after.get(path).is_none()),
        written,
    }
}

/// Checks the top: it may have only directories of declared layers, and entries that existed before.
fn judge_top(
    after: &LayerTree,
    before: &LayerTree,
    declared: &[CheckedLayer],
) -> Result<(), WalkError> {
    for (path, now) in after.at_top() {
        let what = kind(now.stat.kind);
        if is_declared(path, declared) {
            if now.stat.kind != Kind::Dir {
                let path = shown_path(path);
                return Err(WalkError::NoDirectory { path, what });
            }
            if now.stat.mode & OWNER_ALL != OWNER_ALL {
                let path = shown_path(path);
                return Err(WalkError::Entry(EntryError::Locked { path }));
            }
            continue;
        }
        match before.get(path) {
            Some(then) if then.same(now) => {}
            Some(_) => return Err(WalkError::changed(path)),
            None if is_lifecycle_file(path) => {
                let path = shown_path(path);
                return Err(WalkError::LifecycleFile { path, what });
            }
            None => {
                let path = shown_path(path);
                return Err(WalkError::Undeclared { path, what });
            }
        }
    }
    Ok(())
}

/// Checks that restored layers that are not declared are complete and unchanged.
fn judge_restored(
    after: &LayerTree,
    before: &LayerTree,
    declared: &[CheckedLayer],
) -> Result<(), WalkError> {
    let not_declared =
        |(path, _): &(&Path, &LayerEntry)| !is_declared(top(path).as_ref(), declared);
    for (path, then) in before.entries().filter(not_declared) {
        match after.get(path) {
            Some(now) if then.same(now) => {}
            Some(_) => return Err(WalkError::changed(path)),
            None => {
                let path = shown_path(path);
                return Err(WalkError::Restored {
                    path,
                    what: "removed",
                });
            }
        }
    }
    for (path, _) in after.entries().filter(not_declared) {
        if before.get(path).is_none() {
            let path = shown_path(path);
            return Err(WalkError::Restored {
                path,
                what: "added to a restored layer",
            });
        }
    }
    Ok(())
}

/// Checks the root of each declared layer. An entry that the lifecycle or the launcher obeys must have been restored in
/// exactly this form. The places that the host will use must be free. [`judge_restored`] has checked all other layers.
fn judge_roots(
    after: &LayerTree,
    before: &LayerTree,
    declared: &[CheckedLayer],
) -> Result<(), WalkError> {
    for layer in declared {
        let root = Path::new(layer.name.as_str());
        for (path, now) in after
            .beneath(root)
            .filter(|(path, _)| path.iter().count() == 2)
        {
            let name = path.file_name().unwrap_or_default();
            if is_obeyed_at_layer_root(name.as_bytes()) {
                judge_obeyed(path, after, before)?;
            }
            let then = before.get(path);
            let is_content = layer.fetched().any(|folder| name == folder.as_str());
            // The current content of a restored folder does not matter, because the host removes the whole folder.
            let is_folder = |entry: &LayerEntry| entry.stat.kind == Kind::Dir;
            let was_there =
                then.is_some_and(|then| then.same(now) || is_folder(then) && is_folder(now));
            if (is_content || is_staged(name)) && !was_there {
                let path = shown_path(path);
                return Err(WalkError::Occupied { path });
            }
        }
    }
    Ok(())
}

/// Checks one name that is obeyed, and all entries beneath it.
fn judge_obeyed(root: &Path, after: &LayerTree, before: &LayerTree) -> Result<(), WalkError> {
    for (path, now) in after.beneath(root) {
        // A restored link is refused too: the component may have changed its target.
        if now.stat.kind == Kind::Link {
            let path = shown_path(path);
            return Err(WalkError::LinkObeyed { path });
        }
    }
    let mut now = after.beneath(root);
    // A missing entry changes the meaning too.
    let lacks = before
        .beneath(root)
        .any(|(path, _)| after.get(path).is_none());
    if lacks || !now.all(|(path, now)| is_unchanged(path, now, before)) {
        let path = shown_path(root);
        return Err(WalkError::Obeyed { path });
    }
    Ok(())
}

/// Refuses special files, and files with a setuid or setgid bit.
fn judge_each(after: &LayerTree, before: &LayerTree) -> Result<(), WalkError> {
    for (path, now) in after.entries() {
        if is_unchanged(path, now, before) {
            continue;
        }
        let what = kind(now.stat.kind);
        match now.stat.kind {
            Kind::Special => {
                let path = shown_path(path);
                return Err(WalkError::Entry(EntryError::Special { path, what }));
            }
            Kind::File if now.stat.mode & SETUID_SETGID != 0 => {
                let path = shown_path(path);
                return Err(WalkError::Entry(EntryError::Privileged { path }));
            }
            Kind::File | Kind::Dir | Kind::Link => {}
        }
    }
    Ok(())
}

/// Refuses a hard link to a file outside of layers. Such a file belongs to the host, the lifecycle or the platform, and
/// would get into the image.
fn judge_hard_links(after: &LayerTree, before: &LayerTree) -> Result<(), WalkError> {
    let mut met = BTreeMap::<u128, u64>::new();
    let has_several = |(path, now): &(&Path, &LayerEntry)| {
        now.stat.kind == Kind::File && now.stat.links > 1 && path.iter().nth(1).is_some()
    };
    for (_, now) in after.entries().filter(has_several) {
        *met.entry(now.stat.id).or_default() += 1;
    }
    for (path, now) in after.entries().filter(has_several) {
        let untouched = before.get(path).is_some_and(|then| then.stat == now.stat);
        if !untouched
            && met
                .get(&now.stat.id)
                .is_none_or(|met| *met < now.stat.links)
        {
            let path = shown_path(path);
            return Err(WalkError::Entry(EntryError::HardLink { path }));
        }
    }
    Ok(())
}

/// Counts the new and changed entries and their bytes. The directories of layers do not count, because they are
/// declared.
fn count(after: &LayerTree, before: &LayerTree, limits: &Limits) -> Result<(u64, u64), WalkError> {
    let (mut files, mut bytes) = (0_u64, 0_u64);
    for (path, now) in after.entries() {
        let is_layer = path.iter().nth(1).is_none();
        if is_layer || is_unchanged(path, now, before) {
            continue;
        }
        files += 1;
        if now.stat.kind == Kind::File {
            bytes = bytes.saturating_add(now.stat.len);
        }
        if files > limits.files {
            return Err(WalkError::too_many(path, limits.files));
        }
        if bytes > limits.files_mib.saturating_mul(MIB) {
            return Err(WalkError::too_large(path, limits));
        }
    }
    Ok((files, bytes))
}

/// The first part of a path, which is its name at the top.
fn top(path: &Path) -> OsString {
    path.iter().next().unwrap_or_default().to_owned()
}

fn find<'a>(name: &OsStr, declared: &'a [CheckedLayer]) -> Option<&'a CheckedLayer> {
    declared.iter().find(|layer| name == layer.name.as_str())
}

fn is_declared(name: &Path, declared: &[CheckedLayer]) -> bool {
    find(name.as_os_str(), declared).is_some()
}

fn is_unchanged(path: &Path, now: &LayerEntry, before: &LayerTree) -> bool {
    before.get(path).is_some_and(|then| then.same(now))
}

/// Whether the lifecycle reads a name at the top as something other than the directory of a layer.
fn is_lifecycle_file(name: &Path) -> bool {
    let name = name.as_os_str().as_bytes();
    name.ends_with(b".toml") || name.windows(6).any(|part| part == b".sbom.")
}

#[cfg(test)]
mod tests;
