//! Finds the wanted folder in a commit, walks it, and checks and counts its entries before any of them is written.
//!
//! Nothing here touches the disk or the network.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use gix_hash::ObjectId;
use gix_object::Kind;

use super::objects::{ObjectError, Objects, Reading};
use super::rules::{self, Refused};
use cnb::address::Subpath;
use entry::places::Places;
use entry::{EntryPath, Mode, Names};

/// The first line of every Git LFS pointer.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// Every pointer is smaller than this size, in bytes.
const LFS_LARGEST: u64 = 1024;
/// The file that changes how git writes other files.
const ATTRIBUTES: &[u8] = b".gitattributes";
/// The size from which such a file is not read, in bytes.
const ATTRIBUTES_LARGEST: u64 = 64 * 1024;

/// A folder that is refused.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// An object of the folder is missing or can't be used.
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the folder holds more than {most} files, folders and links")]
    TooManyEntries { most: usize },
    #[error("the folder's files are larger than {most} bytes together")]
    TooLarge { most: u64 },
    #[error("the folder '{path}' lies more than {most} folders deep")]
    TooDeep { path: EntryPath, most: usize },
    /// The deadline came before all entries were checked.
    #[error("the folder could not be checked within the time for the download")]
    OutOfTime,
}

/// The limits of a folder, and the time by which it must be checked.
#[derive(Debug, Clone, Copy)]
pub struct TreeLimits {
    /// The count of entries of all kinds.
    pub entries: usize,
    /// The bytes of all files. A file that is there twice counts twice.
    pub bytes: u64,
    /// The limit for nested folders.
    pub depth: usize,
    /// The deadline, after which no entry is checked.
    pub until: Option<Instant>,
}

/// A file, a folder or a link in a fetched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: EntryPath,
    pub mode: Mode,
    id: ObjectId,
}

impl Entry {
    /// Returns whether the entry is a regular file.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.mode, Mode::File { .. })
    }
}

/// A fetched folder, checked and counted, with the contents of all its files.
#[derive(Debug)]
pub struct Tree {
    objects: Arc<Objects>,
    entries: Vec<Entry>,
    bytes: u64,
    lfs_pointers: Vec<EntryPath>,
    attributes: Vec<EntryPath>,
}

impl Tree {
    /// Returns all entries. A folder comes before its contents.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the bytes of all files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the count of regular files.
    #[must_use]
    pub fn files(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_file()).count()
    }

    /// Returns the files that are only pointers to their content in Git LFS, for a warning: the content is not fetched.
    #[must_use]
    pub fn lfs_pointers(&self) -> &[EntryPath] {
        &self.lfs_pointers
    }

    /// Returns the `.gitattributes` files that make git write other files with different bytes than the repository has,
    /// for a warning: they are ignored here.
    #[must_use]
    pub fn attributes(&self) -> &[EntryPath] {
        &self.attributes
    }

    /// Returns the bytes of a file, or the target of a link.
    pub fn content(&self, entry: &Entry) -> Result<Cow<'_, [u8]>, ObjectError> {
        self.objects.get(Kind::Blob, entry.id)
    }

    /// Opens a file to read it in pieces.
    pub(super) fn open(&self, entry: &Entry) -> Result<Reading<'_>, ObjectError> {
        self.objects.open(Kind::Blob, entry.id)
    }
}

/// The wanted folder can't be found in a commit.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// An object on the path is missing or can't be used.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The path, up to and including the first missing part.
    #[error("there is no '{0}'")]
    Absent(String),
    /// The path, up to and including the part that is not a folder.
    #[error("'{0}' is not a folder")]
    NoFolder(String),
}

