//! One pass over a layer's files: counted, judged one by one, and remembered by what the kernel says of them.
//!
//! Links: a target has its `..` in front alone, and no more of them than there are folders between the link and
//! the layers directory; an absolute one begins with that directory and has none. The pass goes through real
//! folders only, so these are counted right; and whatever links a target leads through obey the same rule, so
//! none of them leaves either.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use super::{DEEPEST, LARGEST, MOST_NAMES, WalkError};
use crate::cnb::descriptor::Limits;
use crate::cnb::names::shown_os;
use crate::dir::{Dir, Kind, Stat};

const SETUID_SETGID: u32 = 0o6000;
const MIB: u64 = 1024 * 1024;

/// Something in full: what it is, its permissions and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Print {
    File {
        mode: u32,
        digest: Vec<u8>,
    },
    Dir,
    Folder {
        mode: u32,
        inner: BTreeMap<OsString, Print>,
    },
    Link(OsString),
    Special,
}

impl Print {
    /// A file byte for byte, a folder as no more than that.
    pub(super) fn shallow(dir: &Dir, name: &OsStr) -> Result<Self, WalkError> {
        Self::of(dir, name, 0, false)
    }

    /// Everything beneath it too.
    pub(super) fn deep(dir: &Dir, name: &OsStr) -> Result<Self, WalkError> {
        Self::of(dir, name, 0, true)
    }

    fn of(dir: &Dir, name: &OsStr, depth: usize, deep: bool) -> Result<Self, WalkError> {
        let Some(stat) = dir.stat(name)? else {
            // It was listed a moment ago, and the guest has ended: somebody else is at work.
            return Ok(Self::Special);
        };
        let mode = stat.mode;
        Ok(match stat.kind {
            Kind::File => {
                let bytes = dir.read(name, LARGEST)?;
                let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
                let digest = digest.as_ref().to_vec();
                Self::File { mode, digest }
            }
            Kind::Dir if !deep => Self::Dir,
            Kind::Dir => {
                if depth == DEEPEST {
                    let path = shown_os(name);
                    return Err(WalkError::TooDeep { path });
                }
                let folder = dir.open_dir(name)?;
                let mut inner = BTreeMap::new();
                for name in folder.names(MOST_NAMES)? {
                    let print = Self::of(&folder, &name, depth + 1, deep)?;
                    inner.insert(name, print);
                }
                Self::Folder { mode, inner }
            }
            Kind::Link => Self::Link(dir.read_link(name)?),
            Kind::Special => Self::Special,
        })
    }
}

/// All that lies beneath a layer's root, by path, as the kernel tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<PathBuf, Stat>);

impl Tree {
    pub(super) fn walk(layer: &Dir, name: &OsStr, budget: &mut Budget) -> Result<Self, WalkError> {
        let mut tree = Self(BTreeMap::new());
        tree.descend(layer, Path::new(""), &shown_os(name), 1, budget)?;
        Ok(tree)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What lies at this path beneath the layer's root.
    pub(super) fn kind(&self, path: &OsStr) -> Option<Kind> {
        self.0.get(Path::new(path)).map(|stat| stat.kind)
    }

    /// `depth` is how many folders there are between the layers directory and what lies in `dir`.
    fn descend(
        &mut self,
        dir: &Dir,
        path: &Path,
        shown: &str,
        depth: usize,
        budget: &mut Budget,
    ) -> Result<(), WalkError> {
        if depth > DEEPEST {
            let path = shown.to_owned();
            return Err(WalkError::TooDeep { path });
        }
        for name in dir.names(MOST_NAMES)? {
            let shown = join(shown, &name);
            let Some(stat) = dir.stat(&name)? else {
                continue;
            };
            budget.count(&shown, &stat)?;
            let inner = path.join(&name);
            match stat.kind {
                Kind::Dir => {
                    let folder = dir.open_dir(&name)?;
                    self.descend(&folder, &inner, &shown, depth + 1, budget)?;
                }
                Kind::Link => budget.judge_link(&shown, &dir.read_link(&name)?, depth)?,
                Kind::File | Kind::Special => {}
            }
            self.0.insert(inner, stat);
        }
        Ok(())
    }
}

/// What all layers together may hold, and the rules for each file. Without rules it counts only.
pub(super) struct Budget {
    entries: u64,
    bytes: u64,
    rules: Option<Rules>,
}

struct Rules {
    /// What was there before, and is not held against the guest.
    before: (u64, u64),
    most: u64,
    most_mib: u64,
    layers_dir: PathBuf,
    /// Files of several names: how many names there are, how many were met, and one of them.
    names: BTreeMap<u128, (u64, u64, String)>,
}

impl Budget {
    /// For what the lifecycle restored.
    pub(super) fn unlimited() -> Self {
        Self {
            entries: 0,
            bytes: 0,
            rules: None,
        }
    }

