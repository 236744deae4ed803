//! Why contents could not be had, and where they were to come from.

use std::io;

use crate::credential::{CredentialError, CredentialPlace, Nameless};
use crate::policy::Denial;
use cnb::address::RemoteUrl;
use cnb::bindings::BindingsError;
use cnb::descriptor::CredentialDeclaration;
use cnb::names::{BindingType, SourceName, VariableName};
use cnb::platform::PlatformError;
use dir::DirError;
use fetch::{FetchError, FolderError, ObjectError, PackError, StageError, TlsError, TreeError};

/// Where contents were to come from, for messages: no user, no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source's name.
    pub source: String,
    /// The repository's address.
    pub url: String,
    /// Its host.
    pub host: String,
    /// Where the credential was found, if one was.
    pub credential: Option<String>,
    /// What kind of place that is.
    pub place: Option<CredentialPlace>,
    /// The kind of it that lacks something for signing in.
    pub nameless: Option<Nameless>,
    /// The variable of the platform that chose the revision.
    pub chosen_by: Option<VariableName>,
    /// Whether this is the mirror that the operator's policy names.
    pub is_mirror: bool,
    /// Whether it seems to be a GitLab, by the name of the host or of the credential that is declared for it. Nothing
    /// but words depends on it.
    pub is_gitlab: bool,
}

impl Origin {
    /// An address, as it is declared, and nothing else known but the credential that is wanted there.
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

    /// A download from here that failed.
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

    /// What the package brings along for it failed.
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

    /// What came from here has no place on the disk.
    pub(super) fn unwritten(&self, error: StageError) -> ContentsError {
        ContentsError::Stage {
            origin: Box::new(self.clone()),
            error,
        }
    }
}

/// Why contents could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// This program can't read itself.
    #[error("/proc/self/exe can't be read")]
    Digest(#[source] io::Error),
    /// The service bindings can't be used.
    #[error(transparent)]
    Bindings(#[from] BindingsError),
    /// A file of certificates can't be read.
    #[error("the certificates from {from} can't be read")]
    CertificateFile {
        /// Where they were to come from.
        from: String,
        /// Why.
        source: PlatformError,
    },
    /// What should be certificates is none.
    #[error("the certificates from {from} can't be used")]
    Certificates {
        /// Where they come from.
        from: String,
        /// Why.
        source: TlsError,
    },
    /// What the package should bring along can't be read.
    #[error("the package doesn't bring source '{source_name}' along")]
    NotInPackage {
        /// The source.
        source_name: SourceName,
        /// Why.
        source: DirError,
    },
    /// What the package brings along is not what buildpack.toml says.
    #[error("what the package brings along for source '{source_name}' can't be used")]
    Package {
        /// The source.
        source_name: SourceName,
        /// Why.
        source: PackageError,
    },
    /// The operator's policy doesn't grant it.
    #[error("{0}")]
    Denied(Box<Denial>),
    /// The binding of a mirror's credential names a server.
    #[error("{from} has an entry 'url', and the operator's policy names the mirror's address")]
    MirrorUrl {
        /// The binding.
        from: String,
    },
    /// The address of a server is that of a repository.
    #[error("{from} is a repository's whole address, and the server's alone is wanted")]
    WholeRepository {
        /// The one who says the address.
        from: String,
        /// Scheme, host and port.
        origin: String,
    },
    /// There is no credential.
    #[error("{error}")]
    Credential {
        /// What it is needed for.
        origin: Box<Origin>,
        /// Why there is none.
        error: CredentialError,
    },
    /// The source could not be fetched.
    #[error("{error}")]
    Fetch {
        /// From where.
        origin: Box<Origin>,
        /// Why.
        error: Box<FetchError>,
    },
    /// A layer's directory could not be made ready for what is fetched.
    #[error(transparent)]
    Begin(DirError),
    /// What was fetched could not be written.
    #[error("{error}")]
    Stage {
        /// From where.
        origin: Box<Origin>,
        /// Why.
        error: StageError,
    },
}

/// Why a folder that came with the package can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It can't be read.
    #[error("it can't be read")]
    Read(#[from] io::Error),
    /// It is over the limit.
    #[error("it is larger than {most} bytes")]
    TooLarge {
        /// The limit.
        most: u64,
    },
    /// It is not the folder that buildpack.toml names by its id.
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
        let origin = Origin {
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
