//! A pack, read in memory: every object inflated once, every id computed from what is there.
//!
//! Nothing here believes a size, an id or a count that the pack claims, or knows what an object is for.

use std::collections::HashMap;

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_pack::data;
use gix_pack::data::entry::Header;

/// The bytes of a pack's checksum, and of an object id.
const HASH_LEN: usize = 20;
/// Git itself makes no chain of differences longer than this.
const LONGEST_CHAIN: u32 = 4095;

/// A pack that is not believed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It is too short, or of an unknown version.
    #[error("what came is no pack")]
    NotAPack,
    /// It is not what the server packed.
    #[error("the pack's checksum is wrong")]
    Checksum,
    /// There are bytes between the last object and the checksum.
    #[error("the pack goes on behind its last object")]
    Overlong,
    /// More objects than allowed.
    #[error("the pack holds more than {most} objects")]
    TooManyObjects {
        /// The limit.
        most: u32,
    },
    /// More bytes than allowed, once inflated.
    #[error("the pack's objects are larger than {most} bytes together")]
    TooLarge {
        /// The limit.
        most: u64,
    },
    /// An object that can't be read.
    #[error("the pack's object at byte {offset} is damaged: {what}")]
    Damaged {
        /// Where it begins.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A difference to an object that is not in the pack.
    #[error("the pack's object at byte {offset} builds on one that the pack doesn't hold")]
    NoBase {
        /// Where it begins.
        offset: u64,
    },
    /// A forged object.
    #[error("the pack's object at byte {offset} is made to collide with another (SHA-1)")]
    Forged {
        /// Where it begins.
        offset: u64,
    },
}

/// An object that is needed and not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The server did not send it.
    #[error("the pack lacks the {kind} {id}")]
    Missing {
        /// What it should be.
        kind: Kind,
        /// Its id.
        id: ObjectId,
    },
    /// It is something else.
    #[error("{id} is a {found} and no {kind}")]
    Kind {
        /// What it should be.
        kind: Kind,
        /// What it is.
        found: Kind,
        /// Its id.
        id: ObjectId,
    },
    /// It is a commit or tree that can't be read.
    #[error("the {kind} {id} is malformed")]
    Malformed {
        /// What it is.
        kind: Kind,
        /// Its id.
        id: ObjectId,
    },
}

/// What a pack may hold.
#[derive(Debug, Clone, Copy)]
pub struct PackLimits {
    /// Objects.
    pub objects: u32,
    /// Bytes of all that is inflated or put together from differences.
    pub bytes: u64,
}

/// Objects by their ids. An id is what was computed, so an object found by it is the one that was meant.
#[derive(Debug, Default)]
pub struct Objects(HashMap<ObjectId, (Kind, Vec<u8>)>);

impl Objects {
    /// The content of an object of this kind.
    pub fn get(&self, kind: Kind, id: ObjectId) -> Result<&[u8], ObjectError> {
        match self.0.get(&id) {
            Some((found, content)) if *found == kind => Ok(content),
            Some((found, _)) => Err(ObjectError::Kind {
                kind,
                found: *found,
                id,
            }),
            None => Err(ObjectError::Missing { kind, id }),
        }
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectId, Kind, &[u8])> {
        let objects = self.0.iter();
        objects.map(|(id, (kind, content))| (*id, *kind, &content[..]))
    }

    /// The root tree of a commit.
    pub(super) fn root_tree(&self, commit: ObjectId) -> Result<ObjectId, ObjectError> {
        let content = self.get(Kind::Commit, commit)?;
        gix_object::CommitRefIter::from_bytes(content, gix_hash::Kind::Sha1)
            .tree_id()
            .map_err(|_| ObjectError::Malformed {
                kind: Kind::Commit,
                id: commit,
            })
    }

    #[cfg(test)]
    pub(super) fn insert(&mut self, kind: Kind, content: Vec<u8>) -> ObjectId {
        let id = gix_object::compute_hash(gix_hash::Kind::Sha1, kind, &content).unwrap();
        self.0.insert(id, (kind, content));
        id
    }
}

