//! The servers that may be connected to.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;

use super::super::servers::{MOST_SERVERS, Servers, Unreached};
use super::*;
use cnb::context::HttpsProxy;

const TIME: Duration = Duration::from_mins(1);

fn address(text: &str) -> Origin {
    text.parse().unwrap()
}

/// Downloads a file whose server no setting grants.
fn refused(url: &str, lookup: servers::Lookup) -> String {
    let (_folder, dir) = world();
    let mut files = Files::open(FileSettings::default(), limits(), &dir)
        .with_clock(Box::new(Arc::new(TestClock::default())));
    files.servers.lookup = lookup;
    let error = files.download(&[wants(url, b"")], whole).unwrap_err();
    assert_eq!(files.traffic().requests, 0, "nothing is sent");
    let FilesError::Download(error) = error else {
        panic!("{error:?}")
    };
    text::chain(&error)
}

#[expect(clippy::panic_in_result_fn, reason = "a test that calls it fails")]
fn unasked(_: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
    panic!("the resolver was asked")
}

#[test]
fn a_server_in_a_private_network_is_not_asked_and_its_name_not_resolved() {
    for origin in [
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://8.8.8.8",
        "https://[::1]",
        "https://localhost:8443",
        "https://registry",
        "https://metadata.google.internal",
        "https://nas.local",
    ] {
        let text = refused(&format!("{origin}/a"), unasked);
        let why = "is an address or a name of a private network";
        assert_eq!(
            text,
            format!("the file {origin}/a is not downloaded, because {origin} {why}")
        );
    }
    let text = refused("http://127.0.0.1:1/a", unasked);
    let why = "because http://127.0.0.1:1 is not https";
    assert_eq!(
        text,
        format!("the file http://127.0.0.1:1/a is not downloaded, {why}")
    );
}

#[test]
fn a_public_name_that_leads_into_a_private_network_is_not_followed() {
    let url = "https://files.example.com/a";
    let cases: [(servers::Lookup, &str); 3] = [
        (
            |_, port| Ok(vec![([127, 0, 0, 1], port).into()]),
            "127.0.0.1",
        ),
        (
            |_, port| Ok(vec![([169, 254, 169, 254], port).into()]),
            "169.254.169.254",
        ),
        (
            |_, port| Ok(vec![([0, 0, 0, 0, 0, 0xffff, 0xa00, 1], port).into()]),
            "::ffff:10.0.0.1",
        ),
    ];
    for (lookup, address) in cases {
        let text = refused(url, lookup);
        let why = format!(
            "https://files.example.com leads to {address}, which is an address of a private network or of special use"
        );
        assert_eq!(
            text,
            format!("the file {url} is not downloaded, because {why}")
        );
    }
}

#[test]
fn a_name_without_an_address_is_said_to_have_none() {
    let lookups: [servers::Lookup; 2] = [
        |_, _| Ok(Vec::new()),
        |_, _| Err(io::Error::other("no such name")),
    ];
    for lookup in lookups {
        let text = refused("https://files.example.com/a", lookup);
        let begin = "the file https://files.example.com/a can't be downloaded: \
                     the address of files.example.com can't be found: ";
        assert!(text.starts_with(begin), "{text}");
    }
}

#[test]
fn a_name_is_resolved_once_so_that_it_cannot_lead_elsewhere_later() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let mut servers = Servers::new(Vec::new(), Proxies::default(), Vec::new());
    servers.lookup = |host, port| {
        assert_eq!((host, port), ("files.example.com", 443));
        if ASKED.fetch_add(1, Ordering::Relaxed) == 0 {
            return Ok(vec![
                ([127, 0, 0, 1], port).into(),
                ([192, 30, 255, 112], port).into(),
            ]);
        }
        Ok(vec![([127, 0, 0, 1], port).into()])
    };
    let origin = address("https://files.example.com");
    let public = servers.public_addresses(&origin, TIME).ok().unwrap();
    assert_eq!(
        public,
        [SocketAddr::from(([192, 30, 255, 112], 443))],
        "and no other"
    );
    ASKED.store(0, Ordering::Relaxed);
    let first = servers.get(&origin, true, TIME).ok().unwrap();
    let second = servers.get(&origin, true, TIME).ok().unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
}

#[test]
fn a_proxy_resolves_names_itself_and_gets_no_private_one() {
    let proxies = Proxies {
        https: Some(HttpsProxy {
            variable: "https_proxy",
            address: "http://proxy.example.com:3128".to_owned(),
        }),
        no_proxy: None,
    };
    let mut servers = Servers::new(Vec::new(), proxies, Vec::new());
    servers.lookup = unasked;
    let server = servers.get(&address("https://files.example.com"), true, TIME);
    let peer = server.ok().unwrap().peer.to_string();
    let through = "files.example.com (through the proxy http://proxy.example.com:3128)";
    assert_eq!(peer, through);
    let inside = servers.get(&address("https://nas.local"), true, TIME);
    assert!(matches!(inside, Err(Unreached::Inside(Inside::Name))));
}

#[test]
fn a_grant_is_for_one_origin() {
    let granted = ["http://127.0.0.1:1", "https://nas.local"]
        .map(address)
        .to_vec();
    let mut servers = Servers::new(Vec::new(), Proxies::default(), granted.clone());
    servers.lookup = unasked;
    for origin in &granted {
        assert!(servers.get(origin, true, TIME).is_ok(), "{origin}");
    }
    for other in [
        "http://127.0.0.1:2",
        "http://localhost:1",
        "https://nas.local:444",
    ] {
        let refused = servers.get(&address(other), true, TIME);
        assert!(matches!(refused, Err(Unreached::Inside(_))), "{other}");
    }
}

#[test]
fn a_grant_of_one_file_is_none_of_another() {
    let inside = address("https://nas.local");
    let named = address("https://files.example.com");
    let granted = vec![inside.clone(), named.clone()];
    let mut servers = Servers::new(Vec::new(), Proxies::default(), granted);
    servers.lookup = |_, port| Ok(vec![([127, 0, 0, 1], port).into()]);
    for origin in [&inside, &named] {
        assert!(servers.get(origin, true, TIME).is_ok(), "{origin}");
    }
    let refused = servers.get(&inside, false, TIME);
    assert!(matches!(refused, Err(Unreached::Inside(Inside::Name))));
    // Its client connects to any address.
    let refused = servers.get(&named, false, TIME);
    assert!(matches!(
        refused,
        Err(Unreached::Inside(Inside::Address(_)))
    ));
}

#[test]
fn servers_have_a_limit_and_known_ones_stay_usable() {
    let origins: Vec<_> = (0..=MOST_SERVERS)
        .map(|port| address(&format!("http://127.0.0.1:{}", port + 1)))
        .collect();
    let servers = Servers::new(Vec::new(), Proxies::default(), origins.clone());
    for origin in &origins[..MOST_SERVERS] {
        assert!(servers.get(origin, true, TIME).is_ok(), "{origin}");
    }
    let one_more = servers.get(&origins[MOST_SERVERS], true, TIME);
    assert!(matches!(one_more, Err(Unreached::TooMany)));
    assert!(servers.get(&origins[0], true, TIME).is_ok());
}

#[test]
fn nobody_there_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let settings = FileSettings {
        private: vec![address(&origin)],
        ..FileSettings::default()
    };
    let outcome = fetch_with(settings, limits(), wants(&format!("{origin}/a"), b""));
    let error = outcome.content.unwrap_err();
    assert!(error.contains(": 127.0.0.1 can't be reached: "), "{error}");
    assert_eq!((outcome.slept, outcome.requests), (7, 4));
}
