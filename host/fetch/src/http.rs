//! Sends requests to one origin over HTTP: size limits, one deadline for all, redirects of one request, retries.
//!
//! Nothing here knows git's messages. A credential goes only to the origin that it was given for.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use url::Url;

use super::protocol::{self, ProtocolError};
use super::proxy::Peer;
use super::retry::{self, Failure};
use super::unsent::unsent;
use super::{AnswerError, ConnectError, FetchError, RedirectError};
use crate::secret::Credential;
use cnb::address::RemoteUrl;
use text::chain;

const ADVERTISEMENT: &str = "/info/refs?service=git-upload-pack";
const MOST_REDIRECTS: usize = 3;
/// The limit for an advertisement of capabilities, in bytes. Real ones are far smaller.
const LARGEST_ADVERTISEMENT: u64 = 1 << 20;
/// The limit for a message with a server's failure, in bytes. Real ones are far smaller.
const LARGEST_REFUSAL: u64 = 1 << 16;
/// The bytes to read of an answer's unused rest, so that its connection can be used again.
const LARGEST_REST: u64 = 1 << 20;

/// A clock, which tests replace so that they do not wait.
pub trait Clock {
    /// Returns the time since a fixed moment.
    fn now(&self) -> Duration;
    fn sleep(&self, wait: Duration);
}

/// The machine's monotonic clock, starting at zero.
pub(super) struct SystemClock(Instant);

impl SystemClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, wait: Duration) {
        std::thread::sleep(wait);
    }
}

/// The network traffic, for the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The count of sent requests, including repeated and redirected ones.
    pub requests: u32,
    /// The bytes of all answers' bodies.
    pub bytes_received: u64,
}

/// Called with the count of all bytes received until now.
pub type Progress = Box<dyn Fn(u64)>;

pub(super) struct Http {
    client: Client,
    base: RemoteUrl,
    /// The host and its proxy, for messages.
    peer: Peer,
    credential: Option<Credential>,
    clock: Box<dyn Clock>,
    started: Duration,
    deadline: Duration,
    /// The limit for one answer. `None` for all the time that is left.
    patience: Option<Duration>,
    traffic: Traffic,
    progress: Option<Progress>,
}

impl Http {
    pub(super) fn new(
        client: Client,
        base: RemoteUrl,
        peer: Peer,
        credential: Option<Credential>,
        clock: Box<dyn Clock>,
        deadline: Duration,
    ) -> Self {
        Self {
            client,
            base,
            peer,
            credential,
            started: clock.now(),
            clock,
            deadline,
            patience: None,
            traffic: Traffic::default(),
            progress: None,
        }
    }

