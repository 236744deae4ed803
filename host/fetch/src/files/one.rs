//! Downloads one file: redirects, limits, its digest, and other attempts.
//!
//! Nothing here starts a thread or gives the file a name.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT, LOCATION};
use ring::digest::{self, SHA256};
use url::Url;

use super::error::{FileError, FileRedirectError};
use super::index::{FORMS, LARGEST_PAGE};
use super::servers::{MOST_SERVERS, Server, Unreached};
use super::stop::{Ended, Stop};
use super::{Expected, FileRequest, Files, Verified};
use crate::AnswerError;
use crate::exchange::{self, AnswerBody, ExchangeError, MOST_REDIRECTS, Watch as _, header};
use crate::retry;
use cnb::address::Origin;
use cnb::sha256::Sha256;
use credential::Credential;

/// The limit for a redirect's target, in bytes. Release servers sign theirs, which takes a thousand.
const LONGEST_TARGET: usize = 8192;
/// The bytes to read of an answer that is not used, so that its connection can be used again.
const LARGEST_REST: u64 = 1 << 16;
/// The size of a worker's buffer, in bytes.
pub(super) const BUFFER: usize = 1 << 16;
/// The longest wait in one piece: a download that failed elsewhere ends the waits of the others.
const LONGEST_NAP: Duration = Duration::from_secs(1);

/// The download of one file.
pub(super) struct One<'a> {
    pub(super) files: &'a Files<'a>,
    pub(super) request: &'a FileRequest,
    /// The file's address, for messages.
    pub(super) url: String,
    pub(super) stop: &'a Stop,
}

/// An address to request, and what may be sent there.
struct Step<'a> {
    url: Url,
    origin: Origin,
    /// `None` once a redirect has led to another origin, even if it leads back.
    credential: Option<&'a Credential>,
}

