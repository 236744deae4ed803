//! Writes TOML files for the lifecycle: each one whole, and by a rename.

use std::io;
use std::path::PathBuf;

use dir::{Dir, DirError};
use serde::Serialize;

/// Permissions of files.
const READ: u32 = 0o644;

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The content cannot be represented in TOML.
    #[error("{file} can't be written as TOML")]
    Toml {
        file: String,
        source: toml::ser::Error,
    },
    #[error("the build plan {} can't be written", path.display())]
    Plan {
        /// The path that the lifecycle gave.
        path: PathBuf,
        source: io::Error,
    },
}

/// Writes a TOML file whole, and by a rename.
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
