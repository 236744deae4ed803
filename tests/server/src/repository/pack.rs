//! Writes packs that git would never send.
//!
//! Only the format (gitformat-pack) belongs here; `git_server::fault` sends the packs.

use anyhow::{Context, Result};

use super::object::stored;

/// A pack that grows object by object, without checks.
#[derive(Default)]
pub struct Pack {
    count: u32,
    entries: Vec<u8>,
}

/// The offset of an object in its pack.
#[derive(Clone, Copy, Debug)]
pub struct Offset(usize);

impl Pack {
    /// Adds a commit, tree, blob or tag by its type number in a pack, 1 to 4.
    pub fn object(&mut self, kind: u8, content: &[u8]) -> Offset {
        self.claim(kind, content.len() as u64, &[], content)
    }

    /// Adds an object that claims to have `size` bytes.
    pub fn liar(&mut self, kind: u8, size: u64, content: &[u8]) -> Offset {
        self.claim(kind, size, &[], content)
    }

    /// Adds a delta against an object of this pack.
    pub fn delta(&mut self, base: Offset, delta: &[u8]) -> Offset {
        let mut distance = self.entries.len() - base.0;
        let mut bytes = vec![low_bits(distance)];
        while distance > 0x7f {
            distance = (distance >> 7) - 1;
            bytes.insert(0, low_bits(distance) | 0x80);
        }
        self.claim(6, delta.len() as u64, &bytes, delta)
    }

    /// Adds a delta against the object with this id, in the pack or not.
    pub fn delta_upon(&mut self, base: [u8; 20], delta: &[u8]) -> Offset {
        self.claim(7, delta.len() as u64, &base, delta)
    }

    fn claim(&mut self, kind: u8, size: u64, base: &[u8], content: &[u8]) -> Offset {
        let offset = Offset(self.entries.len());
        self.count += 1;
        let mut rest = size >> 4;
        let first = kind << 4 | u8::try_from(size & 0xf).unwrap_or_default();
        self.entries.push(first | if rest > 0 { 0x80 } else { 0 });
        while rest > 0 {
            let byte = u8::try_from(rest & 0x7f).unwrap_or_default();
            rest >>= 7;
            self.entries.push(byte | if rest > 0 { 0x80 } else { 0 });
        }
        self.entries.extend_from_slice(base);
        self.entries.extend_from_slice(&stored(content));
        offset
    }

    /// The whole pack, with a correct checksum.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        self.bytes_claiming(self.count)
    }

    /// The whole pack, whose header claims `count` objects.
    pub fn bytes_claiming(&self, count: u32) -> Result<Vec<u8>> {
        let mut bytes = b"PACK\0\0\0\x02".to_vec();
        bytes.extend_from_slice(&count.to_be_bytes());
        bytes.extend_from_slice(&self.entries);
        sealed(&bytes)
    }
}

/// Appends a correct checksum to any bytes.
pub fn sealed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(bytes);
    let trailer = hasher.try_finalize().context("a collision of SHA-1")?;
    Ok([bytes, trailer.as_slice()].concat())
}

/// A delta that copies its base of `base` bytes `times` times, so that a few bytes become many.
///
/// `base` must be less than 16 MiB, the limit of one copy.
#[must_use]
pub fn repeating_delta(base: u64, times: u64) -> Vec<u8> {
    let mut delta = Vec::new();
    put_size(&mut delta, base);
    put_size(&mut delta, base * times);
    let size = base.to_le_bytes();
    for _ in 0..times {
        // A copy from offset 0, which is encoded in no byte, with a size of three bytes.
        delta.extend_from_slice(&[0b1111_0000, size[0], size[1], size[2]]);
    }
    delta
}

fn put_size(delta: &mut Vec<u8>, mut size: u64) {
    loop {
        let byte = u8::try_from(size & 0x7f).unwrap_or_default();
        size >>= 7;
        delta.push(byte | if size > 0 { 0x80 } else { 0 });
        if size == 0 {
            return;
        }
    }
}

fn low_bits(number: usize) -> u8 {
    u8::try_from(number & 0x7f).unwrap_or_default()
}
