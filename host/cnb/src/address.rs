//! The location of a source: the address of a repository or of a file, the revision and the folder in it. Parsed once.
//!
//! Nothing here touches the network, and no value of these types carries a credential.

mod file;
mod origin;

use std::fmt;
use std::str::FromStr;

use gix_validate::path::component;
use url::{Host, Url};

use super::git_id::GitId;

pub use self::file::{FileUrl, FileUrlError, split_userinfo};
pub use self::origin::{Origin, OriginError};
pub use entry::LONGEST_NAME;

/// The limit on an address, a revision or a path, in bytes.
const LONGEST: usize = 1024;
/// The limit on the parts of a [`Subpath`].
const DEEPEST: usize = 32;

/// The address of a repository or of the server that serves it. It has no user info, query or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl(Url);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RemoteUrlError {
    /// A URL parser would drop or change these characters.
    #[error("an address can't contain spaces, control characters or backslashes")]
    Characters,
    #[error("an address has at most {LONGEST} bytes")]
    TooLong,
    #[error("it is not an address such as https://host/group/repository.git")]
    Syntax,
    #[error("the address must begin with https://")]
    Scheme,
    /// The address uses http, but the server is not this machine.
    #[error("http is only for 127.0.0.1, [::1] and localhost; use https")]
    NotLoopback,
    #[error("the address can't contain a user name or a password: give the credential separately")]
    UserInfo,
    #[error("the address can't contain '?' or '#'")]
    Query,
}

impl RemoteUrl {
    /// Scheme, host and port. A credential belongs to an origin.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Host and port. The default port of the scheme is left out.
    #[must_use]
    pub fn authority(&self) -> String {
        self.0.authority().to_owned()
    }

    /// The path, which begins with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The host name or IP address, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port, even if it is the default port of the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Whether the host is this machine. Decided by the address alone, without a resolver.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        Origin::from(self).is_loopback()
    }

    /// Whether the connection is encrypted. If not, the host is this machine.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the address ends in `.git`, as the addresses of repositories usually do.
    #[must_use]
    pub fn has_usual_ending(&self) -> bool {
        self.0.path().strip_suffix(".git").is_some()
    }

    /// Whether this is the address of a repository and not of a server alone: it ends in `.git`, or in the path of
    /// `other`.
    #[must_use]
    pub fn is_repository(&self, other: &Self) -> bool {
        let path = |url: &Self| trimmed(url.0.path()).to_owned();
        let (path, other) = (path(self), path(other));
        let other = other.strip_suffix(".git").unwrap_or(&other);
        path.strip_suffix(".git").is_some() || !other.is_empty() && path.ends_with(other)
    }

    /// This repository on another server. Scheme, host and port are those of `base`. So is the beginning of the path,
    /// for a GitLab in a subfolder of its host.
    #[must_use]
    pub fn with_origin(&self, base: &Self) -> Self {
        let mut url = base.0.clone();
        let path = format!("{}{}", trimmed(base.0.path()), self.0.path());
        url.set_path(trimmed(&path));
        Self(url)
    }

    /// Appends a path beneath the repository, with or without a query.
    #[must_use]
    pub fn join(&self, rest: &str) -> String {
        format!("{self}/{rest}")
    }
}

impl FromStr for RemoteUrl {
    type Err = RemoteUrlError;

