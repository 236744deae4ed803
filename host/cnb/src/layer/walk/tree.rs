//! All entries beneath the layers directory as a list of paths, and the rule by which an entry counts as unchanged.
//!
//! Nothing here refuses a kind of entry. The memory for the list has a limit, even if a component makes many files.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::{AmountError, EntryError, WalkError, shown_path};
use super::{Limits, is_obeyed_at_layer_root};
use dir::{Dir, Kind, Stat};

/// The limit on the folders between the layers directory and an entry of the component.
pub(super) const DEEPEST: usize = 64;
/// The limit on the depth of restored layers: each level takes a descriptor.
const DEEPEST_RESTORED: usize = 256;
/// The permissions that the owner needs to read a directory.
const OWNER_LOOK: u32 = 0o500;

type Digest = [u8; ring::digest::SHA256_OUTPUT_LEN];

/// An entry beneath the layers directory.
#[derive(Debug)]
pub(super) struct LayerEntry {
    pub(super) stat: Stat,
    /// The target of a link, as the link contains it.
    pub(super) target: Option<OsString>,
    /// The SHA-256 of a file that the lifecycle or the launcher reads.
    digest: Option<Digest>,
}

impl LayerEntry {
    /// Whether the entry is unchanged.
    ///
    /// A file that the lifecycle or the launcher reads is compared by its bytes. Other files are compared by the facts
    /// that the kernel gives, because caches are large. One of these facts is the time of the last change, which nobody
    /// can set.
    pub(super) fn same(&self, now: &Self) -> bool {
        if self.stat.kind != now.stat.kind || self.stat.mode != now.stat.mode {
            return false;
        }
        match self.stat.kind {
            Kind::Dir => true,
            Kind::Link => self.target == now.target,
            Kind::File if self.digest.is_some() => {
                self.stat.len == now.stat.len && self.digest == now.digest
            }
            Kind::File | Kind::Special => self.stat == now.stat,
        }
    }
}

/// The limits of a walk.
pub(super) struct Caps<'a> {
    files: u64,
    depth: usize,
    /// Entries that are allowed in addition.
    before: Option<&'a LayerTree>,
}

impl<'a> Caps<'a> {
    /// The limits for the entries that the lifecycle restored.
    pub(super) fn restored() -> Self {
        Self {
            files: u64::MAX,
            depth: DEEPEST_RESTORED,
            before: None,
        }
    }

    /// The limits for the entries that a component left, besides those that existed before.
    pub(super) fn guest(limits: &Limits, before: &'a LayerTree) -> Self {
        Self {
            files: limits.files,
            depth: DEEPEST,
            before: Some(before),
        }
    }

    fn then(&self, path: &Path) -> Option<&LayerEntry> {
        self.before.and_then(|before| before.get(path))
    }
}

/// All entries beneath the layers directory, by their paths from there. A folder comes before its entries.
#[derive(Debug, Default)]
pub(super) struct LayerTree(BTreeMap<PathBuf, LayerEntry>);

impl LayerTree {
    /// Reads only the top of the layers directory.
    pub(super) fn look<'a>(layers: &Dir, caps: Caps<'a>) -> Result<Look<'a>, WalkError> {
        let tree = Self::default();
        let mut look = Look { tree, caps };
        for name in look.names(layers, Path::new(""))? {
            look.entry(layers, PathBuf::from(&name), &name)?;
        }
        Ok(look)
    }

    pub(super) fn get(&self, path: &Path) -> Option<&LayerEntry> {
        self.0.get(path)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&Path, &LayerEntry)> {
        self.0.iter().map(|(path, entry)| (path.as_path(), entry))
    }

    pub(super) fn at_top(&self) -> impl Iterator<Item = (&Path, &LayerEntry)> {
        self.entries()
            .filter(|(path, _)| path.iter().nth(1).is_none())
    }

    /// The entry at a path and all entries beneath it.
    pub(super) fn beneath(&self, path: &Path) -> impl Iterator<Item = (&Path, &LayerEntry)> {
        // Paths are sorted part by part, so all that begin with one path are neighbours.
        let range = self
            .0
            .range::<Path, _>((std::ops::Bound::Included(path), std::ops::Bound::Unbounded));
        range
            .map(|(found, entry)| (found.as_path(), entry))
            .take_while(move |(found, _)| found.starts_with(path))
    }
}

