//! Checks the targets of links. A link may lead only to a place within its own layer. The check uses the text of the
//! target and the entries that exist.
//!
//! Pure. A target goes up first and down afterwards. The folders above a link are real, so the steps up are counted
//! correctly. The steps down stay in the layer, even where the host will put content later.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::error::{LinkError, WalkError, shown_path};
use super::tree::{LayerEntry, LayerTree};
use crate::names::shown_os;
use dir::Kind;
use entry::places::{Place, Places};

/// Checks every link that the lifecycle did not restore in this form, and the links at their ends.
///
/// Restored links may lead out: a cached virtual environment names the Python of another layer. Each link is checked
/// once, even if many links lead to it. So the work grows only with the length of the targets.
pub(super) fn judge(
    after: &LayerTree,
    before: &LayerTree,
    layers_path: &Path,
) -> Result<(), WalkError> {
    let is_judged = |(path, now): &(&Path, &LayerEntry)| {
        let restored = || before.get(path).is_some_and(|then| then.same(now));
        let is_layer = path.iter().nth(1).is_none();
        now.stat.kind == Kind::Link && !is_layer && !restored()
    };
    let mut links = after.entries().filter(is_judged).peekable();
    if links.peek().is_none() {
        return Ok(());
    }
    let mut found = Found {
        places: Places::new(),
        judged: HashSet::new(),
        layers_path,
    };
    for (path, now) in after.entries() {
        found.places.insert(names(path), (path, now));
    }
    links.try_for_each(|(path, _)| found.follow(path))
}

/// All entries of the layers directory, and the links among them that were checked.
struct Found<'a> {
    places: Places<'a, (&'a Path, &'a LayerEntry)>,
    judged: HashSet<Place>,
    layers_path: &'a Path,
}

impl Found<'_> {
    /// Follows a link, and the link at its end, until the path leads to another kind of entry, to a free name or to a
    /// link that was followed before.
    fn follow(&mut self, path: &Path) -> Result<(), WalkError> {
        let mut next = self.find(path).ok().flatten();
        while let Some(place) = next
            && let Some((link, entry)) = self.places.at(place)
            && let Some(target) = &entry.target
            && self.judged.insert(place)
        {
            let leads_to = resolve(link, target, self.layers_path)?;
            let found = self.find(&leads_to);
            next = found.map_err(|through| {
                WalkError::Link(LinkError::Through {
                    path: shown_path(link),
                    target: shown_os(target),
                    through: shown_path(through),
                })
            })?;
        }
        Ok(())
    }

    /// The entry at a path, if any, or the link through which the path leads. The folder of the layer and all folders
    /// above it are real.
    fn find(&self, path: &Path) -> Result<Option<Place>, &Path> {
        let mut at = Place::ROOT;
        for name in names(path) {
            match self.places.at(at) {
                Some((through, entry)) if entry.stat.kind == Kind::Link => return Err(through),
                _ => {}
            }
            let Some(place) = self.places.step(at, name) else {
                return Ok(None);
            };
            at = place;
        }
        Ok(Some(at))
    }
}

fn names(path: &Path) -> impl Iterator<Item = &[u8]> {
    path.iter().map(OsStr::as_bytes)
}

/// The target of a link, as a path beneath the layers directory.
pub(super) fn resolve(
    link: &Path,
    target: &OsStr,
    layers_path: &Path,
) -> Result<PathBuf, WalkError> {
    let path = || shown_path(link);
    let out = || {
        WalkError::Link(LinkError::Out {
            path: path(),
            target: shown_os(target),
        })
    };
    let across = || {
        WalkError::Link(LinkError::Across {
            path: path(),
            target: shown_os(target),
        })
    };
    let words = Path::new(target);
    let (rest, mut place) = if words.is_absolute() {
        let rest = words.strip_prefix(layers_path).map_err(|_| out())?;
        (rest, PathBuf::new())
    } else {
        let folder = link.parent().unwrap_or(Path::new(""));
        (words, folder.to_owned())
    };
    let mut goes_down = words.is_absolute();
    for component in rest.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if goes_down => {
                let (path, target) = (path(), shown_os(target));
                return Err(WalkError::Link(LinkError::Winding { path, target }));
            }
            Component::ParentDir => {
                if !place.pop() {
                    return Err(out());
                }
            }
            Component::Normal(name) => {
                goes_down = true;
                place.push(name);
            }
            Component::RootDir | Component::Prefix(_) => return Err(out()),
        }
    }
    let layer: Option<&OsStr> = link.iter().next();
    if place.iter().next() != layer {
        return Err(across());
    }
    Ok(place)
}
