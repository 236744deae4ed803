//! Writes git's objects without git, which would refuse some names and modes that the tests need.
//!
//! This module knows only a repository's folder, and does not decide what is dangerous.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use gix_hash::ObjectId;

/// An object id in hexadecimal, SHA-1 or SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(String);

impl Id {
    /// Parses an id from git's output.
    pub fn parse(hex: &str) -> Result<Self> {
        let is_hex = !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        anyhow::ensure!(
            is_hex && hex.len().is_multiple_of(2),
            "not an object's name: {hex:?}"
        );
        Ok(Self(hex.to_owned()))
    }

    fn bytes(&self) -> Vec<u8> {
        let nibble = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        self.0
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                nibble(pair[0]).unwrap_or_default() << 4 | nibble(pair[1]).unwrap_or_default()
            })
            .collect()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The mode of a tree's entry, in the form of the tree: octal, without a leading zero unless a test needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(pub &'static str);

impl Mode {
    pub const FILE: Self = Self("100644");
    /// An executable file.
    pub const PROGRAM: Self = Self("100755");
    pub const LINK: Self = Self("120000");
    pub const TREE: Self = Self("40000");
    /// A submodule.
    pub const COMMIT: Self = Self("160000");
}

/// An entry of a tree, valid or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    mode: Mode,
    name: Vec<u8>,
    id: Id,
}

impl Entry {
    /// An entry with a UTF-8 name.
    #[must_use]
    pub fn new(mode: Mode, name: &str, id: &Id) -> Self {
        Self::raw(mode, name.as_bytes(), id)
    }

    /// An entry with any bytes as its name.
    #[must_use]
    pub fn raw(mode: Mode, name: &[u8], id: &Id) -> Self {
        Self {
            mode,
            name: name.to_vec(),
            id: id.clone(),
        }
    }
}

/// The bytes of a tree with these entries, in git's order: git reads a tree in another order wrongly.
#[must_use]
pub fn tree(entries: &[Entry]) -> Vec<u8> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| {
        let slash: &[u8] = if entry.mode == Mode::TREE { b"/" } else { b"" };
        [&entry.name, slash].concat()
    });
    let mut bytes = Vec::new();
    for entry in sorted {
        bytes.extend_from_slice(entry.mode.0.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(&entry.name);
        bytes.push(0);
        bytes.extend_from_slice(&entry.id.bytes());
    }
    bytes
}

/// Computes an object's id.
pub fn id_of(kind: &str, content: &[u8]) -> Result<Id> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(format!("{kind} {}\0", content.len()).as_bytes());
    hasher.update(content);
    let id: ObjectId = hasher.try_finalize().context("a collision of SHA-1")?;
    Ok(Id(id.to_string()))
}

/// Writes a loose object.
pub(super) fn write_loose(git_dir: &Path, kind: &str, content: &[u8]) -> Result<Id> {
    let id = id_of(kind, content)?;
    let (folder, name) = id.0.split_at(2);
    let folder = git_dir.join("objects").join(folder);
    fs::create_dir_all(&folder)?;
    let header = format!("{kind} {}\0", content.len()).into_bytes();
    let file = folder.join(name);
    fs::write(&file, stored(&[header, content.to_vec()].concat()))
        .with_context(|| format!("can't write {}", file.display()))?;
    Ok(id)
}

/// A zlib stream of stored blocks: it needs no library, and its size is known.
#[must_use]
pub fn stored(content: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut pieces = content.chunks(usize::from(u16::MAX)).peekable();
    if pieces.peek().is_none() {
        stream.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    }
    while let Some(piece) = pieces.next() {
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(pieces.peek().is_none()));
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(piece);
    }
    stream.extend_from_slice(&adler32(content).to_be_bytes());
    stream
}

fn adler32(content: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    // 5552 is the greatest count of bytes whose sums fit in 32 bits.
    for piece in content.chunks(5552) {
        for byte in piece {
            low += u32::from(*byte);
            high += low;
        }
        low %= 65_521;
        high %= 65_521;
    }
    high << 16 | low
}
