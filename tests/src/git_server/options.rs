//! What a server is to be, before it starts.
//!
//! Nothing happens here: `Options::start` stands with the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::http::Request;
use super::kind::Kind;

/// How the server treats object filters, without which a client must take whole commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filters {
    /// Offered and obeyed, as on GitLab.
    #[default]
    Allowed,
    /// Not among the capabilities.
    NotOffered,
    /// Offered, but each is answered with an error.
    Refused,
    /// Offered, but those by tree depth are answered with an error.
    TreeRefused,
}

/// Who may read.
#[derive(Clone, Debug, Default)]
pub enum Access {
    /// Everybody.
    #[default]
    Open,
    /// Who signs in with this name and token.
    Basic {
        /// The user name.
        user: String,
        /// The password.
        token: String,
    },
}

/// Whose certificate a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certificate {
    /// One by an authority of its own.
    Signed,
    /// Its own, which says that it is an authority's, as `openssl req -x509` makes it.
    Own,
    /// The same, but its time is over.
    Expired,
}

/// What a server is to be, before it starts.
#[derive(Default)]
pub struct Options {
    pub(super) repositories: BTreeMap<String, PathBuf>,
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
    /// Serves one more repository under `path`, such as `group/project.git`.
    #[must_use]
    pub fn repository(mut self, path: &str, git_dir: &Path) -> Self {
        self.repositories
            .insert(path.trim_matches('/').to_owned(), git_dir.to_owned());
        self
    }

    /// Lets only those read who sign in with `user` and `token`.
    #[must_use]
    pub fn token(mut self, user: &str, token: &str) -> Self {
        self.access = Access::Basic {
            user: user.to_owned(),
            token: token.to_owned(),
        };
        self
    }

    /// Answers as another program does where that is not as git's own.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets how filters are treated.
    #[must_use]
    pub fn filters(mut self, filters: Filters) -> Self {
        self.filters = filters;
        self
    }

    /// Never hears that the client offers protocol 2, as servers before it.
    #[must_use]
    pub fn first_protocol_only(mut self) -> Self {
        self.first_protocol_only = true;
        self
    }

    /// Sends bodies in chunks, without saying how long they are.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Speaks TLS, with a certificate for `127.0.0.1` and `localhost` by an authority of its own.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = Some(Certificate::Signed);
        self
    }

    /// Speaks TLS, with a certificate of its own that it signed itself and that says it is an authority's.
    #[must_use]
    pub fn tls_by_itself(mut self) -> Self {
        self.tls = Some(Certificate::Own);
        self
    }

    /// The same with a certificate whose time is over.
    #[must_use]
    pub fn tls_expired(mut self) -> Self {
        self.tls = Some(Certificate::Expired);
        self
    }

    /// Keeps of each answer's body only its length, where answers are large and many.
    #[must_use]
    pub fn forgets_bodies(mut self) -> Self {
        self.forgets_bodies = true;
        self
    }

    /// Calls `hook` after each request was read and before it is answered: the client waits meanwhile.
    #[must_use]
    pub fn on_request(mut self, hook: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        self.on_request = Some(Box::new(hook));
        self
    }
}
