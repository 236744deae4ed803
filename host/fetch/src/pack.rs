//! Reads a pack as it arrives: inflates every object once, and computes every id from the object's content.
//!
//! Nothing here trusts a size, an id or a count in the pack, or knows what an object is for.

mod body;
mod difference;
mod inflate;

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use gix_hash::{Hasher, ObjectId};
use gix_object::Kind;
use gix_pack::data;
use gix_pack::data::entry::Header;

use self::body::PackBody;
use self::difference::Difference;
use self::inflate::Inflating;
use super::objects::{Making, ObjectContent, Objects, ScratchError};
use dir::Dir;

/// The length of an object id, in bytes.
const HASH_LEN: usize = 20;
/// The size of the buffer in which small pieces are collected before they are stored, in bytes.
const GATHERED: usize = 64 << 10;
/// The limit for a chain of deltas. Git makes no longer one.
const LONGEST_CHAIN: u32 = 4095;

/// A pack that is refused.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The pack can't be read to its end.
    #[error("the pack can't be read")]
    Read(#[source] io::Error),
    /// An object can't be spilled to a file.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The pack is too short, or its version is unknown.
    #[error("the received data is not a pack")]
    NotAPack,
    /// The pack was damaged after the server made it.
    #[error("the pack's checksum is wrong")]
    Checksum,
    /// The pack has bytes between the last object and the checksum.
    #[error("the pack has bytes after its last object")]
    Overlong,
    #[error("the pack holds more than {most} objects")]
    TooManyObjects { most: u32 },
    /// The objects have too many bytes after inflation.
    #[error("the pack's objects are larger than {most} bytes together")]
    TooLarge { most: u64 },
    #[error("the pack's object at byte {offset} is damaged: {what}")]
    Damaged {
        /// The first byte of the object's entry.
        offset: u64,
        /// The defect.
        what: &'static str,
    },
    /// A delta whose base is not in the pack.
    #[error("the pack's object at byte {offset} needs a base object that the pack doesn't contain")]
    NoBase {
        /// The first byte of the object's entry.
        offset: u64,
    },
    /// An object that is part of a SHA-1 collision attack.
    #[error("the pack's object at byte {offset} is made to collide with another (SHA-1)")]
    Forged {
        /// The first byte of the object's entry.
        offset: u64,
    },
}

/// The limits of a pack.
#[derive(Debug, Clone, Copy)]
pub struct PackLimits {
    /// The count of objects.
    pub objects: u32,
    /// The bytes of all objects, inflated or built from deltas, together.
    pub bytes: u64,
    /// The bytes that are held in memory, if the others can be spilled.
    pub memory: u64,
}

/// Reads a whole pack as it arrives.
///
/// Inflates each entry once, and applies each delta once, to a base that is already known. So time and memory are
/// linear in the size of the objects, however the deltas are chained. Reports a bad object only if the pack's checksum
/// is right, so that damage in transit can be told from an object that was packed wrong.
///
/// Spills objects that don't fit in memory to an unnamed file in `scratch`. Without `scratch`, holds all in memory.
pub fn read(
    pack: impl BufRead,
    limits: PackLimits,
    scratch: Option<&Dir>,
) -> Result<Objects, PackError> {
    let mut body = PackBody::new(pack);
    let mut unpacking = Unpacking::new(limits, scratch);
    let unpacked = unpacking.entries(&mut body);
    if let Err(error @ PackError::Scratch(_)) = unpacked {
        return Err(error);
    }
    if !body.is_intact().map_err(PackError::Read)? {
        return Err(PackError::Checksum);
    }
    unpacked?;
    unpacking.assemble()
}

/// The bytes that the pack's objects may still have.
struct Budget {
    left: u64,
    most: u64,
}

impl Budget {
    /// Takes bytes from the budget. Called before memory of that size is allocated.
    fn take(&mut self, bytes: u64) -> Result<u64, PackError> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(bytes)
            }
            None => Err(PackError::TooLarge { most: self.most }),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Base {
    /// The entry that begins at this byte.
    At(u64),
    /// The object of this id, earlier or later in the pack.
    Id(ObjectId),
}

enum Form {
    Whole(Kind),
    Difference(Base),
}

/// A delta whose base is not known yet.
struct Waiting {
    offset: u64,
    difference: ObjectContent,
}

/// A known object, and the count of deltas from which it was built.
struct ReadyDelta {
    offset: u64,
    id: ObjectId,
    chain: u32,
}

struct Unpacking<'d> {
    most_objects: u32,
    budget: Budget,
    making: Making<'d>,
    ready: Vec<ReadyDelta>,
    waiting: HashMap<Base, Vec<Waiting>>,
}

impl<'d> Unpacking<'d> {
    fn new(limits: PackLimits, scratch: Option<&'d Dir>) -> Self {
        Self {
            most_objects: limits.objects,
            budget: Budget {
                left: limits.bytes,
                most: limits.bytes,
            },
            making: Making::new(limits.memory, scratch),
            ready: Vec::new(),
            waiting: HashMap::new(),
        }
    }

    /// Reads all entries. Finishes whole objects, and keeps deltas for later.
    fn entries(&mut self, body: &mut PackBody<impl BufRead>) -> Result<(), PackError> {
        let mut header = [0; data::header::SIZE];
        body.read_exact(&mut header)
            .map_err(|_| PackError::NotAPack)?;
        let (_, count) = data::header::decode(&header).map_err(|_| PackError::NotAPack)?;
        if count > self.most_objects {
            return Err(PackError::TooManyObjects {
                most: self.most_objects,
            });
        }
        let mut zlib = Inflating::default();
        for _ in 0..count {
            self.entry(body, &mut zlib)?;
        }
        match body.fill_buf() {
            Ok([]) => Ok(()),
            Ok(_) => Err(PackError::Overlong),
            Err(error) => Err(PackError::Read(error)),
        }
    }

