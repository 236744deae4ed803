//! Git objects by their ids: in memory, or in an unnamed file if they don't fit there.
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

/// The limit for an object that is loaded as a whole, in bytes. Trees, commits and targets of links are far smaller.
const LARGEST_LOADED: u64 = 16 << 20;

/// An object that is needed and can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The server did not send it.
    #[error("the pack lacks the {kind} {id}")]
    Missing { kind: Kind, id: ObjectId },
    /// The object has another type.
    #[error("{id} is a {found} and not a {kind}")]
    Kind {
        /// The expected type.
        kind: Kind,
        /// The real type.
        found: Kind,
        id: ObjectId,
    },
    /// A commit or tree can't be parsed.
    #[error("the {kind} {id} is malformed")]
    Malformed { kind: Kind, id: ObjectId },
    /// The object is too large to be loaded as a whole.
    #[error("the {kind} {id} is larger than {LARGEST_LOADED} bytes")]
    Large { kind: Kind, id: ObjectId },
    /// The object was spilled to a file, and can't be read from there.
    #[error("the {kind} {id} can't be read from the spill file: {why}")]
    Unreadable {
        kind: Kind,
        id: ObjectId,
        /// The kernel's error.
        why: io::ErrorKind,
    },
}

/// The spill file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// The spill file can't be created.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The spill file can't be written or read.
    #[error("objects that don't fit in memory can't be spilled to a file")]
    File(#[from] io::Error),
}

/// Objects by their ids. Each id was computed from the content, so an id always finds the right object.
#[derive(Debug, Default)]
pub struct Objects {
    by_id: HashMap<ObjectId, (Kind, ObjectContent)>,
}

/// An object's content.
#[derive(Debug)]
pub(super) enum ObjectContent {
    Held(Vec<u8>),
    /// Spilled to a file that has other objects as well.
    Aside {
        file: Arc<File>,
        at: u64,
        len: u64,
    },
}

impl ObjectContent {
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

    /// Loads the whole content, without a limit on its size.
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
    /// Loads an object of this kind. Refuses one that is so large that it must be read in pieces.
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

    /// Opens an object of this kind to read it in pieces.
    pub fn open(&self, kind: Kind, id: ObjectId) -> Result<Reading<'_>, ObjectError> {
        Ok(self.find(kind, id)?.open())
    }

    /// Returns the size of an object of this kind, in bytes.
    pub fn size(&self, kind: Kind, id: ObjectId) -> Result<u64, ObjectError> {
        Ok(self.find(kind, id)?.len())
    }

    /// Returns all objects, in arbitrary order.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectId, Kind)> {
        self.by_id.iter().map(|(id, (kind, _))| (*id, *kind))
    }

    /// Reads the id of a commit's root tree.
    pub(super) fn root_tree(&self, commit: ObjectId) -> Result<ObjectId, ObjectError> {
        let content = self.get(Kind::Commit, commit)?;
        gix_object::CommitRefIter::from_bytes(&content, gix_hash::Kind::Sha1)
            .tree_id()
            .map_err(|_| ObjectError::Malformed {
                kind: Kind::Commit,
                id: commit,
            })
    }

    fn find(&self, kind: Kind, id: ObjectId) -> Result<&ObjectContent, ObjectError> {
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
        self.by_id.insert(id, (kind, ObjectContent::Held(content)));
        id
    }
}

/// A reader of an object's content.
#[derive(Debug)]
pub enum Reading<'o> {
    /// The content is in memory.
    Held(&'o [u8]),
    /// The content is in the spill file.
    Aside {
        file: &'o File,
        /// The offset of the next byte in the file.
        at: u64,
        /// The count of bytes that are left.
        left: u64,
    },
}

impl Reading<'_> {
    /// Returns the count of bytes that are left.
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

/// Collects the objects of a pack while it is read.
pub(super) struct Making<'d> {
    objects: Objects,
    /// The bytes that may still be held in memory.
    room: u64,
    /// The directory of the spill file. Without it, all objects are held in memory.
    dir: Option<&'d Dir>,
    scratch: Option<Arc<File>>,
    /// The end of the spill file.
    end: u64,
}

impl<'d> Making<'d> {
    /// `memory` is the count of bytes to hold before objects are spilled to a file in `dir`.
    pub(super) fn new(memory: u64, dir: Option<&'d Dir>) -> Self {
        Self {
            objects: Objects::default(),
            room: memory,
            dir,
            scratch: None,
            end: 0,
        }
    }

    /// Begins a content of `len` bytes.
    pub(super) fn begin(&mut self, len: u64) -> Result<ObjectContent, ScratchError> {
        let room = self.room.checked_sub(len);
        match self.dir {
            Some(dir) if room.is_none() => {
                let file = match &self.scratch {
                    Some(file) => Arc::clone(file),
                    None => Arc::clone(self.scratch.insert(Arc::new(dir.scratch()?))),
                };
                let (at, len) = (self.end, 0);
                Ok(ObjectContent::Aside { file, at, len })
            }
            _ => {
                self.room = room.unwrap_or(0);
                let len = usize::try_from(len);
                let len = len.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
                Ok(ObjectContent::Held(Vec::with_capacity(len)))
            }
        }
    }

    /// Appends to the content that was begun last.
    pub(super) fn add(
        &mut self,
        content: &mut ObjectContent,
        bytes: &[u8],
    ) -> Result<(), ScratchError> {
        match content {
            ObjectContent::Held(held) => held.extend_from_slice(bytes),
            ObjectContent::Aside { file, at: _, len } => {
                file.write_all_at(bytes, self.end)?;
                self.end += bytes.len() as u64;
                *len += bytes.len() as u64;
            }
        }
        Ok(())
    }

    /// Drops a content that is not needed any more, and makes room in memory for others.
    pub(super) fn forget(&mut self, content: ObjectContent) {
        if let ObjectContent::Held(bytes) = content {
            self.room = self.room.saturating_add(bytes.len() as u64);
        }
    }

    pub(super) fn insert(&mut self, id: ObjectId, kind: Kind, content: ObjectContent) {
        if let Some((_, twin)) = self.objects.by_id.insert(id, (kind, content)) {
            self.forget(twin);
        }
    }

    /// Removes an object and returns it.
    pub(super) fn take(&mut self, id: ObjectId) -> Option<(Kind, ObjectContent)> {
        self.objects.by_id.remove(&id)
    }

    pub(super) fn done(self) -> Objects {
        self.objects
    }
}
