//! Objects by their ids: small ones in memory, and what doesn't fit there in a file without a name.
//!
//! Nothing here reads a pack or knows what an object is for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use gix_hash::ObjectId;
use gix_object::Kind;

use dir::{Dir, DirError};

/// Bytes of what is read as a whole: trees, commits and targets of links are smaller by far.
const LARGEST_LOADED: u64 = 16 << 20;

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
    /// It is too large to be read as a whole.
    #[error("the {kind} {id} is larger than {LARGEST_LOADED} bytes")]
    Large {
        /// What it is.
        kind: Kind,
        /// Its id.
        id: ObjectId,
    },
    /// It was put aside, and can't be had back.
    #[error("the {kind} {id} can't be read back: {why}")]
    Unreadable {
        /// What it is.
        kind: Kind,
        /// Its id.
        id: ObjectId,
        /// What the kernel answered.
        why: io::ErrorKind,
    },
}

/// What could not be put aside.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// The file can't be made.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// It can't be written or read.
    #[error("what doesn't fit in memory can't be put aside")]
    File(#[from] io::Error),
}

/// Objects by their ids. An id is what was computed, so an object found by it is the one that was meant.
#[derive(Debug, Default)]
pub struct Objects {
    by_id: HashMap<ObjectId, (Kind, Content)>,
}

/// What an object holds.
#[derive(Debug)]
pub(super) enum Content {
    Held(Vec<u8>),
    /// It is in a file, among others.
    Aside {
        file: Arc<File>,
        at: u64,
        len: u64,
    },
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Aside { len, .. } => *len,
        }
    }

    fn open(&self) -> Reading<'_> {
        match self {
            Self::Held(bytes) => Reading::Held(bytes),
            Self::Aside { file, at, len } => Reading::Aside {
                file,
                at: *at,
                left: *len,
            },
        }
    }

    /// All of it, however large.
    pub(super) fn load(&self) -> io::Result<Cow<'_, [u8]>> {
        match self.open() {
            Reading::Held(bytes) => Ok(Cow::Borrowed(bytes)),
            Reading::Aside { file, at, left } => {
                let len = usize::try_from(left).map_err(|_| io::ErrorKind::OutOfMemory)?;
                let mut bytes = vec![0; len];
                file.read_exact_at(&mut bytes, at)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

impl Objects {
    /// The content of an object of this kind, unless it is so large that it can only be read piece by piece.
    pub fn get(&self, kind: Kind, id: ObjectId) -> Result<Cow<'_, [u8]>, ObjectError> {
        let content = self.find(kind, id)?;
        if content.len() > LARGEST_LOADED {
            return Err(ObjectError::Large { kind, id });
        }
        content.load().map_err(|error| ObjectError::Unreadable {
            kind,
            id,
            why: error.kind(),
        })
    }

    /// The content of an object of this kind, a piece at a time.
    pub fn open(&self, kind: Kind, id: ObjectId) -> Result<Reading<'_>, ObjectError> {
        Ok(self.find(kind, id)?.open())
    }

    /// How many bytes an object of this kind has.
    pub fn size(&self, kind: Kind, id: ObjectId) -> Result<u64, ObjectError> {
        Ok(self.find(kind, id)?.len())
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectId, Kind)> {
        self.by_id.iter().map(|(id, (kind, _))| (*id, *kind))
    }

    /// The root tree of a commit.
    pub(super) fn root_tree(&self, commit: ObjectId) -> Result<ObjectId, ObjectError> {
        let content = self.get(Kind::Commit, commit)?;
        gix_object::CommitRefIter::from_bytes(&content, gix_hash::Kind::Sha1)
            .tree_id()
            .map_err(|_| ObjectError::Malformed {
                kind: Kind::Commit,
                id: commit,
            })
    }

    fn find(&self, kind: Kind, id: ObjectId) -> Result<&Content, ObjectError> {
        match self.by_id.get(&id) {
            Some((found, content)) if *found == kind => Ok(content),
            Some((found, _)) => Err(ObjectError::Kind {
                kind,
                found: *found,
                id,
            }),
            None => Err(ObjectError::Missing { kind, id }),
        }
    }

    #[cfg(test)]
    pub(super) fn insert(&mut self, kind: Kind, content: Vec<u8>) -> ObjectId {
        let id = gix_object::compute_hash(gix_hash::Kind::Sha1, kind, &content).unwrap();
        self.by_id.insert(id, (kind, Content::Held(content)));
        id
    }
}

