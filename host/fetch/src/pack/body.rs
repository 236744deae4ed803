//! Reads the bytes of a pack up to its checksum, and verifies the checksum.

use std::io::{self, BufRead, Read};

use gix_hash::Hasher;

/// The length of a pack's checksum, in bytes.
const SUM: usize = 20;
/// The limit for one copy into the buffer, in bytes.
const PIECE: usize = 64 << 10;

/// A pack without its checksum. Only the end of the pack shows where the checksum begins, so the last bytes are held
/// back.
pub(super) struct PackBody<R> {
    pack: R,
    held: Vec<u8>,
    /// The index in `held` of the next byte.
    next: usize,
    has_ended: bool,
    offset: u64,
    sum: Hasher,
}

impl<R: BufRead> PackBody<R> {
    pub(super) fn new(pack: R) -> Self {
        Self {
            pack,
            held: Vec::new(),
            next: 0,
            has_ended: false,
            offset: 0,
            sum: gix_hash::hasher(gix_hash::Kind::Sha1),
        }
    }

    /// Returns the offset in the pack of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads the rest of the pack, and compares the checksum.
    pub(super) fn is_intact(&mut self) -> io::Result<bool> {
        loop {
            match self.fill_buf()?.len() {
                0 => {
                    let sum = self.sum.clone().try_finalize();
                    return Ok(sum.is_ok_and(|sum| sum.as_slice() == &self.held[self.next..]));
                }
                some => self.consume(some),
            }
        }
    }
}

impl<R: BufRead> BufRead for PackBody<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.held.len() - self.next <= SUM && !self.has_ended {
            let more = self.pack.fill_buf()?;
            let more = &more[..more.len().min(PIECE)];
            self.held.drain(..self.next);
            self.next = 0;
            self.held.extend_from_slice(more);
            let count = more.len();
            self.has_ended = count == 0;
            self.pack.consume(count);
        }
        let end = self.held.len().saturating_sub(SUM).max(self.next);
        Ok(&self.held[self.next..end])
    }

    fn consume(&mut self, count: usize) {
        let used = &self.held[self.next..][..count];
        self.sum.update(used);
        self.next += count;
        self.offset += count as u64;
    }
}

impl<R: BufRead> Read for PackBody<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
