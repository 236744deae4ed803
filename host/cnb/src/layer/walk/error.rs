//! The errors of the layers directory, with messages for the author of the buildpack.
//!
//! Paths are relative to the layers directory, escaped and cut, because the component chose them.

use std::path::Path;

use super::Limits;
use crate::names::shown_os;
use dir::{DirError, Kind};

/// The limit on the parts of a path in a message.
const MOST_PARTS: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    #[error(transparent)]
    Dir(#[from] DirError),
    #[error(
        "'{path}' in the layers directory disappeared while the host read it: another program changes the directory"
    )]
    Unsteady { path: String },
    #[error(
        "'{path}' in the layers directory is {what} that the buildpack left there; only directories of layers \
         that it declares may be there"
    )]
    Undeclared { path: String, what: &'static str },
    /// An entry at the top has the name of a file that the lifecycle reads.
    #[error(
        "'{path}' in the layers directory is {what} that the buildpack left there; the lifecycle would obey it, \
         so only the host writes such files"
    )]
    LifecycleFile { path: String, what: &'static str },
    /// An entry of a restored layer that is not declared was changed, removed or added.
    #[error(
        "'{path}' in the layers directory was {what}; what the lifecycle restored must stay unchanged, except in \
         layers that the buildpack declares"
    )]
    Restored { path: String, what: &'static str },
    #[error("the layer '{path}' is {what}, not a directory: it would hide the real layer")]
    NoDirectory { path: String, what: &'static str },
    /// A file or folder that the lifecycle or the launcher obeys.
    #[error(
        "'{path}' would be obeyed by the lifecycle or the launcher, but the lifecycle did not restore it in \
         this form, and the host did not write it; a buildpack must return such files to the host instead of \
         writing them"
    )]
    Obeyed { path: String },
    /// A link that the lifecycle or the launcher would follow and obey.
    #[error(
        "'{path}' is a link where the lifecycle or the launcher obeys the content: a link hides that content"
    )]
    LinkObeyed { path: String },
    /// An entry has a name that the host needs for fetched content or for staging.
    #[error("'{path}' has a name that the host is about to write")]
    Occupied { path: String },
    /// A link with a target that is not allowed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A layer holds something that no layer may hold.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// There is more than the limits allow.
    #[error(transparent)]
    Amount(#[from] AmountError),
}

/// A link with a target that is not allowed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// A link leads out of the layers directory.
    #[error("the link '{path}' leads out of the layers directory, to '{target}'")]
    Out {
        path: String,
        /// The target, as the link contains it.
        target: String,
    },
    #[error(
        "the link '{path}' leads out of its layer, to '{target}': layers are put into the image one by one"
    )]
    Across {
        path: String,
        /// The target, as the link contains it.
        target: String,
    },
    /// A target that contains `..` after a name.
    #[error(
        "the link '{path}' leads to '{target}': '..' after a name can lead anywhere, and is refused"
    )]
    Winding {
        path: String,
        /// The target, as the link contains it.
        target: String,
    },
    #[error(
        "the link '{path}' leads to '{target}' through the link '{through}': link to the final target directly"
    )]
    Through {
        path: String,
        /// The target, as the link contains it.
        target: String,
        through: String,
    },
}

/// Something in a layer that no layer may hold.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error("'{path}' is {what}: a layer can contain only files, directories and links")]
    Special { path: String, what: &'static str },
    #[error(
        "'{path}' has the setuid or setgid bit: programs of a layer must run as the user who starts them"
    )]
    Privileged { path: String },
    /// A file with a hard link outside of layers.
    #[error("'{path}' is a hard link to a file that also has a name outside of layers")]
    HardLink { path: String },
    /// A directory that its owner cannot read.
    #[error(
        "the directory '{path}' has permissions that lock its owner out, so the host can't check its content"
    )]
    Locked { path: String },
    /// A declared executable is not a file that the component wrote.
    #[error(
        "the declared executable '{path}' {what}; the host makes only a file executable that the component wrote in \
         this build"
    )]
    Executable { path: String, what: &'static str },
}

/// More than the limits allow.
#[derive(Debug, thiserror::Error)]
pub enum AmountError {
    #[error(
        "the buildpack left more than {most} files, directories and links (exceeded at '{path}'); the limit is \
         'files' in [metadata.limits] of buildpack.toml"
    )]
    TooMany {
        /// The path at which the limit was exceeded.
        path: String,
        most: u64,
    },
    #[error(
        "the buildpack left files of more than {most_mib} MiB in total (exceeded at '{path}'); the limit is \
         'files-mib' in [metadata.limits] of buildpack.toml"
    )]
    TooLarge {
        /// The path at which the limit was exceeded.
        path: String,
        most_mib: u64,
    },
    #[error("'{path}' lies more than {most} directories deep")]
    TooDeep {
        /// The path at which the limit was exceeded.
        path: String,
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

/// A path for a message. Each part is escaped and cut, and the middle of a long path is left out.
pub(super) fn shown_path(path: &Path) -> String {
    let mut parts: Vec<String> = path.iter().map(shown_os).collect();
    if parts.len() > MOST_PARTS {
        let end = parts.len() - 2;
        parts.splice(2..end, ["…".to_owned()]);
    }
    parts.join("/")
}

/// The kind of an entry, for a message.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "a file",
        Kind::Dir => "a directory",
        Kind::Link => "a link",
        Kind::Special => "a device, a socket or a pipe",
    }
}
