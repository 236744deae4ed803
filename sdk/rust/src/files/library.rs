//! Files by the standard library: natively, and in a component that has it.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;

use super::Entry;

/// A folder that need not exist.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn at(root: &str) -> Self {
        Self(root.into())
    }

    pub(super) fn entry(&self, path: &str) -> Entry {
        match fs::metadata(self.0.join(path)) {
            Ok(found) if found.is_file() => Entry::File,
            Ok(found) if found.is_dir() => Entry::Directory,
            Ok(_) => Entry::Special,
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Entry::Absent,
                kind => Entry::Hidden(kind.to_string()),
            },
        }
    }

    pub(super) fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        File::open(self.0.join(path))
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|error| why(&error))?;
        Ok(bytes)
    }

    pub(super) fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let entries = fs::read_dir(self.0.join(path)).map_err(|error| why(&error))?;
        let names = entries.map(|entry| {
            let name = entry.map_err(|error| why(&error))?.file_name();
            name.into_string()
                .map_err(|_| "a name in it is not UTF-8".to_owned())
        });
        names.collect()
    }

    pub(super) fn write(&self, path: &str, content: &[u8]) -> Result<(), String> {
        let path = self.0.join(path);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(|error| why(&error))?;
        }
        fs::write(path, content).map_err(|error| why(&error))
    }
}

/// The reason without the number of the operating system, which WASI counts differently.
fn why(error: &io::Error) -> String {
    error.kind().to_string()
}
