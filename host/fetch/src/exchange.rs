//! Sends one request and reads its answer: the time that is left, the limits on bytes, the meaning of a status, and
//! the failures that another attempt may help against.
//!
//! Nothing here knows git's messages, follows a redirect or waits.

use std::error::Error;
use std::io::{self, Read};
use std::time::Duration;

use reqwest::blocking::{RequestBuilder, Response};
use reqwest::header::{HeaderName, RETRY_AFTER};

use super::proxy::Peer;
use super::retry::{self, Failure};
use super::unsent::unsent;
use super::{AnswerError, ConnectError, FetchError};
use credential::Credential;
use text::chain;

/// The limit for redirects of one request.
pub(super) const MOST_REDIRECTS: usize = 3;

/// The clock and the counters of all exchanges that share a deadline.
pub(super) trait Watch {
    fn time_left(&self) -> Duration;
    /// The time from the first request to the last byte, for messages.
    fn deadline(&self) -> Duration;
    /// The limit for one answer. `None` for all the time that is left.
    fn patience(&self) -> Option<Duration>;
    fn count_request(&self);
    /// Counts bytes of a body, and reports the progress.
    fn count_bytes(&self, count: u64);
}

/// A failed exchange.
#[derive(Debug)]
pub(super) enum ExchangeError {
    Connect(ConnectError),
    Answer(AnswerError),
    /// The time is up.
    Deadline {
        limit: Duration,
    },
}

impl From<ExchangeError> for FetchError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Connect(error) => Self::Connect(error),
            ExchangeError::Answer(error) => Self::Answer(error),
            ExchangeError::Deadline { limit } => Self::Deadline { limit },
        }
    }
}

/// Sends a request, with the credential if there is one. Follows no redirect.
pub(super) fn send(
    request: RequestBuilder,
    peer: &Peer,
    credential: Option<&Credential>,
    watch: &dyn Watch,
) -> Result<Response, ExchangeError> {
    let time_left = watch.time_left();
    if time_left.is_zero() {
        return Err(out_of_time(watch));
    }
    let time = watch
        .patience()
        .map_or(time_left, |most| most.min(time_left));
    let mut request = request.timeout(time);
    if let Some(Credential { username, secret }) = credential {
        request = request.basic_auth(username, Some(secret.expose()));
    }
    watch.count_request();
    request.send().map_err(|error| {
        // Making a connection has its own limit, and another attempt may succeed.
        let only_connecting = error.is_connect() && !watch.time_left().is_zero();
        if error.is_timeout() && !only_connecting {
            late(watch, peer, Some(error.without_url()))
        } else {
            ExchangeError::Connect(unsent(peer, error))
        }
    })
}

fn out_of_time(watch: &dyn Watch) -> ExchangeError {
    ExchangeError::Deadline {
        limit: watch.deadline(),
    }
}

/// Returns the error for an answer that took too long.
fn late(watch: &dyn Watch, peer: &Peer, source: Option<reqwest::Error>) -> ExchangeError {
    if watch.patience().is_none() || watch.time_left().is_zero() {
        return out_of_time(watch);
    }
    ExchangeError::Connect(ConnectError::NoAnswer {
        host: peer.to_string(),
        source,
    })
}

/// Returns the meaning of a status that is not a success. `url` is the address for messages, and `given` is whether a
/// credential was sent.
pub(super) fn refused(response: &Response, url: &str, origin: String, given: bool) -> AnswerError {
    let status = response.status().as_u16();
    let retry_after = header(response, RETRY_AFTER).and_then(retry::retry_after);
    match status {
        401 if !given => AnswerError::NeedsCredential { origin },
        401 | 403 => AnswerError::CredentialRefused {
            origin,
            status,
            given,
        },
        429 => AnswerError::TooManyRequests {
            origin,
            retry_after,
        },
        500..=599 => AnswerError::ServerFailed {
            origin,
            status,
            retry_after,
            said: None,
        },
        _ => AnswerError::UnexpectedStatus {
            url: url.to_owned(),
            status,
        },
    }
}

/// An answer's body, with its limit. Keeps the error itself, because the reader gets only an I/O error.
pub(super) struct AnswerBody<'w> {
    watch: &'w dyn Watch,
    peer: &'w Peer,
    response: Response,
    left: u64,
    most: u64,
    failed: Option<ExchangeError>,
}

impl<'w> AnswerBody<'w> {
    /// `most` is the limit in bytes.
    pub(super) fn new(response: Response, most: u64, peer: &'w Peer, watch: &'w dyn Watch) -> Self {
        Self {
            watch,
            peer,
            response,
            left: most,
            most,
            failed: None,
        }
    }

    /// Returns the count of bytes that were read.
    pub(super) fn received(&self) -> u64 {
        self.most - self.left
    }

    /// Takes the error of the read that failed, if one has.
    pub(super) fn failure(&mut self) -> Option<ExchangeError> {
        self.failed.take()
    }

    /// Reads up to `most` bytes of the rest. A connection is used again only if its answer was read to the end. Errors
    /// don't matter there.
    pub(super) fn drain(&mut self, most: u64) {
        io::copy(&mut self.take(most), &mut io::sink()).ok();
    }
}

impl Read for AnswerBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.response.read(buffer);
        // Checked after each read as well: many short reads must not exceed the deadline together.
        let late_now = self.watch.time_left().is_zero() || read.as_ref().is_err_and(timed_out);
        let failed = match read {
            _ if late_now => late(self.watch, self.peer, None),
            Ok(count) if count as u64 <= self.left => {
                self.left -= count as u64;
                self.watch.count_bytes(count as u64);
                return Ok(count);
            }
            Ok(_) => ExchangeError::Answer(AnswerError::TooLarge { most: self.most }),
            Err(source) => ExchangeError::Connect(ConnectError::Cut {
                host: self.peer.to_string(),
                source,
            }),
        };
        self.failed = Some(failed);
        Err(io::Error::other("the answer can't be read further"))
    }
}

pub(super) fn header(response: &Response, name: HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}

/// Returns whether a body ended because of its request's timeout.
fn timed_out(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    inner.is_some_and(reqwest::Error::is_timeout)
}

/// Returns whether an error's text has the credential in it, and `known`, which was known before, has not. Names in a
/// certificate are a server's own text, for example.
pub(super) fn repeats(credential: &Credential, error: &dyn Error, known: &str) -> bool {
    credential.is_in(&chain(error)) && !credential.is_in(known)
}

impl ConnectError {
    /// Returns the kind of the failure, which decides whether another attempt can help.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::NoConnection { .. }
            | Self::NoAnswer { .. }
            | Self::Unresolved { .. }
            | Self::ProxyRefused { .. } => Failure::NoConnection,
            Self::Cut { .. } => Failure::CutShort,
            Self::Setup(_) | Self::Tls { .. } | Self::ProxyCredential { .. } => Failure::Final,
        }
    }
}

impl AnswerError {
    /// Returns the kind of the failure, which decides whether another attempt can help.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::TooManyRequests { retry_after, .. } => Failure::Status {
                code: 429,
                retry_after: *retry_after,
            },
            Self::ServerFailed {
                status,
                retry_after,
                ..
            } => Failure::Status {
                code: *status,
                retry_after: *retry_after,
            },
            _ => Failure::Final,
        }
    }
}
