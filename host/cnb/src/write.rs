//! The one way in which TOML for the lifecycle is written: whole, and by a rename.

use std::io;
use std::path::PathBuf;

use dir::{Dir, DirError};
use serde::Serialize;

/// Permissions of files.
const READ: u32 = 0o644;

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk says no.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// What is to be written has no form in TOML.
    #[error("{file} can't be put into words")]
    Toml {
        /// The file.
        file: String,
        /// Why.
        source: toml::ser::Error,
    },
    /// The build plan can't be written.
    #[error("the build plan {} can't be written", path.display())]
    Plan {
        /// Where the lifecycle wants it.
        path: PathBuf,
        /// What the kernel answered.
        source: io::Error,
    },
}

/// Writes a TOML file, in one piece and by rename.
pub(crate) fn write_toml(
    dir: &Dir,
    file: &str,
    content: &impl Serialize,
) -> Result<(), WriteError> {
    let text = toml::to_string(content).map_err(|source| WriteError::Toml {
        file: file.to_owned(),
        source,
    })?;
    Ok(dir.replace(file, text.as_bytes(), READ)?)
}
