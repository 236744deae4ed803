//! Chooses the proxy for a host: that of the process environment, unless the host is exempt.
//!
//! Nothing here connects. A proxy's address may contain a password, so only a part of it is ever shown.

use std::fmt;
use std::net::IpAddr;

use url::Url;

use super::tls::error::TlsError;
use cnb::address::{Origin, RemoteUrl};
use cnb::context::HttpsProxy;

/// The proxy settings of the process environment.
#[derive(Default)]
pub struct Proxies {
    pub https: Option<HttpsProxy>,
    /// `NO_PROXY`: hosts that are reached without a proxy.
    pub no_proxy: Option<String>,
}

/// A proxy with a valid address.
#[derive(Clone)]
pub(super) struct Proxy {
    url: Url,
    variable: &'static str,
}

impl Proxies {
    /// Returns the proxy for this address, if any.
    pub(super) fn for_url(&self, url: &RemoteUrl) -> Result<Option<Proxy>, TlsError> {
        self.for_origin(&url.into())
    }

    /// Returns the proxy for this server, if any. Never one for this machine: its http requests could be read there.
    pub(super) fn for_origin(&self, origin: &Origin) -> Result<Option<Proxy>, TlsError> {
        let exempt = self.no_proxy.as_deref().unwrap_or_default();
        match &self.https {
            Some(https)
                if !origin.is_loopback() && !is_exempt(exempt, origin.host(), origin.port()) =>
            {
                Proxy::parse(https).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the proxy for messages, as `address (variable)`, without user and password.
    #[must_use]
    pub fn shown_for(&self, url: &RemoteUrl) -> Option<String> {
        let proxy = self.for_url(url).ok()??;
        Some(format!("{proxy} ({})", proxy.variable))
    }
}

impl Proxy {
    /// Parses a proxy's address. Refuses text after host and port, because it may be the rest of a password.
    fn parse(setting: &HttpsProxy) -> Result<Self, TlsError> {
        let HttpsProxy { variable, address } = setting;
        let refused = || TlsError::Proxy { variable };
        let url = if address.contains("://") {
            Url::parse(address)
        } else {
            Url::parse(&format!("http://{address}"))
        };
        let url = url.map_err(|_| refused())?;
        let is_whole = matches!(url.path(), "" | "/") && url.query().or(url.fragment()).is_none();
        if matches!(url.scheme(), "http" | "https") && is_whole {
            Ok(Self { url, variable })
        } else {
            Err(refused())
        }
    }

    /// Returns the address with its password. Only for the connection.
    pub(super) fn expose(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the name of the environment variable with the address.
    pub(super) fn variable(&self) -> &'static str {
        self.variable
    }

    /// Returns whether the address has a user or password.
    pub(super) fn has_credential(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url.origin().ascii_serialization())
    }
}

/// The other end of a connection, for messages. They name the proxy as well, because the proxy may be what fails.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) host: String,
    pub(super) proxy: Option<Proxy>,
}

impl Peer {
    pub(super) fn new(url: &RemoteUrl, proxy: Option<Proxy>) -> Self {
        let host = url.host().to_owned();
        Self { host, proxy }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            Some(proxy) => write!(f, "{} (through the proxy {proxy})", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// Returns whether `NO_PROXY` exempts a host. The list is parsed as in curl and git: names with their subdomains,
/// addresses, networks, or `*`, separated by commas or blanks. An entry's port, which curl doesn't support, is compared
/// too.
fn is_exempt(list: &str, host: &str, port: u16) -> bool {
    let entries = list.split(|c: char| c == ',' || c.is_whitespace());
    entries
        .filter(|entry| !entry.is_empty())
        .any(|entry| covers(entry, host, port))
}

fn covers(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    // More than one colon means an IPv6 address, unless brackets separate the address from a port.
    let (name, wanted) = match entry.rsplit_once(':') {
        Some((name, digits)) if name.ends_with(']') || !name.contains(':') => {
            (name, digits.parse().ok())
        }
        _ => (entry, Some(port)),
    };
    if wanted != Some(port) {
        return false;
    }
    let host = unbracketed(host);
    if let Ok(address) = host.parse() {
        return is_in(unbracketed(name), address);
    }
    let (name, host) = (name.trim_matches('.'), host.trim_end_matches('.'));
    let (name, host) = (name.to_lowercase(), host.to_lowercase());
    let beneath = host.strip_suffix(&name);
    !name.is_empty() && beneath.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn unbracketed(host: &str) -> &str {
    let inner = host.strip_prefix('[');
    inner
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(host)
}

/// Returns whether an address is equal to this one, or in this network, such as `10.0.0.0/8`.
fn is_in(network: &str, address: IpAddr) -> bool {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, length.parse().ok()),
        None => (network, Some(u32::MAX)),
    };
    let (Ok(base), Some(length)) = (base.parse(), length) else {
        return false;
    };
    let (differs, width) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            (u128::from(base.to_bits() ^ address.to_bits()), 32)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits() ^ address.to_bits(), 128),
        _ => return false,
    };
    let rest = width - length.min(width);
    differs.checked_shr(rest).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests;
