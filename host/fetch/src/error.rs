//! The errors of a download.

use std::error::Error;
use std::io;
use std::time::Duration;

use gix_hash::ObjectId;

use super::FolderError;
use super::objects::ObjectError;
use super::pack::PackError;
use super::protocol::ProtocolError;
use super::tls::{TlsError, TlsFault};
use super::tree::TreeError;
use text::Said;

impl From<FolderError> for FetchError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Pack(error) => Self::Pack(error),
            FolderError::Tree(error) => Self::Tree(error),
        }
    }
}

/// A failed download. No text has a credential in it. Texts of a server or repository are cut and cleaned when they are
/// displayed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The connection failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server's answer is a refusal, or does not come from git.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The server redirects, and the redirect is not followed.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The repository does not have the revision or the folder.
    #[error(transparent)]
    Absent(#[from] AbsentError),
    /// The server refuses in git's protocol, or its answer can't be parsed.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A limit, reached by objects that were not requested.
    #[error("the server does not filter, and would send the whole commit")]
    Unfiltered(#[source] Box<Self>),
    #[error("the download took longer than {limit:.0?}")]
    Deadline { limit: Duration },
    /// The pack is invalid.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// An object is missing or can't be used.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The folder is refused.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// A connection that could not be made, or that broke.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The settings allow no connection.
    #[error(transparent)]
    Setup(#[from] TlsError),
    /// The resolver does not find the host's name.
    #[error("the address of {host} can't be found")]
    Unresolved {
        host: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// The host does not accept a connection.
    #[error("{host} can't be reached")]
    NoConnection {
        host: String,
        source: reqwest::Error,
    },
    /// The connection was made, but no answer came, or one that is not HTTP.
    #[error("{host} gave no answer")]
    NoAnswer {
        host: String,
        /// The network's error. `None` if the wait for the answer took too long.
        source: Option<reqwest::Error>,
    },
    /// The host's certificate is not trusted, or its TLS is not supported.
    #[error("no trusted connection to {host} can be made")]
    Tls { host: String, source: TlsFault },
    /// 407. Never sent again: like a server, a proxy can lock an account.
    #[error("the proxy {proxy} {} (407)", if *given { format!("refused the user and password in {variable}") } else { "requires a user name and a password".to_owned() })]
    ProxyCredential {
        /// The proxy's scheme, host and port.
        proxy: String,
        /// The environment variable with the proxy's address.
        variable: &'static str,
        /// Whether the address has a user or password.
        given: bool,
    },
    /// The proxy refused to make the connection, also at the last attempt.
    #[error("the proxy {proxy} did not connect to {host}")]
    ProxyRefused {
        /// The proxy's scheme, host and port.
        proxy: String,
        host: String,
    },
    /// The connection broke within an answer.
    #[error("the connection to {host} broke")]
    Cut { host: String, source: io::Error },
}

/// An answer that is an error, or not one of git.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// 401 without a credential.
    #[error("{origin} requires a credential (401)")]
    NeedsCredential {
        /// Scheme, host and port.
        origin: String,
    },
    /// 401 or 403. Never sent again.
    #[error("{origin} refused {} ({status})", if *given { "the credential" } else { "access without a credential" })]
    CredentialRefused {
        /// Scheme, host and port.
        origin: String,
        /// 401 or 403.
        status: u16,
        /// Whether a credential was sent.
        given: bool,
    },
    /// 404, or a message that means the same. Many servers also send it if the credential has no access.
    #[error("there is no repository {url}, or the credential may not see it ({})", said.as_ref().map_or("404".to_owned(), ToString::to_string))]
    NotFound {
        url: String,
        /// The server's own message, if it refused with one.
        said: Option<Said>,
    },
    /// 429, also at the last attempt.
    #[error("{origin} answered that there were too many requests (429)")]
    TooManyRequests {
        /// Scheme, host and port.
        origin: String,
        /// The wait that the server asks for.
        retry_after: Option<Duration>,
    },
    /// 5xx, also at the last attempt.
    #[error("{origin} failed ({status}){}", said.as_ref().map_or(String::new(), |said| format!("; it says: {said}")))]
    ServerFailed {
        /// Scheme, host and port.
        origin: String,
        status: u16,
        /// The wait that the server asks for.
        retry_after: Option<Duration>,
        /// The server's own message, if the answer is in git's protocol.
        said: Option<Said>,
    },
    /// Any other status.
    #[error("{url} answered with the status {status}")]
    UnexpectedStatus { url: String, status: u16 },
    /// An answer that does not come from git: a sign-in page, a proxy's message.
    #[error("{url} doesn't answer as a git repository; it sent {found}")]
    NotGit {
        url: String,
        /// The answer's content type.
        found: Said,
    },
    /// A redirect, a certificate or another answer with the credential in it. Its text is not shown.
    #[error(
        "{origin} repeats the credential in its answer, so the answer is neither shown nor followed"
    )]
    Echo {
        /// Scheme, host and port.
        origin: String,
    },
    #[error("the server's answer is larger than {most} bytes")]
    TooLarge { most: u64 },
}

