//! Fuzzes what names the files of packages: lock files and requirements files of an application, and pages of an index.

use std::collections::BTreeSet;

use cnb::address::{FileUrl, split_userinfo};
use cnb::sha256::Sha256;
use contents::Listing;
use fetch::files::read_page;

use crate::Verdict;

/// The length of a digest in hexadecimal digits.
const DIGITS: usize = 64;

pub(crate) fn lock(input: &[u8]) -> Verdict {
    list("uv.lock", input)
}

pub(crate) fn requirements(input: &[u8]) -> Verdict {
    list("requirements.txt", input)
}

/// Nothing is listed that the text does not spell out.
fn list(file: &str, input: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(input) else {
        return Verdict::Refused;
    };
    let file = file.parse().expect("it is a name");
    let Ok(listing) = Listing::of(&file, text) else {
        return Verdict::Refused;
    };
    // A backslash joins two lines of requirements. In TOML it begins an escape, and then the text spells nothing out.
    let text = text
        .to_ascii_lowercase()
        .replace("\\\r\n", "")
        .replace("\\\n", "");
    let is_plain = !text.contains('\\');
    let mut count = 0;
    for digest in listing.digests() {
        let spelled_out = text.contains(&digest.to_string());
        assert!(spelled_out || !is_plain, "{digest} is invented");
        count += 1;
    }
    for name in listing.packages() {
        let parts = name.as_str().split('-');
        let spelled_out = parts.clone().all(|part| text.contains(part));
        assert!(spelled_out || !is_plain, "{name} is invented");
    }
    if count == 0 {
        Verdict::Refused
    } else {
        Verdict::Taken
    }
}

/// A page gives files alone that have one of the wanted digests, and no address with a credential.
pub(crate) fn page(input: &[u8]) -> Verdict {
    let base = "https://index.example/simple/a/x";
    let base: FileUrl = base.parse().expect("it is an address");
    let wanted = digests(input);
    let Ok(files) = read_page(&mut &*input, base.as_url(), &wanted) else {
        return Verdict::Refused;
    };
    for file in &files {
        assert!(wanted.contains(&file.sha256), "nobody wants {file:?}");
        let is_plain = !file.name.is_empty() && !file.name.contains(['/', '\\', '\0', '\n']);
        assert!(is_plain, "{file:?}");
        let url = file.url.as_ref().map(ToString::to_string);
        assert!(!url.is_some_and(|url| split_userinfo(&url).1), "{file:?}");
    }
    if files.is_empty() {
        Verdict::Refused
    } else {
        Verdict::Taken
    }
}

/// The digests that an input spells out, so that its files are wanted.
fn digests(input: &[u8]) -> BTreeSet<Sha256> {
    let text = String::from_utf8_lossy(input).to_ascii_lowercase();
    let words = text.split(|c: char| !c.is_ascii_hexdigit());
    let words = words.filter(|word| word.len() == DIGITS);
    words.filter_map(|word| word.parse().ok()).collect()
}
