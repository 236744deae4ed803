//! An archive as the caller passes it.
//!
//! Nothing here reads it.

use std::fs::File;

use text::shown_path;

/// The way to unpack a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// The file itself, under its name.
    File,
    TarGz,
    TarZst,
    Zip,
    Wheel,
}

/// A file whose digest was verified.
#[derive(Debug)]
pub struct Archive<'a> {
    /// The file's name, from the last part of its address. A wheel's says what is in it and for which platforms.
    pub name: &'a str,
    /// Its offset does not matter.
    pub file: File,
    pub format: ArchiveFormat,
    /// The number of leading folders to leave off each path. Only for tar and zip.
    pub leading_folders: u32,
    /// The architecture that a wheel must be for, by Go's name for it: `amd64`, `arm64`.
    pub arch: &'a str,
    /// The rank among all contents of the folder, which no two share. It decides the order of messages.
    pub position: usize,
}

/// Returns an archive's name for a message. A wheel's name is long, so it is cut like a path.
pub(crate) fn shown_name(name: &str) -> String {
    shown_path(name.as_bytes())
}
