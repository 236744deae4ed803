//! Writes the archive that a kernel unpacks when it boots, in cpio's format `newc`.
//! <https://docs.kernel.org/driver-api/early-userspace/buffer-format.html>

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Result, bail};
use lifecycle::folder::{Entry, Kind};

const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;
const DEVICE: u32 = 0o020_000;

/// An entry without its name.
struct Node<'a> {
    mode: u32,
    owner: u32,
    content: &'a [u8],
    device: (u32, u32),
}

impl<'a> Node<'a> {
    fn new(mode: u32, owner: u32, content: &'a [u8]) -> Self {
        let device = (0, 0);
        Self {
            mode,
            owner,
            content,
            device,
        }
    }
}

/// An archive while it is written. Paths are relative to the root, and a folder comes before its entries.
#[derive(Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    count: u32,
}

impl Archive {
    pub(super) fn folder(&mut self, path: &str, owner: u32) -> Result<()> {
        self.add(path.as_bytes(), &Node::new(FOLDER | 0o755, owner, &[]))
    }

    pub(super) fn file(&mut self, path: &str, mode: u32, owner: u32, bytes: &[u8]) -> Result<()> {
        self.add(path.as_bytes(), &Node::new(FILE | mode, owner, bytes))
    }

    /// Adds the device that the first process reads from and writes to.
    pub(super) fn console(&mut self) -> Result<()> {
        let device = (5, 1);
        let node = Node::new(DEVICE | 0o600, 0, &[]);
        self.add(b"dev/console", &Node { device, ..node })
    }

    /// Adds the snapshot of a folder under another path.
    pub(super) fn tree(&mut self, path: &str, owner: u32, entries: &[Entry]) -> Result<()> {
        self.folder(path, owner)?;
        for Entry {
            path: place,
            mode,
            kind,
        } in entries
        {
            let place = Path::new(path).join(place);
            let node = match kind {
                Kind::Folder => Node::new(FOLDER | mode, owner, &[]),
                Kind::File(bytes) => Node::new(FILE | mode, owner, bytes),
                Kind::Link(to) => Node::new(LINK | 0o777, owner, to.as_os_str().as_bytes()),
                Kind::Other => bail!("{} is not a file, folder or link", place.display()),
            };
            self.add(place.as_os_str().as_bytes(), &node)?;
        }
        Ok(())
    }

    fn add(&mut self, path: &[u8], node: &Node<'_>) -> Result<()> {
        let Node {
            mode,
            owner,
            content,
            device: (major, minor),
        } = *node;
        self.count += 1;
        // The fields in order: inode number, mode, user, group, number of links, time, length, the entry's device
        // (major, minor), the device of a device file (major, minor), the name's length with its NUL, checksum.
        let (length, name) = (
            u32::try_from(content.len())?,
            u32::try_from(path.len() + 1)?,
        );
        let fields = [
            self.count, mode, owner, owner, 1, 0, length, 0, 0, major, minor, name, 0,
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            let field = format!("{field:08x}");
            self.bytes.extend_from_slice(field.as_bytes());
        }
        self.bytes.extend_from_slice(path);
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
        Ok(())
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// Returns the whole archive, with the entry that ends it.
    pub(super) fn finish(mut self) -> Result<Vec<u8>> {
        self.add(b"TRAILER!!!", &Node::new(0, 0, &[]))?;
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The field with this number in the header at the beginning of `bytes`.
    fn field(bytes: &[u8], number: usize) -> u32 {
        let at = 6 + 8 * number;
        let text = std::str::from_utf8(&bytes[at..at + 8]).unwrap();
        u32::from_str_radix(text, 16).unwrap()
    }

    #[test]
    fn an_entry_is_a_header_a_name_and_its_content_each_on_a_multiple_of_four() {
        let mut archive = Archive::default();
        archive.file("init", 0o755, 1000, b"x").unwrap();
        let bytes = &archive.bytes;
        assert!(bytes.starts_with(b"070701"));
        let fields: Vec<_> = (0..13).map(|number| field(bytes, number)).collect();
        assert_eq!(
            fields,
            [1, 0o100_755, 1000, 1000, 1, 0, 1, 0, 0, 0, 0, 5, 0]
        );
        assert_eq!(&bytes[110..], b"init\0\0x\0\0\0");
    }

    #[test]
    fn the_console_is_the_device_5_1_and_the_end_is_marked() {
        let mut archive = Archive::default();
        archive.console().unwrap();
        let end = archive.bytes.len();
        assert_eq!(
            [1, 9, 10].map(|number| field(&archive.bytes, number)),
            [0o020_600, 5, 1]
        );
        let bytes = archive.finish().unwrap();
        assert_eq!(&bytes[end + 110..], b"TRAILER!!!\0\0\0\0");
    }

    #[test]
    fn a_tree_keeps_modes_and_links_and_what_is_neither_is_refused() {
        let entry = |path: &str, mode: u32, kind: Kind| Entry {
            path: path.into(),
            mode,
            kind,
        };
        let tree = [
            entry("a", 0o644, Kind::File(b"text".to_vec())),
            entry("b", 0o777, Kind::Link("a".into())),
        ];
        let mut archive = Archive::default();
        archive.tree("top", 0, &tree).unwrap();
        let text = String::from_utf8(archive.bytes).unwrap();
        for (mode, rest) in [
            ("000041ed", "top\0"),
            ("000081a4", "top/a\0text"),
            ("0000a1ff", "top/b\0a"),
        ] {
            let at = text.find(rest).unwrap();
            assert_eq!(&text[at - 110 + 14..at - 110 + 22], mode, "{rest}");
        }
        let pipe = [entry("pipe", 0o644, Kind::Other)];
        let error = Archive::default().tree("top", 0, &pipe).unwrap_err();
        assert_eq!(error.to_string(), "top/pipe is not a file, folder or link");
    }
}
