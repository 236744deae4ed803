//! Packs a folder as `.tar.gz`: sorted, owned by root, with one time, and with nothing from the machine that wrote it.

use anyhow::bail;
use flate2::Compression;
use flate2::write::GzEncoder;
use lifecycle::folder::{Entry, Kind};
use tar::{Builder, EntryType, Header};

use crate::layout;

/// Packs entries in the given order.
pub(super) fn tar_gz(entries: &[Entry]) -> anyhow::Result<Vec<u8>> {
    // The gzip header has no time and no name.
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for Entry { path, mode, kind } in entries {
        let mut header = Header::new_ustar();
        header.set_mode(*mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(layout::TIME);
        header.set_size(0);
        match kind {
            Kind::Folder => {
                header.set_entry_type(EntryType::Directory);
                archive.append_data(&mut header, path, &[][..])?;
            }
            Kind::File(bytes) => {
                header.set_entry_type(EntryType::Regular);
                header.set_size(bytes.len() as u64);
                archive.append_data(&mut header, path, &bytes[..])?;
            }
            Kind::Link(to) => {
                header.set_entry_type(EntryType::Symlink);
                archive.append_link(&mut header, path, to)?;
            }
            Kind::Other => bail!("{} is not a file, folder or link", path.display()),
        }
    }
    Ok(archive.into_inner()?.finish()?)
}
