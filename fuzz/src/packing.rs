//! Writes packs: valid ones, and ones that git would never write.
//!
//! Contents are stored without compression, so that a small change of a plan is a small change of the pack.

use gix_hash::ObjectId;
use gix_object::Kind;

/// The type of a pack entry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// A whole object.
    Whole(Kind),
    /// A delta against the entry that begins this many bytes earlier.
    Back(u64),
    /// A delta against the object with this id.
    Of(ObjectId),
}

/// A pack that is being written.
#[derive(Debug, Default)]
pub(crate) struct Packing {
    body: Vec<u8>,
    count: u32,
}

impl Packing {
    /// The offset of the next entry.
    pub(crate) fn offset(&self) -> u64 {
        12 + self.body.len() as u64
    }

    /// Adds an entry that claims to inflate to `claimed` bytes.
    pub(crate) fn entry(&mut self, form: Form, claimed: u64, content: &[u8]) {
        let kind = match form {
            Form::Whole(Kind::Commit) => 1,
            Form::Whole(Kind::Tree) => 2,
            Form::Whole(Kind::Blob) => 3,
            Form::Whole(Kind::Tag) => 4,
            Form::Back(_) => 6,
            Form::Of(_) => 7,
        };
        let mut byte = kind << 4 | low_bits(claimed, 4);
        let mut rest = claimed >> 4;
        while rest > 0 {
            self.body.push(byte | 0x80);
            byte = low_bits(rest, 7);
            rest >>= 7;
        }
        self.body.push(byte);
        match form {
            Form::Whole(_) => {}
            Form::Back(distance) => self.body.extend(back(distance)),
            Form::Of(id) => self.body.extend_from_slice(id.as_slice()),
        }
        self.body.extend(stored(content));
        self.count += 1;
    }

    /// Adds an object and returns its id.
    pub(crate) fn whole(&mut self, kind: Kind, content: &[u8]) -> ObjectId {
        self.entry(Form::Whole(kind), content.len() as u64, content);
        id(kind, content)
    }

    /// Ends the pack. Its header claims `more` entries than it has.
    pub(crate) fn done(self, more: u32) -> Vec<u8> {
        let count = self.count.wrapping_add(more).to_be_bytes();
        sealed(&[&b"PACK\0\0\0\x02"[..], &count, &self.body].concat())
    }
}

/// Computes the id of an object.
pub(crate) fn id(kind: Kind, content: &[u8]) -> ObjectId {
    gix_object::compute_hash(gix_hash::Kind::Sha1, kind, content).expect("nobody forges SHA-1 here")
}

/// Appends the correct checksum.
pub(crate) fn sealed(body: &[u8]) -> Vec<u8> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(body);
    let sum = hasher.try_finalize().expect("nobody forges SHA-1 here");
    [body, sum.as_slice()].concat()
}

/// A size as deltas encode it: seven bits a byte, the lowest first.
pub(crate) fn size(mut size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while size > 0x7f {
        bytes.push(low_bits(size, 7) | 0x80);
        size >>= 7;
    }
    bytes.push(low_bits(size, 7));
    bytes
}

/// A distance as entries encode it: seven bits a byte, the highest first, and one less at each step.
fn back(mut distance: u64) -> Vec<u8> {
    let mut bytes = vec![low_bits(distance, 7)];
    while distance > 0x7f {
        distance = (distance >> 7) - 1;
        bytes.push(low_bits(distance, 7) | 0x80);
    }
    bytes.reverse();
    bytes
}

fn low_bits(number: u64, bits: u32) -> u8 {
    let masked = number & ((1 << bits) - 1);
    u8::try_from(masked).expect("it has no more than eight bits")
}

/// A zlib stream of stored blocks.
fn stored(content: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut chunks = content.chunks(0xffff).peekable();
    if chunks.peek().is_none() {
        stream.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(chunk) = chunks.next() {
        stream.push(u8::from(chunks.peek().is_none()));
        let length = u16::try_from(chunk.len()).expect("a chunk is no longer");
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend_from_slice(chunk);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in content {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}
