//! The server of a source, between signing in and asking it.

use fetch::Remote;

pub(super) struct RepositoryServer {
    pub(super) remote: Box<Remote>,
    /// The sources of trusted certificates in addition to the built-in ones.
    pub(super) trusted: Vec<String>,
}
