//! Why a download failed.

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

/// A download that failed. No text holds a credential, and what a server or repository says is cut short and cleaned
/// where it is shown.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There was no connection, or it broke.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server's answer is a refusal, or not git's.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The server leads elsewhere.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The repository does not have it.
    #[error(transparent)]
    Absent(#[from] AbsentError),
    /// The server says no, or what can't be understood.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A limit, reached by what was not wanted.
    #[error("the server leaves nothing out, and would send the whole commit")]
    Unfiltered(#[source] Box<Self>),
    /// All the time is used up.
    #[error("the download took longer than {limit:.0?}")]
    Deadline {
        /// The limit.
        limit: Duration,
    },
    /// What was sent is no sound pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// What was sent is incomplete.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The folder is not taken.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// A connection that could not be made, or did not hold.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The settings allow no connection.
    #[error(transparent)]
    Setup(#[from] TlsError),
    /// The host's name leads nowhere.
    #[error("the address of {host} can't be found")]
    Unresolved {
        /// The host.
        host: String,
        /// What the resolver says.
        source: reqwest::Error,
    },
    /// Nobody answers.
    #[error("{host} can't be reached")]
    NoConnection {
        /// The host.
        host: String,
        /// What the network says.
        source: reqwest::Error,
    },
    /// There was a connection, and no answer came on it, or none of HTTP.
    #[error("{host} gave no answer")]
    NoAnswer {
        /// The host.
        host: String,
        /// The network's own error, unless the answer was only waited for long enough.
        source: Option<reqwest::Error>,
    },
    /// The host can't prove who it is, or speaks no TLS that is understood.
    #[error("no trusted connection to {host} can be made")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong with its certificate or its TLS.
        source: TlsFault,
    },
    /// 407. Never tried again: like a server, a proxy can close an account.
    #[error("the proxy {proxy} {} (407)", if *given { format!("refused the user and password in {variable}") } else { "wants a user and a password".to_owned() })]
    ProxyCredential {
        /// Its scheme, host and port.
        proxy: String,
        /// The variable that names it.
        variable: &'static str,
        /// Whether it was told a user at all.
        given: bool,
    },
    /// The proxy answered that it makes no connection, to the last try.
    #[error("the proxy {proxy} makes no connection to {host}")]
    ProxyRefused {
        /// Its scheme, host and port.
        proxy: String,
        /// The host.
        host: String,
    },
    /// The connection broke within an answer.
    #[error("the connection to {host} broke")]
    Cut {
        /// The host.
        host: String,
        /// What the network says.
        source: io::Error,
    },
}

/// An answer that does not have what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// 401, and no credential was given.
    #[error("{origin} wants a credential (401)")]
    NeedsCredential {
        /// Scheme, host and port.
        origin: String,
    },
    /// 401 or 403. Never tried again.
    #[error("{origin} refused {} ({status})", if *given { "the credential" } else { "access without a credential" })]
    CredentialRefused {
        /// Scheme, host and port.
        origin: String,
        /// 401 or 403.
        status: u16,
        /// Whether there was a credential at all.
        given: bool,
    },
    /// 404, or words that mean it. Many servers answer so, too, when the credential may not see the repository.
    #[error("there is no repository {url}, or the credential may not see it ({})", said.as_ref().map_or("404".to_owned(), ToString::to_string))]
    NotFound {
        /// The repository.
        url: String,
        /// The server's own words, if it said no in words.
        said: Option<Said>,
    },
    /// 429, to the last try.
    #[error("{origin} answers too many requests (429)")]
    TooManyRequests {
        /// Scheme, host and port.
        origin: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// 5xx, to the last try.
    #[error("{origin} failed ({status}){}", said.as_ref().map_or(String::new(), |said| format!("; it says: {said}")))]
    ServerFailed {
        /// Scheme, host and port.
        origin: String,
        /// The status.
        status: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
        /// Its own words on that, if it says them as git does.
        said: Option<Said>,
    },
    /// A status that has no meaning here.
    #[error("{url} answered with the status {status}")]
    UnexpectedStatus {
        /// The repository.
        url: String,
        /// The status.
        status: u16,
    },
    /// An answer that git doesn't give: a sign-in page, a proxy's message.
    #[error("{url} doesn't answer as a git repository; it sent {found}")]
    NotGit {
        /// The repository.
        url: String,
        /// The type of what it sent.
        found: Said,
    },
    /// A redirect, a certificate or another answer with the credential in it. What it says is not shown.
    #[error(
        "{origin} answers with the credential in what it says, which is neither shown nor followed"
    )]
    Echo {
        /// Scheme, host and port.
        origin: String,
    },
    /// An answer over the limit.
    #[error("the server's answer is larger than {most} bytes")]
    TooLarge {
        /// The limit.
        most: u64,
    },
}

/// A redirect that is not followed.
#[derive(Debug, thiserror::Error)]
pub enum RedirectError {
    /// The repository is on another host now. The credential does not go there.
    #[error(
        "the repository has moved from {from} to {to}; a credential is for one host, so it wasn't followed"
    )]
    Moved {
        /// Where it was looked for.
        from: String,
        /// Where the server points to.
        to: String,
    },
    /// A redirect to something that is no repository: often a page to sign in.
    #[error("{url} redirects to what is no git repository{}", to.as_ref().map_or(String::new(), |to| format!(", at {to}")))]
    WrongRedirect {
        /// The repository.
        url: String,
        /// Scheme, host and port of what it redirects to, if they are others.
        to: Option<String>,
    },
    /// One redirect after the other.
    #[error("{url} redirects too often")]
    TooManyRedirects {
        /// The last stop.
        url: String,
    },
}

/// Something that was asked for and that the repository does not have.
#[derive(Debug, thiserror::Error)]
pub enum AbsentError {
    /// Neither a branch nor a tag.
    #[error("{url} has no branch and no tag '{revision}'{}", if *abbreviated { "; a commit id is given in full, with 40 digits" } else { "" })]
    NoSuchRevision {
        /// The repository.
        url: String,
        /// The name.
        revision: String,
        /// Whether it looks like the beginning of a commit id.
        abbreviated: bool,
    },
    /// A commit id that the server doesn't know.
    #[error("{url} has no commit {commit}")]
    NoSuchCommit {
        /// The repository.
        url: String,
        /// The id.
        commit: ObjectId,
    },
    /// The folder isn't in the commit.
    #[error("the commit {commit} has no '{missing}'")]
    NoSuchSubpath {
        /// The commit.
        commit: ObjectId,
        /// The folder's path, up to the part that is missing.
        missing: String,
    },
    /// The path leads to a file or a link.
    #[error("'{path}' is no folder in the commit {commit}")]
    NotAFolder {
        /// The commit.
        commit: ObjectId,
        /// The path, up to the part that is no folder.
        path: String,
    },
}

impl From<TlsError> for FetchError {
    fn from(error: TlsError) -> Self {
        ConnectError::Setup(error).into()
    }
}

impl FetchError {
    /// Says so of a limit that was reached by what came along with a commit: the server was asked to leave that out, or
    /// it can't. `is_whole` is whether all of the commit was asked for.
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

    /// The part of it that is the server's own.
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
