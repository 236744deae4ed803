//! Whom a connection goes through and whose certificate is believed.
//!
//! Nothing here reads the environment or a system's store: roots are built in, the rest is given.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::blocking::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::protocol::AGENT;
use crate::cnb::address::RemoteUrl;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(30);

/// The proxy of the process environment, as its variables have it.
#[derive(Default)]
pub struct Proxies {
    /// `HTTPS_PROXY`. It may hold a password, so it is never shown.
    pub https: Option<String>,
    /// `NO_PROXY`: hosts that are reached without it.
    pub no_proxy: Option<String>,
}

impl Proxies {
    /// The proxy for this address, if any. None leads to this machine, whose http it could read.
    fn for_url(&self, url: &RemoteUrl) -> Option<&str> {
        let proxy = self.https.as_deref().filter(|proxy| !proxy.is_empty());
        proxy.filter(|_| !url.is_loopback())
    }

    /// Whom a connection leads to, for messages: where there is a proxy, it may be the proxy that fails.
    pub(super) fn peer(&self, url: &RemoteUrl) -> String {
        let host = url.host();
        match self.for_url(url) {
            Some(_) => format!("{host} (through the proxy)"),
            None => host.to_owned(),
        }
    }
}

/// Settings with which no connection can be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A given certificate can't be used.
    #[error("certificate {number} of those given can't be used")]
    Certificate {
        /// Which one, counted from one.
        number: usize,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// A given file holds no certificates.
    #[error("the certificates can't be read; PEM is expected")]
    Pem {
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// The proxy's address is wrong. The text does not show it, for it may hold a password.
    #[error("the proxy's address (HTTPS_PROXY) can't be used")]
    Proxy,
    /// The library can't be set up.
    #[error("encrypted connections can't be set up")]
    Setup {
        /// What it says.
        source: rustls::Error,
    },
    /// The HTTP library can't be set up.
    #[error("connections can't be set up")]
    Client {
        /// What it says.
        source: reqwest::Error,
    },
}

/// Reads certificates from a file's content, in PEM. None at all is an error, and so is one that can't be used.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|source| TlsError::Pem { source })?;
    if certificates.is_empty() {
        let source = rustls::pki_types::pem::Error::NoItemsFound;
        return Err(TlsError::Pem { source });
    }
    // Here the file can still be named.
    believe(&mut RootCertStore::empty(), certificates.clone())?;
    Ok(certificates)
}

/// A client for one host: no redirects, no proxy but the given one, and none to this machine.
pub(super) fn client(
    url: &RemoteUrl,
    certificates: Vec<CertificateDer<'static>>,
    proxies: &Proxies,
) -> Result<Client, TlsError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls_config(certificates)?)
        .https_only(url.is_https())
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(AGENT)
        .connect_timeout(CONNECT)
        // Each request says itself how much time is left.
        .timeout(None)
        // Turns off what the system or the environment would say.
        .no_proxy();
    if url.is_loopback() {
        // A resolver could say otherwise, and http is allowed here. The port stays the address's own.
        let here = [
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
        ];
        builder = builder.resolve_to_addrs("localhost", &here);
    } else if let Some(proxy) = proxies.for_url(url) {
        let exempt = proxies.no_proxy.as_deref().unwrap_or_default();
        let proxy = reqwest::Proxy::https(proxy)
            .map_err(|_| TlsError::Proxy)?
            .no_proxy(reqwest::NoProxy::from_string(exempt));
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|error| TlsError::Client {
        source: error.without_url(),
    })
}

fn tls_config(certificates: Vec<CertificateDer<'static>>) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    believe(&mut roots, certificates)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| TlsError::Setup { source })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn believe(
    roots: &mut RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
) -> Result<(), TlsError> {
    for (index, certificate) in certificates.into_iter().enumerate() {
        roots
            .add(certificate)
            .map_err(|source| TlsError::Certificate {
                number: index + 1,
                source,
            })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
