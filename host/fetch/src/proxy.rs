//! Through whom a host is reached: the proxy of the process environment, unless the host is exempt from it.
//!
//! Nothing here connects. A proxy's address may hold a password, so only a part of it is ever shown.

use std::fmt;
use std::net::IpAddr;

use url::Url;

use super::tls::error::TlsError;
use cnb::address::RemoteUrl;
use cnb::context::HttpsProxy;

/// The proxy of the process environment, as its variables have it.
#[derive(Default)]
pub struct Proxies {
    /// The proxy for https.
    pub https: Option<HttpsProxy>,
    /// `NO_PROXY`: hosts that are reached without it.
    pub no_proxy: Option<String>,
}

/// A proxy that can be asked.
#[derive(Clone)]
pub(super) struct Proxy {
    url: Url,
    variable: &'static str,
}

impl Proxies {
    /// The proxy for this address, if any. None leads to this machine, whose http it could read.
    pub(super) fn for_url(&self, url: &RemoteUrl) -> Result<Option<Proxy>, TlsError> {
        let exempt = self.no_proxy.as_deref().unwrap_or_default();
        match &self.https {
            Some(https) if !url.is_loopback() && !is_exempt(exempt, url.host(), url.port()) => {
                Proxy::parse(https).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The same for messages: `address (variable)`, without a user and a password.
    #[must_use]
    pub fn shown_for(&self, url: &RemoteUrl) -> Option<String> {
        let proxy = self.for_url(url).ok()??;
        Some(format!("{proxy} ({})", proxy.variable))
    }
}

impl Proxy {
    /// Behind host and port nothing may stand: there, the rest of a password would be taken for a part of the address.
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

    /// The address with its password, for the connection and nothing else.
    pub(super) fn expose(&self) -> &str {
        self.url.as_str()
    }

    /// The variable that names it.
    pub(super) fn variable(&self) -> &'static str {
        self.variable
    }

    /// Whether it is told who asks.
    pub(super) fn has_credential(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url.origin().ascii_serialization())
    }
}

/// The other end of a connection, for messages: where there is a proxy, it may be the proxy that fails.
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

/// Whether a host is reached without a proxy by what `NO_PROXY` says, read as curl and git do: names with all that is
/// beneath them, addresses, networks, or `*`; with commas or blanks between them. A port, which curl doesn't know, is
/// compared where there is one.
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
    // More than one colon is an IPv6 address, unless brackets tell its own from the port's.
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

/// Whether an address is this one, or in this network, such as `10.0.0.0/8`.
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
