//! Helpers that try forbidden operations and log the result, and that plant files for the host to find.
//!
//! A failed attempt never ends the guest, so that it can make the next one.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{BuildContext, Failure, failure, say};

/// Logs `tried <what>: denied: <error>` or `tried <what>: ALLOWED`. Tests search for the last word.
pub fn tried<T, E: Display>(what: &str, result: Result<T, E>) {
    match result {
        Ok(_) => say(&format!("tried {what}: ALLOWED")),
        Err(error) => say(&format!("tried {what}: denied: {error}")),
    }
}

/// Makes a link at `link` with the text `target`, by the only call in stable Rust that can do so in WASI.
#[expect(deprecated, reason = "std::os::wasi is not stable")]
pub fn link(target: &str, link: &Path) -> std::io::Result<()> {
    fs::soft_link(target, link)
}

/// The layers directory, for planted files. An error here fails the build, so that no test passes without its planted
/// file.
pub struct Plot {
    root: PathBuf,
}

impl Plot {
    /// The layers directory of a build.
    #[must_use]
    pub fn of(context: &BuildContext) -> Self {
        Self {
            root: PathBuf::from(&context.layers_dir),
        }
    }

    /// The path of `name` in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file, and makes its parent directories.
    pub fn file(&self, name: &str, content: &str) -> Result<(), Failure> {
        self.within(name)
            .and_then(|path| fs::write(path, content))
            .map_err(|error| failure(format!("The file {name} could not be planted: {error}.")))
    }

    /// Makes a directory and its parent directories.
    pub fn directory(&self, name: &str) -> Result<(), Failure> {
        fs::create_dir_all(self.path(name))
            .map_err(|error| failure(format!("The directory {name} could not be made: {error}.")))
    }

    /// Makes a link, and its parent directories.
    pub fn link(&self, target: &str, name: &str) -> Result<(), Failure> {
        self.within(name)
            .and_then(|path| link(target, &path))
            .map_err(|error| failure(format!("The link {name} could not be planted: {error}.")))
    }

    /// Overwrites a file that must exist.
    pub fn replace(&self, name: &str, content: &str) -> Result<(), Failure> {
        fs::metadata(self.path(name))
            .and_then(|_| fs::write(self.path(name), content))
            .map_err(|error| failure(format!("The file {name} could not be replaced: {error}.")))
    }

    fn within(&self, name: &str) -> std::io::Result<PathBuf> {
        let path = self.path(name);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        Ok(path)
    }
}
