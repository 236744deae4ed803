use std::net::TcpListener;

use super::super::super::tls::TlsFault;
use super::super::*;
use super::server::{Server, answer};
use super::*;
use cnb::context::HttpsProxy;

/// A host that no resolver finds, so that only a proxy can reach it.
const NOWHERE: &str = "https://no-such-host.invalid/a.git";

/// Returns a client that uses this proxy.
fn proxied(address: &str, no_proxy: &str) -> World {
    let mut world = world(Vec::new());
    let proxies = Proxies {
        https: Some(HttpsProxy {
            variable: "https_proxy",
            address: address.to_owned(),
        }),
        no_proxy: Some(no_proxy.to_owned()),
    };
    let url: RemoteUrl = NOWHERE.parse().unwrap();
    let proxy = proxies.for_url(&url).unwrap();
    world.http.client = client(&url, Vec::new(), proxy.as_ref()).unwrap();
    world.http.peer = Peer::new(&url, proxy);
    world.http.base = url;
    world
}

/// Starts a proxy that sends this status to any request.
fn proxy(status: &str) -> Server {
    Server::new((0..4).map(|_| answer(status, "", b"")).collect())
}

fn with_user(proxy: &Server) -> String {
    proxy.origin.replace("http://", "http://user:canary@")
}

#[test]
fn a_proxy_hears_where_to_and_no_more() {
    let proxy = proxy("502 No");
    let mut world = proxied(&with_user(&proxy), "");
    world.get().unwrap_err();
    let head = proxy.heard().remove(0).head;
    let connect = "CONNECT no-such-host.invalid:443 ";
    assert!(head.starts_with(connect), "{head}");
    let credential = "\r\nauthorization:";
    assert!(!head.to_lowercase().contains(credential), "{head}");
}

#[test]
fn a_proxy_that_refuses_its_credential_is_asked_once_and_named_without_it() {
    let proxy = proxy("407 Proxy Authentication Required");
    for (address, words) in [
        (
            with_user(&proxy),
            "refused the user and password in https_proxy",
        ),
        (proxy.origin.clone(), "requires a user name and a password"),
    ] {
        let mut world = proxied(&address, "");
        let error = world.get().unwrap_err();
        let text = format!("the proxy {} {words} (407)", proxy.origin);
        assert_eq!(error.to_string(), text);
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        assert!(world.slept().is_empty());
        assert_eq!(proxy.heard().len(), 1);
    }
}

#[test]
fn a_proxy_that_makes_no_connection_is_told_from_a_host_that_is_silent_and_tried_again() {
    let proxy = proxy("503 No");
    let mut world = proxied(&proxy.origin, "");
    let error = world.get().unwrap_err();
    let text = format!(
        "the proxy {} did not connect to no-such-host.invalid",
        proxy.origin
    );
    assert_eq!(error.to_string(), text);
    assert_eq!(world.slept(), [1, 2, 4]);
}

#[test]
fn a_proxy_that_is_not_there_is_named_instead_of_the_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = proxied(&origin, "").get().unwrap_err();
    let text = format!("the proxy {origin} can't be reached");
    assert_eq!(error.to_string(), text);
    let error = proxied("http://no-such-proxy.invalid:1", "").get();
    let text = "the address of the proxy http://no-such-proxy.invalid:1 can't be found";
    assert_eq!(error.unwrap_err().to_string(), text);
}

#[test]
fn a_host_that_is_exempt_is_looked_for_by_itself() {
    let proxy = proxy("502 No");
    let mut world = proxied(&proxy.origin, "localhost, .invalid");
    let error = world.get().unwrap_err();
    assert!(
        matches!(error, FetchError::Connect(ConnectError::Unresolved { .. })),
        "{error}"
    );
    let text = "the address of no-such-host.invalid can't be found";
    assert_eq!(error.to_string(), text);
    assert!(proxy.heard().is_empty());
}

#[test]
fn a_host_that_speaks_no_tls_is_not_asked_twice_and_told_from_one_that_is_not_trusted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let answering = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        // Kept open until the client closes the connection.
        drop(stream.read_to_end(&mut Vec::new()));
    });
    let mut world = world(Vec::new());
    let url: RemoteUrl = format!("{origin}/a.git").parse().unwrap();
    world.http.client = client(&url, Vec::new(), None).unwrap();
    world.http.base = url;
    let error = world.get().unwrap_err();
    let text = "no trusted connection to 127.0.0.1 can be made";
    assert_eq!(error.to_string(), text);
    let FetchError::Connect(ConnectError::Tls { source, .. }) = error else {
        panic!("{error:?}");
    };
    assert!(matches!(source, TlsFault::NoTls), "{source:?}");
    assert!(world.slept().is_empty());
    answering.join().unwrap();
}
