//! Faults between a git server and its client, as data.
//!
//! The expectations about a client do not belong here.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::http::{Request, Response};
use super::packet;

/// The requests that a fault applies to.
pub enum When {
    Any,
    /// The request with this index, counted from 0 over all connections.
    Number(usize),
    /// Requests for the server's capabilities: `GET …/info/refs`.
    Refs,
    /// Requests with this command of protocol 2: `ls-refs` or `fetch`.
    Command(&'static str),
    /// Requests that a test selects.
    Is(Box<dyn Fn(&Request) -> bool + Send + Sync>),
}

impl When {
    pub(super) fn meets(&self, number: usize, request: &Request) -> bool {
        match self {
            Self::Any => true,
            Self::Number(wanted) => *wanted == number,
            Self::Refs => request.path().ends_with("/info/refs"),
            Self::Command(command) => request.command() == Some(command),
            Self::Is(predicate) => predicate(request),
        }
    }
}

pub enum Fault {
    /// Answers with this response, without the repository and without a check of the credential.
    Answer(Response),
    /// Answers with a response that depends on the request, in the same way.
    AnswerWith(Box<dyn Fn(&Request) -> Response + Send + Sync>),
    /// Changes the repository's response.
    Change(Box<dyn Fn(Response) -> Response + Send + Sync>),
    /// Delivers the correct response wrongly.
    Deliver(Delivery),
}

/// The way in which a response reaches the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Correctly.
    Whole,
    /// Closes the connection after this many bytes, including the head.
    Cut(usize),
    /// Sends a few bytes at a time.
    Drip {
        /// The bytes of one write.
        bytes: usize,
        /// The wait between two writes.
        every: Duration,
    },
    /// Sends nothing, and keeps the connection open.
    Silence,
    /// Sends the correct head, then these bytes repeatedly, without an end.
    Endless(Vec<u8>),
}

impl Fault {
    /// A response with this status and an unhelpful body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Answer(Response::text(status, "refused by the test\n"))
    }

    /// 429, with an optional `Retry-After` in seconds.
    #[must_use]
    pub fn too_many_requests(retry_after: Option<&str>) -> Self {
        let response = Response::text(429, "Retry later\n");
        Self::Answer(match retry_after {
            Some(seconds) => response.with("Retry-After", seconds),
            None => response,
        })
    }

    /// A redirect with the exact `Location` `to`.
    #[must_use]
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::Answer(Response::redirect(status, to))
    }

    /// A redirect of each request to itself.
    #[must_use]
    pub fn redirect_to_itself(status: u16) -> Self {
        Self::AnswerWith(Box::new(move |request| {
            Response::redirect(status, &request.target)
        }))
    }

    /// A redirect of each request to the same target at another origin, such as `http://127.0.0.1:1`.
    #[must_use]
    pub fn redirect_to_origin(status: u16, origin: &str) -> Self {
        let origin = origin.to_owned();
        Self::AnswerWith(Box::new(move |request| {
            Response::redirect(status, &format!("{origin}{}", request.target))
        }))
    }

    /// The response in a file: status line, headers, empty line, body.
    pub fn canned(file: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
        let response = Response::parse(&bytes)
            .with_context(|| format!("{} is not a response", file.display()))?;
        Ok(Self::Answer(response))
    }

    /// Another body, with its correct length.
    #[must_use]
    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self::Change(Box::new(move |response| Response {
            body: body.clone(),
            ..response
        }))
    }

    /// Only the first `keep` bytes of the body, with their correct length.
    #[must_use]
    pub fn truncate(keep: usize) -> Self {
        Self::Change(Box::new(move |mut response| {
            response.body.truncate(keep);
            response
        }))
    }

    /// More bytes after the end of the body, with the correct length.
    #[must_use]
    pub fn append(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::Change(Box::new(move |mut response| {
            response.body.extend_from_slice(&bytes);
            response
        }))
    }

    #[must_use]
    pub fn content_type(value: &str) -> Self {
        let value = value.to_owned();
        Self::Change(Box::new(move |mut response| {
            response
                .headers
                .retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            response.with("Content-Type", &value)
        }))
    }

    /// Another pack in the answer to `fetch`, in correct packet lines.
    #[must_use]
    pub fn pack(change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::Change(Box::new(move |response| Response {
            body: packet::change_pack(&response.body, &change),
            ..response
        }))
    }

    /// One flipped bit of the pack.
    #[must_use]
    pub fn flip_pack_bit(byte: usize, bit: u8) -> Self {
        Self::pack(move |mut pack| {
            if let Some(byte) = pack.get_mut(byte) {
                *byte ^= 1 << (bit % 8);
            }
            pack
        })
    }

    /// Only the first `keep` bytes of the pack.
    #[must_use]
    pub fn truncate_pack(keep: usize) -> Self {
        Self::pack(move |mut pack| {
            pack.truncate(keep);
            pack
        })
    }

    /// More bytes after the end of the pack.
    #[must_use]
    pub fn append_to_pack(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::pack(move |mut pack| {
            pack.extend_from_slice(&bytes);
            pack
        })
    }

    /// Closes the connection after this many bytes, including the head; with 0 there is no response at all.
    #[must_use]
    pub fn cut(after: usize) -> Self {
        Self::Deliver(Delivery::Cut(after))
    }

    /// Sends a few bytes at a time.
    #[must_use]
    pub fn drip(bytes: usize, every: Duration) -> Self {
        Self::Deliver(Delivery::Drip { bytes, every })
    }

    /// Sends nothing.
    #[must_use]
    pub fn silence() -> Self {
        Self::Deliver(Delivery::Silence)
    }

    /// Sends the correct head, then `bytes` repeatedly.
    #[must_use]
    pub fn endless(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Deliver(Delivery::Endless(bytes.into()))
    }

    pub(super) fn delivery(&self) -> Delivery {
        match self {
            Self::Deliver(delivery) => delivery.clone(),
            _ => Delivery::Whole,
        }
    }
}

pub(super) struct Rule {
    pub(super) when: When,
    pub(super) times: usize,
    pub(super) fault: std::sync::Arc<Fault>,
}
