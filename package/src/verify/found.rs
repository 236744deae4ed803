//! A package as it was read from folders or from an archive.

use std::path::Path;

use lifecycle::folder::{Entry, Kind};

use crate::arch::Arch;

/// A package. Nothing in it is trusted.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// Its buildpacks, one for each architecture.
    pub(super) platforms: Vec<Platform>,
    /// The faults outside of the buildpacks.
    pub(super) findings: Vec<String>,
}

/// A buildpack directory.
#[derive(Debug)]
pub(super) struct Platform {
    /// Its name in messages.
    pub(super) name: String,
    /// The architecture that its folder or its image names, if it does.
    pub(super) arch: Option<Arch>,
    pub(super) entries: Vec<Entry>,
}

impl Platform {
    /// The content of the file at `path`, if there is one.
    pub(super) fn file(&self, path: &str) -> Option<&[u8]> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.path == Path::new(path))?;
        match &entry.kind {
            Kind::File(bytes) => Some(bytes),
            Kind::Folder | Kind::Link(_) | Kind::Other => None,
        }
    }
}
