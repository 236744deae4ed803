//! The errors of unpacking.
//!
//! Reasons of one format are with its parser.

use std::io;

use entry::{EntryPath, LinkReason};

use super::archive::shown_name;
use super::own::OwnReason;
use super::path::PathReason;
use super::tar::TarError;
use super::wheel::WheelError;
use super::zip::ZipError;
use dir::DirError;

/// A folder that could not be unpacked. The caller must remove the part that was written.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// A file operation failed.
    #[error(transparent)]
    Dir(#[from] DirError),
    #[error("can't write '{path}'")]
    Write { path: EntryPath, source: io::Error },
    /// An archive is refused.
    #[error("{} is refused: {reason}", shown_name(archive))]
    Refused {
        /// The archive's file name.
        archive: String,
        reason: ArchiveReason,
    },
    /// All archives together exceed a limit.
    #[error(transparent)]
    Limit(#[from] LimitReason),
    /// Two archives don't fit into one folder.
    #[error(transparent)]
    Collision(#[from] CollisionError),
    /// The folder can't be finished, because one of its archives was refused.
    #[error("the folder is not complete, because one of its archives was refused")]
    Incomplete,
}

/// The reason to refuse an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveReason {
    #[error("its file name is not a plain name")]
    Name,
    #[error("leading folders can be left off only in tar and zip archives")]
    LeadingFolders,
    #[error("it can't be read")]
    Read(#[source] io::Error),
    #[error("its entry '{entry}' is refused: {reason}")]
    Entry {
        entry: EntryPath,
        reason: EntryReason,
    },
    #[error(transparent)]
    Zip(#[from] ZipError),
    #[error(transparent)]
    Tar(#[from] TarError),
    #[error(transparent)]
    Wheel(#[from] WheelError),
}

/// The reason to refuse an entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryReason {
    #[error(transparent)]
    Path(#[from] PathReason),
    #[error(transparent)]
    Own(#[from] OwnReason),
    #[error(transparent)]
    Link(#[from] LinkReason),
    /// A hard link to something that is not an earlier file of the same archive.
    #[error("it is a hard link to '{target}', which is not an earlier file")]
    HardLink { target: EntryPath },
}

/// A limit of the folder that was reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitReason {
    #[error("the folder has more than {most} files, folders and links")]
    Entries { most: usize },
    #[error("the folder's files have more than {most} bytes")]
    Bytes { most: u64 },
    /// The time that was left for the folder, which the caller knows.
    #[error("the folder was not complete in time")]
    Time,
}

/// Two archives that don't fit into one folder. The message is the same whichever came first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CollisionError {
    #[error(
        "'{path}' is in {} and, with other bytes, in {}",
        shown_name(one),
        shown_name(other)
    )]
    OtherBytes {
        path: EntryPath,
        one: String,
        other: String,
    },
    #[error(
        "'{path}' is a folder or link in {} and something else in {}",
        shown_name(one),
        shown_name(other)
    )]
    OtherKind {
        path: EntryPath,
        one: String,
        other: String,
    },
}
