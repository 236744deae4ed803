//! What is taken for a package, as it was found in folders or in an archive.

use std::path::Path;

use lifecycle::folder::{Entry, Kind};

use crate::arch::Arch;

/// A package. Nothing of it is believed.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// Its buildpacks: one for each architecture.
    pub(super) platforms: Vec<Platform>,
    /// What is wrong with what is around them.
    pub(super) findings: Vec<String>,
}

/// A buildpack directory.
#[derive(Debug)]
pub(super) struct Platform {
    /// What it is called in messages.
    pub(super) name: String,
    /// The architecture of which it is said to be, where something around it says so.
    pub(super) arch: Option<Arch>,
    /// All that is in it.
    pub(super) entries: Vec<Entry>,
}

impl Platform {
    /// The bytes of a file of it.
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
