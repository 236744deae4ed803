//! The errors of fetching contents, and the origin that they name.

use std::io;

use super::files::{FilesContentsError, ListError};
use cnb::address::RemoteUrl;
use cnb::bindings::BindingsError;
use cnb::descriptor::CredentialDeclaration;
use cnb::names::{BindingType, SourceName, VariableName};
use cnb::platform::PlatformError;
use cnb::sha256::Sha256;
use credential::{CredentialError, CredentialPlace, Nameless};
use dir::DirError;
use fetch::{FetchError, FolderError, ObjectError, PackError, StageError, TlsError, TreeError};
use policy::Denial;

/// The origin of a source's content, for messages. It contains no user and no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentOrigin {
    pub source: String,
    pub url: String,
    pub host: String,
    /// The name of the place of the credential, if one was found.
    pub credential: Option<String>,
    /// The kind of that place.
    pub place: Option<CredentialPlace>,
    /// The kind of token, if it lacks the user name that it needs.
    pub nameless: Option<Nameless>,
    /// The platform's variable that set the revision.
    pub chosen_by: Option<VariableName>,
    /// Whether this is a mirror from the operator's policy.
    pub is_mirror: bool,
    /// Whether the server seems to be a GitLab, by the name of the host or of the declared credential. Only messages
    /// depend on it.
    pub is_gitlab: bool,
}

impl ContentOrigin {
    /// Makes the origin of a declared address and of the credential that is declared for it.
    pub(super) fn of(
        source: &SourceName,
        url: &RemoteUrl,
        wanted: Option<&CredentialDeclaration>,
    ) -> Self {
        let variable = wanted.and_then(|wanted| wanted.env.as_ref());
        let binding = wanted.and_then(|wanted| wanted.binding.as_ref());
        let names = [
            Some(url.host()),
            variable.map(VariableName::as_str),
            binding.map(BindingType::as_str),
        ];
        let is_gitlab = |name: &str| name.to_ascii_lowercase().contains("gitlab");
        Self {
            source: source.to_string(),
            url: url.to_string(),
            host: url.host().to_owned(),
            credential: None,
            place: None,
            nameless: None,
            chosen_by: None,
            is_mirror: false,
            is_gitlab: names.into_iter().flatten().any(is_gitlab),
        }
    }

    /// Converts the error of a download from here.
    pub(super) fn failed(&self, error: FetchError) -> ContentsError {
        match error {
            FetchError::Pack(PackError::Scratch(error)) => self.unwritten(error.into()),
            FetchError::Object(error @ ObjectError::Unreadable { .. })
            | FetchError::Tree(TreeError::Object(error @ ObjectError::Unreadable { .. })) => {
                self.unwritten(error.into())
            }
            error => ContentsError::Fetch {
                origin: Box::new(self.clone()),
                error: Box::new(error),
            },
        }
    }

    /// Converts the error of a content that comes with the package.
    pub(super) fn failed_in_package(
        &self,
        name: &SourceName,
        error: PackageError,
    ) -> ContentsError {
        match error {
            PackageError::Folder(FolderError::Pack(PackError::Scratch(error))) => {
                self.unwritten(error.into())
            }
            PackageError::Folder(FolderError::Tree(TreeError::Object(
                error @ ObjectError::Unreadable { .. },
            ))) => self.unwritten(error.into()),
            source => ContentsError::Package {
                source_name: name.clone(),
                source,
            },
        }
    }

    /// Converts an error of writing content from here to the disk.
    pub(super) fn unwritten(&self, error: StageError) -> ContentsError {
        ContentsError::Stage {
            origin: Box::new(self.clone()),
            error,
        }
    }
}

/// Contents that could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    #[error(transparent)]
    Bindings(#[from] BindingsError),
    #[error("the certificates from {from} can't be read")]
    CertificateFile { from: String, source: PlatformError },
    /// A file does not hold usable certificates.
    #[error("the certificates from {from} can't be used")]
    Certificates { from: String, source: TlsError },
    /// The package lacks a source's content, or it can't be read.
    #[error("the package does not contain source '{source_name}'")]
    NotInPackage {
        source_name: SourceName,
        source: DirError,
    },
    /// The package's content is not the one that buildpack.toml names.
    #[error("the package's content for source '{source_name}' can't be used")]
    Package {
        source_name: SourceName,
        source: PackageError,
    },
    /// The operator's policy denies the source.
    #[error("{0}")]
    Denied(Box<Denial>),
    /// A setting names a server in a way that is not allowed.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The credential is missing or cannot be used.
    #[error("{error}")]
    Credential {
        origin: Box<ContentOrigin>,
        error: CredentialError,
    },
    #[error("{error}")]
    Fetch {
        origin: Box<ContentOrigin>,
        error: Box<FetchError>,
    },
    /// A folder of files could not be made.
    #[error(transparent)]
    Files(#[from] FilesContentsError),
    /// A layer's directory could not be prepared.
    #[error(transparent)]
    Begin(DirError),
    /// Fetched content could not be written.
    #[error("{error}")]
    Stage {
        origin: Box<ContentOrigin>,
        error: StageError,
    },
}

/// A server that a setting names in a way that is not allowed.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The binding that holds a mirror's credential names a server.
    #[error("{from} has an entry 'url', and the operator's policy names the mirror's address")]
    MirrorUrl { from: String },
    /// A binding's address should name a server, but names a repository.
    #[error("{from} must be the address of a server, but is the whole address of a repository")]
    WholeRepository {
        /// The setting that holds the address.
        from: String,
        /// Scheme, host and port.
        origin: String,
    },
}

impl From<ListError> for ContentsError {
    fn from(error: ListError) -> Self {
        Self::Files(FilesContentsError::List(Box::new(error)))
    }
}

/// A folder from the package that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("it can't be read")]
    Read(#[from] io::Error),
    #[error("it is larger than {most} bytes")]
    TooLarge { most: u64 },
    #[error("it does not have the digest {wanted}")]
    Digest { wanted: Sha256 },
    /// It is not the folder whose id is in buildpack.toml.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use fetch::ScratchError;
    use gix_hash::ObjectId;
    use gix_object::Kind;

    #[test]
    fn a_disk_without_room_for_a_download_is_no_fault_of_the_repository() {
        let origin = ContentOrigin {
            source: "job".to_owned(),
            url: "https://example.com/a.git".to_owned(),
            host: "example.com".to_owned(),
            credential: None,
            place: None,
            nameless: None,
            chosen_by: None,
            is_mirror: false,
            is_gitlab: false,
        };
        let full = || ScratchError::File(io::ErrorKind::StorageFull.into());
        let error = origin.failed(FetchError::Pack(PackError::Scratch(full())));
        assert!(matches!(error, ContentsError::Stage { .. }), "{error:?}");
        let lost = || ObjectError::Unreadable {
            kind: Kind::Tree,
            id: ObjectId::null(gix_hash::Kind::Sha1),
            why: io::ErrorKind::Other,
        };
        for error in [
            FetchError::Object(lost()),
            FetchError::Tree(TreeError::Object(lost())),
        ] {
            let error = origin.failed(error);
            assert!(matches!(error, ContentsError::Stage { .. }), "{error:?}");
        }
        let error = origin.failed(FetchError::Pack(PackError::Checksum));
        assert!(matches!(error, ContentsError::Fetch { .. }), "{error:?}");
    }
}
