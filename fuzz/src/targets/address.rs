//! Fuzzes the addresses, revisions and paths that buildpack.toml, bindings and variables contain.

use cnb::address::{RemoteUrl, Revision, Subpath};

use super::is_evil_name;
use crate::Verdict;

pub(crate) fn run(input: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(input) else {
        return Verdict::Refused;
    };
    url(text).or(revision(text)).or(subpath(text))
}

fn url(text: &str) -> Verdict {
    let parsed = text.parse::<RemoteUrl>();
    if let Ok(url) = &parsed {
        assert_sound_url(url);
        let enterprise: RemoteUrl = "https://git.example/base"
            .parse()
            .expect("it is an address");
        let moved = url.with_origin(&enterprise);
        // The combined address can exceed the limit of each part.
        if moved.to_string().len() <= 1024 {
            assert_sound_url(&moved);
        }
        assert_eq!(moved.origin(), enterprise.origin());
    }
    Verdict::of(&parsed)
}

/// A credential is sent to the origin only, so the text must name that origin unambiguously.
pub(super) fn assert_sound_url(url: &RemoteUrl) {
    let shown = url.to_string();
    assert_eq!(shown.parse().as_ref(), Ok(url), "{shown} reads otherwise");
    assert!(
        url.is_https() || url.is_loopback(),
        "{shown} is in the open"
    );
    let path = shown.strip_prefix(&url.origin());
    let path = path.unwrap_or_else(|| panic!("{shown} is not at {}", url.origin()));
    assert!(path.is_empty() || path.starts_with('/'), "{shown}");
    assert!(!url.origin().contains('@'), "{shown} names a user");
    assert!(
        !path.contains(['?', '#', '\\']),
        "{shown} has more than a path"
    );
    let plain = |c: char| c.is_ascii_graphic();
    assert!(shown.chars().all(plain), "{shown:?} isn't plain");
    assert!(
        !path.split('/').any(|part| matches!(part, "." | "..")),
        "{shown}"
    );
}

fn revision(text: &str) -> Verdict {
    let parsed = text.parse::<Revision>();
    if let Ok(revision) = &parsed {
        assert_sound_revision(revision);
    }
    Verdict::of(&parsed)
}

/// A revision's names go into a line of a request: they must not split it, or be read as an option.
pub(super) fn assert_sound_revision(revision: &Revision) {
    let shown = revision.to_string();
    assert_eq!(shown.parse().as_ref(), Ok(revision), "{shown}");
    assert_eq!(
        revision.commit().is_none(),
        !revision.full_names().is_empty()
    );
    assert!(shown.len() <= 1024 && !shown.starts_with('-'), "{shown}");
    for name in revision.full_names() {
        assert!(name.starts_with("refs/"), "{name}");
        assert!(
            !name.contains(|c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c)),
            "{name:?}"
        );
        assert!(
            !name.contains("..") && !name.contains("@{") && !name.ends_with('/'),
            "{name}"
        );
    }
}

fn subpath(text: &str) -> Verdict {
    let parsed = text.parse::<Subpath>();
    if let Ok(subpath) = &parsed {
        assert_sound_subpath(subpath);
    }
    Verdict::of(&parsed)
}

pub(super) fn assert_sound_subpath(subpath: &Subpath) {
    assert_eq!(subpath.to_string().parse().as_ref(), Ok(subpath));
    let parts: Vec<&str> = subpath.parts().collect();
    assert_eq!(parts.join("/"), subpath.as_str());
    assert!(parts.len() <= 32 && subpath.as_str().len() <= 1024);
    for part in parts {
        assert!(!is_evil_name(part.as_bytes()), "{subpath}");
    }
}
