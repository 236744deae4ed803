//! Reads a layer's changes of environment variables, from the files by which the lifecycle and the launcher know them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lifecycle::folder;
use serde::Serialize;

/// The limit on a value, in bytes. Linux passes at most 128 KiB in one variable.
const LONGEST: u64 = 1 << 20;

/// The folders of a layer with changes, and their scopes.
const FOLDERS: [(&str, &str); 3] = [
    ("env", "all"),
    ("env.build", "build"),
    ("env.launch", "launch"),
];

/// A change of an environment variable.
#[derive(Serialize)]
pub(super) struct Change {
    /// `all`, `build` or `launch`.
    pub(super) scope: &'static str,
    /// The only process that gets the change.
    pub(super) process: Option<String>,
    pub(super) name: String,
    /// `append`, `default`, `override` or `prepend`.
    pub(super) mode: String,
    pub(super) value: String,
    pub(super) delimiter: Option<String>,
}

/// The scope of a path in a layer, if it belongs to a change.
pub(super) fn scope(path: &Path) -> Option<&'static str> {
    let first = path.components().next()?.as_os_str();
    let found = FOLDERS.iter().find(|(folder, _)| first == *folder);
    found.map(|(_, scope)| *scope)
}

/// The changes of a layer, sorted by the paths of their files.
pub(super) fn changes(layer: &Path) -> anyhow::Result<Vec<Change>> {
    let mut values = BTreeMap::new();
    for (folder, _) in FOLDERS {
        let folder = layer.join(folder);
        if !fs::symlink_metadata(&folder).is_ok_and(|meta| meta.is_dir()) {
            continue;
        }
        folder::walk(&folder, &mut |path, meta| {
            if meta.is_file() {
                let value = dir::read_capped(File::open(path)?, LONGEST);
                let value = value.context("The value of a variable cannot be read")?;
                let value = String::from_utf8_lossy(&value).into_owned();
                values.insert(path.strip_prefix(layer)?.to_owned(), value);
            }
            Ok(())
        })?;
    }
    let changes = values.iter();
    let changes = changes.filter_map(|(path, value)| change(path, value, &values));
    Ok(changes.collect())
}

/// Reads a file as a change. A delimiter is not a change.
fn change(path: &Path, value: &str, values: &BTreeMap<PathBuf, String>) -> Option<Change> {
    let name = path.file_name()?.to_str()?;
    let (name, mode) = name.rsplit_once('.').unwrap_or((name, "override"));
    if mode == "delim" {
        return None;
    }
    let parent = path.parent()?;
    // Beneath `env.launch`, a folder has the changes for one process.
    let process = parent.components().nth(1);
    let process = process.map(|name| name.as_os_str().to_string_lossy().into_owned());
    Some(Change {
        scope: scope(path)?,
        process,
        name: name.to_owned(),
        mode: mode.to_owned(),
        value: value.to_owned(),
        delimiter: values.get(&parent.join(format!("{name}.delim"))).cloned(),
    })
}
