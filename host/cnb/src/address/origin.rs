//! A server by scheme, host and port, and whether its name can belong to a private network.
//!
//! Nothing here resolves a name: the code that connects checks the addresses of a public name.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::{RemoteUrl, RemoteUrlError, is_loopback};

/// The endings of names that no public resolver knows: those that are reserved for private networks or for special use
/// (<https://www.iana.org/assignments/special-use-domain-names>), and those that private networks use anyway.
const PRIVATE: [&str; 15] = [
    "alt",
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "resolver.arpa",
    "test",
];

/// Scheme, host and port of an address. A credential belongs to an origin.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    is_https: bool,
    host: Host,
    port: u16,
    /// The host as text.
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    #[error(transparent)]
    Address(#[from] RemoteUrlError),
    #[error("it must be a scheme, a host and a port alone, such as https://files.example.com")]
    Path,
}

impl Origin {
    /// The origin of a URL, whatever else it has. `None` unless its scheme is http or https.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        matches!(url.scheme(), "https" | "http").then(|| Self::known(url))
    }

    /// The origin of a URL whose scheme was checked before. With http and https, the parser accepts no empty host.
    pub(super) fn known(url: &Url) -> Self {
        let host = url.host().map(|host| host.to_owned());
        let host = host.unwrap_or_else(|| Host::Domain(String::new()));
        Self {
            is_https: url.scheme() == "https",
            name: host.to_string(),
            host,
            port: url.port_or_known_default().unwrap_or_default(),
        }
    }

    /// The host name or IP address. An IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.name
    }

    /// The port, even if it is the default port of the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Whether the host is this machine. Decided by the address alone, without a resolver.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Whether the host can be in a private network by its spelling: it is an IP address, this machine, a name without
    /// a dot, or a name that no public resolver knows.
    #[must_use]
    pub fn is_private_host(&self) -> bool {
        let Host::Domain(name) = &self.host else {
            return true;
        };
        let name = name.trim_end_matches('.');
        let ends_so = |ending: &&str| {
            let rest = name.strip_suffix(ending);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        !name.contains('.') || PRIVATE.iter().any(ends_so)
    }
}

impl From<&RemoteUrl> for Origin {
    fn from(RemoteUrl(url): &RemoteUrl) -> Self {
        Self::known(url)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let url: RemoteUrl = text.parse()?;
        match url.0.path() {
            "" | "/" => Ok(Self::from(&url)),
            _ => Err(OriginError::Path),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        let origin = url::Origin::Tuple(scheme.to_owned(), self.host.clone(), self.port);
        f.write_str(&origin.ascii_serialization())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

#[cfg(test)]
mod tests;