impl One<'_> {
    /// Downloads the file into a scratch file, again from its beginning if that can help.
    pub(super) fn run(&self, buffer: &mut [u8]) -> Result<Verified, Ended> {
        let mut file = self.files.scratch.scratch().map_err(FileError::from)?;
        let mut tries = 1;
        loop {
            let mut held = 0;
            let error = match self.attempt(&mut file, &mut held, buffer) {
                Ok((sha256, from)) => {
                    file.rewind().map_err(|source| self.unwritten(source))?;
                    return Ok(Verified {
                        file,
                        len: held,
                        sha256,
                        from,
                    });
                }
                Err(Ended::Stopped) => return Err(Ended::Stopped),
                Err(Ended::Failed(error)) => error,
            };
            self.files.give_back(held);
            let wait = retry::wait(error.failure(), tries, self.files.time_left());
            let Some(wait) = wait else {
                return Err(self.without_credential(error).into());
            };
            let emptied = file.set_len(0).and_then(|()| file.rewind());
            emptied.map_err(|source| self.unwritten(source))?;
            self.sleep(wait)?;
            tries += 1;
        }
    }

    /// Requests the file once. Counts the bytes that it wrote into `held`. Returns the digest, and the
    /// address that answered.
    fn attempt(
        &self,
        file: &mut File,
        held: &mut u64,
        buffer: &mut [u8],
    ) -> Result<(Sha256, Url), Ended> {
        let url = self.request.url.as_url().clone();
        let mut step = Step {
            origin: self.request.url.origin(),
            credential: self.request.credential.as_deref(),
            url,
        };
        for _ in 0..=MOST_REDIRECTS {
            self.stop.check()?;
            let server = self.server(&step.origin)?;
            let mut request = server.client.get(step.url.clone());
            if self.request.expected == Expected::Page {
                request = request.header(ACCEPT, FORMS);
            }
            let response = exchange::send(request, &server.peer, step.credential, self.files);
            let response = response.map_err(|error| self.failed(error))?;
            if response.status().is_redirection() {
                step = self.followed(&step, &response)?;
                AnswerBody::new(response, LARGEST_REST, &server.peer, self.files)
                    .drain(LARGEST_REST);
                continue;
            }
            if response.status() != StatusCode::OK {
                return Err(self.refused(&step, &response).into());
            }
            let sha256 = self.receive(response, &server, file, held, buffer)?;
            return Ok((sha256, step.url));
        }
        let from = step.origin.to_string();
        Err(self.redirect(FileRedirectError::TooMany { from }).into())
    }

    fn server(&self, origin: &Origin) -> Result<Arc<Server>, FileError> {
        let url = || self.url.clone();
        let may_be_private = self.request.may_be_private;
        let time = self.files.time_left();
        let server = self.files.servers.get(origin, may_be_private, time);
        server.map_err(|unreached| match unreached {
            Unreached::Inside(inside) => FileError::Inside {
                url: url(),
                origin: origin.to_string(),
                inside,
            },
            Unreached::Connect(source) => FileError::Connect { url: url(), source },
            Unreached::TooMany => FileError::TooManyServers {
                origin: origin.to_string(),
                most: MOST_SERVERS,
            },
        })
    }

    /// Reads the body into the file, and compares its digest. Returns the digest.
    fn receive(
        &self,
        response: Response,
        server: &Server,
        file: &mut File,
        held: &mut u64,
        buffer: &mut [u8],
    ) -> Result<Sha256, Ended> {
        let most = match self.request.expected {
            Expected::Sha256(_) => self.files.limits.response,
            Expected::Page => self.files.limits.response.min(LARGEST_PAGE),
        };
        // The library compares it with the bytes that come.
        let announced = response.content_length().unwrap_or(0);
        if announced > most {
            let error = AnswerError::TooLarge { most };
            return Err(self.failed(ExchangeError::Answer(error)).into());
        }
        if !self.files.has_room_for(announced) {
            return Err(self.too_much().into());
        }
        let mut body = AnswerBody::new(response, most, &server.peer, self.files);
        let mut context = digest::Context::new(&SHA256);
        loop {
            self.stop.check()?;
            let Ok(count) = body.read(buffer) else {
                let failed = body.failure();
                let failed = failed.unwrap_or(ExchangeError::Deadline {
                    limit: self.files.limits.deadline,
                });
                return Err(self.failed(failed).into());
            };
            if count == 0 {
                break;
            }
            let bytes = &buffer[..count];
            *held += count as u64;
            if !self.files.take_room(count as u64) {
                return Err(self.too_much().into());
            }
            context.update(bytes);
            file.write_all(bytes)
                .map_err(|source| self.unwritten(source))?;
        }
        let found = Sha256::finish(context);
        match self.request.expected {
            Expected::Sha256(wanted) if found != wanted => Err(Ended::Failed(FileError::Digest {
                url: self.url.clone(),
                wanted,
                found,
            })),
            _ => Ok(found),
        }
    }

    /// Returns the target of a redirect: an address of the same origin, or of a declared one. Others are errors.
    fn followed<'s>(&self, step: &Step<'s>, response: &Response) -> Result<Step<'s>, FileError> {
        let from = || step.origin.to_string();
        let unusable = || self.redirect(FileRedirectError::Unusable { from: from() });
        let location = header(response, LOCATION).ok_or_else(unusable)?;
        // As it was sent, and below as the URL parser returns it, because the parser decodes hosts.
        self.check_for_credential(location, &step.origin)?;
        if location.len() > LONGEST_TARGET {
            return Err(unusable());
        }
        let mut url = step.url.join(location).map_err(|_| unusable())?;
        url.set_fragment(None);
        self.check_for_credential(url.as_str(), &step.origin)?;
        // The library would send a user name to the server.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable());
        }
        let origin = Origin::of(&url).ok_or_else(unusable)?;
        let is_same = origin == step.origin;
        let is_allowed = is_same
            || origin == self.request.url.origin()
            || self.files.redirects_to.contains(&origin);
        if !is_allowed {
            let (from, to) = (from(), origin.to_string());
            return Err(self.redirect(FileRedirectError::Elsewhere { from, to }));
        }
        Ok(Step {
            url,
            origin,
            credential: step.credential.filter(|_| is_same),
        })
    }

    fn check_for_credential(&self, text: &str, origin: &Origin) -> Result<(), FileError> {
        match &self.request.credential {
            Some(credential) if credential.is_in(text) => Err(self.echo(origin)),
            _ => Ok(()),
        }
    }

    fn refused(&self, step: &Step<'_>, response: &Response) -> FileError {
        let origin = step.origin.to_string();
        let status = response.status().as_u16();
        if matches!(status, 404 | 410) {
            return FileError::NotFound {
                url: self.url.clone(),
                origin,
                status,
            };
        }
        // The address of a redirect may contain a signature, and only its origin is shown.
        let is_first = step.url == *self.request.url.as_url();
        let shown = if is_first { &self.url } else { &origin };
        let given = step.credential.is_some();
        let error = exchange::refused(response, shown, origin.clone(), given);
        self.failed(ExchangeError::Answer(error))
    }

    /// Replaces an error that repeats the credential. Not every reader of a build's log may know it.
    fn without_credential(&self, error: FileError) -> FileError {
        match &self.request.credential {
            Some(credential) if exchange::repeats(credential, &error, &self.url) => {
                self.echo(&self.request.url.origin())
            }
            _ => error,
        }
    }

    /// Waits, unless another file's download has failed.
    fn sleep(&self, mut wait: Duration) -> Result<(), Ended> {
        while !wait.is_zero() {
            self.stop.check()?;
            let nap = wait.min(LONGEST_NAP);
            self.files.clock.sleep(nap);
            wait -= nap;
        }
        Ok(())
    }

    fn failed(&self, error: ExchangeError) -> FileError {
        FileError::of_exchange(error, &self.url)
    }

    fn echo(&self, origin: &Origin) -> FileError {
        let origin = origin.to_string();
        self.failed(ExchangeError::Answer(AnswerError::Echo { origin }))
    }

    fn redirect(&self, source: FileRedirectError) -> FileError {
        FileError::Redirect {
            url: self.url.clone(),
            source,
        }
    }

    fn too_much(&self) -> FileError {
        FileError::TooMuch {
            url: self.url.clone(),
            most: self.files.limits.downloads,
        }
    }

    fn unwritten(&self, source: io::Error) -> FileError {
        FileError::Write {
            url: self.url.clone(),
            source,
        }
    }
}
