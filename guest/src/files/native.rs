//! The application's files, where the logic runs natively: in its tests.
//! As in the other implementation, what a file holds is not known here.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::application::Entry;

/// What names a folder.
pub(crate) type Root = Path;

/// A folder that need not exist.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn at(root: &Root) -> Self {
        Self(root.to_owned())
    }

    /// What stands under `name`, links followed.
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

    /// The first bytes of a file, at most so many, or why there are none.
    pub(crate) fn read(&self, name: &str, most: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        File::open(self.0.join(name))
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|error| error.kind().to_string())?;
        Ok(bytes)
    }
}
