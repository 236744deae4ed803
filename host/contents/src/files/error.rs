//! The errors of files, and the origin that they name.

use std::sync::Arc;

use cnb::address::{FileUrl, FileUrlError};
use cnb::names::{FolderName, LayerName, LockFileName, SourceName};
use dir::Dir;

use super::listed;
use credential::{CredentialError, CredentialPlace};
use fetch::files::{FileError, PageError};
use unpack::UnpackError;

/// The origin of a file, for messages. It contains no user and no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOrigin {
    pub source: SourceName,
    /// The file's own name.
    pub file: String,
    /// The address that is asked, or the address in the list for a file of the package.
    pub url: String,
    /// The place of the credential by its name, if one is used.
    pub credential: Option<String>,
    /// The kind of that place.
    pub place: Option<CredentialPlace>,
    /// Whether the package contains the file.
    pub is_in_package: bool,
    /// Whether the address is on a mirror from the operator's policy.
    pub is_mirror: bool,
    /// Whether the address is at the index that the operator's policy names.
    pub is_of_policy: bool,
}

impl FileOrigin {
    /// A file at a listed address, before the host has decided which server it asks.
    pub(super) fn at(source: &SourceName, file: String, listed: &FileUrl) -> Self {
        Self {
            source: source.clone(),
            file,
            url: listed.to_string(),
            credential: None,
            place: None,
            is_in_package: false,
            is_mirror: false,
            is_of_policy: false,
        }
    }

    /// A file that this page of an index lists. The address stays that of the page, so that it is the same in a build
    /// that keeps the file.
    pub(super) fn of_file(&self, name: &str) -> Self {
        Self {
            file: name.to_owned(),
            ..self.clone()
        }
    }
}

/// Files that could not become a folder.
#[derive(Debug, thiserror::Error)]
pub enum FilesContentsError {
    /// The credential of a source of files is missing or cannot be used.
    #[error("{error}")]
    Credential {
        source_name: SourceName,
        error: Arc<CredentialError>,
    },
    /// No list allows a file that the component names.
    #[error(transparent)]
    List(Box<ListError>),
    /// A file could not be fetched, or is not the listed one.
    #[error("{error}")]
    File {
        source_name: SourceName,
        /// The place of the source's credential by its name, if one is used.
        credential: Option<String>,
        error: Box<FileError>,
    },
    /// An index has no file for a package that may be taken.
    #[error("the index at {} has no wheel of '{}' for this build: {reason}", .page.url, .page.file)]
    Index {
        page: Box<FileOrigin>,
        reason: IndexReason,
    },
    /// A file was fetched, but can't become a part of its folder.
    #[error("{error}")]
    UnpackFile {
        origin: Box<FileOrigin>,
        layer: LayerName,
        error: Box<UnpackError>,
    },
    /// A folder of files could not be made.
    #[error("folder '{into}' of layer '{layer}' can't be made")]
    Unpack {
        layer: LayerName,
        into: FolderName,
        #[source]
        error: Box<UnpackError>,
    },
}

/// A file that the component names and that no list allows.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A lock file of the application cannot be used.
    #[error("the list of source '{source_name}' can't be read: {error}")]
    Listing {
        source_name: SourceName,
        error: Arc<listed::ListingError>,
    },
    #[error(
        "source '{source_name}' takes its files from a lock file, and the application has none of these: {}",
        names(.files)
    )]
    NoList {
        source_name: SourceName,
        files: Vec<LockFileName>,
    },
    /// No list has the address with this digest.
    #[error(
        "the component asks source '{source_name}' for '{path}', which {list} does not list with that digest"
    )]
    NotListed {
        source_name: SourceName,
        /// Escaped and cut.
        path: String,
        /// The names of the lists.
        list: String,
    },
    /// The listed file is for another architecture.
    #[error(
        "the component asks source '{source_name}' for '{path}', which is for {arch} and not for {wanted}"
    )]
    Arch {
        source_name: SourceName,
        path: String,
        arch: String,
        wanted: String,
    },
    /// The address has a name or a number for machines of one network.
    #[error(
        "the address of '{file}' of source '{source_name}' is on {host}, which is not a public host"
    )]
    Private {
        source_name: SourceName,
        file: String,
        host: String,
    },
    /// The component asks for packages, and the source has a list of its own in buildpack.toml.
    #[error(
        "the component asks source '{source_name}' for packages, but the source's list in buildpack.toml has files with addresses"
    )]
    NoPackages { source_name: SourceName },
    /// The package has the files only under their digests, so none of them can be chosen by its name.
    #[error(
        "the component asks source '{source_name}' for packages of an index, but the source's files are in the package"
    )]
    PackagesInPackage { source_name: SourceName },
    /// Nobody names an index.
    #[error(
        "source '{source_name}' needs an index of packages, and neither {list} nor the operator's policy names one"
    )]
    NoIndex {
        source_name: SourceName,
        /// The names of the lists.
        list: String,
    },
    /// The index that the application's list or the policy names can't be asked. The address may contain a password.
    #[error("the index that {list} names for source '{source_name}' can't be asked: {reason}")]
    IndexAddress {
        source_name: SourceName,
        /// The names of the lists, or the policy.
        list: String,
        reason: FileUrlError,
    },
    /// The binding of a credential does not say which server it is for.
    #[error("{from} has no entry 'url', and source '{source_name}' has no server of its own")]
    NoServer {
        source_name: SourceName,
        from: String,
    },
}

/// The reason why an index has no file for a package that may be taken.
#[derive(Debug, thiserror::Error)]
pub enum IndexReason {
    /// The page can't be read.
    #[error(transparent)]
    Page(#[from] PageError),
    /// No file has one of the digests.
    #[error("none of its files has one of the digests that the application lists")]
    Digest,
    /// The files with such a digest are not wheels.
    #[error("the only file with a listed digest is {file}, which is not a wheel")]
    NoWheel {
        /// Escaped and cut.
        file: String,
    },
    /// The wheels with such a digest are for other interpreters or platforms.
    #[error("the wheels with a listed digest are for {}", .tags.join(", "))]
    Tags {
        /// Escaped and cut; a few of them.
        tags: Vec<String>,
    },
    /// The page repeats the credential that was sent to it.
    #[error("the page has files with a listed digest, and their addresses repeat the credential")]
    Echo,
    /// The chosen wheel has an address that can't be fetched.
    #[error("it gives no https address without a query for {file}")]
    Address {
        /// Escaped and cut.
        file: String,
    },
}

impl ListError {
    /// Reads lock files of an application as the list of a source.
    pub(crate) fn reading(
        source: SourceName,
        app: &Dir,
        files: &[LockFileName],
    ) -> Result<listed::Listing, Self> {
        let read = listed::Listing::read(app, files);
        let listing = read.map_err(|error| Self::Listing {
            source_name: source.clone(),
            error: Arc::new(error),
        })?;
        if listing.read.is_empty() {
            return Err(Self::NoList {
                source_name: source,
                files: files.to_vec(),
            });
        }
        Ok(listing)
    }
}

/// The names of files, for a sentence.
pub(super) fn names(files: &[LockFileName]) -> String {
    let names: Vec<_> = files.iter().map(LockFileName::as_str).collect();
    names.join(", ")
}