/// A content that is read a piece at a time.
#[derive(Debug)]
pub enum Reading<'o> {
    /// It is in memory.
    Held(&'o [u8]),
    /// It is in a file.
    Aside {
        /// That file.
        file: &'o File,
        /// Where the next byte lies.
        at: u64,
        /// How many are left.
        left: u64,
    },
}

impl Reading<'_> {
    /// How many bytes are left.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Aside { left, .. } => *left,
        }
    }
}

impl Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Held(bytes) => bytes.read(buffer),
            Self::Aside { file, at, left } => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let most = most.min(buffer.len());
                file.read_exact_at(&mut buffer[..most], *at)?;
                *at += most as u64;
                *left -= most as u64;
                Ok(most)
            }
        }
    }
}

/// Objects in the making.
pub(super) struct Making<'d> {
    objects: Objects,
    /// Bytes that may still be held in memory.
    room: u64,
    /// Where the file for the others is made. Without it all are held.
    dir: Option<&'d Dir>,
    scratch: Option<Arc<File>>,
    /// Where that file ends.
    end: u64,
}

impl<'d> Making<'d> {
    /// `memory` is how many bytes are held before the first content goes into a file of `dir`.
    pub(super) fn new(memory: u64, dir: Option<&'d Dir>) -> Self {
        Self {
            objects: Objects::default(),
            room: memory,
            dir,
            scratch: None,
            end: 0,
        }
    }

    /// Begins a content of so many bytes.
    pub(super) fn begin(&mut self, len: u64) -> Result<Content, ScratchError> {
        let room = self.room.checked_sub(len);
        match self.dir {
            Some(dir) if room.is_none() => {
                let file = match &self.scratch {
                    Some(file) => Arc::clone(file),
                    None => Arc::clone(self.scratch.insert(Arc::new(dir.scratch()?))),
                };
                let (at, len) = (self.end, 0);
                Ok(Content::Aside { file, at, len })
            }
            _ => {
                self.room = room.unwrap_or(0);
                let len = usize::try_from(len);
                let len = len.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
                Ok(Content::Held(Vec::with_capacity(len)))
            }
        }
    }

    /// Adds to the content that was begun last.
    pub(super) fn add(&mut self, content: &mut Content, bytes: &[u8]) -> Result<(), ScratchError> {
        match content {
            Content::Held(held) => held.extend_from_slice(bytes),
            Content::Aside { file, at: _, len } => {
                file.write_all_at(bytes, self.end)?;
                self.end += bytes.len() as u64;
                *len += bytes.len() as u64;
            }
        }
        Ok(())
    }

    /// Takes a content that is not needed any more.
    pub(super) fn forget(&mut self, content: Content) {
        if let Content::Held(bytes) = content {
            self.room = self.room.saturating_add(bytes.len() as u64);
        }
    }

    pub(super) fn insert(&mut self, id: ObjectId, kind: Kind, content: Content) {
        if let Some((_, twin)) = self.objects.by_id.insert(id, (kind, content)) {
            self.forget(twin);
        }
    }

    /// Takes an object out that is there.
    pub(super) fn take(&mut self, id: ObjectId) -> Option<(Kind, Content)> {
        self.objects.by_id.remove(&id)
    }

    pub(super) fn done(self) -> Objects {
        self.objects
    }
}
