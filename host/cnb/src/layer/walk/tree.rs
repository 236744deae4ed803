//! Everything beneath the layers directory as a list of paths, and when an entry counts as the one it was.
//!
//! Nothing here judges. The pass is bounded in what it remembers, whatever a guest has made.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::{AmountError, EntryError, WalkError, shown_path};
use super::{Limits, is_obeyed_at_layer_root};
use dir::{Dir, Kind, Stat};

/// How many folders there may be between the layers directory and what a guest left.
pub(super) const DEEPEST: usize = 64;
/// How deep restored layers may be: each level takes a descriptor.
const DEEPEST_RESTORED: usize = 256;
/// What the owner needs in order to look into a directory.
const OWNER_LOOK: u32 = 0o500;

type Digest = [u8; ring::digest::SHA256_OUTPUT_LEN];

/// Something beneath the layers directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) stat: Stat,
    /// Where a link leads, as it is written.
    pub(super) target: Option<OsString>,
    /// The SHA-256 of a file that the lifecycle or the launcher reads.
    digest: Option<Digest>,
}

impl Entry {
    /// Whether this is still what it was.
    ///
    /// A file that is read by the lifecycle or the launcher is compared by its bytes, others by what the kernel
    /// says of them, the time of their last change among it: caches are large, and nobody can set that time.
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

/// How much a look may find.
pub(super) struct Caps<'a> {
    files: u64,
    depth: usize,
    /// What may be there in addition.
    before: Option<&'a Tree>,
}

impl<'a> Caps<'a> {
    /// For what the lifecycle restored.
    pub(super) fn restored() -> Self {
        Self {
            files: u64::MAX,
            depth: DEEPEST_RESTORED,
            before: None,
        }
    }

    /// For what a guest left beside what was there before.
    pub(super) fn guest(limits: &Limits, before: &'a Tree) -> Self {
        Self {
            files: limits.files,
            depth: DEEPEST,
            before: Some(before),
        }
    }

    fn then(&self, path: &Path) -> Option<&Entry> {
        self.before.and_then(|before| before.get(path))
    }
}

/// Everything beneath the layers directory, by its path from there. A folder comes before what is in it.
#[derive(Debug, Default)]
pub(super) struct Tree(BTreeMap<PathBuf, Entry>);

impl Tree {
    /// Looks at the top alone.
    pub(super) fn look<'a>(layers: &Dir, caps: Caps<'a>) -> Result<Look<'a>, WalkError> {
        let tree = Self::default();
        let mut look = Look { tree, caps };
        for name in look.names(layers, Path::new(""))? {
            look.entry(layers, PathBuf::from(&name), &name)?;
        }
        Ok(look)
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Entry> {
        self.0.get(path)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&Path, &Entry)> {
        self.0.iter().map(|(path, entry)| (path.as_path(), entry))
    }

    /// What lies at the top.
    pub(super) fn at_top(&self) -> impl Iterator<Item = (&Path, &Entry)> {
        self.entries()
            .filter(|(path, _)| path.iter().nth(1).is_none())
    }

    /// A path and all beneath it.
    pub(super) fn beneath(&self, path: &Path) -> impl Iterator<Item = (&Path, &Entry)> {
        // Paths are in order part by part, so all that begins with one stands together.
        let range = self
            .0
            .range::<Path, _>((std::ops::Bound::Included(path), std::ops::Bound::Unbounded));
        range
            .map(|(found, entry)| (found.as_path(), entry))
            .take_while(move |(found, _)| found.starts_with(path))
    }
}

/// A look that goes on.
pub(super) struct Look<'a> {
    tree: Tree,
    caps: Caps<'a>,
}

impl Look<'_> {
    /// What was found up to now.
    pub(super) fn so_far(&self) -> &Tree {
        &self.tree
    }

    pub(super) fn done(self) -> Tree {
        self.tree
    }

    pub(super) fn folders_at_top(&self) -> Vec<OsString> {
        let is_folder = |(path, entry): (&Path, &Entry)| {
            (entry.stat.kind == Kind::Dir).then(|| path.as_os_str().to_owned())
        };
        self.tree.at_top().filter_map(is_folder).collect()
    }

    /// Looks at all that is in a folder of the top.
    pub(super) fn descend(&mut self, layers: &Dir, name: &OsStr) -> Result<(), WalkError> {
        self.folder(layers, Path::new(name), name, 1)
    }

    /// `depth` is how many folders there are between the layers directory and what lies in this one.
    fn folder(
        &mut self,
        parent: &Dir,
        path: &Path,
        name: &OsStr,
        depth: usize,
    ) -> Result<(), WalkError> {
        let is_open = |entry: &Entry| entry.stat.mode & OWNER_LOOK == OWNER_LOOK;
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

    /// The names in a directory: no more than could still be allowed.
    fn names(&self, dir: &Dir, path: &Path) -> Result<Vec<OsString>, WalkError> {
        let found = u64::try_from(self.tree.0.len()).unwrap_or(u64::MAX);
        let most = usize::try_from(self.most().saturating_sub(found)).unwrap_or(usize::MAX);
        // The kernel has no such error: it is what says that there are more.
        dir.names(most).map_err(|error| match error.kind() {
            ErrorKind::Other => WalkError::too_many(path, self.caps.files),
            _ => error.into(),
        })
    }

    /// What may be found in all. Layers' own directories are few, and judged before anything else is looked at.
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
        let entry = Entry {
            stat,
            target,
            digest,
        };
        self.tree.0.insert(path, entry);
        Ok(stat.kind)
    }

    /// Whether a file is compared by its bytes. What a guest left is only read where something of the same length
    /// was restored: so nothing larger is read than the lifecycle put there.
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
