//! Reads a tar archive in memory: its entries with normalized paths, and the fault of each.

use std::ffi::OsStr;
use std::io::{Cursor, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, ensure};
use lifecycle::folder::{Entry, Kind};
use tar::{Archive, EntryType};

/// The limit of an archive, in bytes, after decompression.
const MOST_BYTES: u64 = 1 << 30;
const MOST_ENTRIES: usize = 10_000;
/// An entry, and why it may not be in any package.
pub(super) struct Item {
    /// The entry. Its path has only plain names.
    pub(super) entry: Entry,
    pub(super) problem: Option<String>,
}

/// The gzip header that Go writes: without name, comment and time, and with an unknown operating system.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Decompresses a layer. It must be one gzip member with Go's header: a second member or an extra header field could
/// hold other content.
pub(super) fn inflated(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    ensure!(
        bytes.starts_with(&GZIP),
        "a layer is not compressed as pack compresses it"
    );
    let mut decoder = flate2::bufread::GzDecoder::new(bytes);
    let inflated = whole(&mut decoder).context("a layer can't be read")?;
    let rest = decoder.into_inner();
    ensure!(
        rest.is_empty(),
        "{} bytes follow the end of a layer",
        rest.len()
    );
    Ok(inflated)
}

/// Reads everything, up to the limit.
pub(super) fn whole(from: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    ensure!(
        bytes.len() as u64 <= MOST_BYTES,
        "it has more than {MOST_BYTES} bytes"
    );
    Ok(bytes)
}

/// Reads an archive.
pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Vec<Item>> {
    let mut items = Vec::new();
    for entry in Archive::new(Cursor::new(bytes)).entries()? {
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
    let mut problem = climbs.then(|| "has a path that leads out of the archive".to_owned());
    if let Some(extensions) = entry.pax_extensions()? {
        for extension in extensions {
            let key = String::from_utf8_lossy(extension?.key_bytes()).into_owned();
            problem = Some(format!(
                "has the extension '{key}', which pack never writes"
            ));
        }
    }
    let header = entry.header();
    let mode = header.mode()? & 0o7777;
    if (header.uid()?, header.gid()?) != (0, 0) {
        problem = Some("is not owned by root".to_owned());
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
            problem = Some(format!("is not a file, folder or link ({other:?})"));
            Kind::Other
        }
    };
    let entry = Entry { path, mode, kind };
    Ok(Item { entry, problem })
}

/// The plain names of a path, from the archive's root, and whether the path leads out of the root.
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
