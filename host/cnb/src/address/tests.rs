use proptest::prelude::*;

use super::*;

fn url(text: &str) -> RemoteUrl {
    text.parse().unwrap()
}

#[test]
fn an_address_is_https_or_leads_to_this_machine() {
    let valid = [
        ("https://gitlab.com/a/b.git", "https://gitlab.com/a/b.git"),
        ("https://gitlab.com/a/b.git/", "https://gitlab.com/a/b.git"),
        ("https://gitlab.com/a//", "https://gitlab.com/a"),
        ("https://gitlab.com", "https://gitlab.com"),
        ("HTTPS://GitLab.com:443/A", "https://gitlab.com/A"),
        ("https://host:8443/a", "https://host:8443/a"),
        ("https://host/a%20b", "https://host/a%20b"),
        ("http://127.0.0.1:4711/r", "http://127.0.0.1:4711/r"),
        ("http://127.255.255.254/r", "http://127.255.255.254/r"),
        ("http://[::1]:8080/r", "http://[::1]:8080/r"),
        ("http://localhost/r", "http://localhost/r"),
        ("http://LOCALHOST/r", "http://localhost/r"),
        // Other notations of the same number, which the parser normalizes.
        ("http://127.1/r", "http://127.0.0.1/r"),
        ("http://2130706433/r", "http://127.0.0.1/r"),
    ];
    for (text, shown) in valid {
        assert_eq!(url(text).to_string(), shown, "{text}");
    }
}

#[test]
fn an_address_is_refused_for_what_it_holds_besides() {
    use RemoteUrlError::{Characters, NotLoopback, Query, Scheme, Syntax, TooLong, UserInfo};
    let long = format!("https://host/{}", "a".repeat(1024));
    let invalid = [
        ("", Syntax),
        ("gitlab.com/a", Syntax),
        ("https://", Syntax),
        ("ssh://git@host/a", Scheme),
        ("git@host:a/b.git", Syntax),
        ("file:///etc/passwd", Scheme),
        ("ftp://127.0.0.1/a", Scheme),
        ("http://gitlab.com/a", NotLoopback),
        ("http://128.0.0.1/a", NotLoopback),
        ("http://0.0.0.0/a", NotLoopback),
        ("http://[::ffff:127.0.0.1]/a", NotLoopback),
        ("http://[::]/a", NotLoopback),
        ("http://localhost.evil.com/a", NotLoopback),
        ("http://foo.localhost/a", NotLoopback),
        ("http://127.0.0.1.evil.com/a", NotLoopback),
        ("https://user@host/a", UserInfo),
        ("https://user:secret@host/a", UserInfo),
        ("https://:secret@host/a", UserInfo),
        ("http://localhost@evil.com/a", UserInfo),
        ("https://host/a?private_token=x", Query),
        ("https://host/a?", Query),
        ("https://host/a#b", Query),
        ("https://host/a b", Characters),
        (" https://host/a", Characters),
        ("https://host/a\n", Characters),
        ("https://ho\tst/a", Characters),
        ("https://host\\@evil.com/a", Characters),
        ("https://host/\u{0}", Characters),
        (&long, TooLong),
    ];
    for (text, error) in invalid {
        assert_eq!(text.parse::<RemoteUrl>(), Err(error), "{text}");
        assert!(!error.to_string().contains("secret"), "{text}");
    }
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    let origins = [
        ("https://host/a/b", "https://host"),
        ("https://host:443/a", "https://host"),
        ("https://host:444/a", "https://host:444"),
        ("http://127.0.0.1:80/a", "http://127.0.0.1"),
        ("http://[::1]:81/a", "http://[::1]:81"),
    ];
    for (text, origin) in origins {
        assert_eq!(url(text).origin(), origin, "{text}");
    }
}

#[test]
fn another_origin_takes_the_path_beneath_its_own() {
    let repository = url("https://gitlab.com/group/project.git");
    let moved = [
        (
            "https://git.example.com",
            "https://git.example.com/group/project.git",
        ),
        (
            "https://git.example.com:8443/",
            "https://git.example.com:8443/group/project.git",
        ),
        (
            "https://example.com/gitlab/",
            "https://example.com/gitlab/group/project.git",
        ),
        (
            "http://127.0.0.1:4711",
            "http://127.0.0.1:4711/group/project.git",
        ),
    ];
    for (base, shown) in moved {
        assert_eq!(
            repository.with_origin(&url(base)).to_string(),
            shown,
            "{base}"
        );
    }
    let here = url("http://localhost:1/a").with_origin(&url("https://host"));
    assert_eq!(here.to_string(), "https://host/a");
    assert!(here.is_https() && !here.is_loopback());
}

