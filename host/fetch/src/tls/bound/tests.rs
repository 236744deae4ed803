//! Certificates for `git.example`, valid from 2020 to 2120. Their keys were deleted.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ED25519, SanType,
};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, version};

use super::*;
use crate::tls::TlsFault;

/// A self-signed certificate of an authority, as `openssl req -x509` makes it.
const OWN: &str = include_str!("own.pem");
/// The same as [`OWN`] with another key.
const TWIN: &str = include_str!("twin.pem");
/// A certificate that an unknown authority signed.
const SIGNED: &str = include_str!("signed.pem");

/// A time at which all certificates are valid.
const NOW: u64 = 1_700_000_000;

fn certificate(pem: &str) -> CertificateDer<'static> {
    crate::certificates_from_pem(pem.as_bytes())
        .unwrap()
        .remove(0)
}

fn verifier(given: &[&str]) -> Verifier {
    let given = given.iter().map(|pem| certificate(pem)).collect();
    Verifier::new(given, Arc::new(ring::default_provider())).unwrap()
}

fn judge(given: &[&str], shown: &str, name: &str, now: u64) -> Result<(), TlsFault> {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
    let name = name.to_owned().try_into().unwrap();
    let shown = certificate(shown);
    let judged = verifier(given).verify_server_cert(&shown, &[], &name, &[], now);
    judged.map(|_| ()).map_err(TlsFault::from)
}

/// Returns parameters for these names. `is_ca` makes it an authority's certificate.
fn params(names: &[&str], is_ca: IsCa) -> CertificateParams {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.is_ca = is_ca;
    params
}

const AUTHORITYS: IsCa = IsCa::Ca(BasicConstraints::Unconstrained);

/// Makes a self-signed certificate, and one for `git.example` that it signed.
fn signed_by(signer: CertificateParams) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let own = signer.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(signer, key);
    let key = KeyPair::generate().unwrap();
    let leaf = params(&["git.example"], IsCa::NoCa);
    (own, leaf.signed_by(&key, &issuer).unwrap().pem())
}

#[test]
fn a_certificate_that_was_given_itself_is_believed_whoever_signed_it() {
    for pem in [OWN, SIGNED] {
        judge(&[TWIN, pem], pem, "git.example", NOW).unwrap();
    }
}

#[test]
fn another_certificate_is_not_believed_though_it_says_the_same() {
    let error = judge(&[TWIN, SIGNED], OWN, "git.example", NOW).unwrap_err();
    assert!(matches!(error, TlsFault::Authoritys), "{error:?}");
    let error = judge(&[TWIN, OWN], SIGNED, "git.example", NOW).unwrap_err();
    assert!(matches!(error, TlsFault::UnknownAuthority), "{error:?}");
}

#[test]
fn a_given_certificate_that_names_a_server_signs_for_no_other() {
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, AUTHORITYS] {
        for name in [
            "other.example",
            "*.other.example",
            "10.0.0.1",
            "0.0.0.0",
            "::1",
        ] {
            let (own, signed) = signed_by(params(&[name], is_ca));
            let error = judge(&[&own], &signed, "git.example", NOW).unwrap_err();
            assert!(
                matches!(error, TlsFault::UnknownAuthority),
                "{name}: {error:?}"
            );
            let itself = name.replace('*', "any");
            judge(&[&own], &own, &itself, NOW).unwrap();
        }
    }
}

#[test]
fn a_given_authority_that_names_no_server_signs_for_all() {
    let mut with_an_address = params(&[], AUTHORITYS);
    let address = "security@example.com".try_into().unwrap();
    with_an_address.subject_alt_names = vec![SanType::Rfc822Name(address)];
    for authority in [params(&[], AUTHORITYS), with_an_address] {
        let (own, signed) = signed_by(authority);
        judge(&[OWN, &own], &signed, "git.example", NOW).unwrap();
    }
}

/// Makes a certificate for `git.example`, and an authority with the name of its signer and another key of this kind.
fn signed_by_a_namesake(kind: &'static rcgen::SignatureAlgorithm) -> (String, String) {
    let key = KeyPair::generate_for(kind).unwrap();
    let namesake = params(&[], AUTHORITYS).self_signed(&key).unwrap().pem();
    let (_, signed) = signed_by(params(&[], AUTHORITYS));
    (signed, namesake)
}

#[test]
fn an_older_authority_of_the_signers_name_does_not_outweigh_a_given_certificate() {
    for kind in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        let (signed, namesake) = signed_by_a_namesake(kind);
        judge(&[&namesake, &signed], &signed, "git.example", NOW).unwrap();
        judge(&[&namesake], &signed, "git.example", NOW).unwrap_err();
        let error = judge(&[&namesake, &signed], &signed, "other.example", NOW).unwrap_err();
        assert!(matches!(error, TlsFault::OtherName(_)), "{error:?}");
    }
}

#[test]
fn the_name_and_the_dates_of_a_given_certificate_must_hold() {
    for pem in [OWN, SIGNED] {
        let error = judge(&[pem], pem, "git.example.org", NOW).unwrap_err();
        assert!(matches!(error, TlsFault::OtherName(_)), "{error:?}");
        let error = judge(&[pem], pem, "git.example", 1_500_000_000).unwrap_err();
        assert!(matches!(error, TlsFault::NotYetValid { .. }), "{error:?}");
        let error = judge(&[pem], pem, "git.example", 5_000_000_000).unwrap_err();
        assert!(matches!(error, TlsFault::Expired { .. }), "{error:?}");
    }
}

/// Returns the client's error for a server that presents a certificate without having its key.
fn shake_hands(
    given: &[&str],
    pem: &str,
    version: &'static rustls::SupportedProtocolVersion,
) -> Error {
    let provider = Arc::new(ring::default_provider());
    let random = ::ring::rand::SystemRandom::new();
    let algorithm = &::ring::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
    let key = ::ring::signature::EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let key = PrivateKeyDer::Pkcs8(key.as_ref().to_vec().into());
    let key = ring::sign::any_supported_type(&key).unwrap();
    let shown = SingleCertAndKey::from(CertifiedKey::new(vec![certificate(pem)], key));
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier(given)))
        .with_no_client_auth();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    let name = "git.example".try_into().unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
    loop {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        server.read_tls(&mut &wire[..]).unwrap();
        server.process_new_packets().unwrap();
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        assert!(!wire.is_empty(), "the server has nothing more to say");
        client.read_tls(&mut &wire[..]).unwrap();
        if let Err(error) = client.process_new_packets() {
            return error;
        }
    }
}

#[test]
fn a_server_without_the_key_of_a_given_certificate_is_not_believed() {
    for version in [&version::TLS12, &version::TLS13] {
        let (signed, namesake) = signed_by_a_namesake(&PKCS_ECDSA_P256_SHA256);
        for pem in [OWN, SIGNED, &signed] {
            let error = shake_hands(&[&namesake, pem], pem, version);
            let bad = Error::InvalidCertificate(CertificateError::BadSignature);
            assert_eq!(error, bad, "{version:?}");
        }
    }
}
