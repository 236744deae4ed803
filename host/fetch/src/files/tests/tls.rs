//! Downloads over TLS.

use std::io::BufReader;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::http::tests::server::talk;

/// Starts a server that answers one connection over TLS, with a certificate for this name. Returns its port.
fn serve(name: &str) -> (CertificateDer<'static>, u16) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let (tell, _heard) = mpsc::channel();
        let stream = StreamOwned::new(connection, stream);
        talk(
            BufReader::new(stream),
            0,
            "",
            |_| Some(ok(b"content")),
            &tell,
        );
    });
    (certificate, port)
}

fn fetch_over_tls(name: &str, trusts: bool) -> Result<Vec<u8>, String> {
    let (certificate, port) = serve(name);
    let origin = format!("https://localhost:{port}");
    let settings = FileSettings {
        certificates: trusts.then_some(certificate).into_iter().collect(),
        private: vec![origin.parse().unwrap()],
        ..FileSettings::default()
    };
    let request = with_token(wants(&format!("{origin}/a"), b"content"));
    let outcome = fetch_with(settings, limits(), request);
    outcome
        .content
        .map_err(|error| error.replace(&origin, "{origin}"))
}

#[test]
fn a_server_with_a_given_certificate_is_believed() {
    assert_eq!(fetch_over_tls("localhost", true).unwrap(), b"content");
}

#[test]
fn a_server_that_nobody_vouches_for_hears_nothing() {
    let error = fetch_over_tls("localhost", false).unwrap_err();
    let text = "the file {origin}/a can't be downloaded: no trusted connection to localhost can be made: \
                no trusted authority has signed its certificate";
    assert_eq!(error, text);
}

#[test]
fn a_certificate_that_repeats_the_credential_is_not_shown() {
    let error = fetch_over_tls("other.example", true).unwrap_err();
    assert!(
        error.contains("its certificate is for 'other.example'"),
        "{error}"
    );
    let error = fetch_over_tls("glpat-example-0123456789.example", true).unwrap_err();
    let text = "the file {origin}/a can't be downloaded: {origin} repeats the credential in its answer, so \
                the answer is neither shown nor followed";
    assert_eq!(error, text);
}
