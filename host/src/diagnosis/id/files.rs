//! The ids for files that could not be fetched or unpacked.

use super::{
    CONTENT_FILES, CONTENT_MIB, FETCH_MIB, FETCH_SECONDS, PRIVATE_HOST, answer, connect, credential,
};
use contents::{FilesContentsError, IndexReason, ListError};
use fetch::files::{FileError, FileRedirectError};
use unpack::{ArchiveReason, CollisionError, LimitReason, UnpackError};

pub(super) fn contents(error: &FilesContentsError) -> &'static str {
    match error {
        FilesContentsError::Credential { error, .. } => credential(error),
        FilesContentsError::List(error) => list(error),
        FilesContentsError::File { error, .. } => file(error),
        FilesContentsError::Index { reason, .. } => match reason {
            IndexReason::Page(_) => "index-page",
            IndexReason::Digest => "index-without-digest",
            IndexReason::NoWheel { .. } => "index-without-wheel",
            IndexReason::Tags { .. } => "index-without-fitting-wheel",
            IndexReason::Echo => "index-credential-echoed",
            IndexReason::Address { .. } => "index-file-address",
        },
        FilesContentsError::UnpackFile { error, .. } | FilesContentsError::Unpack { error, .. } => {
            unpack(error)
        }
    }
}

fn list(error: &ListError) -> &'static str {
    match error {
        ListError::Listing { .. } => "list-unreadable",
        ListError::NoList { .. } => "list-missing",
        ListError::NotListed { .. } => "file-not-listed",
        ListError::Arch { .. } => "file-of-another-architecture",
        ListError::Private { .. } => PRIVATE_HOST,
        ListError::NoPackages { .. } => "list-without-packages",
        ListError::PackagesInPackage { .. } => "packages-in-package",
        ListError::NoIndex { .. } => "index-missing",
        ListError::IndexAddress { .. } => "index-address",
        ListError::NoServer { .. } => "binding-without-url",
    }
}

fn file(error: &FileError) -> &'static str {
    match error {
        FileError::Connect { source, .. } => connect(source),
        FileError::Answer { source, .. } => answer(source),
        FileError::Redirect { source, .. } => match source {
            FileRedirectError::Elsewhere { .. } => "file-redirect-elsewhere",
            FileRedirectError::Unusable { .. } => "file-redirect-unusable",
            FileRedirectError::TooMany { .. } => "file-redirects",
        },
        FileError::Inside { .. } => PRIVATE_HOST,
        FileError::NotFound { .. } => "file-not-found",
        FileError::Digest { .. } => "file-digest",
        FileError::TooMuch { .. } => FETCH_MIB,
        FileError::TooManyServers { .. } => "file-servers",
        FileError::Deadline { .. } => FETCH_SECONDS,
        FileError::Dir(_) | FileError::Write { .. } => "file-write",
    }
}

fn unpack(error: &UnpackError) -> &'static str {
    match error {
        UnpackError::Dir(_) | UnpackError::Write { .. } => "unpack-write",
        UnpackError::Refused { reason, .. } => archive(reason),
        UnpackError::Limit(LimitReason::Entries { .. }) => CONTENT_FILES,
        UnpackError::Limit(LimitReason::Bytes { .. }) => CONTENT_MIB,
        UnpackError::Limit(LimitReason::Time) => FETCH_SECONDS,
        UnpackError::Collision(CollisionError::OtherBytes { .. }) => "archive-collision",
        UnpackError::Collision(CollisionError::OtherKind { .. }) => "archive-collision-of-kinds",
        UnpackError::Incomplete => "archive-incomplete",
    }
}

fn archive(reason: &ArchiveReason) -> &'static str {
    match reason {
        ArchiveReason::Name => "archive-name",
        ArchiveReason::LeadingFolders => "archive-leading-folders",
        ArchiveReason::Read(_) => "archive-unreadable",
        ArchiveReason::Entry { .. } => "archive-entry",
        ArchiveReason::Zip(_) => "archive-zip",
        ArchiveReason::Tar(_) => "archive-tar",
        ArchiveReason::Wheel(_) => "archive-wheel",
    }
}