    pub(super) fn url(&self) -> &RemoteUrl {
        &self.base
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Sets the limit for each later answer. `None` for all the time that is left.
    pub(super) fn set_patience(&mut self, patience: Option<Duration>) {
        self.patience = patience;
    }

    /// Replaces the clock, and restarts the deadline.
    pub(super) fn set_clock(&mut self, clock: Box<dyn Clock>) {
        self.started = clock.now();
        self.clock = clock;
    }

    pub(super) fn set_progress(&mut self, progress: Progress) {
        self.progress = Some(progress);
    }

    /// Requests the server's capabilities. Follows a redirect within the origin, and sends later requests to the new
    /// address: a renamed repository costs one more request in all, and not one for each.
    pub(super) fn get_advertisement<T>(
        &mut self,
        parse: impl Fn(&mut dyn Read) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let final_too = |_: &FetchError| false;
        self.repeatedly(final_too, |http| {
            for _ in 0..=MOST_REDIRECTS {
                let request = http.client.get(http.base.join(&ADVERTISEMENT[1..]));
                let response = http.send(request)?;
                if response.status().is_redirection() {
                    http.base = http.redirected(&response)?;
                    continue;
                }
                let wanted = "application/x-git-upload-pack-advertisement";
                return http.read(response, wanted, LARGEST_ADVERTISEMENT, &parse);
            }
            Err(FetchError::Redirect(RedirectError::TooManyRedirects {
                url: http.base.to_string(),
            }))
        })
    }

    /// Sends a request to git's service. The request changes nothing there, so it can be repeated. Errors for which
    /// `final_too` returns true are final, in addition to those that always are.
    pub(super) fn post<T>(
        &mut self,
        body: &[u8],
        most_bytes: u64,
        final_too: impl Fn(&FetchError) -> bool,
        parse: impl Fn(&mut dyn Read) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        self.repeatedly(final_too, |http| {
            let wanted = "application/x-git-upload-pack-result";
            let request = http
                .client
                .post(http.base.join("git-upload-pack"))
                .header(CONTENT_TYPE, "application/x-git-upload-pack-request")
                .header(ACCEPT, wanted)
                .body(body.to_vec());
            let response = http.send(request)?;
            http.read(response, wanted, most_bytes, &parse)
        })
    }

    fn repeatedly<T>(
        &mut self,
        final_too: impl Fn(&FetchError) -> bool,
        once: impl Fn(&mut Self) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let mut tries = 1;
        loop {
            let error = match once(self) {
                Err(error) => error,
                answered => return answered,
            };
            let wait = retry::wait(failure(&error), tries, self.time_left());
            match wait.filter(|_| !final_too(&error)) {
                Some(wait) => self.clock.sleep(wait),
                None => return Err(self.without_credential(error)),
            }
            tries += 1;
        }
    }

    pub(super) fn time_left(&self) -> Duration {
        self.started
            .saturating_add(self.deadline)
            .saturating_sub(self.clock.now())
    }

    pub(super) fn out_of_time(&self) -> FetchError {
        FetchError::Deadline {
            limit: self.deadline,
        }
    }

    /// Returns the error for an answer that took too long.
    fn late(&self, source: Option<reqwest::Error>) -> FetchError {
        if self.patience.is_none() || self.time_left().is_zero() {
            return self.out_of_time();
        }
        FetchError::Connect(ConnectError::NoAnswer {
            host: self.peer.to_string(),
            source,
        })
    }

    fn send(&mut self, request: RequestBuilder) -> Result<Response, FetchError> {
        let time_left = self.time_left();
        if time_left.is_zero() {
            return Err(self.out_of_time());
        }
        let time = self.patience.map_or(time_left, |most| most.min(time_left));
        let mut request = request.header("Git-Protocol", "version=2").timeout(time);
        if let Some(Credential { username, secret }) = &self.credential {
            request = request.basic_auth(username, Some(secret.expose()));
        }
        self.traffic.requests = self.traffic.requests.saturating_add(1);
        request.send().map_err(|error| {
            // Making a connection has its own limit, and another attempt may succeed.
            let only_connecting = error.is_connect() && !self.time_left().is_zero();
            if error.is_timeout() && !only_connecting {
                self.late(Some(error.without_url()))
            } else {
                unsent(&self.peer, error)
            }
        })
    }

    /// Checks an answer's status and headers, and reads its body.
    fn read<T>(
        &mut self,
        response: Response,
        wanted: &'static str,
        most_bytes: u64,
        parse: impl Fn(&mut dyn Read) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let found = header(&response, CONTENT_TYPE).unwrap_or("nothing");
        let is_of_git = found.split(';').next().map(str::trim) == Some(wanted);
        if response.status() != StatusCode::OK {
            let mut refused = self.refused(&response);
            if let FetchError::Answer(AnswerError::ServerFailed { said, .. }) = &mut refused
                && is_of_git
            {
                *said = protocol::refusal(Body::of(self, response, LARGEST_REFUSAL));
            }
            return Err(refused);
        }
        if !is_of_git {
            return Err(FetchError::Answer(AnswerError::NotGit {
                url: self.base.to_string(),
                found: found.into(),
            }));
        }
        let mut body = Body::of(self, response, most_bytes);
        let parsed = parse(&mut body);
        if let Some(failed) = body.failed.take() {
            return Err(failed);
        }
        // The connection is used again only if the answer is read to its end. Errors in the rest don't matter.
        io::copy(&mut (&mut body).take(LARGEST_REST), &mut io::sink()).ok();
        let is_empty = body.left == body.most;
        parsed.map_err(|error| {
            if is_empty {
                FetchError::Protocol(ProtocolError::Empty)
            } else {
                error
            }
        })
    }

    /// Removes the credential from an error, because not every reader of a build's log may know it. All texts of a
    /// server pass through here, whole and unchanged.
    fn without_credential(&self, mut error: FetchError) -> FetchError {
        let Some(credential) = &self.credential else {
            return error;
        };
        if let Some(words) = error.words_of_the_server()
            && credential.is_in(words)
        {
            *words = "something with the credential in it, which is not shown".into();
        }
        // Names in a certificate are the server's own text as well. The address is not: it was known before.
        let known = self.base.to_string();
        if credential.is_in(&chain(&error)) && !credential.is_in(&known) {
            let origin = self.base.origin();
            return FetchError::Answer(AnswerError::Echo { origin });
        }
        error
    }

    /// Returns the address of a redirect: the same repository at another path of the same origin. Others are errors.
    fn redirected(&self, response: &Response) -> Result<RemoteUrl, FetchError> {
        let base = &self.base;
        let wrong = |to| {
            FetchError::Redirect(RedirectError::WrongRedirect {
                url: base.to_string(),
                to,
            })
        };
        let location = header(response, LOCATION).ok_or_else(|| wrong(None))?;
        let target = Url::parse(&base.join(&ADVERTISEMENT[1..]))
            .and_then(|url| url.join(location))
            .map_err(|_| wrong(None))?;
        // Both as it was sent and as the URL parser returns it, because the parser decodes hosts.
        let repeats = |credential: &Credential| {
            credential.is_in(location) || credential.is_in(target.as_str())
        };
        let origin = target.origin().ascii_serialization();
        if self.credential.as_ref().is_some_and(repeats) {
            let origin = base.origin();
            return Err(FetchError::Answer(AnswerError::Echo { origin }));
        }
        if origin != base.origin() {
            // A redirect to a sign-in page may contain the whole requested address.
            let asks_the_same = target.query() == Some("service=git-upload-pack");
            if !asks_the_same || !target.path().ends_with("/info/refs") {
                return Err(wrong(Some(origin)));
            }
            return Err(FetchError::Redirect(RedirectError::Moved {
                from: base.origin(),
                to: origin,
            }));
        }
        target
            .as_str()
            .strip_suffix(ADVERTISEMENT)
            .and_then(|repository| repository.parse().ok())
            .ok_or_else(|| wrong(None))
    }

    fn refused(&self, response: &Response) -> FetchError {
        let origin = self.base.origin();
        let status = response.status().as_u16();
        match status {
            401 if self.credential.is_none() => {
                FetchError::Answer(AnswerError::NeedsCredential { origin })
            }
            401 | 403 => FetchError::Answer(AnswerError::CredentialRefused {
                origin,
                status,
                given: self.credential.is_some(),
            }),
            404 => FetchError::Answer(AnswerError::NotFound {
                url: self.base.to_string(),
                said: None,
            }),
            429 => FetchError::Answer(AnswerError::TooManyRequests {
                origin,
                retry_after: header(response, RETRY_AFTER).and_then(retry::retry_after),
            }),
            500..=599 => FetchError::Answer(AnswerError::ServerFailed {
                origin,
                status,
                retry_after: header(response, RETRY_AFTER).and_then(retry::retry_after),
                said: None,
            }),
            _ => FetchError::Answer(AnswerError::UnexpectedStatus {
                url: self.base.to_string(),
                status,
            }),
        }
    }
}

/// An answer's body, with its limit. Keeps the error itself, because the reader gets only an I/O error.
struct Body<'h> {
    http: &'h mut Http,
    response: Response,
    left: u64,
    most: u64,
    failed: Option<FetchError>,
}