/// Reads a whole pack.
///
/// The checksum comes first, so that damage on the way is told from an object that was packed wrong. Then
/// each entry is inflated once, and each difference applied once, to a base that is at hand: work and memory
/// grow with what comes out and no faster, however the differences are chained.
pub fn read(pack: &[u8], limits: PackLimits) -> Result<Objects, PackError> {
    let (body, header) = checked(pack)?;
    let (_, count) = data::header::decode(header).map_err(|_| PackError::NotAPack)?;
    if count > limits.objects {
        return Err(PackError::TooManyObjects {
            most: limits.objects,
        });
    }
    let mut budget = Budget {
        left: limits.bytes,
        most: limits.bytes,
    };
    let entries = inflate_all(body, count, &mut budget)?;
    assemble(entries, &mut budget)
}

/// Compares the checksum. Gives all but it, and the header.
fn checked(pack: &[u8]) -> Result<(&[u8], &[u8; data::header::SIZE]), PackError> {
    let end = pack
        .len()
        .checked_sub(HASH_LEN)
        .ok_or(PackError::NotAPack)?;
    let (body, trailer) = pack.split_at(end);
    let header = body.first_chunk().ok_or(PackError::NotAPack)?;
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(body);
    match hasher.try_finalize() {
        Ok(sum) if sum.as_slice() == trailer => Ok((body, header)),
        _ => Err(PackError::Checksum),
    }
}

/// Bytes that may still come out of the pack.
struct Budget {
    left: u64,
    most: u64,
}

impl Budget {
    /// Takes bytes out before anything of that size is allocated.
    fn take(&mut self, bytes: u64) -> Result<usize, PackError> {
        let too_large = PackError::TooLarge { most: self.most };
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                usize::try_from(bytes).map_err(|_| too_large)
            }
            None => Err(too_large),
        }
    }
}

/// An inflated entry: an object, or a difference.
struct Entry {
    offset: u64,
    content: Vec<u8>,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Base {
    /// The entry that begins at this byte.
    At(u64),
    /// The object of this id, before or behind.
    Id(ObjectId),
}

enum Form {
    Whole(Kind),
    Difference(Base),
}

fn inflate_all(body: &[u8], count: u32, budget: &mut Budget) -> Result<Vec<Entry>, PackError> {
    let mut zlib = gix_zlib::Inflate::default();
    let mut entries = Vec::new();
    let mut rest = &body[data::header::SIZE..];
    for _ in 0..count {
        let offset = (body.len() - rest.len()) as u64;
        let damaged = |what| PackError::Damaged { offset, what };
        let head = data::Entry::from_bytes(rest, offset, gix_hash::Kind::Sha1)
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
        rest = rest
            .get(head.header_size()..)
            .ok_or_else(|| damaged("its header is cut"))?;
        let mut content = vec![0; budget.take(head.decompressed_size)?];
        zlib.reset();
        let consumed = match zlib.once(rest, &mut content) {
            Ok((gix_zlib::Status::StreamEnd, consumed, written)) if written == content.len() => {
                consumed
            }
            Ok(_) => return Err(damaged("its size is not what its header says")),
            Err(_) => return Err(damaged("it can't be inflated")),
        };
        rest = rest
            .get(consumed..)
            .ok_or_else(|| damaged("it can't be inflated"))?;
        entries.push(Entry {
            offset,
            content,
            form,
        });
    }
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err(PackError::Overlong)
    }
}

/// An object that is known, and how many differences led to it.
struct Ready {
    offset: u64,
    kind: Kind,
    content: Vec<u8>,
    chain: u32,
}

