//! The address of one file on a server.
//!
//! Nothing here touches the network, and no value of these types carries a credential.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use text::is_unseen;
use url::Url;

use super::origin::Origin;
use super::{LONGEST_NAME, RemoteUrl, RemoteUrlError, parse, trimmed};
use crate::names::PackageName;

/// The address of one file. It has no user info, query or fragment, and its last part is a plain name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileUrl(Url);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileUrlError {
    #[error("it is not an address such as https://host/folder/file.tar.gz")]
    Syntax,
    #[error(transparent)]
    Address(RemoteUrlError),
    /// A part is `.` or `..`, also if it is percent-encoded: a server might take it for another folder.
    #[error("no part of the address can be '.' or '..'")]
    Dots,
    /// The last part is empty, or is not a plain name after decoding.
    #[error(
        "the address must end in the name of a file, without '/', backslashes or characters that can't be seen"
    )]
    Name,
}

impl From<RemoteUrlError> for FileUrlError {
    fn from(error: RemoteUrlError) -> Self {
        match error {
            RemoteUrlError::Syntax => Self::Syntax,
            error => Self::Address(error),
        }
    }
}

impl FileUrl {
    /// Parses an address that may have a user name and a password, and drops both. Returns whether there was a
    /// password or a user name.
    pub fn without_userinfo(text: &str) -> Result<(Self, bool), FileUrlError> {
        let (rest, has_user) = split_userinfo(text);
        Ok((rest.parse()?, has_user))
    }

    /// The page of an index that lists the files of a package, which has no file's name: it ends with `/`.
    /// <https://packaging.python.org/en/latest/specifications/simple-repository-api/>
    pub fn of_page(index: &RemoteUrl, package: &PackageName) -> Result<Self, FileUrlError> {
        let path = trimmed(index.0.path());
        if path.split('/').any(|part| has_dots(&decoded(part))) {
            return Err(FileUrlError::Dots);
        }
        let mut url = index.0.clone();
        url.set_path(&format!("{path}/{}/", package.as_str()));
        Ok(Self(url))
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::known(&self.0)
    }

    /// Host and port. The default port of the scheme is left out.
    #[must_use]
    pub fn authority(&self) -> String {
        self.0.authority().to_owned()
    }

    /// The host name or IP address.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The path, which begins with `/`. It is percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Whether the host can be in a private network by its spelling. See [`Origin::is_private_host`].
    #[must_use]
    pub fn is_private_host(&self) -> bool {
        self.origin().is_private_host()
    }

    /// The file's name: the last part of the path, decoded.
    #[must_use]
    pub fn file_name(&self) -> String {
        name_in(self.0.path()).unwrap_or_default()
    }

    /// This file on another server. Scheme, host and port are those of `base`. So is the beginning of the path.
    #[must_use]
    pub fn with_origin(&self, base: &RemoteUrl) -> Self {
        let mut url = base.0.clone();
        let path = format!("{}{}", trimmed(base.0.path()), self.0.path());
        url.set_path(&path);
        Self(url)
    }

    /// The address as a URL, for the request.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for FileUrl {
    type Err = FileUrlError;

    fn from_str(text: &str) -> Result<Self, FileUrlError> {
        let url = parse(text)?;
        // The parser resolves such parts of a path, so the text is searched too. It also drops an empty or a default
        // port, which can leave a host of dots.
        let mut parts = text.split('/').chain(url.as_str().split('/'));
        if parts.any(|part| has_dots(&decoded(part))) {
            return Err(FileUrlError::Dots);
        }
        name_in(url.path()).ok_or(FileUrlError::Name)?;
        Ok(Self(url))
    }
}

impl fmt::Display for FileUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Debug for FileUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileUrl({self})")
    }
}

/// Drops the user name and the password of a text, which need not be an address. Returns whether there was one.
#[must_use]
pub fn split_userinfo(text: &str) -> (Cow<'_, str>, bool) {
    let Some((before, after)) = text.split_once("://") else {
        return (text.into(), false);
    };
    // The user info ends at the last '@' before the path.
    let end = after.find(['/', '?', '#', '\\']).unwrap_or(after.len());
    match after[..end].rfind('@') {
        Some(at) => (format!("{before}://{}", &after[at + 1..]).into(), at > 0),
        None => (text.into(), false),
    }
}

fn has_dots(part: &[u8]) -> bool {
    let mut parts = part.split(|&byte| matches!(byte, b'/' | b'\\'));
    parts.any(|part| part == b"." || part == b"..")
}

/// Returns the decoded last part of a path, if it is a plain name.
fn name_in(path: &str) -> Option<String> {
    let last = path.rsplit('/').next()?;
    let name = String::from_utf8(decoded(last)).ok()?;
    let is_plain = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !matches!(name.as_str(), "." | "..")
        && !name.contains(|c: char| is_unseen(c) || matches!(c, '/' | '\\'));
    is_plain.then_some(name)
}

/// Decodes percent-encoded bytes, such as `%2B`. Other text stays as it is.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| first == b'%');
        let byte = pair
            .filter(|pair| pair.iter().all(u8::is_ascii_hexdigit))
            .and_then(|pair| str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(byte) = byte {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
