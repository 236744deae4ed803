//! Reads a page of an index of packages: the names, addresses and digests of a package's files.
//!
//! Both forms of <https://packaging.python.org/en/latest/specifications/simple-repository-api/> are read, JSON and
//! HTML. Nothing here trusts an address: the caller decides which server is asked, and a file's digest is compared
//! after the download.

mod html;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Read};

use serde::Deserialize;
use url::Url;

use cnb::address::{FileUrl, split_userinfo};
use cnb::sha256::Sha256;
use entry::LONGEST_NAME;

/// The requested content types, with the order of preference that the specification advises.
pub(super) const FORMS: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";
/// The limit on a page, in bytes. It is in memory as a whole. The largest real ones have a few MiB.
pub(super) const LARGEST_PAGE: u64 = 16 << 20;
/// The limit on the files of a page that have a wanted digest.
const MOST_FILES: usize = 1024;

/// A file of a package, as an index lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile {
    /// The file's name: printable, and without a separator of folders.
    pub name: String,
    /// The file's address, without a user name and a password. `None` if it is not one that can be fetched, such as one
    /// with a query.
    pub url: Option<FileUrl>,
    pub sha256: Sha256,
}

/// A page that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("the page can't be read from its scratch file")]
    Read(#[from] io::Error),
    /// Without the text, which is the server's.
    #[error("the page is not the JSON of an index of packages (line {line})")]
    Json { line: usize },
    #[error("the page has more than {most} files with a listed digest")]
    TooMany { most: usize },
}

/// Reads those files of a page that have one of the `wanted` digests. Relative addresses begin at `base`, the address
/// that answered.
pub fn read_page(
    page: &mut dyn Read,
    base: &Url,
    wanted: &BTreeSet<Sha256>,
) -> Result<Vec<IndexFile>, PageError> {
    let mut bytes = Vec::new();
    page.take(LARGEST_PAGE).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    if text.trim_start().starts_with('{') {
        return from_json(&text, base, wanted);
    }
    limited(from_html(&text, base, wanted))
}

/// Collects the files of a page, of which no honest one has very many.
fn limited(files: impl Iterator<Item = IndexFile>) -> Result<Vec<IndexFile>, PageError> {
    let files: Vec<_> = files.take(MOST_FILES + 1).collect();
    if files.len() > MOST_FILES {
        return Err(PageError::TooMany { most: MOST_FILES });
    }
    Ok(files)
}

#[derive(Deserialize)]
struct Page<'p> {
    #[serde(borrow)]
    files: Vec<PageFile<'p>>,
}

#[derive(Deserialize)]
struct PageFile<'p> {
    #[serde(borrow)]
    filename: Cow<'p, str>,
    #[serde(borrow)]
    url: Cow<'p, str>,
    #[serde(borrow)]
    hashes: PageHashes<'p>,
}

#[derive(Deserialize)]
struct PageHashes<'p> {
    #[serde(borrow, default)]
    sha256: Option<Cow<'p, str>>,
}

fn from_json(
    text: &str,
    base: &Url,
    wanted: &BTreeSet<Sha256>,
) -> Result<Vec<IndexFile>, PageError> {
    let page: Page<'_> =
        serde_json::from_str(text).map_err(|error| PageError::Json { line: error.line() })?;
    let files = page.files.iter().filter_map(|file| {
        let sha256 = file.hashes.sha256.as_deref()?;
        let sha256 = sha256.to_ascii_lowercase().parse().ok()?;
        let is_wanted = wanted.contains(&sha256) && is_name(&file.filename);
        is_wanted.then(|| IndexFile {
            name: file.filename.clone().into_owned(),
            url: address(&file.url, base),
            sha256,
        })
    });
    limited(files)
}

/// In HTML, the digest is the fragment of the address, and the name is its last part.
fn from_html(text: &str, base: &Url, wanted: &BTreeSet<Sha256>) -> impl Iterator<Item = IndexFile> {
    html::links(text).filter_map(|link| {
        let (address_text, fragment) = link.split_once('#')?;
        let digest = fragment
            .split('&')
            .find_map(|part| part.strip_prefix("sha256="))?;
        let sha256 = digest.to_ascii_lowercase().parse().ok()?;
        if !wanted.contains(&sha256) {
            return None;
        }
        let url = address(address_text, base);
        let name = match &url {
            Some(url) => url.file_name(),
            None => address_text.rsplit('/').next()?.to_owned(),
        };
        is_name(&name).then_some(IndexFile { name, url, sha256 })
    })
}

/// A link's address. Its user name and password are dropped: no server gets a credential that a page names.
fn address(link: &str, base: &Url) -> Option<FileUrl> {
    let mut url = base.join(link).ok()?;
    url.set_fragment(None);
    split_userinfo(url.as_str()).0.parse().ok()
}

fn is_name(name: &str) -> bool {
    let is_short = !name.is_empty() && name.len() <= LONGEST_NAME;
    is_short && !name.contains(|c: char| text::is_unseen(c) || matches!(c, '/' | '\\'))
}

#[cfg(test)]
mod tests;