/// Finds the tree id of a folder in a commit.
pub fn find(objects: &Objects, commit: ObjectId, subpath: &Subpath) -> Result<ObjectId, FindError> {
    let mut id = objects.root_tree(commit)?;
    let mut so_far = String::new();
    for part in subpath.parts() {
        if !so_far.is_empty() {
            so_far.push('/');
        }
        so_far.push_str(part);
        let mut found = None;
        for entry in RawEntries::of(&objects.get(Kind::Tree, id)?, id) {
            let RawEntry { mode, name, id } = entry?;
            if name == part.as_bytes() {
                found = Some((rules::judge_mode(mode) == Ok(Mode::Dir), id));
                break;
            }
        }
        id = match found {
            None => return Err(FindError::Absent(so_far)),
            Some((true, folder)) => folder,
            Some((false, _)) => return Err(FindError::NoFolder(so_far)),
        };
    }
    Ok(id)
}

/// Walks a tree, and checks and counts all its entries.
pub fn walk(objects: Arc<Objects>, root: ObjectId, limits: TreeLimits) -> Result<Tree, TreeError> {
    let mut walk = Walk {
        objects: &objects,
        limits,
        counted: 0,
        entries: Vec::new(),
        bytes: 0,
        lfs_pointers: Vec::new(),
        attributes: Vec::new(),
    };
    walk.folder(&EntryPath::root(), root, 0)?;
    walk.judge_links()?;
    let Walk {
        objects: _,
        limits: _,
        counted: _,
        entries,
        bytes,
        lfs_pointers,
        attributes,
    } = walk;
    Ok(Tree {
        objects,
        entries,
        bytes,
        lfs_pointers,
        attributes,
    })
}

/// Returns whether attributes make git on Linux write different bytes than the repository has. Ignores Git LFS, which
/// its pointers show.
fn change_files(attributes: &[u8]) -> bool {
    attributes.split(|byte| *byte == b'\n').any(|line| {
        let mut words = line.split(u8::is_ascii_whitespace);
        let is_comment = words.next().is_some_and(|word| word.starts_with(b"#"));
        let changes = |word: &[u8]| {
            [&b"eol=crlf"[..], b"ident"].contains(&word)
                || word.starts_with(b"working-tree-encoding=")
                || word.starts_with(b"filter=") && word != b"filter=lfs"
        };
        !is_comment && words.any(changes)
    })
}

struct Walk<'o> {
    objects: &'o Objects,
    limits: TreeLimits,
    /// The count of entries, including some that are not in `entries` yet.
    counted: usize,
    entries: Vec<Entry>,
    bytes: u64,
    lfs_pointers: Vec<EntryPath>,
    attributes: Vec<EntryPath>,
}

