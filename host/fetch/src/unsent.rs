//! Finds the cause of a request without an answer: only some causes are temporary, and each needs its own advice.
//!
//! The text of an error is compared if the libraries below have no type for its cause.

use std::error::Error;
use std::io;

use super::ConnectError;
use super::proxy::Peer;

/// The prefix of the texts of errors from a proxy's tunnel.
const TUNNEL: &str = "tunnel error: ";

/// Turns the HTTP library's error for a request without an answer into the host's own.
pub(super) fn unsent(peer: &Peer, error: reqwest::Error) -> ConnectError {
    let source = error.without_url();
    // Replaced by the proxy, if the connection to the proxy failed.
    let mut host = peer.to_string();
    let mut cause: Option<&(dyn Error + 'static)> = Some(&source);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref::<rustls::Error>() {
            let source = fault.clone().into();
            return ConnectError::Tls { host, source };
        }
        let text = error.to_string();
        // The resolver's error can't be recognized by a type.
        if text.starts_with("dns error") {
            return ConnectError::Unresolved {
                host,
                source: source.into(),
            };
        }
        // The proxy's answer to CONNECT can't be recognized by a type either, and the error does not contain its
        // status.
        if let (Some(why), Some(proxy)) = (text.strip_prefix(TUNNEL), &peer.proxy) {
            match why {
                "proxy authorization required" => {
                    return ConnectError::ProxyCredential {
                        proxy: proxy.to_string(),
                        variable: proxy.variable(),
                        given: proxy.has_credential(),
                    };
                }
                "unsuccessful" => {
                    return ConnectError::ProxyRefused {
                        proxy: proxy.to_string(),
                        host: peer.host.clone(),
                    };
                }
                _ => host = format!("the proxy {proxy}"),
            }
        }
        cause = beneath(error);
    }
    if source.is_connect() {
        return ConnectError::NoConnection { host, source };
    }
    let source = Some(source);
    ConnectError::NoAnswer { host, source }
}

/// Returns the next cause. The `source` of an I/O error skips the error inside it, so that one is returned first.
fn beneath<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let held = error.downcast_ref().and_then(io::Error::get_ref);
    held.map_or_else(|| error.source(), |held| Some(held))
}
