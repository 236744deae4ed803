//! Why the layers directory was refused, in words for who wrote the buildpack.
//!
//! Paths are relative to the layers directory, escaped and cut: the guest chose them.

use std::path::Path;

use super::Limits;
use crate::names::shown_os;
use dir::{DirError, Kind};

/// The most parts of a path that are shown.
const MOST_PARTS: usize = 4;

/// Why what lies in the layers directory was refused.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// Something can't be looked at.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// Something came or went while it was looked at.
    #[error(
        "'{path}' in the layers directory went while it was looked at: something else works there"
    )]
    Unsteady {
        /// What.
        path: String,
    },
    /// Something at the top belongs to no declared layer.
    #[error(
        "'{path}' in the layers directory is {what} that the buildpack left there; only directories of layers \
         that it declares may be there"
    )]
    Undeclared {
        /// What.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// Something at the top has the name of a file that the lifecycle reads.
    #[error(
        "'{path}' in the layers directory is {what} that the buildpack left there; the lifecycle would obey it, \
         so only the host writes such files"
    )]
    LifecycleFile {
        /// What.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// Something that the lifecycle restored is not as it was.
    #[error(
        "'{path}' in the layers directory was {what}; what the lifecycle restored stays as it was, except in \
         layers that the buildpack declares"
    )]
    Restored {
        /// What.
        path: String,
        /// What was done.
        what: &'static str,
    },
    /// A declared layer is no directory.
    #[error(
        "the layer '{path}' is {what}, not a directory: it would hide what the layer really is"
    )]
    NoDirectory {
        /// The layer.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// The lifecycle or the launcher would obey it.
    #[error(
        "'{path}' would be obeyed by the lifecycle or the launcher, and neither the lifecycle restored it so nor \
         the host wrote it; a buildpack returns such things to the host instead of writing them"
    )]
    Obeyed {
        /// What.
        path: String,
    },
    /// The same, behind a link.
    #[error(
        "'{path}' is a link where the lifecycle or the launcher obeys what it finds: a link hides what that is"
    )]
    LinkObeyed {
        /// The link.
        path: String,
    },
    /// It lies where fetched content is to be, or where the host prepares what it writes.
    #[error("'{path}' takes the place of what the host is about to write")]
    Occupied {
        /// What.
        path: String,
    },
    /// A link leads to where it may not.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A layer holds something that no layer may hold.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// There is more than the limits allow.
    #[error(transparent)]
    Amount(#[from] AmountError),
}

/// A link that leads to where it may not.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// A link leads out of the layers directory.
    #[error("the link '{path}' leads out of the layers directory, to '{target}'")]
    Out {
        /// The link.
        path: String,
        /// Where it leads, as it is written.
        target: String,
    },
    /// A link leads out of its layer.
    #[error(
        "the link '{path}' leads out of its layer, to '{target}': layers are put into the image one by one"
    )]
    Across {
        /// The link.
        path: String,
        /// Where it leads, as it is written.
        target: String,
    },
    /// A link leads down and up again.
    #[error(
        "the link '{path}' leads to '{target}': '..' after a name can lead anywhere, and is refused"
    )]
    Winding {
        /// The link.
        path: String,
        /// Where it leads, as it is written.
        target: String,
    },
    /// A link leads through another one.
    #[error(
        "the link '{path}' leads to '{target}' through the link '{through}': name the place itself"
    )]
    Through {
        /// The link.
        path: String,
        /// Where it leads, as it is written.
        target: String,
        /// The other link.
        through: String,
    },
}

/// Something in a layer that no layer may hold.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// A device, a socket or a pipe.
    #[error("'{path}' is {what}: a layer has files, directories and links only")]
    Special {
        /// What.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// A file that runs as somebody else.
    #[error("'{path}' has the setuid or setgid bit: a layer's programs run as who starts them")]
    Privileged {
        /// What.
        path: String,
    },
    /// A file with a name somewhere else.
    #[error("'{path}' is a hard link to a file that has a name outside of layers too")]
    HardLink {
        /// One of its names.
        path: String,
    },
    /// A directory that its owner can't look into.
    #[error(
        "the directory '{path}' has permissions that lock its owner out, so what is in it can't be judged"
    )]
    Locked {
        /// The directory.
        path: String,
    },
}

/// More than the limits allow.
#[derive(Debug, thiserror::Error)]
pub enum AmountError {
    /// Too many files.
    #[error(
        "the buildpack left more than {most} files, directories and links (met at '{path}'): 'files' in \
         [metadata.limits] of buildpack.toml"
    )]
    TooMany {
        /// Where the limit was met.
        path: String,
        /// The limit.
        most: u64,
    },
    /// Too many bytes.
    #[error(
        "the buildpack left files of more than {most_mib} MiB together (met at '{path}'): 'files-mib' in \
         [metadata.limits] of buildpack.toml"
    )]
    TooLarge {
        /// Where the limit was met.
        path: String,
        /// The limit, in MiB.
        most_mib: u64,
    },
    /// Too deep.
    #[error("'{path}' lies more than {most} directories deep")]
    TooDeep {
        /// Where the limit was met.
        path: String,
        /// The limit.
        most: usize,
    },
}

impl WalkError {
    pub(super) fn changed(path: &Path) -> Self {
        let path = shown_path(path);
        Self::Restored {
            path,
            what: "changed",
        }
    }

    pub(super) fn too_many(path: &Path, most: u64) -> Self {
        let path = shown_path(path);
        AmountError::TooMany { path, most }.into()
    }

    pub(super) fn too_large(path: &Path, limits: &Limits) -> Self {
        let path = shown_path(path);
        let most_mib = limits.files_mib;
        AmountError::TooLarge { path, most_mib }.into()
    }
}

/// A path for a message: each part escaped and cut, and the middle of a long one left out.
pub(super) fn shown_path(path: &Path) -> String {
    let mut parts: Vec<String> = path.iter().map(shown_os).collect();
    if parts.len() > MOST_PARTS {
        let end = parts.len() - 2;
        parts.splice(2..end, ["…".to_owned()]);
    }
    parts.join("/")
}

/// What something is, for a message.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "a file",
        Kind::Dir => "a directory",
        Kind::Link => "a link",
        Kind::Special => "a device, a socket or a pipe",
    }
}