    fn from_str(text: &str) -> Result<Self, RemoteUrlError> {
        let mut url = parse(text)?;
        let path = trimmed(url.path()).to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

/// Parses an address without user info, query and fragment, which is https or leads to this machine.
fn parse(text: &str) -> Result<Url, RemoteUrlError> {
    if text.len() > LONGEST {
        return Err(RemoteUrlError::TooLong);
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(RemoteUrlError::Characters);
    }
    let url = Url::parse(text).map_err(|_| RemoteUrlError::Syntax)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(RemoteUrlError::Scheme);
    }
    // The parser has dropped an empty user name (`https://@host`), which does no harm.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RemoteUrlError::UserInfo);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(RemoteUrlError::Query);
    }
    if url.scheme() == "http" && !url.host().is_some_and(|host| is_loopback(&host.to_owned())) {
        return Err(RemoteUrlError::NotLoopback);
    }
    // The parsed URL can be longer than the text: a character beyond ASCII takes up to nine bytes.
    if trimmed(url.as_str()).len() > LONGEST {
        return Err(RemoteUrlError::TooLong);
    }
    Ok(url)
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(trimmed(self.0.as_str()))
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUrl({self})")
    }
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// A state of a repository: a branch, a tag or a full commit id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    text: String,
    commit: Option<GitId>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    #[error("a revision can't be empty; give a branch, a tag or a full commit id")]
    Empty,
    #[error("a revision has at most {LONGEST} bytes")]
    TooLong,
    /// Git would read it as an option.
    #[error("a revision can't begin with '-'")]
    Dash,
    #[error("git does not allow this name for a branch or tag: {rule}")]
    Name {
        /// The rule, in git's own text.
        rule: String,
    },
}

impl Revision {
    /// The commit id, if the revision is one.
    #[must_use]
    pub fn commit(&self) -> Option<GitId> {
        self.commit
    }

    /// The revision as given, but a commit id in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The full names that the revision may have on a server, in order of preference.
    ///
    /// A branch goes before a tag of the same name, as in `git clone --branch`. A name that begins with `refs/` is full
    /// already. A commit id has no full name.
    #[must_use]
    pub fn full_names(&self) -> Vec<String> {
        let name = &self.text;
        if self.commit.is_some() {
            Vec::new()
        } else if name.starts_with("refs/") {
            vec![name.clone()]
        } else {
            vec![format!("refs/heads/{name}"), format!("refs/tags/{name}")]
        }
    }
}

impl FromStr for Revision {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, RevisionError> {
        if text.is_empty() {
            return Err(RevisionError::Empty);
        }
        if text.len() > LONGEST {
            return Err(RevisionError::TooLong);
        }
        if let Ok(commit) = text.parse::<GitId>() {
            let text = commit.to_string();
            let commit = Some(commit);
            return Ok(Self { text, commit });
        }
        if text.starts_with('-') {
            return Err(RevisionError::Dash);
        }
        // Git's rules cover spaces, control characters, `..`, `@{` and similar.
        match gix_validate::reference::name_partial(text.into()) {
            Ok(_) => Ok(Self {
                text: text.to_owned(),
                commit: None,
            }),
            Err(error) => Err(RevisionError::Name {
                rule: error.to_string(),
            }),
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A folder of a repository: one or more plain names, joined by `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subpath(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubpathError {
    #[error("the path can't be empty; name a folder of the repository")]
    Empty,
    #[error("the path has at most {LONGEST} bytes and {DEEPEST} parts")]
    TooLong,
    #[error("the path must be plain names with one '/' between them, and no '/' at its ends")]
    Slash,
    /// A part has a special meaning for git or a file system.
    #[error("the path can't contain '.', '..' or '.git', in any spelling")]
    Part,
    #[error("the path can't contain control characters or backslashes")]
    Characters,
}

impl Subpath {
    /// The names of the path, the outermost first.
    #[must_use]
    pub fn parts(&self) -> impl ExactSizeIterator<Item = &str> {
        let parts: Vec<_> = self.0.split('/').collect();
        parts.into_iter()
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Subpath {
    type Err = SubpathError;

    fn from_str(text: &str) -> Result<Self, SubpathError> {
        if text.is_empty() {
            return Err(SubpathError::Empty);
        }
        if text.len() > LONGEST || text.split('/').count() > DEEPEST {
            return Err(SubpathError::TooLong);
        }
        if text.contains(|c: char| c.is_control() || c == '\\') {
            return Err(SubpathError::Characters);
        }
        let options = component::Options {
            protect_windows: false,
            protect_hfs: true,
            protect_ntfs: true,
        };
        for part in text.split('/') {
            match gix_validate::path::component(part.into(), None, options) {
                Ok(_) => {}
                Err(component::Error::Empty) => return Err(SubpathError::Slash),
                Err(_) => return Err(SubpathError::Part),
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Subpath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