/// A redirect that is not followed.
#[derive(Debug, thiserror::Error)]
pub enum RedirectError {
    /// The repository is on another host now. The credential is not sent there.
    #[error(
        "the repository has moved from {from} to {to}; a credential is for one host, so it wasn't followed"
    )]
    Moved {
        /// The requested origin.
        from: String,
        /// The redirect's origin.
        to: String,
    },
    /// A redirect to something that is not a repository: often a sign-in page.
    #[error("{url} redirects to something that is not a git repository{}", to.as_ref().map_or(String::new(), |to| format!(", at {to}")))]
    WrongRedirect {
        url: String,
        /// The redirect's scheme, host and port, if they differ from those of `url`.
        to: Option<String>,
    },
    #[error("{url} redirects too often")]
    TooManyRedirects {
        /// The last address.
        url: String,
    },
}

/// A revision or folder that the repository does not have.
#[derive(Debug, thiserror::Error)]
pub enum AbsentError {
    /// No branch and no tag has the name.
    #[error("{url} has no branch and no tag '{revision}'{}", if *abbreviated { "; a commit id must have all of its 40 digits" } else { "" })]
    NoSuchRevision {
        url: String,
        revision: String,
        /// Whether the name looks like an abbreviated commit id.
        abbreviated: bool,
    },
    /// A commit id that the server doesn't know.
    #[error("{url} has no commit {commit}")]
    NoSuchCommit { url: String, commit: ObjectId },
    /// The folder isn't in the commit.
    #[error("the commit {commit} has no '{missing}'")]
    NoSuchSubpath {
        commit: ObjectId,
        /// The folder's path, up to and including its first missing part.
        missing: String,
    },
    /// The path is a file or a link.
    #[error("'{path}' is not a folder in the commit {commit}")]
    NotAFolder {
        commit: ObjectId,
        /// The path, up to and including the part that is not a folder.
        path: String,
    },
}

impl From<TlsError> for FetchError {
    fn from(error: TlsError) -> Self {
        ConnectError::Setup(error).into()
    }
}

impl FetchError {
    /// Marks a limit that was reached by a commit's other objects: the server was asked to leave them out, or it can't.
    /// `is_whole` is whether the whole commit was requested.
    pub(super) fn of_commit(self, is_whole: bool) -> Self {
        match self {
            Self::Answer(AnswerError::TooLarge { .. })
            | Self::Pack(PackError::TooManyObjects { .. } | PackError::TooLarge { .. }) => {
                Self::Unfiltered(Box::new(self))
            }
            Self::Deadline { .. } if is_whole => Self::Unfiltered(Box::new(self)),
            other => other,
        }
    }

    /// Returns the part of the error that is the server's own text.
    pub(super) fn words_of_the_server(&mut self) -> Option<&mut Said> {
        match self {
            Self::Protocol(error) => error.words_of_the_server(),
            Self::Answer(AnswerError::NotGit { found, .. }) => Some(found),
            Self::Answer(
                AnswerError::ServerFailed { said, .. } | AnswerError::NotFound { said, .. },
            ) => said.as_mut(),
            _ => None,
        }
    }
}
