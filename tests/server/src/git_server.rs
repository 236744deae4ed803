//! A real git server on loopback: `git http-backend` behind HTTP/1.1, a credential check and faults on demand.
//!
//! `fault` defines the faults. No expectation about a client belongs here: tests read [`GitServer::exchanges`].

mod backend;
mod connection;
pub mod fault;
pub mod http;
mod kind;
mod options;
pub mod packet;
mod tls;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use fault::{Fault, Rule, When};
use http::{Request, Response};

pub use kind::Kind;
pub use options::{Access, Filters, Options};

impl Options {
    /// Starts the server on a free port.
    pub fn start(self) -> Result<GitServer> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port on loopback")?;
        let address = listener
            .local_addr()
            .context("the listener has no address")?;
        let tls = if let Some(certificate) = self.tls {
            Some(tls::Identity::new(certificate)?)
        } else {
            None
        };
        let authority = tls.as_ref().map(|identity| identity.authority.clone());
        let shared = Arc::new(Shared {
            options: self,
            tls: tls.map(|identity| identity.config),
            state: Mutex::default(),
            bell: Condvar::new(),
        });
        let accept = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Ok(GitServer {
            shared,
            address,
            authority,
            accept: Some(accept),
        })
    }
}

/// A request and its response.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The client's request, without any redaction.
    pub request: Request,
    /// The index of its TCP connection, from 0.
    pub connection: usize,
    /// The intended response. A fault in its delivery does not show here.
    pub response: Response,
    /// The length of the response's body, which is kept even if the body is not.
    pub body_bytes: usize,
    /// The server's own time for the response, without sending it.
    pub took: Duration,
}

/// A running server. Its connections and threads end on drop.
pub struct GitServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    authority: Option<String>,
    accept: Option<JoinHandle<()>>,
}

impl GitServer {
    /// The options of a server without repositories or access control.
    #[must_use]
    pub fn options() -> Options {
        Options::default()
    }

    /// The server's address, such as `http://127.0.0.1:4711`, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.authority.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// The address of the repository at `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}/{}", self.origin(), path.trim_start_matches('/'))
    }

    /// The certificate of the server's own authority in PEM form, if it uses TLS.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Answers requests that match `when` with `fault`, at most `times` times. Rules are tried in the order in which
    /// they were added, and a request uses up the first rule that it matches.
    pub fn fault(&self, when: When, times: usize, fault: Fault) {
        self.shared.state().rules.push(Rule {
            when,
            times,
            fault: Arc::new(fault),
        });
    }

    /// Redirects everything under `old` to `new` with status 301, as GitLab does for a renamed project.
    pub fn rename(&self, old: &str, new: &str) {
        let (old, new) = (format!("/{old}/"), format!("/{new}/"));
        let prefix = old.clone();
        self.fault(
            When::Is(Box::new(move |request| request.target.starts_with(&prefix))),
            usize::MAX,
            Fault::AnswerWith(Box::new(move |request| {
                Response::redirect(301, &request.target.replacen(&old, &new, 1))
            })),
        );
    }

    /// All exchanges until now, in the order of the requests.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.state().exchanges.clone()
    }

    /// All requests until now.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.exchanges()
            .into_iter()
            .map(|exchange| exchange.request)
            .collect()
    }

    /// The number of TCP connections until now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.stopped = true;
            for stream in state.open.values() {
                // Shutting down a connection fails if the client has closed it.
                drop(stream.shutdown(Shutdown::Both));
            }
        }
        self.shared.bell.notify_all();
        // The accepting thread reads `stopped` after each connection, and this is the last one.
        drop(TcpStream::connect(self.address));
        if let Some(accept) = self.accept.take() {
            drop(accept.join());
        }
    }
}

struct Shared {
    options: Options,
    tls: Option<Arc<rustls::ServerConfig>>,
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    connections: usize,
    open: BTreeMap<usize, TcpStream>,
    rules: Vec<Rule>,
    exchanges: Vec<Exchange>,
    asked: usize,
}

impl Shared {
    /// A test that panicked while it held the lock has its own message, so poisoning is ignored.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the server stops or `time` is over, and returns whether it has stopped.
    fn stopped_within(&self, time: Duration) -> bool {
        let (state, _) = self
            .bell
            .wait_timeout_while(self.state(), time, |state| !state.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        state.stopped
    }

    /// The fault for this request. Counts the request.
    fn fault_for(&self, request: &Request) -> Option<Arc<Fault>> {
        let mut state = self.state();
        let number = state.asked;
        state.asked += 1;
        let rule = state
            .rules
            .iter_mut()
            .find(|rule| rule.times > 0 && rule.when.meets(number, request))?;
        rule.times -= 1;
        Some(Arc::clone(&rule.fault))
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let Ok(twin) = stream.try_clone() else {
            continue;
        };
        let number = {
            let mut state = shared.state();
            if state.stopped {
                break;
            }
            let number = state.connections;
            state.connections += 1;
            state.open.insert(number, twin);
            number
        };
        let shared = Arc::clone(shared);
        threads.push(thread::spawn(move || {
            // Some tests close a connection early, which is not a fault of the server.
            drop(connection::serve(&shared, stream, number));
            shared.state().open.remove(&number);
        }));
    }
    for thread in threads {
        drop(thread.join());
    }
}

#[cfg(test)]
mod tests;
