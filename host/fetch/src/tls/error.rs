//! The errors of invalid settings for a connection.

use crate::pem::PemError;

/// Invalid settings for a connection.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A given certificate can't be used.
    #[error("the certificate that begins in line {line} can't be used")]
    Certificate {
        /// The number of its first line in the file, counted from one.
        line: usize,
        source: PemError,
    },
    /// The given file has no certificates.
    #[error("there is no certificate in it; PEM is expected")]
    NoCertificate,
    /// The proxy's address is invalid. The text does not show it, because it may contain a password.
    #[error(
        "the proxy's address in {variable} can't be used; it is http://host:port, or http://user:password@host:port \
         with the special characters of both percent-encoded"
    )]
    Proxy {
        /// The environment variable with the address.
        variable: &'static str,
    },
    /// The TLS library can't be set up.
    #[error("encrypted connections can't be set up")]
    Setup(#[from] rustls::Error),
    /// The HTTP library can't be set up.
    #[error("connections can't be set up")]
    Client { source: reqwest::Error },
}
