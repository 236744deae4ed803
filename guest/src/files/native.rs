//! Reads the application's files natively, in tests.
//!
//! As in the WASI implementation, the meaning of the files' content does not belong here.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::application::Entry;

/// The name of a folder.
pub(crate) type Root = Path;

/// A folder that need not exist.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn at(root: &Root) -> Self {
        Self(root.to_owned())
    }

    /// The kind of the entry `name`, with links followed.
    pub(crate) fn entry(&self, name: &str) -> Entry {
        match fs::metadata(self.0.join(name)) {
            Ok(found) if found.is_file() => Entry::File,
            Ok(found) if found.is_dir() => Entry::Directory,
            Ok(_) => Entry::Special,
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Entry::Absent,
                kind => Entry::Hidden(kind.to_string()),
            },
        }
    }

    /// Reads the first bytes of a file, at most `most`; on failure returns the reason.
    pub(crate) fn read(&self, name: &str, most: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        File::open(self.0.join(name))
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|error| error.kind().to_string())?;
        Ok(bytes)
    }
}