impl<'h> Body<'h> {
    fn of(http: &'h mut Http, response: Response, most: u64) -> Self {
        Self {
            http,
            response,
            left: most,
            most,
            failed: None,
        }
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.response.read(buffer);
        // Checked after each read as well: many short reads must not exceed the deadline together.
        let late = self.http.time_left().is_zero() || read.as_ref().is_err_and(timed_out);
        let failed = match read {
            _ if late => self.http.late(None),
            Ok(count) if count as u64 <= self.left => {
                self.left -= count as u64;
                let traffic = &mut self.http.traffic;
                traffic.bytes_received = traffic.bytes_received.saturating_add(count as u64);
                if let Some(progress) = &self.http.progress {
                    progress(traffic.bytes_received);
                }
                return Ok(count);
            }
            Ok(_) => FetchError::Answer(AnswerError::TooLarge { most: self.most }),
            Err(source) => FetchError::Connect(ConnectError::Cut {
                host: self.http.peer.to_string(),
                source,
            }),
        };
        self.failed = Some(failed);
        Err(io::Error::other("the answer can't be read further"))
    }
}

fn header(response: &Response, name: reqwest::header::HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}

/// Returns whether a body ended because of its request's timeout.
fn timed_out(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    inner.is_some_and(reqwest::Error::is_timeout)
}

fn failure(error: &FetchError) -> Failure {
    match error {
        FetchError::Connect(
            ConnectError::NoConnection { .. }
            | ConnectError::NoAnswer { .. }
            | ConnectError::Unresolved { .. }
            | ConnectError::ProxyRefused { .. },
        ) => Failure::NoConnection,
        FetchError::Connect(ConnectError::Cut { .. })
        | FetchError::Protocol(ProtocolError::CutShort | ProtocolError::Empty) => Failure::CutShort,
        FetchError::Answer(AnswerError::TooManyRequests { retry_after, .. }) => Failure::Status {
            code: 429,
            retry_after: *retry_after,
        },
        FetchError::Answer(AnswerError::ServerFailed {
            status,
            retry_after,
            ..
        }) => Failure::Status {
            code: *status,
            retry_after: *retry_after,
        },
        _ => Failure::Final,
    }
}

#[cfg(test)]
pub(super) mod tests;
