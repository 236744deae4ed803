//! Makes archives for tests, and lies about them where a test wants it.
//!
//! Nothing here is part of the shipped crate.

use std::fs::File;
use std::io::Write;

use crate::digest::Digest;
use crc32fast::hash;
use zlib_rs::{Deflate, DeflateFlush, Status};

/// A file without a name, with this content.
pub(crate) fn file(content: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    file
}

/// Raw deflate.
pub(crate) fn deflated(content: &[u8]) -> Vec<u8> {
    let mut deflate = Deflate::new(6, false, 15);
    let mut packed = vec![0; content.len() + content.len() / 100 + 64];
    let status = deflate.compress(content, &mut packed, DeflateFlush::Finish);
    assert_eq!(status.unwrap(), Status::StreamEnd);
    packed.truncate(usize::try_from(deflate.total_out()).unwrap());
    packed
}

/// One gzip member.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    gzip.extend(deflated(content));
    gzip.extend(hash(content).to_le_bytes());
    gzip.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    gzip
}

pub(crate) fn zstd(content: &[u8]) -> Vec<u8> {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    compress_to_vec(content, CompressionLevel::Fastest)
}

/// The fields of a member that both the local header and the directory have.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) extra: Vec<u8>,
}

/// A member of a zip archive.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) local: Said,
    pub(crate) central: Said,
    pub(crate) attributes: u32,
    pub(crate) comment: Vec<u8>,
    pub(crate) disk: u16,
    pub(crate) before: Vec<u8>,
    pub(crate) data: Vec<u8>,
    /// The descriptor.
    pub(crate) behind: Vec<u8>,
    /// The offset of the local header, if the directory lies about it.
    pub(crate) at: Option<u32>,
}

/// A member with correct headers.
pub(crate) fn part(name: &str, content: &[u8]) -> Part {
    let data = if name.ends_with('/') {
        Vec::new()
    } else {
        deflated(content)
    };
    let said = Said {
        flags: 0,
        method: if name.ends_with('/') { 0 } else { 8 },
        crc: hash(content),
        packed: u32::try_from(data.len()).unwrap(),
        size: u32::try_from(content.len()).unwrap(),
        name: name.as_bytes().to_vec(),
        extra: Vec::new(),
    };
    Part {
        local: said.clone(),
        central: said,
        attributes: 0o100_644 << 16,
        comment: Vec::new(),
        disk: 0,
        before: Vec::new(),
        data,
        behind: Vec::new(),
        at: None,
    }
    .with(|part| {
        if name.ends_with('/') {
            part.attributes = 0o040_755 << 16 | 0x10;
        }
    })
}

/// A member that is not compressed.
pub(crate) fn stored(name: &str, content: &[u8]) -> Part {
    part(name, content)
        .both(|said| said.method = 0)
        .with(|part| {
            part.data = content.to_vec();
            part.local.packed = part.local.size;
            part.central.packed = part.central.size;
        })
}

impl Part {
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Changes what both headers say.
    pub(crate) fn both(mut self, change: impl Fn(&mut Said)) -> Self {
        change(&mut self.local);
        change(&mut self.central);
        self
    }

    pub(crate) fn mode(self, mode: u32) -> Self {
        self.with(|part| part.attributes = mode << 16)
    }
}

fn said(into: &mut Vec<u8>, said: &Said) {
    for number in [said.flags, said.method, 0, 0x21] {
        into.extend(number.to_le_bytes());
    }
    for number in [said.crc, said.packed, said.size] {
        into.extend(number.to_le_bytes());
    }
    for length in [said.name.len(), said.extra.len()] {
        into.extend(u16::try_from(length).unwrap().to_le_bytes());
    }
}

/// A zip archive of these members.
pub(crate) fn zip(parts: &[Part]) -> Vec<u8> {
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for part in parts {
        zip.extend(&part.before);
        let at = part.at.unwrap_or(u32::try_from(zip.len()).unwrap());
        zip.extend(b"PK\x03\x04\x14\0");
        said(&mut zip, &part.local);
        for bytes in [
            &part.local.name,
            &part.local.extra,
            &part.data,
            &part.behind,
        ] {
            zip.extend(bytes);
        }
        directory.extend(b"PK\x01\x02\x14\x03\x14\0");
        said(&mut directory, &part.central);
        directory.extend(u16::try_from(part.comment.len()).unwrap().to_le_bytes());
        directory.extend(part.disk.to_le_bytes());
        directory.extend([0, 0]);
        directory.extend(part.attributes.to_le_bytes());
        directory.extend(at.to_le_bytes());
        for bytes in [&part.central.name, &part.central.extra, &part.comment] {
            directory.extend(bytes);
        }
    }
    let at = u32::try_from(zip.len()).unwrap();
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    zip.extend(&directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count);
    zip.extend(count);
    zip.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    zip.extend(at.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// An entry of a tar archive, with its content.
pub(crate) fn entry(kind: u8, name: &str, target: &str, content: &[u8]) -> Vec<u8> {
    let size = format!("{:011o}", content.len());
    let mut block = block(kind, name, target, &size);
    block.extend(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// A header with this size, and a right checksum.
pub(crate) fn block(kind: u8, name: &str, target: &str, size: &str) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(124, size.as_bytes());
    put(156, &[kind]);
    put(157, target.as_bytes());
    put(257, b"ustar\x0000");
    sealed(block)
}

/// Writes the checksum of a header.
pub(crate) fn sealed(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u32 = block[..512].iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A tar archive of these entries, with its end.
pub(crate) fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut tar = entries.concat();
    tar.resize(tar.len() + 1024, 0);
    tar
}

/// An extended header with these records.
pub(crate) fn pax(kind: u8, records: &[(&str, &str)]) -> Vec<u8> {
    let mut content = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let mut length = rest.len() + 1;
        while length.to_string().len() + rest.len() != length {
            length += 1;
        }
        content.extend([format!("{length}{rest}")]);
    }
    entry(kind, "pax", "", content.as_bytes())
}

/// A wheel's members, with a correct RECORD.
pub(crate) fn wheel_parts(stem: &str, files: &[(&str, &[u8])]) -> Vec<Part> {
    let info = format!("{stem}.dist-info");
    let (name, version) = stem.split_once('-').unwrap();
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let mut parts: Vec<_> = files
        .iter()
        .map(|(path, content)| part(path, content))
        .collect();
    let mut record = String::new();
    let mut row = |path: &str, content: &[u8]| {
        let digest = Digest::of(content).text();
        let path = if path.contains(',') {
            format!("\"{path}\"")
        } else {
            path.to_owned()
        };
        record.extend([format!("{path},{digest},{}\n", content.len())]);
    };
    for (path, content) in files {
        row(path, content);
    }
    for (file, content) in [("METADATA", metadata.as_str()), ("WHEEL", wheel)] {
        let path = format!("{info}/{file}");
        if files.iter().all(|(other, _)| *other != path) {
            row(&path, content.as_bytes());
            parts.push(part(&path, content.as_bytes()));
        }
    }
    let path = format!("{info}/RECORD");
    record.extend([format!("{path},,\n")]);
    parts.push(part(&path, record.as_bytes()));
    parts
}

/// A wheel of these files.
pub(crate) fn wheel(stem: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    zip(&wheel_parts(stem, files))
}
