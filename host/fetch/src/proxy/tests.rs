use super::*;

fn url(text: &str) -> RemoteUrl {
    text.parse().unwrap()
}

fn proxies(address: &str, no_proxy: &str) -> Proxies {
    Proxies {
        https: Some(HttpsProxy {
            variable: "HTTPS_PROXY",
            address: address.to_owned(),
        }),
        no_proxy: Some(no_proxy.to_owned()),
    }
}

#[test]
fn a_proxy_is_for_other_machines_alone() {
    let proxies = proxies("http://proxy:3128", "");
    let shown = Some("http://proxy:3128 (HTTPS_PROXY)");
    for (address, proxy) in [
        ("https://gitlab.com/a", shown),
        ("https://127.0.0.1/a", None),
        ("http://127.0.0.1/a", None),
        ("http://localhost/a", None),
        ("https://[::1]/a", None),
    ] {
        let found = proxies.shown_for(&url(address));
        assert_eq!(found.as_deref(), proxy, "{address}");
    }
    let none = Proxies::default();
    assert!(
        none.for_url(&url("https://gitlab.com/a"))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_peer_is_told_with_its_proxy_only_where_that_is_asked() {
    let told = |no_proxy: &str| {
        let address = url("https://gitlab.com/a");
        let proxy = proxies("http://me:canary@proxy:3128", no_proxy).for_url(&address);
        Peer::new(&address, proxy.unwrap()).to_string()
    };
    let through = "gitlab.com (through the proxy http://proxy:3128)";
    assert_eq!(told("gitlab.com.example"), through);
    assert_eq!(told("gitlab.com"), "gitlab.com");
}

#[test]
fn a_wrong_proxy_is_refused_by_its_variable_without_showing_its_password() {
    let address = url("https://gitlab.com/a");
    for wrong in [
        "http://user:hunter2@",
        "http://user:hunter2@ho st",
        "::hunter2::",
        "socks5://user:hunter2@proxy:1080",
        // A password that should have been percent-encoded: its end would be taken as the host.
        "http://user:pass/hunter2@proxy:3128",
        "http://user:1?hunter2@proxy:3128",
        "http://user:1#hunter2@proxy:3128",
        "http://user:1\\hunter2@proxy:3128",
    ] {
        let proxies = proxies(wrong, "");
        let error = proxies.for_url(&address).err().unwrap();
        let texts = format!("{error} {error:?}");
        assert!(texts.contains("HTTPS_PROXY"), "{wrong}: {texts}");
        assert!(!texts.contains("hunter2"), "{wrong}: {texts}");
        assert_eq!(proxies.shown_for(&address), None);
    }
    for (right, shown) in [
        ("http://user:hunter2@proxy:3128", "http://proxy:3128"),
        ("http://user:hunt@er2@proxy:3128/", "http://proxy:3128"),
        ("https://proxy", "https://proxy"),
        ("proxy:3128", "http://proxy:3128"),
        ("user:hunter2@proxy:3128", "http://proxy:3128"),
        ("proxy", "http://proxy"),
        ("[::1]:3128", "http://[::1]:3128"),
    ] {
        let proxy = proxies(right, "").for_url(&address).unwrap().unwrap();
        assert_eq!(proxy.to_string(), shown, "{right}");
        assert_eq!(proxy.has_credential(), right.contains("user"), "{right}");
    }
}

#[test]
fn who_is_exempt_from_the_proxy_is_read_as_curl_and_git_do() {
    let exempt = [
        ("git.corp.example", "git.corp.example"),
        ("corp.example", "git.corp.example"),
        (".corp.example", "git.corp.example"),
        (".git.corp.example", "git.corp.example"),
        ("corp.example.", "git.corp.example"),
        ("corp.example", "git.corp.example."),
        ("CORP.Example", "git.corp.example"),
        ("git.corp.example:443", "git.corp.example"),
        (".corp.example:443", "git.corp.example"),
        ("a.example,corp.example", "git.corp.example"),
        (" a.example ,\tcorp.example\n", "git.corp.example"),
        ("a.example corp.example", "git.corp.example"),
        ("*", "git.corp.example"),
        (" * ", "git.corp.example"),
        ("a.example, *", "10.1.2.3"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3:443", "10.1.2.3"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.2/31", "10.1.2.3"),
        ("0.0.0.0/0", "10.1.2.3"),
        ("fd00::7", "[fd00::7]"),
        ("[fd00::7]", "[fd00::7]"),
        ("[fd00::7]:443", "[fd00::7]"),
        ("fd00::/8", "[fd00::7]"),
        ("::/0", "[fd00::7]"),
    ];
    for (list, host) in exempt {
        assert!(is_exempt(list, host, 443), "{list:?} {host}");
    }
    let proxied = [
        ("", "git.corp.example"),
        (" , ,", "git.corp.example"),
        (".", "git.corp.example"),
        ("orp.example", "git.corp.example"),
        ("a.git.corp.example", "git.corp.example"),
        ("git.corp.example.org", "git.corp.example"),
        ("git.corp.example:80", "git.corp.example"),
        ("git.corp.example:", "git.corp.example"),
        ("10.1.2", "10.1.2.3"),
        ("1.2.3", "10.1.2.3"),
        ("10.1.2.3:80", "10.1.2.3"),
        ("11.0.0.0/8", "10.1.2.3"),
        ("10.1.2.0/31", "10.1.2.3"),
        ("10.0.0.0/", "10.1.2.3"),
        ("10.0.0.0/-1", "10.1.2.3"),
        ("10.1.2.3/99999999999", "10.1.2.3"),
        ("::/0", "10.1.2.3"),
        ("0.0.0.0/0", "[fd00::7]"),
        ("[fd00::7]:80", "[fd00::7]"),
        ("fd00::/8", "git.corp.example"),
    ];
    for (list, host) in proxied {
        assert!(!is_exempt(list, host, 443), "{list:?} {host}");
    }
}