impl Walk<'_> {
    fn folder(&mut self, path: &EntryPath, id: ObjectId, depth: usize) -> Result<(), TreeError> {
        if depth > self.limits.depth {
            return Err(TreeError::TooDeep {
                path: path.clone(),
                most: self.limits.depth,
            });
        }
        for entry in self.judged(path, id)? {
            let (path, mode, id) = (entry.path.clone(), entry.mode, entry.id);
            self.entries.push(entry);
            match mode {
                Mode::Dir => self.folder(&path, id, depth + 1)?,
                Mode::File { .. } => self.file(path, id)?,
                // Links are checked when all entries that they may lead to or through are known.
                Mode::Link => {}
            }
        }
        Ok(())
    }

    /// Returns a folder's checked entries. The tree object is not held during the recursion, because the trees of all
    /// folders above may be large as well.
    fn judged(&mut self, folder: &EntryPath, id: ObjectId) -> Result<Vec<Entry>, TreeError> {
        let content = self.objects.get(Kind::Tree, id)?;
        let (mut names, mut entries) = (Names::default(), Vec::new());
        for raw in RawEntries::of(&content, id) {
            self.in_time()?;
            if self.counted == self.limits.entries {
                return Err(TreeError::TooManyEntries {
                    most: self.limits.entries,
                });
            }
            self.counted += 1;
            entries.push(judge(folder, &raw?, &mut names)?);
        }
        Ok(entries)
    }

    fn file(&mut self, path: EntryPath, id: ObjectId) -> Result<(), TreeError> {
        let content = self.objects.open(Kind::Blob, id)?;
        let size = content.len();
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.limits.bytes {
            return Err(TreeError::TooLarge {
                most: self.limits.bytes,
            });
        }
        let has_attributes = path.name() == ATTRIBUTES;
        let largest = if has_attributes {
            ATTRIBUTES_LARGEST
        } else {
            LFS_LARGEST
        };
        let bytes = match content {
            _ if size >= largest => return Ok(()),
            Reading::Held(bytes) => Cow::Borrowed(bytes),
            Reading::Aside { .. } => self.objects.get(Kind::Blob, id)?,
        };
        if bytes.starts_with(LFS_POINTER) {
            self.lfs_pointers.push(path);
        } else if has_attributes && change_files(&bytes) {
            self.attributes.push(path);
        }
        Ok(())
    }

    fn judge_links(&self) -> Result<(), TreeError> {
        let mut links = self
            .entries
            .iter()
            .filter(|entry| entry.mode == Mode::Link)
            .peekable();
        if links.peek().is_none() {
            return Ok(());
        }
        let mut places = Places::new();
        for entry in &self.entries {
            self.in_time()?;
            places.insert(entry.path.parts(), entry.mode);
        }
        for link in links {
            self.in_time()?;
            let refused = |reason| Refused {
                entry: link.path.clone(),
                reason,
            };
            entry::judge_target_size(self.objects.size(Kind::Blob, link.id)?)
                .map_err(|reason| refused(reason.into()))?;
            let target = self.objects.get(Kind::Blob, link.id)?;
            entry::judge_link(&link.path, &target, &places)
                .map_err(|reason| refused(reason.into()))?;
        }
        Ok(())
    }

    fn in_time(&self) -> Result<(), TreeError> {
        let is_late = |until| Instant::now() >= until;
        if self.limits.until.is_some_and(is_late) {
            return Err(TreeError::OutOfTime);
        }
        Ok(())
    }
}

fn judge(folder: &EntryPath, raw: &RawEntry<'_>, names: &mut Names) -> Result<Entry, Refused> {
    let RawEntry { mode, name, id } = raw;
    // A longer name is refused; this keeps enough of it for the message.
    let path = folder.join(name.get(..entry::TOO_LONG).unwrap_or(name));
    let mut judged = || {
        let mode = rules::judge_mode(mode)?;
        rules::judge_name(name, mode)?;
        entry::judge_path(&path)?;
        names.insert(name)?;
        Ok(mode)
    };
    match judged() {
        Ok(mode) => Ok(Entry {
            path,
            mode,
            id: *id,
        }),
        Err(reason) => Err(Refused {
            entry: path,
            reason,
        }),
    }
}

/// An unchecked entry of a tree object.
struct RawEntry<'t> {
    mode: &'t [u8],
    name: &'t [u8],
    id: ObjectId,
}

/// Parses the entries of a tree object: the mode in octal digits, a space, the name, a zero byte, the id.
struct RawEntries<'t> {
    rest: &'t [u8],
    tree: ObjectId,
}

impl<'t> RawEntries<'t> {
    fn of(content: &'t [u8], tree: ObjectId) -> Self {
        Self {
            rest: content,
            tree,
        }
    }

    fn split(&self) -> Option<(RawEntry<'t>, &'t [u8])> {
        let space = self.rest.iter().position(|byte| *byte == b' ')?;
        let (mode, rest) = self.rest.split_at(space);
        let zero = rest.iter().position(|byte| *byte == 0)?;
        let (name, rest) = (&rest[1..zero], &rest[zero + 1..]);
        let (id, rest) = rest.split_at_checked(20)?;
        let id = ObjectId::try_from(id).ok()?;
        Some((RawEntry { mode, name, id }, rest))
    }
}

impl<'t> Iterator for RawEntries<'t> {
    type Item = Result<RawEntry<'t>, ObjectError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some((entry, rest)) = self.split() {
            self.rest = rest;
            Some(Ok(entry))
        } else {
            self.rest = &[];
            Some(Err(ObjectError::Malformed {
                kind: Kind::Tree,
                id: self.tree,
            }))
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
