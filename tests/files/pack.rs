//! Makes archives, and lies about them where a test wants it. No expectation belongs here.

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cnb::sha256::Sha256;
use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

/// A member of a zip archive. The fields are what its headers say.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The name in the header before the content.
    pub(crate) own_name: String,
    pub(crate) size: u32,
    pub(crate) crc: u32,
    pub(crate) mode: u32,
    packed: Vec<u8>,
}

impl Member {
    pub(crate) fn new(name: &str, content: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(content).unwrap();
        Self {
            name: name.to_owned(),
            own_name: name.to_owned(),
            size: u32::try_from(content.len()).unwrap(),
            crc: crc.sum(),
            mode: 0o100_644,
            packed: deflate.finish().unwrap(),
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn said(&self, name: &str) -> Vec<u8> {
        let mut said = Vec::new();
        for number in [0, 8, 0, 0x21_u16] {
            said.extend(number.to_le_bytes());
        }
        let packed = u32::try_from(self.packed.len()).unwrap();
        for number in [self.crc, packed, self.size] {
            said.extend(number.to_le_bytes());
        }
        said.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        said.extend([0, 0]);
        said
    }
}

pub(crate) fn zip(members: &[Member]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        directory.extend(b"PK\x01\x02\x14\x03\x14\0");
        directory.extend(member.said(&member.name));
        directory.extend([0; 6]);
        directory.extend((member.mode << 16).to_le_bytes());
        directory.extend(u32::try_from(zip.len()).unwrap().to_le_bytes());
        directory.extend(member.name.as_bytes());
        zip.extend(b"PK\x03\x04\x14\0");
        zip.extend(member.said(&member.own_name));
        zip.extend(member.own_name.as_bytes());
        zip.extend(&member.packed);
    }
    let end = [directory.len(), zip.len()].map(|number| u32::try_from(number).unwrap());
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend([count, count].concat());
    zip.extend(end.map(u32::to_le_bytes).concat());
    zip.extend([0, 0]);
    zip
}

/// The row of a file in RECORD.
pub(crate) fn row(path: &str, content: &[u8]) -> String {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::of(content).bytes());
    format!("{path},sha256={digest},{}\n", content.len())
}

/// A wheel `x-1` of these files. `more` are further rows of its RECORD.
pub(crate) fn wheel(files: &[(&str, &[u8])], more: &str) -> Vec<u8> {
    let own: [(&str, &[u8]); 2] = [
        (
            "x-1.dist-info/METADATA",
            b"Metadata-Version: 2.1\nName: x\nVersion: 1\n",
        ),
        (
            "x-1.dist-info/WHEEL",
            b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        ),
    ];
    let mut record = more.to_owned();
    let mut members = Vec::new();
    for (path, content) in files.iter().chain(&own) {
        write!(record, "{}", row(path, content)).unwrap();
        members.push(Member::new(path, content));
    }
    record.push_str("x-1.dist-info/RECORD,,\n");
    members.push(Member::new("x-1.dist-info/RECORD", record.as_bytes()));
    zip(&members)
}

pub(crate) fn tar_gz(fill: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    fill(&mut builder);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&builder.into_inner().unwrap()).unwrap();
    gzip.finish().unwrap()
}

/// Adds an entry whose name and target are written as they are.
pub(crate) fn entry(
    builder: &mut tar::Builder<Vec<u8>>,
    kind: tar::EntryType,
    name: &str,
    target: &str,
    content: &[u8],
) {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_cksum();
    builder.append(&header, content).unwrap();
}
