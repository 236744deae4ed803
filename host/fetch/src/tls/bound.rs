//! Verifies certificates as rustls does by default, and also trusts a given server certificate itself.
//!
//! A server's own certificate is often self-signed, and one from `openssl req -x509` is an authority's as well, which
//! the rules forbid for a server. A person who provides such a file means this one server, and curl and git trust it.
//! But its key must not sign for other servers. An authority can sign for every server, so the given certificate does
//! not become an authority.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Verifies certificates. Differs from the default only in the check of the signer, and only for given certificates.
#[derive(Debug)]
pub(super) struct Verifier {
    by_authority: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// Trusts certificates that a built-in or `given` authority has signed, and the `given` ones themselves if they are
    /// equal byte for byte.
    pub(super) fn new(
        given: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for authority in given.iter().filter(|given| !names_a_server(given)) {
            roots.add(authority.clone())?;
        }
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let by_authority = builder
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self {
            by_authority,
            given,
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judge = |intermediates: &[CertificateDer<'_>]| {
            let by_authority = &self.by_authority;
            by_authority.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
        };
        if !self.given.iter().any(|given| given == end_entity) {
            return judge(intermediates);
        }
        match judge(&[]) {
            // The library checks the dates before the signer, so they are valid. It checks the name after the signer.
            Err(error) if is_about_the_signer(&error) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    // The server must prove that it has the certificate's key, whoever signed the certificate.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let by_authority = &self.by_authority;
        by_authority.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let by_authority = &self.by_authority;
        by_authority.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authority.supported_verify_schemes()
    }
}

/// Returns whether a certificate is for servers: whether its subjectAltNames have a host name or an address.
///
/// Returns false for a certificate that no server can use: of version 1, which has no such names, or with an unknown
/// critical extension.
fn names_a_server(certificate: &CertificateDer<'_>) -> bool {
    let Ok(certificate) = webpki::EndEntityCert::try_from(certificate) else {
        return false;
    };
    // The library's error lists all names if the requested one is not among them.
    let nobody = ServerName::from(Ipv4Addr::UNSPECIFIED);
    match certificate.verify_is_valid_for_subject_name(&nobody) {
        Err(webpki::Error::CertNotValidForName(names)) => names.presented.iter().any(|name| {
            let mut kinds = ["DnsName(", "IpAddress("].into_iter();
            kinds.any(|kind| name.starts_with(kind))
        }),
        _ => true,
    }
}

/// Returns whether the only defect is that no trusted authority signed the certificate, or that it is an authority's
/// own. An older authority may have the signer's name and another key: then the library reports a bad signature.
fn is_about_the_signer(error: &Error) -> bool {
    use CertificateError::{
        BadSignature, UnknownIssuer, UnsupportedSignatureAlgorithmForPublicKeyContext as OtherKind,
    };
    matches!(
        error,
        Error::InvalidCertificate(UnknownIssuer | BadSignature | OtherKind { .. })
    ) || is_an_authoritys(error)
}

/// Returns whether a server presented an authority's certificate as its own.
pub(super) fn is_an_authoritys(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(error)) = error else {
        return false;
    };
    matches!(
        error.0.downcast_ref(),
        Some(webpki::Error::CaUsedAsEndEntity)
    )
}

#[cfg(test)]
mod tests;