/// Puts objects together, each as soon as its base is known: from whole ones outward.
fn assemble(entries: Vec<Entry>, budget: &mut Budget) -> Result<Objects, PackError> {
    let mut ready = Vec::new();
    let mut waiting: HashMap<Base, Vec<(u64, Vec<u8>)>> = HashMap::new();
    for Entry {
        offset,
        content,
        form,
    } in entries
    {
        match form {
            Form::Whole(kind) => ready.push(Ready {
                offset,
                kind,
                content,
                chain: 0,
            }),
            Form::Difference(base) => waiting.entry(base).or_default().push((offset, content)),
        }
    }
    let mut objects = Objects::default();
    while let Some(Ready {
        offset,
        kind,
        content,
        chain,
    }) = ready.pop()
    {
        let id = gix_object::compute_hash(gix_hash::Kind::Sha1, kind, &content)
            .map_err(|_| PackError::Forged { offset })?;
        for base in [Base::At(offset), Base::Id(id)] {
            for (offset, difference) in waiting.remove(&base).unwrap_or_default() {
                if chain == LONGEST_CHAIN {
                    let what = "it is the end of too many differences";
                    return Err(PackError::Damaged { offset, what });
                }
                ready.push(Ready {
                    offset,
                    kind,
                    content: apply(offset, &content, &difference, budget)?,
                    chain: chain + 1,
                });
            }
        }
        objects.0.insert(id, (kind, content));
    }
    match waiting
        .into_values()
        .flatten()
        .map(|(offset, _)| offset)
        .min()
    {
        None => Ok(objects),
        Some(offset) => Err(PackError::NoBase { offset }),
    }
}

/// Applies a difference to its base. The form: <https://git-scm.com/docs/gitformat-pack>.
fn apply(
    offset: u64,
    base: &[u8],
    difference: &[u8],
    budget: &mut Budget,
) -> Result<Vec<u8>, PackError> {
    let damaged = |what| PackError::Damaged { offset, what };
    let cut = || damaged("its difference is cut");
    let mut rest = difference;
    if size(&mut rest).ok_or_else(cut)? != base.len() as u64 {
        return Err(damaged("its difference is for another base"));
    }
    let most = budget.take(size(&mut rest).ok_or_else(cut)?)?;
    let mut result = Vec::with_capacity(most);
    while let Some(command) = byte(&mut rest) {
        let piece = if command & 0x80 != 0 {
            let (start, length) = copy_range(command, &mut rest).ok_or_else(cut)?;
            base.get(start..start.saturating_add(length))
                .ok_or_else(|| damaged("its difference copies what its base doesn't hold"))?
        } else if command != 0 {
            let (piece, behind) = rest
                .split_at_checked(usize::from(command))
                .ok_or_else(cut)?;
            rest = behind;
            piece
        } else {
            return Err(damaged("its difference holds an unknown command"));
        };
        if piece.len() > most - result.len() {
            return Err(damaged("its difference makes more than it says"));
        }
        result.extend_from_slice(piece);
    }
    if result.len() < most {
        return Err(damaged("its difference makes less than it says"));
    }
    Ok(result)
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

/// A size: seven bits a byte, the lowest first, the high bit set on all but the last.
fn size(rest: &mut &[u8]) -> Option<u64> {
    let mut size = 0_u64;
    for shift in (0..63).step_by(7) {
        let part = byte(rest)?;
        size |= u64::from(part & 0x7f) << shift;
        if part & 0x80 == 0 {
            return Some(size);
        }
    }
    None
}

/// What a copy command copies: start and length. Each set bit stands for a byte that is written out.
fn copy_range(command: u8, rest: &mut &[u8]) -> Option<(usize, usize)> {
    let mut number = |bits: std::ops::Range<u32>| {
        let mut number = 0_usize;
        for (place, bit) in bits.enumerate() {
            if command & (1 << bit) != 0 {
                number |= usize::from(byte(rest)?) << (8 * place);
            }
        }
        Some(number)
    };
    let start = number(0..4)?;
    let length = number(4..7)?;
    Some((start, if length == 0 { 0x1_0000 } else { length }))
}

#[cfg(test)]
pub(super) mod tests;