    /// For what the guest left.
    pub(super) fn guest(entries: u64, bytes: u64, limits: &Limits, layers_dir: &str) -> Self {
        let rules = Rules {
            before: (entries, bytes),
            most: limits.files,
            most_mib: limits.files_mib,
            layers_dir: layers_dir.into(),
            names: BTreeMap::new(),
        };
        Self {
            entries: 0,
            bytes: 0,
            rules: Some(rules),
        }
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn count(&mut self, path: &str, stat: &Stat) -> Result<(), WalkError> {
        self.entries += 1;
        if stat.kind == Kind::File {
            self.bytes = self.bytes.saturating_add(stat.len);
        }
        let Some(rules) = &mut self.rules else {
            return Ok(());
        };
        let path = path.to_owned();
        if self.entries.saturating_sub(rules.before.0) > rules.most {
            let most = rules.most;
            return Err(WalkError::TooMany { path, most });
        }
        if self.bytes.saturating_sub(rules.before.1) > rules.most_mib * MIB {
            let most_mib = rules.most_mib;
            return Err(WalkError::TooLarge { path, most_mib });
        }
        match stat.kind {
            Kind::Special => Err(WalkError::Special { path }),
            Kind::File if stat.mode & SETUID_SETGID != 0 => Err(WalkError::Privileged { path }),
            Kind::File if stat.links > 1 => {
                let names = rules.names.entry(stat.id).or_insert((stat.links, 0, path));
                names.1 += 1;
                Ok(())
            }
            Kind::File | Kind::Dir | Kind::Link => Ok(()),
        }
    }

    fn judge_link(&self, path: &str, target: &OsStr, depth: usize) -> Result<(), WalkError> {
        match &self.rules {
            Some(rules) if !stays_inside(target, depth, &rules.layers_dir) => {
                Err(WalkError::LinkOut {
                    path: path.to_owned(),
                    target: shown_os(target),
                })
            }
            _ => Ok(()),
        }
    }

    /// What only the whole tells.
    pub(super) fn finish(&self) -> Result<(), WalkError> {
        let names = self.rules.iter().flat_map(|rules| rules.names.values());
        for (links, met, path) in names {
            if met < links {
                let path = path.clone();
                return Err(WalkError::HardLink { path });
            }
        }
        Ok(())
    }
}

/// The rule for links that this module's head argues for.
pub(super) fn stays_inside(target: &OsStr, depth: usize, layers_dir: &Path) -> bool {
    let target = Path::new(target);
    if target.as_os_str().is_empty() {
        return false;
    }
    let (rest, mut may_climb) = if target.is_absolute() {
        match target.strip_prefix(layers_dir) {
            Ok(rest) => (rest, 0),
            Err(_) => return false,
        }
    } else {
        (target, depth)
    };
    for component in rest.components() {
        match component {
            Component::ParentDir if may_climb > 0 => may_climb -= 1,
            Component::Normal(_) => may_climb = 0,
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// A path for messages. Its parts are cut one by one, and it is cut itself: a deep one tells no more.
pub(super) fn join(path: &str, name: &OsStr) -> String {
    const LONGEST: usize = 512;
    if path.len() > LONGEST {
        return path.to_owned();
    }
    format!("{path}/{}", shown_os(name))
}
