//! Sends requests to one origin over HTTP: size limits, one deadline for all, redirects of one request, retries.
//!
//! Nothing here parses git's messages. A credential goes only to the origin that it was given for.

use std::cell::Cell;
use std::io::Read;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use url::Url;

use super::clock::{Clock, Progress, Traffic};
use super::exchange::{self, AnswerBody, MOST_REDIRECTS, Watch, header};
use super::protocol::{self, ProtocolError};
use super::proxy::Peer;
use super::retry::{self, Failure};
use super::{AnswerError, FetchError, RedirectError};
use cnb::address::RemoteUrl;
use credential::Credential;

const ADVERTISEMENT: &str = "/info/refs?service=git-upload-pack";
/// The limit for an advertisement of capabilities, in bytes. Real ones are far smaller.
const LARGEST_ADVERTISEMENT: u64 = 1 << 20;
/// The limit for a message with a server's failure, in bytes. Real ones are far smaller.
const LARGEST_REFUSAL: u64 = 1 << 16;
/// The bytes to read of an answer's unused rest, so that its connection can be used again.
const LARGEST_REST: u64 = 1 << 20;

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
    traffic: Cell<Traffic>,
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
            traffic: Cell::default(),
            progress: None,
        }
    }

    pub(super) fn url(&self) -> &RemoteUrl {
        &self.base
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic.get()
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

    pub(super) fn out_of_time(&self) -> FetchError {
        FetchError::Deadline {
            limit: self.deadline,
        }
    }

    fn send(&self, request: RequestBuilder) -> Result<Response, FetchError> {
        let request = request.header("Git-Protocol", "version=2");
        let credential = self.credential.as_ref();
        Ok(exchange::send(request, &self.peer, credential, self)?)
    }

    /// Checks an answer's status and headers, and reads its body.
    fn read<T>(
        &self,
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
                *said = protocol::refusal(self.body(response, LARGEST_REFUSAL));
            }
            return Err(refused);
        }
        if !is_of_git {
            return Err(FetchError::Answer(AnswerError::NotGit {
                url: self.base.to_string(),
                found: found.into(),
            }));
        }
        let mut body = self.body(response, most_bytes);
        let parsed = parse(&mut body);
        if let Some(failed) = body.failure() {
            return Err(failed.into());
        }
        body.drain(LARGEST_REST);
        let is_empty = body.received() == 0;
        parsed.map_err(|error| {
            if is_empty {
                FetchError::Protocol(ProtocolError::Empty)
            } else {
                error
            }
        })
    }

    fn body(&self, response: Response, most_bytes: u64) -> AnswerBody<'_> {
        AnswerBody::new(response, most_bytes, &self.peer, self)
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
        if exchange::repeats(credential, &error, &self.base.to_string()) {
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
        let url = self.base.to_string();
        FetchError::Answer(if response.status() == StatusCode::NOT_FOUND {
            AnswerError::NotFound { url, said: None }
        } else {
            let given = self.credential.is_some();
            exchange::refused(response, &url, self.base.origin(), given)
        })
    }
}

impl Watch for Http {
    fn time_left(&self) -> Duration {
        self.started
            .saturating_add(self.deadline)
            .saturating_sub(self.clock.now())
    }

    fn deadline(&self) -> Duration {
        self.deadline
    }

    fn patience(&self) -> Option<Duration> {
        self.patience
    }

    fn count_request(&self) {
        let mut traffic = self.traffic.get();
        traffic.requests = traffic.requests.saturating_add(1);
        self.traffic.set(traffic);
    }

    fn count_bytes(&self, count: u64) {
        let mut traffic = self.traffic.get();
        traffic.bytes_received = traffic.bytes_received.saturating_add(count);
        self.traffic.set(traffic);
        if let Some(progress) = &self.progress {
            progress(traffic.bytes_received);
        }
    }
}

fn failure(error: &FetchError) -> Failure {
    match error {
        FetchError::Connect(error) => error.failure(),
        FetchError::Answer(error) => error.failure(),
        FetchError::Protocol(ProtocolError::CutShort | ProtocolError::Empty) => Failure::CutShort,
        _ => Failure::Final,
    }
}

#[cfg(test)]
pub(super) mod tests;
