//! Finds the key of buildpack.toml that sets the limit that a download has reached.

use contents::{ContentsError, PackageError};
use fetch::{AnswerError, FetchError, FolderError, PackError, TreeError};

pub(super) fn of_fetch(error: &FetchError) -> Option<&'static str> {
    match error {
        FetchError::Deadline { .. } => Some("fetch-seconds"),
        FetchError::Answer(AnswerError::TooLarge { .. }) => Some("fetch-mib"),
        FetchError::Pack(error) => of_pack(error),
        FetchError::Tree(error) => of_tree(error),
        _ => None,
    }
}

pub(super) fn of_contents(error: &ContentsError) -> Option<&'static str> {
    match error {
        ContentsError::Package { source, .. } => match source {
            PackageError::TooLarge { .. } => Some("fetch-mib"),
            PackageError::Folder(FolderError::Pack(error)) => of_pack(error),
            PackageError::Folder(FolderError::Tree(error)) => of_tree(error),
            PackageError::Read(_) | PackageError::Digest { .. } => None,
        },
        _ => None,
    }
}

fn of_pack(error: &PackError) -> Option<&'static str> {
    match error {
        PackError::TooManyObjects { .. } => Some("content-files"),
        PackError::TooLarge { .. } => Some("content-mib"),
        _ => None,
    }
}

fn of_tree(error: &TreeError) -> Option<&'static str> {
    match error {
        TreeError::TooManyEntries { .. } => Some("content-files"),
        TreeError::TooLarge { .. } => Some("content-mib"),
        TreeError::OutOfTime => Some("fetch-seconds"),
        TreeError::Object(_) | TreeError::Refused(_) | TreeError::TooDeep { .. } => None,
    }
}
