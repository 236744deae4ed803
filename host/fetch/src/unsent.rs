//! Why a request got no answer: by its cause, for not every cause passes by itself, and each has another remedy.
//!
//! A cause that the libraries below don't tell by a type is told by the text of their errors.

use std::error::Error;
use std::io;

use super::proxy::Peer;
use super::{ConnectError, FetchError};

/// The beginning of the text of an error of the way through a proxy.
const TUNNEL: &str = "tunnel error: ";

/// A request that got no answer.
pub(super) fn unsent(peer: &Peer, error: reqwest::Error) -> FetchError {
    let source = error.without_url();
    // The proxy instead, if that is how far it came.
    let mut host = peer.to_string();
    let mut cause: Option<&(dyn Error + 'static)> = Some(&source);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref::<rustls::Error>() {
            let source = fault.clone().into();
            return FetchError::Connect(ConnectError::Tls { host, source });
        }
        let text = error.to_string();
        // The resolver's failure has no type of its own to be known by.
        if text.starts_with("dns error") {
            return FetchError::Connect(ConnectError::Unresolved { host, source });
        }
        // Nor has the proxy's answer to CONNECT, whose status is not among what is told of it.
        if let (Some(why), Some(proxy)) = (text.strip_prefix(TUNNEL), &peer.proxy) {
            match why {
                "proxy authorization required" => {
                    return FetchError::Connect(ConnectError::ProxyCredential {
                        proxy: proxy.to_string(),
                        variable: proxy.variable(),
                        given: proxy.has_credential(),
                    });
                }
                "unsuccessful" => {
                    return FetchError::Connect(ConnectError::ProxyRefused {
                        proxy: proxy.to_string(),
                        host: peer.host.clone(),
                    });
                }
                _ => host = format!("the proxy {proxy}"),
            }
        }
        cause = beneath(error);
    }
    if source.is_connect() {
        return FetchError::Connect(ConnectError::NoConnection { host, source });
    }
    let source = Some(source);
    FetchError::Connect(ConnectError::NoAnswer { host, source })
}

/// The next cause. An I/O error names the one behind what it holds, and so would hide that.
fn beneath<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let held = error.downcast_ref().and_then(io::Error::get_ref);
    held.map_or_else(|| error.source(), |held| Some(held))
}
