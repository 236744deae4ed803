//! The server of a source, between signing in and asking it.

use fetch::Remote;

/// A server that can be asked.
pub(super) struct Server {
    pub(super) remote: Box<Remote>,
    /// The places from which certificates are believed, besides the built-in ones.
    pub(super) trusted: Vec<String>,
}
