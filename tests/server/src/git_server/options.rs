//! The options of a server.
//!
//! `Options::start` is with the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::http::Request;
use super::kind::Kind;

/// The server's handling of object filters. Without filters, a client must download whole commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filters {
    /// Offers and applies them, as GitLab does.
    #[default]
    Allowed,
    /// Does not offer them.
    NotOffered,
    /// Offers them, but answers each with an error.
    Refused,
    /// Offers them, but answers filters by tree depth with an error.
    TreeRefused,
}

/// The users who may read.
#[derive(Clone, Debug, Default)]
pub enum Access {
    /// Everybody.
    #[default]
    Open,
    /// Only a user with this name and token.
    Basic {
        user: String,
        /// The token, as the password.
        token: String,
    },
}

/// The issuer of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certificate {
    /// Signed by an authority of the server's own.
    Signed,
    /// Self-signed, and marked as an authority's, as `openssl req -x509` makes it.
    Own,
    /// Self-signed and expired.
    Expired,
}

/// The options of a server.
#[derive(Default)]
pub struct Options {
    pub(super) repositories: BTreeMap<String, PathBuf>,
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) access: Access,
    pub(super) kind: Kind,
    pub(super) filters: Filters,
    pub(super) first_protocol_only: bool,
    pub(super) chunked: bool,
    pub(super) tls: Option<Certificate>,
    pub(super) forgets_bodies: bool,
    pub(super) on_request: Option<OnRequest>,
}

pub(super) type OnRequest = Box<dyn Fn(&Request) + Send + Sync>;

impl Options {
    /// Serves one more repository at `path`, such as `group/project.git`.
    #[must_use]
    pub fn repository(mut self, path: &str, git_dir: &Path) -> Self {
        self.repositories
            .insert(path.trim_matches('/').to_owned(), git_dir.to_owned());
        self
    }

    /// Serves one more file at `path`, which begins with `/`.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// Requires `user` and `token` for reading.
    #[must_use]
    pub fn token(mut self, user: &str, token: &str) -> Self {
        self.access = Access::Basic {
            user: user.to_owned(),
            token: token.to_owned(),
        };
        self
    }

    /// Answers as another program does.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    #[must_use]
    pub fn filters(mut self, filters: Filters) -> Self {
        self.filters = filters;
        self
    }

    /// Ignores the client's offer of protocol 2, as old servers do.
    #[must_use]
    pub fn first_protocol_only(mut self) -> Self {
        self.first_protocol_only = true;
        self
    }

    /// Sends bodies in chunks, without their length.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Uses TLS, with a certificate for `127.0.0.1` and `localhost` that an authority of its own signed.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = Some(Certificate::Signed);
        self
    }

    /// Uses TLS, with a self-signed certificate that is marked as an authority's.
    #[must_use]
    pub fn tls_by_itself(mut self) -> Self {
        self.tls = Some(Certificate::Own);
        self
    }

    /// Uses TLS, with an expired self-signed certificate.
    #[must_use]
    pub fn tls_expired(mut self) -> Self {
        self.tls = Some(Certificate::Expired);
        self
    }

    /// Keeps only the length of each body, for large and frequent responses.
    #[must_use]
    pub fn forgets_bodies(mut self) -> Self {
        self.forgets_bodies = true;
        self
    }

    /// Calls `hook` after each request is read and before it is answered. The client waits meanwhile.
    #[must_use]
    pub fn on_request(mut self, hook: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        self.on_request = Some(Box::new(hook));
        self
    }
}
