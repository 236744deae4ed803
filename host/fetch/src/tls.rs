//! Makes the HTTP client for one host, with its trusted certificates.
//!
//! Nothing here reads the environment or a system's store: roots are built in, and the caller passes all others.

mod bound;
pub(crate) mod error;
mod fault;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::blocking::Client;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use self::bound::Verifier;
use super::pem::{self, PemError};
use super::protocol::AGENT;
use super::proxy::Proxy;
use cnb::address::{Origin, RemoteUrl};

pub use self::error::TlsError;
pub use self::fault::TlsFault;

/// The limit for the time to make a connection.
const CONNECT: Duration = Duration::from_secs(30);

/// Reads certificates from a file's content, in PEM. Fails if there are none, or if one can't be used.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let (certificates, unusable) = usable_certificates(pem);
    match unusable.into_iter().next() {
        Some(error) => Err(error),
        None if certificates.is_empty() => Err(TlsError::NoCertificate),
        None => Ok(certificates),
    }
}

/// Reads certificates from a file's content, in PEM. Returns those that can be used, and an error for each other one.
#[must_use]
pub fn usable_certificates(pem: &[u8]) -> (Vec<CertificateDer<'static>>, Vec<TlsError>) {
    let mut certificates = Vec::new();
    let mut unusable = Vec::new();
    for (line, found) in pem::certificates(pem) {
        let judged = found.and_then(|certificate| {
            let added = RootCertStore::empty().add(certificate.clone());
            added.map_err(PemError::Content)?;
            Ok(certificate)
        });
        match judged {
            Ok(certificate) => certificates.push(certificate),
            Err(source) => unusable.push(TlsError::Certificate { line, source }),
        }
    }
    (certificates, unusable)
}

/// Returns whether this is a built-in authority.
#[must_use]
pub fn is_built_in(certificate: &CertificateDer<'static>) -> bool {
    let mut store = RootCertStore::empty();
    let added = store.add(certificate.clone());
    added.is_ok()
        && store.roots.iter().all(|root| {
            let mut built_in = webpki_roots::TLS_SERVER_ROOTS.iter();
            built_in.any(|one| {
                one.subject == root.subject
                    && one.subject_public_key_info == root.subject_public_key_info
            })
        })
}

/// Makes the client for one repository. It follows no redirects, and uses no proxy but the given one.
pub(super) fn client(
    url: &RemoteUrl,
    certificates: Vec<CertificateDer<'static>>,
    proxy: Option<&Proxy>,
) -> Result<Client, TlsError> {
    let config = tls_config(certificates)?;
    build(&url.into(), config, proxy, &[])
}

/// Makes the client for files of one origin. It connects only to these addresses. If the list is empty, the name is
/// resolved for each connection, by the proxy if there is one.
pub(super) fn client_for_files(
    origin: &Origin,
    certificates: Vec<CertificateDer<'static>>,
    proxy: Option<&Proxy>,
    addresses: &[SocketAddr],
) -> Result<Client, TlsError> {
    let config = tls_config(certificates)?;
    build(origin, config, proxy, addresses)
}

fn build(
    origin: &Origin,
    config: ClientConfig,
    proxy: Option<&Proxy>,
    addresses: &[SocketAddr],
) -> Result<Client, TlsError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(config)
        .https_only(origin.is_https())
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(AGENT)
        .connect_timeout(CONNECT)
        // Each request sets its own timeout, from the time that is left.
        .timeout(None)
        // Ignores the proxies of the system and the environment.
        .no_proxy();
    if !addresses.is_empty() {
        builder = builder.resolve_to_addrs(origin.host(), addresses);
    }
    if origin.is_loopback() {
        // The client may use http to reach this machine, so no resolver may choose another address. The port comes from
        // the URL.
        let here = [
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
        ];
        builder = builder.resolve_to_addrs("localhost", &here);
    }
    if let Some(proxy) = proxy {
        let variable = proxy.variable();
        let proxy = reqwest::Proxy::https(proxy.expose());
        builder = builder.proxy(proxy.map_err(|_| TlsError::Proxy { variable })?);
    }
    builder.build().map_err(|error| TlsError::Client {
        source: error.without_url(),
    })
}

fn tls_config(certificates: Vec<CertificateDer<'static>>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new(certificates, Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // Only a custom verifier can trust a server's certificate itself.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod tests;
