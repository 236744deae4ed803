//! Files of the application and of layers, by paths relative to one folder, with the same reasons of errors natively and
//! in a component with or without the standard library.
//!
//! The meaning of the files' content does not belong here.

#[cfg(not(all(feature = "small", target_family = "wasm")))]
#[path = "files/library.rs"]
mod platform;
#[cfg(all(feature = "small", target_family = "wasm"))]
#[path = "files/wasi.rs"]
mod platform;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use crate::{Error, Layer, Result};
use platform::Folder;

/// The kind of a directory entry, with links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Missing, or a link to a missing file.
    Absent,
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// Neither file nor directory, such as a pipe. It must not be opened: opening could block forever.
    Special,
    /// Its kind could not be read, for this reason. An example is a link out of the application, which the host does
    /// not follow.
    Hidden(String),
}

impl Entry {
    /// The reason why it cannot be read as a file, or `None` for a file.
    #[must_use]
    pub fn why_no_file(self) -> Option<String> {
        match self {
            Self::File => None,
            Self::Absent => Some("it is not there".to_owned()),
            Self::Directory => Some("it is a directory".to_owned()),
            Self::Special => Some("it is not a regular file".to_owned()),
            Self::Hidden(why) => Some(why),
        }
    }
}

/// The application, which a buildpack may read. Paths are relative to its directory, and may not leave it.
pub struct App(Folder);

impl App {
    /// The application in a directory, which need not exist.
    #[must_use]
    pub fn at(root: &str) -> Self {
        Self(Folder::at(root))
    }

    /// The kind of an entry. It never fails: see [`Entry::Hidden`].
    #[must_use]
    pub fn entry(&self, path: &str) -> Entry {
        match outside(path) {
            None => self.0.entry(path),
            Some(why) => Entry::Hidden(why),
        }
    }

    /// Whether a path is a regular file or a link to one.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.entry(path) == Entry::File
    }

    /// Whether a path is a directory or a link to one.
    #[must_use]
    pub fn is_dir(&self, path: &str) -> bool {
        self.entry(path) == Entry::Directory
    }

    /// Whether there is anything at a path, even what can't be read.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.entry(path) != Entry::Absent
    }

    /// The content of a regular file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        self.read_or_why(path, u64::MAX)
            .map_err(|why| Error::file("read", path, &why))
    }

    /// The content of a regular file that is UTF-8.
    pub fn read_to_string(&self, path: &str) -> Result<String> {
        let text = String::from_utf8(self.read(path)?);
        text.map_err(|_| Error::file("read", path, "it is not UTF-8"))
    }

    /// The first bytes of a regular file, at most `most`. On failure only the reason, for a message of your own.
    pub fn read_or_why(&self, path: &str, most: u64) -> Result<Vec<u8>, String> {
        match self.entry(path).why_no_file() {
            None => self.0.read(path, most),
            Some(why) => Err(why),
        }
    }

    /// The sorted names of the entries of a directory, where `.` is the application itself.
    pub fn list(&self, path: &str) -> Result<Vec<String>> {
        let names = outside(path).map_or_else(|| self.0.list(path), Err);
        let mut names = names.map_err(|why| Error::file("listed", path, &why))?;
        names.sort_unstable();
        Ok(names)
    }
}

/// A layer of this build, and its directory, in which files are written. It is the [`Layer`] too: set its fields, and
/// return it in the output.
pub struct LayerFolder {
    layer: Layer,
    layers: Folder,
    path: String,
}

impl LayerFolder {
    pub(crate) fn new(layers_dir: &str, layer: Layer) -> Self {
        Self {
            layers: Folder::at(layers_dir),
            path: format!("{}/{}", layers_dir.trim_end_matches('/'), layer.name),
            layer,
        }
    }

    /// The absolute path of the layer's directory, in this build and in the image.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Writes a file, and makes its parent directories. An existing file is replaced. It is not executable.
    pub fn write(&mut self, path: &str, content: impl AsRef<[u8]>) -> Result<()> {
        let name = format!("{}/{path}", self.layer.name);
        let written = outside(path).map_or_else(|| self.layers.write(&name, content.as_ref()), Err);
        written.map_err(|why| Error::file("written", &name, &why))
    }

    /// Writes a file as [`Self::write`] does, and declares that the host makes it executable.
    pub fn write_executable(&mut self, path: &str, content: impl AsRef<[u8]>) -> Result<()> {
        self.write(path, content)?;
        self.layer.executables.push(path.to_owned());
        Ok(())
    }
}

impl Deref for LayerFolder {
    type Target = Layer;

    fn deref(&self) -> &Layer {
        &self.layer
    }
}

impl DerefMut for LayerFolder {
    fn deref_mut(&mut self) -> &mut Layer {
        &mut self.layer
    }
}

impl From<LayerFolder> for Layer {
    fn from(folder: LayerFolder) -> Self {
        folder.layer
    }
}

/// The reason why a path is not beneath its folder. The host refuses such paths too; here they are refused natively as
/// well.
fn outside(path: &str) -> Option<String> {
    let leaves = path.starts_with('/') || path.split('/').any(|part| part == "..");
    let why = match path {
        "" => "the path is empty",
        _ if leaves => "the path leaves the directory",
        _ => return None,
    };
    Some(why.to_owned())
}

#[cfg(test)]
mod tests;
