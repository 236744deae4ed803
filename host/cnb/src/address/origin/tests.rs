use super::*;

fn origin(text: &str) -> Origin {
    text.parse().unwrap()
}

#[test]
fn an_origin_is_a_scheme_a_host_and_a_port_alone() {
    for (text, shown, host, port) in [
        ("https://host", "https://host", "host", 443),
        ("https://host/", "https://host", "host", 443),
        ("HTTPS://Host:443", "https://host", "host", 443),
        ("https://host:8443", "https://host:8443", "host", 8443),
        ("http://[::1]:81", "http://[::1]:81", "[::1]", 81),
        ("http://127.1", "http://127.0.0.1", "127.0.0.1", 80),
    ] {
        let origin = origin(text);
        assert_eq!(origin.to_string(), shown, "{text}");
        assert_eq!((origin.host(), origin.port()), (host, port), "{text}");
    }
    for text in ["https://host/a", "https://host//a"] {
        assert_eq!(text.parse::<Origin>(), Err(OriginError::Path), "{text}");
    }
    let error = OriginError::Address(RemoteUrlError::NotLoopback);
    assert_eq!("http://files.example.com".parse::<Origin>(), Err(error));
}

#[test]
fn two_origins_are_the_same_if_nothing_of_them_differs() {
    assert_eq!(origin("https://host"), origin("https://HOST:443/"));
    for other in ["https://host:444", "https://host.", "https://a.host"] {
        assert_ne!(origin("https://host"), origin(other), "{other}");
    }
    assert_ne!(
        origin("https://localhost:80"),
        origin("http://localhost:80")
    );
}

#[test]
fn a_url_of_another_scheme_has_no_origin() {
    let of = |text: &str| Origin::of(&Url::parse(text).unwrap());
    let address = "https://me:canary@host:1/a?b#c";
    assert_eq!(of(address).unwrap().to_string(), "https://host:1");
    for text in ["ftp://host/a", "file:///a", "data:,a", "javascript:a"] {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn a_host_is_private_by_its_spelling_if_no_public_resolver_could_know_it() {
    for host in [
        "10.0.0.1",
        "8.8.8.8",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[2001:4860:4860::8888]",
        "[::ffff:8.8.8.8]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "registry",
        "printer.local",
        "printer.local.",
        "metadata.google.internal",
        "nas.lan",
        "router.home.arpa",
        "files.corp",
        "a.test",
        "a.invalid",
    ] {
        let text = format!("https://{host}");
        assert!(origin(&text).is_private_host(), "{host}");
    }
    for host in [
        "files.example.com",
        "files.example.com.",
        "local.example.com",
        "internal.example.com",
        "notlocal.org",
        "mylan.net",
        "home.org",
        "arpa.example.com",
    ] {
        let text = format!("https://{host}");
        assert!(!origin(&text).is_private_host(), "{host}");
    }
}
