//! The files of a layer that the host makes executable: their paths, before anybody knows whether they exist.
//!
//! `walk` compares the paths with what the component wrote.

use std::ffi::OsStr;

use super::place::{OutputPlace, Seen};
use super::{CheckError, MOST_ITEMS, Rule};
use crate::names::{FolderName, is_obeyed_at_layer_root, shown};
use dir::is_staged;

/// The limit on a path, in bytes.
const LONGEST_PATH: usize = 1024;

/// The path of a file in a layer: plain names with `/` between them. The lifecycle and the launcher read none of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct LayerPath(String);

impl LayerPath {
    /// The path from the layer's directory.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders, from the top of the layer, and the name of the file.
    #[must_use]
    pub fn parts(&self) -> (Vec<&str>, &str) {
        match self.0.rsplit_once('/') {
            Some((folders, name)) => (folders.split('/').collect(), name),
            None => (Vec::new(), &self.0),
        }
    }
}

pub(super) fn check_executables(
    paths: Vec<String>,
    layer: &OutputPlace,
    fetched: &[&FolderName],
) -> Result<Vec<LayerPath>, CheckError> {
    layer.count("executables", paths.len(), MOST_ITEMS)?;
    let mut seen = Seen::folding_case();
    let mut checked = Vec::new();
    for path in paths {
        let place = layer.within(&format!("executable '{}'", shown(&path)));
        let path = place.line("the path", path)?;
        place.size("the path", path.len(), LONGEST_PATH)?;
        if let Some(why) = flaw(&path, fetched) {
            return Err(place.rule(Rule::ExecutablePath, why));
        }
        seen.add(layer, "the executable", &path)?;
        checked.push(LayerPath(path));
    }
    Ok(checked)
}

/// The reason why a path cannot be that of an executable.
fn flaw(path: &str, fetched: &[&FolderName]) -> Option<&'static str> {
    let is_plain = |name: &str| !matches!(name, "" | "." | "..");
    if !path.split('/').all(is_plain) {
        return Some(
            "a path is relative to the layer's directory, and consists of plain names with one '/' between them",
        );
    }
    let top = path.split('/').next().unwrap_or_default();
    if is_obeyed_at_layer_root(top.as_bytes()) {
        return Some(
            "the lifecycle or the launcher obeys what lies there, so only the host writes it: use env or exec-d",
        );
    }
    if is_staged(OsStr::new(top)) {
        return Some("names that begin like this are the host's own");
    }
    let is_top = |folder: &&FolderName| folder.as_str().eq_ignore_ascii_case(top);
    if fetched.iter().any(is_top) {
        return Some(
            "the host fetches that folder, and files in it keep the modes that their source gives them",
        );
    }
    None
}
