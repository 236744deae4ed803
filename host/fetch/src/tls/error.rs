//! Settings with which no connection can be made.

use crate::pem::PemError;

/// Settings with which no connection can be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A given certificate can't be used.
    #[error("the certificate that begins in line {line} can't be used")]
    Certificate {
        /// The line in which it begins in its file, counted from one.
        line: usize,
        /// What is wrong with it.
        source: PemError,
    },
    /// A given file holds no certificates.
    #[error("there is no certificate in it; PEM is expected")]
    NoCertificate,
    /// The proxy's address is wrong. The text does not show it, for it may hold a password.
    #[error(
        "the proxy's address in {variable} can't be used; it is http://host:port, or http://user:password@host:port \
         with the special characters of both percent-encoded"
    )]
    Proxy {
        /// The variable.
        variable: &'static str,
    },
    /// The library can't be set up.
    #[error("encrypted connections can't be set up")]
    Setup(#[from] rustls::Error),
    /// The HTTP library can't be set up.
    #[error("connections can't be set up")]
    Client {
        /// What it says.
        source: reqwest::Error,
    },
}
