//! Certificates for one test: an authority's with a server certificate, or a self-signed one.

use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::options;

pub(super) struct Identity {
    /// The certificate of the authority, or the server's own one, in PEM form.
    pub(super) authority: String,
    pub(super) config: Arc<ServerConfig>,
}

impl Identity {
    pub(super) fn new(kind: options::Certificate) -> Result<Self> {
        let key = KeyPair::generate()?;
        let (certificate, authority) = match kind {
            options::Certificate::Signed => signed(&key)?,
            options::Certificate::Own => own(&key, (2020, 2120))?,
            options::Certificate::Expired => own(&key, (2020, 2021))?,
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // The provider is explicit, since a process may have more than one.
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .context("no TLS version in common with rustls")?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .context("rustls refuses the certificate")?;
        Ok(Self {
            authority,
            config: Arc::new(config),
        })
    }
}

fn names() -> Vec<String> {
    vec!["127.0.0.1".to_owned(), "localhost".to_owned()]
}

fn signed(key: &KeyPair) -> Result<(Certificate, String)> {
    let authority_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(params, authority_key);
    let certificate = CertificateParams::new(names())?.signed_by(key, &issuer)?;
    Ok((certificate, authority))
}

/// A self-signed certificate, valid from January 1 of one year to January 1 of another.
fn own(key: &KeyPair, (begin, end): (i32, i32)) -> Result<(Certificate, String)> {
    let mut params = CertificateParams::new(names())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = rcgen::date_time_ymd(begin, 1, 1);
    params.not_after = rcgen::date_time_ymd(end, 1, 1);
    let certificate = params.self_signed(key)?;
    let pem = certificate.pem();
    Ok((certificate, pem))
}
