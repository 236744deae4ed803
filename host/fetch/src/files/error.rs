//! The errors of downloads of single files. Each names the file's address, but only the origin of a redirect's target.
//!
//! No text has a credential in it: the text of a server is checked for one first.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use cnb::sha256::Sha256;
use dir::DirError;

use crate::exchange::ExchangeError;
use crate::retry::Failure;
use crate::{AnswerError, ConnectError};

/// A failed download, or a file that the caller refused.
#[derive(Debug, thiserror::Error)]
pub enum FilesError<E> {
    #[error(transparent)]
    Download(#[from] FileError),
    /// The caller refused the file with this index.
    #[error("the file {url} is refused")]
    Take {
        index: usize,
        url: String,
        source: E,
    },
}

/// A file that can't be downloaded.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The connection failed.
    #[error("the file {url} can't be downloaded")]
    Connect { url: String, source: ConnectError },
    /// The server's answer is a refusal, or too large.
    #[error("the file {url} can't be downloaded")]
    Answer { url: String, source: AnswerError },
    /// The server redirects, and the redirect is not followed.
    #[error("the file {url} can't be downloaded")]
    Redirect {
        url: String,
        source: FileRedirectError,
    },
    /// The server can be in a private network, and no setting grants that.
    #[error("the file {url} is not downloaded, because {origin} {inside}")]
    Inside {
        url: String,
        /// The origin of the file, or of a redirect.
        origin: String,
        inside: Inside,
    },
    /// 404 or 410. Many servers also send it if the credential has no access.
    #[error("{origin} has no file {url}, or the credential may not see it ({status})")]
    NotFound {
        url: String,
        /// The origin of the file, or of a redirect.
        origin: String,
        status: u16,
    },
    /// The content has another digest. Never downloaded again.
    #[error(
        "the file {url} is not the one that was asked for: its SHA-256 is {found}, not {wanted}"
    )]
    Digest {
        url: String,
        wanted: Sha256,
        found: Sha256,
    },
    /// All files together are too large.
    #[error("the files are larger than {most} bytes together; {url} is the first that doesn't fit")]
    TooMuch { url: String, most: u64 },
    #[error("the files come from more than {most} servers; {origin} is one too many")]
    TooManyServers { origin: String, most: usize },
    #[error("the download took longer than {limit:.0?}")]
    Deadline { limit: Duration },
    /// The scratch file can't be created.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The scratch file can't be written.
    #[error("the file {url} can't be written to a scratch file")]
    Write { url: String, source: io::Error },
}

/// The reason why a server is treated as one of a private network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Inside {
    #[error("is not https")]
    Http,
    /// An IP address, or a name that no public resolver knows.
    #[error("is an address or a name of a private network")]
    Name,
    /// All addresses of the name are of private networks or of special use. This is the first.
    #[error("leads to {0}, which is an address of a private network or of special use")]
    Address(IpAddr),
}

/// A redirect that is not followed. Of its target, only the origin is shown: its query may be as good as a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileRedirectError {
    #[error(
        "{from} redirects to {to}, which is neither the same origin nor one of those that were declared"
    )]
    Elsewhere {
        /// The requested origin.
        from: String,
        /// The redirect's origin.
        to: String,
    },
    /// The redirect has no target, or one that is not the address of a server or has a user name.
    #[error("{from} redirects to something that is not a plain https address")]
    Unusable {
        /// The requested origin.
        from: String,
    },
    #[error("{from} redirects too often")]
    TooMany {
        /// The last origin.
        from: String,
    },
}

impl FileError {
    pub(super) fn of_exchange(error: ExchangeError, url: &str) -> Self {
        let url = url.to_owned();
        match error {
            ExchangeError::Connect(source) => Self::Connect { url, source },
            ExchangeError::Answer(source) => Self::Answer { url, source },
            ExchangeError::Deadline { limit } => Self::Deadline { limit },
        }
    }

    /// Returns the kind of the failure, which decides whether another attempt can help.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::Connect { source, .. } => source.failure(),
            Self::Answer { source, .. } => source.failure(),
            _ => Failure::Final,
        }
    }
}
