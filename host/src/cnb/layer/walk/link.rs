//! Where links may lead: to a place within their own layer, judged by their words and by what was found there.
//!
//! Pure. A target goes up first and down afterwards: the folders above a link are real, so what goes up is counted
//! right, and what goes down stays in the layer even where the host is yet to put something.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use super::error::{WalkError, shown_path};
use super::tree::Tree;
use crate::cnb::names::shown_os;
use crate::dir::Kind;

/// How many links the kernel follows for one path.
const MOST_HOPS: usize = 40;

/// Judges every link that the lifecycle didn't restore as it is.
///
/// Restored ones may lead out: a cached virtual environment names the Python of another layer.
pub(super) fn judge(after: &Tree, before: &Tree, layers_path: &Path) -> Result<(), WalkError> {
    for (path, now) in after.entries() {
        let restored = before.get(path).is_some_and(|then| then.same(now));
        let is_layer = path.iter().nth(1).is_none();
        if now.stat.kind == Kind::Link && !restored && !is_layer {
            follow(after, path, layers_path)?;
        }
    }
    Ok(())
}

/// Follows a link, and the link at its end, until something else is met, a free name or the kernel's limit.
fn follow(after: &Tree, path: &Path, layers_path: &Path) -> Result<(), WalkError> {
    let mut link = path.to_owned();
    for _ in 0..MOST_HOPS {
        let Some(target) = after.get(&link).and_then(|entry| entry.target.as_ref()) else {
            break;
        };
        let place = resolve(&link, target, layers_path)?;
        // The layer's own folder is real, and so is all above it.
        for above in place.ancestors().skip(1) {
            let is_link = |entry: &super::Entry| entry.stat.kind == Kind::Link;
            if after.get(above).is_some_and(is_link) {
                return Err(WalkError::LinkThrough {
                    path: shown_path(&link),
                    target: shown_os(target),
                    through: shown_path(above),
                });
            }
        }
        link = place;
    }
    Ok(())
}

/// The place that a link's target names, as a path beneath the layers directory.
pub(super) fn resolve(
    link: &Path,
    target: &OsStr,
    layers_path: &Path,
) -> Result<PathBuf, WalkError> {
    let path = || shown_path(link);
    let out = || WalkError::LinkOut {
        path: path(),
        target: shown_os(target),
    };
    let across = || WalkError::LinkAcross {
        path: path(),
        target: shown_os(target),
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
                return Err(WalkError::LinkWinding { path, target });
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
