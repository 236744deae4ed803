//! The servers of a download: which may be connected to, and one client for each, which all threads share.
//!
//! Nothing here sends a request. A server in a private network needs a grant, whether its name says where it is or only
//! the name's addresses do.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use reqwest::blocking::Client;
use rustls::pki_types::CertificateDer;

use super::error::Inside;
use super::global::is_global;
use crate::ConnectError;
use crate::proxy::{Peer, Proxies};
use crate::tls;
use cnb::address::Origin;

/// The limit for servers. Each has a client, with a thread and connections.
pub(super) const MOST_SERVERS: usize = 32;

/// The limit for the time to resolve a name.
const RESOLVE: Duration = Duration::from_secs(30);

/// Returns the addresses of a host, by the system's resolver. Tests replace it.
pub(super) type Lookup = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// A server that may be connected to.
pub(super) struct Server {
    pub(super) client: Client,
    /// The host and its proxy, for messages.
    pub(super) peer: Peer,
}

/// A server that can't be connected to, or may not.
pub(super) enum Unreached {
    Inside(Inside),
    Connect(ConnectError),
    TooMany,
}

/// An origin, whether it was granted, and its server, which is `None` until the first connection is possible. A client
/// for a granted origin connects to any address.
type Slot = ((Origin, bool), Arc<Mutex<Option<Arc<Server>>>>);

pub(super) struct Servers {
    certificates: Vec<CertificateDer<'static>>,
    proxies: Proxies,
    private: Vec<Origin>,
    pub(super) lookup: Lookup,
    slots: Mutex<Vec<Slot>>,
}

impl Servers {
    pub(super) fn new(
        certificates: Vec<CertificateDer<'static>>,
        proxies: Proxies,
        private: Vec<Origin>,
    ) -> Self {
        Self {
            certificates,
            proxies,
            private,
            lookup: |host, port| Ok((host, port).to_socket_addrs()?.collect()),
            slots: Mutex::default(),
        }
    }

    /// Returns the server of an origin. The first call for an origin prepares it, within `time`. `may_be_private` is
    /// whether the requested file may come from a private network.
    pub(super) fn get(
        &self,
        origin: &Origin,
        may_be_private: bool,
        time: Duration,
    ) -> Result<Arc<Server>, Unreached> {
        let is_granted = may_be_private && self.private.contains(origin);
        if !is_granted {
            // Decided by the address only, so that no resolver is asked for the name.
            if !origin.is_https() {
                return Err(Unreached::Inside(Inside::Http));
            }
            if origin.is_private_host() {
                return Err(Unreached::Inside(Inside::Name));
            }
        }
        let slot = self.slot((origin, is_granted))?;
        // Other origins are not locked.
        let mut server = lock(&slot);
        if let Some(server) = &*server {
            return Ok(Arc::clone(server));
        }
        let made = Arc::new(self.prepare(origin, is_granted, time)?);
        Ok(Arc::clone(server.insert(made)))
    }

    fn slot(
        &self,
        (origin, is_granted): (&Origin, bool),
    ) -> Result<Arc<Mutex<Option<Arc<Server>>>>, Unreached> {
        let mut slots = lock(&self.slots);
        let mut known = slots.iter();
        let known = known.find(|((known, granted), _)| known == origin && *granted == is_granted);
        if let Some((_, slot)) = known {
            return Ok(Arc::clone(slot));
        }
        if slots.len() >= MOST_SERVERS {
            return Err(Unreached::TooMany);
        }
        let slot = Arc::default();
        slots.push(((origin.clone(), is_granted), Arc::clone(&slot)));
        Ok(slot)
    }

    fn prepare(
        &self,
        origin: &Origin,
        is_granted: bool,
        time: Duration,
    ) -> Result<Server, Unreached> {
        let setup = |error| Unreached::Connect(ConnectError::Setup(error));
        let proxy = self.proxies.for_origin(origin).map_err(setup)?;
        // A proxy resolves the name itself, and reaches what its own rules allow.
        let addresses = if is_granted || proxy.is_some() {
            Vec::new()
        } else {
            self.public_addresses(origin, time)?
        };
        let certificates = self.certificates.clone();
        let client = tls::client_for_files(origin, certificates, proxy.as_ref(), &addresses);
        Ok(Server {
            client: client.map_err(setup)?,
            peer: Peer {
                host: origin.host().to_owned(),
                proxy,
            },
        })
    }

    /// Resolves a name, and leaves out addresses that are not public. The client then connects only to the other
    /// addresses, even if the name leads elsewhere a moment later.
    pub(super) fn public_addresses(
        &self,
        origin: &Origin,
        time: Duration,
    ) -> Result<Vec<SocketAddr>, Unreached> {
        let found = self.resolve(origin, time).and_then(|found| {
            let first = found.first().map(SocketAddr::ip);
            let first = first.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            Ok((found, first))
        });
        let (mut found, first) = found.map_err(|error| {
            Unreached::Connect(ConnectError::Unresolved {
                host: origin.host().to_owned(),
                source: error.into(),
            })
        })?;
        found.retain(|address| is_global(address.ip()));
        if found.is_empty() {
            return Err(Unreached::Inside(Inside::Address(first)));
        }
        Ok(found)
    }

    /// Resolves a name in a thread of its own, because the system's resolver takes its time and can't be stopped.
    fn resolve(&self, origin: &Origin, time: Duration) -> io::Result<Vec<SocketAddr>> {
        let (tell, heard) = mpsc::channel();
        let (lookup, host, port) = (self.lookup, origin.host().to_owned(), origin.port());
        // Fails if the resolver took too long, because the receiver is gone then.
        thread::Builder::new().spawn(move || tell.send(lookup(&host, port)).ok())?;
        let late = |_| Err(io::Error::from(io::ErrorKind::TimedOut));
        heard.recv_timeout(time.min(RESOLVE)).unwrap_or_else(late)
    }
}

/// Locks, also after a panic of another thread: nothing is ever half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
