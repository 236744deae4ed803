//! Writes files by their paths beneath an open folder.
//!
//! Nothing here checks a path: each of its names was checked before.

use std::fs::File;
use std::io::{self, Write};

use dir::{Dir, DirError};

use super::deadline::Deadline;
use super::digest::{Digest, Summing};
use super::error::LimitReason;
use super::wheel::script::relocated;

/// The mode of a folder, and of a file that can be started.
const OPEN: u32 = 0o755;
const PLAIN: u32 = 0o644;

/// The open folders on the way to the last path. The next path mostly shares them.
pub(crate) struct Dirs<'f> {
    root: &'f Dir,
    open: Vec<(Box<str>, Dir)>,
}

impl<'f> Dirs<'f> {
    pub(crate) fn new(root: &'f Dir) -> Self {
        let open = Vec::new();
        Self { root, open }
    }

    /// Opens the folder at a path, and makes its missing parts.
    pub(crate) fn folder(&mut self, path: &str) -> Result<&Dir, DirError> {
        let names = path.split('/').filter(|name| !name.is_empty());
        let mut depth = 0;
        for name in names {
            if self.open.get(depth).is_none_or(|(open, _)| **open != *name) {
                self.open.truncate(depth);
                let dir = self.last().open_or_create_dir(name, OPEN)?;
                self.open.push((name.into(), dir));
            }
            depth += 1;
        }
        self.open.truncate(depth);
        Ok(self.last())
    }

    /// Opens the folder of a path, and returns it with the path's last name.
    pub(crate) fn parent<'p>(&mut self, path: &'p str) -> Result<(&Dir, &'p str), DirError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok((self.folder(folder)?, name))
    }

    /// Makes a file, which must not exist.
    pub(crate) fn file(&mut self, path: &str, executable: bool) -> Result<File, DirError> {
        let (dir, name) = self.parent(path)?;
        dir.new_file(name, mode(executable))
    }

    fn last(&self) -> &Dir {
        self.open.last().map_or(self.root, |(_, dir)| dir)
    }
}

pub(crate) fn mode(executable: bool) -> u32 {
    if executable { OPEN } else { PLAIN }
}

/// Takes the content of one file, piece by piece.
pub(crate) struct Sink<'f> {
    deadline: &'f Deadline,
    /// `None` if the content is not written now.
    file: Option<File>,
    /// The digest of the content in the archive.
    given: Option<Summing>,
    /// The digest of what is written.
    written: Option<Summing>,
    /// Whether this may be a script that asks for another first line.
    is_script: bool,
    /// The bytes that are written.
    size: u64,
    began: bool,
}

/// Content that could not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SinkError {
    #[error(transparent)]
    Write(#[from] io::Error),
    #[error(transparent)]
    Limit(#[from] LimitReason),
}

/// A file that was written, or will be.
pub(crate) struct WrittenFile {
    pub(crate) given: Option<Digest>,
    pub(crate) written: Option<Digest>,
    pub(crate) size: u64,
}

impl<'f> Sink<'f> {
    pub(crate) fn new(deadline: &'f Deadline, file: Option<File>) -> Self {
        Self {
            deadline,
            file,
            given: None,
            written: None,
            is_script: false,
            size: 0,
            began: false,
        }
    }

    pub(crate) fn summing_given(mut self, given: Option<Summing>) -> Self {
        self.given = given;
        self
    }

    pub(crate) fn summing_written(mut self, written: Option<Summing>) -> Self {
        self.written = written;
        self
    }

    pub(crate) fn script(mut self, is_script: bool) -> Self {
        self.is_script = is_script;
        self
    }

    /// Takes the next piece, unless the time is over.
    pub(crate) fn take(&mut self, mut piece: &[u8]) -> Result<(), SinkError> {
        self.deadline.check()?;
        if let Some(given) = &mut self.given {
            given.update(piece);
        }
        if self.is_script
            && !self.began
            && let Some((line, replaced)) = relocated(piece)
        {
            self.put(line)?;
            piece = &piece[replaced..];
        }
        self.began = true;
        Ok(self.put(piece)?)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(written) = &mut self.written {
            written.update(bytes);
        }
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        }
        self.size += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn finish(self) -> WrittenFile {
        WrittenFile {
            given: self.given.map(Summing::finish),
            written: self.written.map(Summing::finish),
            size: self.size,
        }
    }
}
