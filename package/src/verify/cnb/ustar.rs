//! Writes an archive as `pack` does: sorted, owned by root, with one time, in POSIX's ustar format without extensions.
//!
//! The entries that were read are written again and compared to the byte. So the same entries have only one valid
//! archive. It has nothing that two readers could understand differently, such as records that are repeated, empty or
//! for later entries, names in two places, or padding with content.
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06>

use std::os::unix::ffi::OsStrExt;

use lifecycle::folder::{Entry, Kind};

use crate::layout::TIME;

/// The size of a header, in bytes. The content of a file is padded to a multiple of it.
const BLOCK: usize = 512;
/// The sizes, in bytes, of a header's field for the name and of its field for the folders before the name.
const NAME: usize = 100;
const PREFIX: usize = 155;

/// The first place where an archive differs from the valid one with these entries: the path of an entry, or the end.
/// `None` if they are equal.
pub(super) fn difference(archive: &[u8], entries: &mut [&Entry]) -> Option<String> {
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    let mut rest = archive;
    for entry in entries {
        let same = written(entry).and_then(|bytes| rest.strip_prefix(&bytes[..]));
        let Some(after) = same else {
            return Some(entry.path.display().to_string());
        };
        rest = after;
    }
    let is_end = rest == [0; 2 * BLOCK];
    (!is_end).then(|| "its end".to_owned())
}

/// An entry's header and content, or `None` if this format cannot hold it.
fn written(entry: &Entry) -> Option<Vec<u8>> {
    let nothing = (&[][..], &[][..]);
    let (kind, (content, target)) = match &entry.kind {
        Kind::File(bytes) => (b'0', (&bytes[..], &[][..])),
        Kind::Link(to) => (b'2', (&[][..], to.as_os_str().as_bytes())),
        Kind::Folder => (b'5', nothing),
        Kind::Other => return None,
    };
    let path = [b"/", entry.path.as_os_str().as_bytes()].concat();
    let (prefix, name) = split(&path)?;
    if target.len() > NAME || !target.is_ascii() {
        return None;
    }
    let mut header = Vec::with_capacity(BLOCK);
    let mut field = |bytes: &[u8], size: usize| {
        header.extend_from_slice(bytes);
        header.resize(header.len() - bytes.len() + size, 0);
    };
    let octal = |number: usize, digits: usize| format!("{number:0digits$o}\0").into_bytes();
    field(name, NAME);
    field(&octal(usize::try_from(entry.mode).ok()?, 7), 8);
    // The ids of owner and group.
    field(&octal(0, 7), 8);
    field(&octal(0, 7), 8);
    field(&octal(content.len(), 11), 12);
    field(&octal(usize::try_from(TIME).ok()?, 11), 12);
    // The checksum, which is computed with spaces in its place.
    field(b"        ", 8);
    field(&[kind], 1);
    field(target, NAME);
    field(b"ustar\x0000", 8);
    // The names of owner and group: empty.
    field(b"", 64);
    // The numbers of a device: zero.
    field(&octal(0, 7), 8);
    field(&octal(0, 7), 8);
    field(prefix, PREFIX);
    field(b"", 12);
    let sum: usize = header.iter().map(|byte| usize::from(*byte)).sum();
    header[148..155].copy_from_slice(&octal(sum, 6));
    header.extend_from_slice(content);
    header.resize(header.len().next_multiple_of(BLOCK), 0);
    Some(header)
}

/// Splits a path for the two fields: whole in the name's if it fits, or else at the last slash that the prefix allows.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= NAME {
        return Some((b"", path));
    }
    let end = path.len().min(PREFIX + 1);
    let slash = path[..end].iter().rposition(|byte| *byte == b'/')?;
    let (prefix, name) = (&path[..slash], &path[slash + 1..]);
    (slash > 0 && name.len() <= NAME).then_some((prefix, name))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn entry(path: &str, mode: u32, kind: Kind) -> Entry {
        Entry {
            path: PathBuf::from(path),
            mode,
            kind,
        }
    }

    #[test]
    fn a_header_is_the_one_that_go_writes() {
        let entry = entry(
            "cnb/buildpacks/planqk-buildpacks_job-template",
            0o755,
            Kind::Folder,
        );
        let header = written(&entry).unwrap();
        assert_eq!(header.len(), BLOCK);
        let fields = b"0000755\x000000000\x000000000\x0000000000000\x0002263523001\x00020170\x00 5";
        assert_eq!(header[100..157], fields[..]);
        assert_eq!(&header[257..265], b"ustar\x0000");
        assert_eq!(&header[329..345], b"0000000\x000000000\x00");
    }

    #[test]
    fn what_is_in_order_is_the_same_and_what_is_not_is_named() {
        let file = entry("a/b", 0o644, Kind::File(b"text".to_vec()));
        let folder = entry("a", 0o755, Kind::Folder);
        let link = entry("a/c", 0o755, Kind::Link(PathBuf::from("b")));
        let parts = [&folder, &file, &link].map(|entry| written(entry).unwrap());
        let mut archive = parts.concat();
        archive.extend([0; 1024]);
        let found = |archive: &[u8]| difference(archive, &mut [&link, &file, &folder]);
        assert_eq!(found(&archive), None);
        let mut padded = archive.clone();
        padded[2 * BLOCK + 4] = 1;
        assert_eq!(found(&padded).as_deref(), Some("a/b"));
        for (archive, words) in [
            (&archive[..archive.len() - 1], "its end"),
            (&[&archive[..], &[0]].concat(), "its end"),
            (&[&parts[1][..], &parts[0], &parts[2]].concat(), "a"),
        ] {
            assert_eq!(found(archive).as_deref(), Some(words));
        }
    }

    #[test]
    fn a_long_name_is_parted_at_its_last_slash_that_fits() {
        let long = format!("/{}/{}", "a".repeat(90), "b".repeat(20));
        let (prefix, name) = split(long.as_bytes()).unwrap();
        assert_eq!((prefix.len(), name.len()), (91, 20));
        assert_eq!(split(b"/a").unwrap(), (&b""[..], &b"/a"[..]));
        for path in ["/ä", &"x".repeat(101), &format!("/a/{}", "b".repeat(101))] {
            assert_eq!(split(path.as_bytes()), None, "{path}");
        }
    }
}