#[test]
fn an_address_that_was_moved_is_the_one_that_it_shows() {
    for (text, shown) in [
        ("https://host", "https://example.com/gitlab"),
        ("https://host/a", "https://example.com/gitlab/a"),
    ] {
        let moved = url(text).with_origin(&url("https://example.com/gitlab"));
        assert_eq!(moved.to_string(), shown);
        assert_eq!(moved, url(shown));
    }
}

#[test]
fn an_address_is_as_long_as_what_is_sent_of_it() {
    let address = |letters: usize| format!("https://host/{}", "\u{20ac}".repeat(letters));
    let longest = (1024 - "https://host/".len()) / "%E2%82%AC".len();
    let shown = url(&address(longest)).to_string();
    assert_eq!(shown.parse(), Ok(url(&address(longest))));
    let refused = address(longest + 1).parse::<RemoteUrl>();
    assert_eq!(refused, Err(RemoteUrlError::TooLong));
}

#[test]
fn a_path_is_joined_with_one_slash() {
    assert_eq!(
        url("https://host").join("info/refs"),
        "https://host/info/refs"
    );
    assert_eq!(
        url("https://host/a/").join("info/refs"),
        "https://host/a/info/refs"
    );
}

#[test]
fn the_usual_ending_is_that_of_the_path() {
    for address in [
        "https://host/a/b.git",
        "https://host/a/b.git/",
        "https://host/.git",
    ] {
        assert!(url(address).has_usual_ending(), "{address}");
    }
    for address in [
        "https://host.git",
        "https://host/a.git/b",
        "https://host/agit",
        "https://host/a.GIT",
        "https://host/a.gi%74",
    ] {
        assert!(!url(address).has_usual_ending(), "{address}");
    }
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn a_revision_is_a_branch_a_tag_or_a_whole_commit_id() {
    let names = [
        "main",
        "v1.2.3",
        "feature/x",
        "HEAD",
        "ümlaut",
        "a-b_c+d=e,f;g",
        "%2e",
        "refs/heads/x",
        "0123456",
        "0123456789abcdef0123456789abcdef0123456",
        "0123456789abcdef0123456789abcdef012345678",
        "ghijklmnopqrstuvghijklmnopqrstuvghijklmn",
    ];
    for name in names {
        let revision: Revision = name.parse().unwrap();
        assert_eq!((revision.commit(), revision.as_str()), (None, name));
    }
    let commit: Revision = COMMIT.to_uppercase().parse().unwrap();
    assert_eq!(commit.commit().unwrap().to_string(), COMMIT);
    assert_eq!(commit.to_string(), COMMIT, "in small letters");
    assert!(commit.full_names().is_empty());
}

#[test]
fn a_revision_that_git_would_not_take_is_refused() {
    let long = "a".repeat(1025);
    let invalid = [
        "",
        "-",
        "@",
        "--upload-pack=x",
        "a b",
        "a\nb",
        "a\0b",
        "a\tb",
        "a\u{7f}",
        "a..b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[b",
        "a\\b",
        "a@{1}",
        "/a",
        "a/",
        "a//b",
        ".a",
        "a/.b",
        "a.",
        "a.lock",
        "a/b.lock",
        "a\n",
        &long,
    ];
    for text in invalid {
        let error = text.parse::<Revision>().unwrap_err().to_string();
        assert!(!error.contains(['\n', '\0']), "{text:?}: {error:?}");
    }
    let texts = [
        (
            "",
            "a revision can't be empty; give a branch, a tag or a full commit id",
        ),
        ("-x", "a revision can't begin with '-'"),
        (
            "a b",
            "git does not allow this name for a branch or tag: Reference name contains invalid byte: \" \"",
        ),
    ];
    for (text, error) in texts {
        assert_eq!(text.parse::<Revision>().unwrap_err().to_string(), error);
    }
}

#[test]
fn a_branch_goes_before_a_tag_and_a_full_name_stands_alone() {
    let names = |text: &str| text.parse::<Revision>().unwrap().full_names();
    assert_eq!(names("v1"), ["refs/heads/v1", "refs/tags/v1"]);
    assert_eq!(names("refs/tags/v1"), ["refs/tags/v1"]);
    assert_eq!(
        names("refs/merge-requests/1/head"),
        ["refs/merge-requests/1/head"]
    );
    assert_eq!(
        names("refsheads"),
        ["refs/heads/refsheads", "refs/tags/refsheads"]
    );
}

#[test]
fn a_subpath_is_made_of_plain_names() {
    let deep = ["a"; 32].join("/");
    let valid = [
        ("job-template", vec!["job-template"]),
        ("a/b/c", vec!["a", "b", "c"]),
        ("..a/...", vec!["..a", "..."]),
        (".github/x", vec![".github", "x"]),
        ("with space", vec!["with space"]),
        ("ümlaut", vec!["ümlaut"]),
        (&deep, vec!["a"; 32]),
    ];
    for (text, parts) in valid {
        let subpath: Subpath = text.parse().unwrap();
        assert_eq!(subpath.parts().collect::<Vec<_>>(), parts, "{text}");
        assert_eq!(subpath.to_string(), text);
    }
}

#[test]
fn a_subpath_that_means_something_else_is_refused() {
    use SubpathError::{Characters, Empty, Part, Slash, TooLong};
    let (deep, long) = (["a"; 33].join("/"), "a".repeat(1025));
    let invalid = [
        ("", Empty),
        ("/", Slash),
        ("/etc", Slash),
        ("a/", Slash),
        ("a//b", Slash),
        (".", Part),
        ("..", Part),
        ("a/../b", Part),
        ("a/./b", Part),
        (".git", Part),
        ("a/.GIT/hooks", Part),
        ("git~1", Part),
        (".git ", Part),
        (".git::$INDEX_ALLOCATION", Part),
        (".g\u{200c}it", Part),
        ("a\\b", Characters),
        ("a\nb", Characters),
        ("a\0b", Characters),
        (&deep, TooLong),
        (&long, TooLong),
    ];
    for (text, error) in invalid {
        assert_eq!(text.parse::<Subpath>(), Err(error), "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back_as_itself(text in "(https?://)?[a-z0-9.@:/\\\\?#\\[\\]%-]{0,30}") {
        if let Ok(parsed) = text.parse::<RemoteUrl>() {
            prop_assert!(parsed.is_https() || parsed.is_loopback());
            prop_assert!(parsed.0.username().is_empty() && parsed.0.password().is_none());
            prop_assert!(parsed.0.query().is_none() && parsed.0.fragment().is_none());
            let again: RemoteUrl = parsed.to_string().parse().unwrap();
            prop_assert_eq!(again.to_string(), parsed.to_string());
        }
    }

    #[test]
    fn a_revision_never_holds_what_ends_a_line(text in "\\PC{0,20}|[\\x00-\\x7f]{0,20}") {
        if let Ok(revision) = text.parse::<Revision>() {
            prop_assert!(revision.as_str().bytes().all(|byte| byte > b' ' && byte != 0x7f));
            prop_assert!(!revision.as_str().starts_with('-'));
        }
    }

    #[test]
    fn a_subpath_never_climbs(text in "[a./\\\\]{0,12}") {
        if let Ok(subpath) = text.parse::<Subpath>() {
            prop_assert!(subpath.parts().all(|part| !part.is_empty() && part != "." && part != ".."));
        }
    }
}

#[test]
fn a_page_lies_beneath_its_index_and_nowhere_else() {
    let name = "num-py".parse().unwrap();
    let of = |index: &str| FileUrl::of_page(&index.parse().unwrap(), &name);
    for index in [
        "https://index.example.com/simple",
        "https://index.example.com/simple/",
    ] {
        let page = of(index).unwrap().to_string();
        assert_eq!(page, "https://index.example.com/simple/num-py/");
    }
    of("https://index.example.com/a%2Bb/simple").unwrap();
    for index in [
        "https://index.example.com/a/..%2fb/simple",
        "https://index.example.com/a%2F..%2Fb",
        "https://index.example.com/a/%5c..%5cb",
    ] {
        assert_eq!(of(index), Err(FileUrlError::Dots), "{index}");
    }
}