/// A walk that is not finished.
pub(super) struct Look<'a> {
    tree: LayerTree,
    caps: Caps<'a>,
}

impl Look<'_> {
    pub(super) fn so_far(&self) -> &LayerTree {
        &self.tree
    }

    pub(super) fn done(self) -> LayerTree {
        self.tree
    }

    pub(super) fn folders_at_top(&self) -> Vec<OsString> {
        let is_folder = |(path, entry): (&Path, &LayerEntry)| {
            (entry.stat.kind == Kind::Dir).then(|| path.as_os_str().to_owned())
        };
        self.tree.at_top().filter_map(is_folder).collect()
    }

    /// Reads all entries beneath a folder at the top.
    pub(super) fn descend(&mut self, layers: &Dir, name: &OsStr) -> Result<(), WalkError> {
        self.folder(layers, Path::new(name), name, 1)
    }

    /// `depth` is the number of folders between the layers directory and the entries of this folder.
    fn folder(
        &mut self,
        parent: &Dir,
        path: &Path,
        name: &OsStr,
        depth: usize,
    ) -> Result<(), WalkError> {
        let is_open = |entry: &LayerEntry| entry.stat.mode & OWNER_LOOK == OWNER_LOOK;
        if !self.tree.get(path).is_some_and(is_open) {
            let path = shown_path(path);
            return Err(WalkError::Entry(EntryError::Locked { path }));
        }
        let dir = parent.open_dir(name)?;
        for name in self.names(&dir, path)? {
            let path = path.join(&name);
            if depth > self.caps.depth && self.caps.then(&path).is_none() {
                return Err(WalkError::Amount(AmountError::TooDeep {
                    path: shown_path(&path),
                    most: self.caps.depth,
                }));
            }
            if self.entry(&dir, path.clone(), &name)? == Kind::Dir {
                self.folder(&dir, &path, &name, depth + 1)?;
            }
        }
        Ok(())
    }

    /// The names in a directory. Reads no more names than the limit allows.
    fn names(&self, dir: &Dir, path: &Path) -> Result<Vec<OsString>, WalkError> {
        let found = u64::try_from(self.tree.0.len()).unwrap_or(u64::MAX);
        let most = usize::try_from(self.most().saturating_sub(found)).unwrap_or(usize::MAX);
        // The kernel returns no error of this kind: it means that the directory has more names.
        dir.names(most).map_err(|error| match error.kind() {
            ErrorKind::Other => WalkError::too_many(path, self.caps.files),
            _ => error.into(),
        })
    }

    /// The limit on all entries. The directories of layers are few, and are checked before anything else is read.
    fn most(&self) -> u64 {
        const LAYERS: u64 = 1000;
        let before = self.caps.before.map_or(0, |before| before.0.len());
        let before = u64::try_from(before).unwrap_or(u64::MAX);
        let most = self.caps.files.saturating_add(before);
        most.saturating_add(LAYERS)
    }

    fn entry(&mut self, dir: &Dir, path: PathBuf, name: &OsStr) -> Result<Kind, WalkError> {
        let Some(stat) = dir.stat(name)? else {
            let path = shown_path(&path);
            return Err(WalkError::Unsteady { path });
        };
        let target = match stat.kind {
            Kind::Link => Some(dir.read_link(name)?),
            Kind::File | Kind::Dir | Kind::Special => None,
        };
        let digest = match stat.kind {
            Kind::File if self.is_compared(&path, &stat) => {
                let bytes = dir.read(name, stat.len)?;
                let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
                digest.as_ref().try_into().ok()
            }
            Kind::File | Kind::Dir | Kind::Link | Kind::Special => None,
        };
        let entry = LayerEntry {
            stat,
            target,
            digest,
        };
        self.tree.0.insert(path, entry);
        Ok(stat.kind)
    }

    /// Whether a file is compared by its bytes. A file of the component is read only if a file of the same length was
    /// restored in its place. So the host reads nothing larger than the lifecycle restored.
    fn is_compared(&self, path: &Path, stat: &Stat) -> bool {
        if self.caps.before.is_some() {
            let then = self.caps.then(path);
            return then.is_some_and(|then| then.digest.is_some() && then.stat.len == stat.len);
        }
        match path.iter().nth(1) {
            None => true,
            Some(name) => is_obeyed_at_layer_root(name.as_bytes()),
        }
    }
}
