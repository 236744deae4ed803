//! The entries of a layer. A file is measured and not kept, so that memory does not grow with a layer.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lifecycle::folder;
use serde::{Serialize, Serializer};

use super::places::{Measured, Places};

/// An entry of a layer.
#[derive(Serialize)]
pub(super) struct Entry {
    /// The path in the layer.
    #[serde(serialize_with = "path")]
    pub(super) path: PathBuf,
    /// The permissions, such as `0o755`, with setuid, setgid and sticky. In JSON, they are text: `755`.
    #[serde(serialize_with = "octal")]
    pub(super) mode: u32,
    #[serde(flatten)]
    pub(super) kind: Kind,
}

/// The type of an entry.
#[derive(PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A folder. Its content has entries of its own.
    Folder,
    File(Measured),
    Link {
        #[serde(serialize_with = "path")]
        target: PathBuf,
    },
    /// A pipe, socket or device.
    Other,
}

/// The entries beneath a folder that `is_listed` names by their paths there, sorted by path.
pub(super) fn list(
    folder: &Path,
    places: &Places,
    is_listed: impl Fn(&Path) -> bool,
) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    folder::walk(folder, &mut |whole, meta| {
        let path = whole.strip_prefix(folder)?;
        if is_listed(path) {
            entries.push(Entry {
                path: path.to_owned(),
                mode: meta.mode() & 0o7777,
                kind: kind(whole, meta, places)?,
            });
        }
        Ok(())
    })?;
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(entries)
}

fn kind(path: &Path, meta: &fs::Metadata, places: &Places) -> anyhow::Result<Kind> {
    Ok(if meta.is_symlink() {
        let target = fs::read_link(path)?;
        Kind::Link { target }
    } else if meta.is_dir() {
        Kind::Folder
    } else if meta.is_file() {
        let measured = File::open(path).and_then(|file| places.measure(file));
        Kind::File(measured.context("The file cannot be read")?)
    } else {
        Kind::Other
    })
}

/// A path as text, even if it is not UTF-8.
fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn octal<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{mode:o}"))
}