    fn entry(
        &mut self,
        body: &mut PackBody<impl BufRead>,
        zlib: &mut Inflating,
    ) -> Result<(), PackError> {
        let offset = body.offset();
        let damaged = |what| PackError::Damaged { offset, what };
        let head = data::Entry::from_read(body, offset, HASH_LEN)
            .map_err(|_| damaged("its header can't be read"))?;
        let form = match head.header {
            Header::Commit => Form::Whole(Kind::Commit),
            Header::Tree => Form::Whole(Kind::Tree),
            Header::Blob => Form::Whole(Kind::Blob),
            Header::Tag => Form::Whole(Kind::Tag),
            Header::RefDelta { base_id } => Form::Difference(Base::Id(base_id)),
            Header::OfsDelta { base_distance } => Form::Difference(Base::At(
                Header::verified_base_pack_offset(offset, base_distance)
                    .ok_or_else(|| damaged("its base lies before the pack"))?,
            )),
        };
        let size = self.budget.take(head.decompressed_size)?;
        let mut content = self.making.begin(size)?;
        match form {
            Form::Whole(kind) => {
                let mut hasher = hasher(kind, size);
                zlib.inflate(body, offset, size, |bytes| {
                    hasher.update(bytes);
                    Ok(self.making.add(&mut content, bytes)?)
                })?;
                self.done(offset, kind, content, hasher, 0)
            }
            Form::Difference(base) => {
                zlib.inflate(body, offset, size, |bytes| {
                    Ok(self.making.add(&mut content, bytes)?)
                })?;
                let difference = Waiting {
                    offset,
                    difference: content,
                };
                self.waiting.entry(base).or_default().push(difference);
                Ok(())
            }
        }
    }

    fn done(
        &mut self,
        offset: u64,
        kind: Kind,
        content: ObjectContent,
        hasher: Hasher,
        chain: u32,
    ) -> Result<(), PackError> {
        let id = hasher
            .try_finalize()
            .map_err(|_| PackError::Forged { offset })?;
        self.making.insert(id, kind, content);
        self.ready.push(ReadyDelta { offset, id, chain });
        Ok(())
    }

    /// Builds objects from deltas, each as soon as its base is known, beginning with whole objects as bases.
    fn assemble(mut self) -> Result<Objects, PackError> {
        while let Some(ReadyDelta { offset, id, chain }) = self.ready.pop() {
            let places = [Base::At(offset), Base::Id(id)];
            let waiting = places.map(|place| self.waiting.remove(&place));
            if waiting.iter().all(Option::is_none) {
                continue;
            }
            // The base is loaded once for all its deltas, and is not in `making` in the meantime.
            let Some((kind, base)) = self.making.take(id) else {
                unreachable!("what is ready was inserted");
            };
            let bytes = base.load().map_err(ScratchError::from)?;
            for Waiting { offset, difference } in waiting.into_iter().flatten().flatten() {
                if chain == LONGEST_CHAIN {
                    let what = "it is the end of a chain of too many deltas";
                    return Err(PackError::Damaged { offset, what });
                }
                self.apply(offset, kind, &bytes, &difference, chain + 1)?;
                self.making.forget(difference);
            }
            drop(bytes);
            self.making.insert(id, kind, base);
        }
        let waiting = self.waiting.values().flatten();
        match waiting.map(|waiting| waiting.offset).min() {
            None => Ok(self.making.done()),
            Some(offset) => Err(PackError::NoBase { offset }),
        }
    }

    fn apply(
        &mut self,
        offset: u64,
        kind: Kind,
        base: &[u8],
        difference: &ObjectContent,
        chain: u32,
    ) -> Result<(), PackError> {
        let damaged = |what| PackError::Damaged { offset, what };
        let bytes = difference.load().map_err(ScratchError::from)?;
        let mut difference = Difference::read(&bytes).map_err(damaged)?;
        if difference.base != base.len() as u64 {
            return Err(damaged("its delta is for another base"));
        }
        let mut left = self.budget.take(difference.result)?;
        let mut hasher = hasher(kind, left);
        let mut content = self.making.begin(left)?;
        // A piece can be a single byte, and each stored piece may cost a system call.
        let mut gathered = Vec::with_capacity(GATHERED);
        while let Some(piece) = difference.next(base).map_err(damaged)? {
            left = left
                .checked_sub(piece.len() as u64)
                .ok_or_else(|| damaged("its delta makes more than it says"))?;
            hasher.update(piece);
            if gathered.len() + piece.len() > GATHERED {
                self.making.add(&mut content, &gathered)?;
                gathered.clear();
            }
            if piece.len() > GATHERED {
                self.making.add(&mut content, piece)?;
            } else {
                gathered.extend_from_slice(piece);
            }
        }
        self.making.add(&mut content, &gathered)?;
        if left > 0 {
            return Err(damaged("its delta makes less than it says"));
        }
        self.done(offset, kind, content, hasher, chain)
    }
}

/// Begins to compute an object's id. The hasher detects the known attacks that make two objects with the same id.
fn hasher(kind: Kind, size: u64) -> Hasher {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(&gix_object::encode::loose_header(kind, size));
    hasher
}

#[cfg(test)]
pub(super) mod tests;
