//! Unpacks archives and wheels, whose digests were verified, into one new folder.
//!
//! Nothing here downloads, verifies the digest of an archive, knows a layer, or runs what it unpacks.
//!
//! The names of an archive are checked and counted before anything of it is written, or, in a tar archive, before each
//! entry is written. Links are made at the end, when all paths of the folder are known, so nothing is written through
//! one. The result depends neither on the order in which archives come nor on threads.

mod archive;
mod claims;
mod deadline;
mod digest;
mod error;
mod folder;
mod inflate;
#[cfg(test)]
mod making;
mod own;
mod path;
mod settle;
mod stream;
mod tar;
mod warning;
pub mod wheel;
mod write;
mod zip;

pub use archive::{Archive, ArchiveFormat};
pub use deadline::Clock;
pub use error::{ArchiveReason, CollisionError, EntryReason, LimitReason, UnpackError};
pub use folder::{Finished, Folder, FolderLimits, Unpacked};
pub use inflate::InflateError;
pub use own::OwnReason;
pub use path::PathReason;
pub use stream::StreamError;
pub use tar::{HeaderReason, TarError, TypeReason};
pub use warning::Warning;
pub use wheel::metadata::Package;
pub use wheel::{WheelError, WheelReason};
pub use zip::{ContentReason, LayoutReason, LocalReason, MemberReason, ZipError};
