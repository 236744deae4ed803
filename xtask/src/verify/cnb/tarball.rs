//! A tar archive, read in memory: entries with paths that were taken apart, and what is wrong with each.

use std::ffi::OsStr;
use std::io::{Cursor, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use anyhow::ensure;
use tar::{Archive, EntryType};
use tests::folder::{Entry, Kind};

/// The most that is read of an archive, in bytes, once inflated.
const MOST_BYTES: u64 = 1 << 30;
/// The most entries.
const MOST_ENTRIES: usize = 10_000;
/// What extended headers may say: names that are too long for plain ones, and times.
const HARMLESS: [&str; 5] = ["path", "linkpath", "mtime", "atime", "ctime"];

/// An entry, and what is wrong with it as a part of any package.
pub(super) struct Item {
    /// Its path has plain names only.
    pub(super) entry: Entry,
    /// What is wrong.
    pub(super) problem: Option<String>,
}

/// What gzip made of something, or what is as it is.
pub(super) fn inflated(bytes: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Ok(bytes);
    }
    let mut inflated = Vec::new();
    // Several members are one text to gzip, and what stands behind the last one would be an error.
    flate2::bufread::MultiGzDecoder::new(&bytes[..])
        .take(MOST_BYTES + 1)
        .read_to_end(&mut inflated)?;
    ensure!(
        inflated.len() as u64 <= MOST_BYTES,
        "a layer has more than {MOST_BYTES} bytes"
    );
    Ok(inflated)
}

/// Reads an archive.
pub(super) fn read(archive: impl Read) -> anyhow::Result<Vec<Item>> {
    let mut bytes = Vec::new();
    archive.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    ensure!(
        bytes.len() as u64 <= MOST_BYTES,
        "it has more than {MOST_BYTES} bytes"
    );
    let mut items = Vec::new();
    for entry in Archive::new(Cursor::new(&bytes)).entries()? {
        let mut entry = entry?;
        ensure!(
            items.len() < MOST_ENTRIES,
            "it has more than {MOST_ENTRIES} entries"
        );
        items.push(item(&mut entry)?);
    }
    Ok(items)
}

fn item(entry: &mut tar::Entry<'_, impl Read>) -> anyhow::Result<Item> {
    let (path, climbs) = plain(Path::new(OsStr::from_bytes(&entry.path_bytes())));
    let mut problem = climbs.then(|| "has a path that leads out".to_owned());
    if let Some(extensions) = entry.pax_extensions()? {
        for extension in extensions {
            let key = String::from_utf8_lossy(extension?.key_bytes()).into_owned();
            if !HARMLESS.contains(&&key[..]) {
                problem = Some(format!("carries '{key}', which no buildpack needs"));
            }
        }
    }
    let header = entry.header();
    let mode = header.mode()? & 0o7777;
    if (header.uid()?, header.gid()?) != (0, 0) {
        problem = Some("is not root's".to_owned());
    }
    let kind = match header.entry_type() {
        EntryType::Regular | EntryType::Continuous => {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            Kind::File(bytes)
        }
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default();
            Kind::Link(PathBuf::from(OsStr::from_bytes(&target)))
        }
        other => {
            problem = Some(format!("is neither file, folder nor link ({other:?})"));
            Kind::Other
        }
    };
    let entry = Entry { path, mode, kind };
    Ok(Item { entry, problem })
}

/// A path by its plain names, from the archive's root, and whether it would lead out of that.
fn plain(path: &Path) -> (PathBuf, bool) {
    let mut climbs = false;
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        Component::RootDir | Component::CurDir => None,
        Component::ParentDir | Component::Prefix(_) => {
            climbs = true;
            Some(part.as_os_str())
        }
    });
    let names: PathBuf = names.collect();
    (names, climbs)
}
