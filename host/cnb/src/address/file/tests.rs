use proptest::prelude::*;

use super::*;

fn url(text: &str) -> FileUrl {
    text.parse().unwrap()
}

#[test]
fn an_address_leads_to_a_file_with_a_plain_name() {
    for (text, shown, name) in [
        (
            "https://files.example.com/packages/a-1.0.whl",
            "https://files.example.com/packages/a-1.0.whl",
            "a-1.0.whl",
        ),
        (
            "HTTPS://Files.Example.com:443/a%2Bb.tar.gz",
            "https://files.example.com/a%2Bb.tar.gz",
            "a+b.tar.gz",
        ),
        ("https://host/a+b", "https://host/a+b", "a+b"),
        ("https://host/%25", "https://host/%25", "%"),
        ("https://host/a%", "https://host/a%", "a%"),
        ("https://host/..a", "https://host/..a", "..a"),
        (
            "https://host/group%2Fproject/a",
            "https://host/group%2Fproject/a",
            "a",
        ),
        ("https://host//a", "https://host//a", "a"),
        ("https://host/\u{fc}", "https://host/%C3%BC", "\u{fc}"),
        ("http://127.0.0.1:4711/a", "http://127.0.0.1:4711/a", "a"),
    ] {
        let url = url(text);
        assert_eq!(url.to_string(), shown, "{text}");
        assert_eq!(url.file_name(), name, "{text}");
    }
}

#[test]
fn an_address_is_refused_for_what_it_holds_besides() {
    use FileUrlError::{Address, Dots, Name, Syntax};
    use RemoteUrlError::{Characters, NotLoopback, Query, Scheme, TooLong, UserInfo};
    let long = format!("https://host/{}", "a".repeat(1024));
    let long_name = format!("https://host/{}", "a".repeat(256));
    for (text, error) in [
        ("", Syntax),
        ("files.example.com/a", Syntax),
        ("file:///etc/passwd", Address(Scheme)),
        ("ftp://host/a", Address(Scheme)),
        ("http://files.example.com/a", Address(NotLoopback)),
        ("http://169.254.169.254/latest", Address(NotLoopback)),
        ("https://user:secret@host/a", Address(UserInfo)),
        ("https://host/a?token=secret", Address(Query)),
        ("https://host/a#sha256=0", Address(Query)),
        ("https://host/a b", Address(Characters)),
        ("https://host/a\\b", Address(Characters)),
        ("https://host/a\n", Address(Characters)),
        ("https://host", Name),
        ("https://host/", Name),
        ("https://host/a/", Name),
        ("https://host/a%2Fb", Name),
        ("https://host/a%5Cb", Name),
        ("https://host/a%00", Name),
        ("https://host/%0A", Name),
        ("https://host/a%E2%80%AEb", Name),
        ("https://host/%FF", Name),
        ("https://host/a/../b", Dots),
        ("https://host/a/./b", Dots),
        ("https://host/..", Dots),
        ("https://host/%2e%2E/b", Dots),
        ("https://host/a/.%2e/b", Dots),
        ("https://host/a%2F..%2Fb/c", Dots),
        ("https://host/a%5C..%5Cb/c", Dots),
        ("https://./a", Dots),
        ("https://.:/a", Dots),
        ("https://.:443/a", Dots),
        (&long, Address(TooLong)),
        (&long_name, Name),
    ] {
        assert_eq!(text.parse::<FileUrl>(), Err(error), "{text}");
        assert!(!error.to_string().contains("secret"), "{text}");
    }
}

#[test]
fn a_user_name_and_a_password_are_dropped_and_told_of() {
    let plain = url("https://host:8443/a@b");
    for (text, had) in [
        ("https://host:8443/a@b", false),
        ("https://@host:8443/a@b", false),
        ("https://user@host:8443/a@b", true),
        ("https://user:canary@host:8443/a@b", true),
        ("https://:canary@host:8443/a@b", true),
        ("https://user:can@ry@host:8443/a@b", true),
    ] {
        assert_eq!(
            FileUrl::without_userinfo(text),
            Ok((plain.clone(), had)),
            "{text}"
        );
    }
    for text in [
        "https:/user:canary@host/a",
        "https:///user:canary@host/a",
        "https:user:canary@host/a",
        "https://user:canary@",
        "https://user:can/ary@host/a",
        "//user:canary@host/a",
    ] {
        let error = FileUrl::without_userinfo(text).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{text}");
    }
}

#[test]
fn another_server_takes_the_path_beneath_its_own() {
    let file = url("https://files.example.com/packages/a%2Bb");
    for (base, shown) in [
        (
            "https://mirror.example.com",
            "https://mirror.example.com/packages/a%2Bb",
        ),
        (
            "https://mirror.example.com:1/pypi/",
            "https://mirror.example.com:1/pypi/packages/a%2Bb",
        ),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/packages/a%2Bb"),
    ] {
        let moved = file.with_origin(&base.parse().unwrap());
        assert_eq!(moved, url(shown), "{base}");
        assert_eq!(moved.file_name(), "a+b");
    }
}

#[test]
fn an_address_tells_its_server() {
    let file = url("https://files.example.com:8443/a/b");
    assert_eq!(file.origin().to_string(), "https://files.example.com:8443");
    assert_eq!(file.authority(), "files.example.com:8443");
    assert_eq!((file.host(), file.path()), ("files.example.com", "/a/b"));
    assert!(!file.is_private_host());
    assert!(url("https://10.0.0.1/a").is_private_host());
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back_as_itself(text in "https?://[a-z0-9.@:\\[\\]]{1,12}/[a-z./\\\\?#%25fF0-9@]{0,20}") {
        if let Ok((parsed, _)) = FileUrl::without_userinfo(&text) {
            prop_assert!(parsed.0.username().is_empty() && parsed.0.password().is_none());
            prop_assert!(parsed.0.query().is_none() && parsed.0.fragment().is_none());
            let name = parsed.file_name();
            prop_assert!(!name.is_empty() && name != "." && name != ".." && !name.contains('/'));
            prop_assert_eq!(parsed.to_string().parse(), Ok(parsed));
        }
    }
}
