//! Certificates that are believed: as rustls judges by default, and one that was given itself.
//!
//! A server's own certificate is often signed by itself, and by `openssl req -x509` it is an authority's at that, which
//! no rule lets stand for a server. Who gives that very file means that very server, and curl and git believe it. They do
//! not mean that its key may sign for other servers, and of an authority nothing is asked: so it is not made one.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Judges certificates. Only the signer is looked at otherwise than by default, and only for those that were given.
#[derive(Debug)]
pub(super) struct Verifier {
    by_authority: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// Believes what an authority has signed that is built in or `given`, and what is `given` itself, byte for byte.
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
            // The dates are judged before the signer, and so they hold. The name is judged after it.
            Err(error) if is_about_the_signer(&error) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    // The server proves that it has the certificate's key, whoever signed the certificate.
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

/// Whether a certificate is for servers, by a name or an address among its subjectAltNames.
///
/// One that can't stand for a server anyway is not: of the first version, which has no such names, or with an extension
/// that is critical and not understood.
fn names_a_server(certificate: &CertificateDer<'_>) -> bool {
    let Ok(certificate) = webpki::EndEntityCert::try_from(certificate) else {
        return false;
    };
    // The library tells all names where one is asked for that is not among them.
    let nobody = ServerName::from(Ipv4Addr::UNSPECIFIED);
    match certificate.verify_is_valid_for_subject_name(&nobody) {
        Err(webpki::Error::CertNotValidForName(names)) => names.presented.iter().any(|name| {
            let mut kinds = ["DnsName(", "IpAddress("].into_iter();
            kinds.any(|kind| name.starts_with(kind))
        }),
        _ => true,
    }
}

/// Whether all that is wrong is that no authority signed it, or that it is an authority's own. An older authority may
/// have the signer's name and another key: then the library says that the signature is wrong.
fn is_about_the_signer(error: &Error) -> bool {
    use CertificateError::{
        BadSignature, UnknownIssuer, UnsupportedSignatureAlgorithmForPublicKeyContext as OtherKind,
    };
    matches!(
        error,
        Error::InvalidCertificate(UnknownIssuer | BadSignature | OtherKind { .. })
    ) || is_an_authoritys(error)
}

/// Whether a server showed an authority's certificate as its own.
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
