//! Folders of files: each file is granted, fetched by its digest, and unpacked into its folder.
//!
//! A file's address comes from buildpack.toml or from a lock file of the application, never from the component.

mod connections;
mod describe;
mod error;
mod folder;
mod granted;
mod listed;
mod packages;
mod servers;

pub use self::error::{FileOrigin, FilesContentsError, IndexReason, ListError};
pub use self::listed::{Listing, ListingError};

pub(super) use self::connections::Sent;
pub(super) use self::folder::{FolderRecord, make, note};
pub(super) use self::granted::{FileSettings, FileSources, GrantedFolder};
pub(super) use self::packages::chosen;
