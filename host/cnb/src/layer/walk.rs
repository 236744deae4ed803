//! What lies in the layers directory, before the guest runs and after it has ended, and what of it is refused.
//!
//! Nothing here writes or follows a link. A fault names what was found; whether harm was meant is not asked.

mod error;
mod link;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub use self::error::{AmountError, EntryError, LinkError, WalkError};
use self::error::{kind, shown_path};
use self::tree::{Caps, Entry, Tree};
use crate::check::CheckedLayer;
use crate::descriptor::Limits;
use crate::names::{LayerName, is_obeyed_at_layer_root};
use dir::{Dir, Kind, is_staged};

/// Permission bits that run a file as somebody else.
const SETUID_SETGID: u32 = 0o6000;
/// What the owner may do with a layer's directory: the host writes into it.
const OWNER_ALL: u32 = 0o700;
const MIB: u64 = 1024 * 1024;

/// The layers directory before the guest runs: what the lifecycle restored.
#[derive(Debug)]
pub struct Snapshot {
    tree: Tree,
}

/// What the guest left behind, and nothing of it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// Each declared layer.
    pub layers: BTreeMap<LayerName, Left>,
    /// Files, folders and links in layers that are new or changed.
    pub entries: u64,
    /// What the files among them hold, in bytes.
    pub bytes: u64,
}

/// What the guest left of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Whether its directory is there. An empty one counts: it replaces a reused layer.
    pub directory: bool,
    /// Whether the guest wrote, changed or removed something in it.
    pub own_files: bool,
    /// The names at its top that the guest wrote or changed, or beneath which it did. What it removed is none of these.
    pub written: BTreeSet<OsString>,
}

impl Snapshot {
    /// Looks at the layers directory before the guest runs. Writes nothing.
    ///
    /// What the lifecycle restored is of an earlier build, under the limits that held then: only its depth is
    /// bounded, by what a walk can do.
    pub fn take(layers: &Dir) -> Result<Self, WalkError> {
        let mut look = Tree::look(layers, Caps::restored())?;
        for name in look.folders_at_top() {
            look.descend(layers, &name)?;
        }
        Ok(Self { tree: look.done() })
    }
}

/// Judges the layers directory after the guest has ended. The first thing that is refused is the answer.
///
/// `layers_dir` is the absolute path under which the guest knew the directory: absolute links are judged by it.
pub fn judge(
    layers: &Dir,
    layers_dir: &str,
    before: &Snapshot,
    declared: &[CheckedLayer],
    limits: &Limits,
) -> Result<Walk, WalkError> {
    let before = &before.tree;
    let mut look = Tree::look(layers, Caps::guest(limits, before))?;
    judge_top(look.so_far(), before, declared)?;
    for name in look.folders_at_top() {
        look.descend(layers, &name)?;
    }
    let after = look.done();
    judge_restored(&after, before, declared)?;
    judge_roots(&after, before, declared)?;
    judge_each(&after, before)?;
    judge_hard_links(&after, before)?;
    link::judge(&after, before, Path::new(layers_dir))?;
    let (entries, bytes) = count(&after, before, limits)?;
    let left = |layer: &CheckedLayer| (layer.name.clone(), left(&layer.name, &after, before));
    Ok(Walk {
        layers: declared.iter().map(left).collect(),
        entries,
        bytes,
    })
}

fn left(layer: &LayerName, after: &Tree, before: &Tree) -> Left {
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

/// At the top: directories of declared layers, and what was there before.
fn judge_top(after: &Tree, before: &Tree, declared: &[CheckedLayer]) -> Result<(), WalkError> {
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

/// What was restored and belongs to no declared layer is whole and as it was.
fn judge_restored(after: &Tree, before: &Tree, declared: &[CheckedLayer]) -> Result<(), WalkError> {
    let not_declared = |(path, _): &(&Path, &Entry)| !is_declared(top(path).as_ref(), declared);
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

/// At the root of a declared layer: what the lifecycle or the launcher obeys was restored exactly so, and the
/// host's places are free. All other layers are known to be as they were.
fn judge_roots(after: &Tree, before: &Tree, declared: &[CheckedLayer]) -> Result<(), WalkError> {
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
            let is_content = layer
                .contents
                .iter()
                .any(|content| name == content.into.as_str());
            // Of a folder that was restored it doesn't matter what it holds by now: it goes as a whole.
            let is_folder = |entry: &Entry| entry.stat.kind == Kind::Dir;
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

/// One name that is obeyed, and all beneath it.
fn judge_obeyed(root: &Path, after: &Tree, before: &Tree) -> Result<(), WalkError> {
    for (path, now) in after.beneath(root) {
        // Even one that was restored: what it leads to may be the guest's.
        if now.stat.kind == Kind::Link {
            let path = shown_path(path);
            return Err(WalkError::LinkObeyed { path });
        }
    }
    let mut now = after.beneath(root);
    // One that lacks a part says something else than it did.
    let lacks = before
        .beneath(root)
        .any(|(path, _)| after.get(path).is_none());
    if lacks || !now.all(|(path, now)| is_unchanged(path, now, before)) {
        let path = shown_path(root);
        return Err(WalkError::Obeyed { path });
    }
    Ok(())
}

/// Nothing is what no layer needs and a container would suffer from.
fn judge_each(after: &Tree, before: &Tree) -> Result<(), WalkError> {
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

/// A file in a layer has all its names in layers: else it is the host's, the lifecycle's or the platform's, and
/// would get into the image.
fn judge_hard_links(after: &Tree, before: &Tree) -> Result<(), WalkError> {
    let mut met = BTreeMap::<u128, u64>::new();
    let has_several = |(path, now): &(&Path, &Entry)| {
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

/// What is new or changed. Directories of layers themselves are not counted: they are declared.
fn count(after: &Tree, before: &Tree, limits: &Limits) -> Result<(u64, u64), WalkError> {
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

/// The first part of a path: what lies at the top.
fn top(path: &Path) -> OsString {
    path.iter().next().unwrap_or_default().to_owned()
}

fn find<'a>(name: &OsStr, declared: &'a [CheckedLayer]) -> Option<&'a CheckedLayer> {
    declared.iter().find(|layer| name == layer.name.as_str())
}

fn is_declared(name: &Path, declared: &[CheckedLayer]) -> bool {
    find(name.as_os_str(), declared).is_some()
}

fn is_unchanged(path: &Path, now: &Entry, before: &Tree) -> bool {
    before.get(path).is_some_and(|then| then.same(now))
}

/// Whether the lifecycle reads a name at the top as something other than a layer's directory.
fn is_lifecycle_file(name: &Path) -> bool {
    let name = name.as_os_str().as_bytes();
    name.ends_with(b".toml") || name.windows(6).any(|part| part == b".sbom.")
}

#[cfg(test)]
mod tests;
