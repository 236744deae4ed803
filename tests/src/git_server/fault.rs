//! What can go wrong on the way between a git server and its client, as data.
//!
//! Which fault a client must survive is not said here: that is the tests' matter.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::http::{Request, Response};
use super::packet;

/// Which requests a fault is for.
pub enum When {
    /// Every one.
    Any,
    /// The one with this number, counted from 0 over all connections.
    Number(usize),
    /// Those that ask what the server offers: `GET …/info/refs`.
    Refs,
    /// Those that carry this command of protocol 2: `ls-refs` or `fetch`.
    Command(&'static str),
    /// Those that a test picks itself.
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

/// What goes wrong.
pub enum Fault {
    /// This is the answer; the repository isn't asked, nor is a credential looked at.
    Answer(Response),
    /// The same, where the answer depends on the request.
    AnswerWith(Box<dyn Fn(&Request) -> Response + Send + Sync>),
    /// The repository's answer is changed.
    Change(Box<dyn Fn(Response) -> Response + Send + Sync>),
    /// The repository's answer is right, the way it arrives is not.
    Deliver(Delivery),
}

/// How an answer reaches the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As it should.
    Whole,
    /// The connection is closed after this many bytes, head included.
    Cut(usize),
    /// A few bytes at a time.
    Drip {
        /// How many at once.
        bytes: usize,
        /// How long it takes until the next.
        every: Duration,
    },
    /// Nothing ever comes, and the connection stays open.
    Silence,
    /// The head is right, then these bytes come again and again, without an end.
    Endless(Vec<u8>),
}

impl Fault {
    /// An answer with this status and nothing that helps.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Answer(Response::text(status, "refused by the test\n"))
    }

    /// 429, where the server may say for how many seconds.
    #[must_use]
    pub fn too_many_requests(retry_after: Option<&str>) -> Self {
        let response = Response::text(429, "Retry later\n");
        Self::Answer(match retry_after {
            Some(seconds) => response.with("Retry-After", seconds),
            None => response,
        })
    }

    /// A redirect whose `Location` is `to`, as it is.
    #[must_use]
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::Answer(Response::redirect(status, to))
    }

    /// A redirect of every request to itself.
    #[must_use]
    pub fn redirect_to_itself(status: u16) -> Self {
        Self::AnswerWith(Box::new(move |request| {
            Response::redirect(status, &request.target)
        }))
    }

    /// A redirect of every request to the same target at another origin, such as `http://127.0.0.1:1`.
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
            .with_context(|| format!("{} is no response", file.display()))?;
        Ok(Self::Answer(response))
    }

    /// The right head with another body, of the right length.
    #[must_use]
    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self::Change(Box::new(move |response| Response {
            body: body.clone(),
            ..response
        }))
    }

    /// Only the first `keep` bytes of the body, announced as if they were all.
    #[must_use]
    pub fn truncate(keep: usize) -> Self {
        Self::Change(Box::new(move |mut response| {
            response.body.truncate(keep);
            response
        }))
    }

    /// More bytes behind the end of the body, announced too.
    #[must_use]
    pub fn append(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::Change(Box::new(move |mut response| {
            response.body.extend_from_slice(&bytes);
            response
        }))
    }

    /// Another content type.
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

    /// The pack within the answer to `fetch`, changed, and the packet lines right again around it.
    #[must_use]
    pub fn pack(change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::Change(Box::new(move |response| Response {
            body: packet::change_pack(&response.body, &change),
            ..response
        }))
    }

    /// One bit of the pack turned round.
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

    /// More bytes behind the pack's own end.
    #[must_use]
    pub fn append_to_pack(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::pack(move |mut pack| {
            pack.extend_from_slice(&bytes);
            pack
        })
    }

    /// The connection is closed after this many bytes, head included; with 0 there is no answer at all.
    #[must_use]
    pub fn cut(after: usize) -> Self {
        Self::Deliver(Delivery::Cut(after))
    }

    /// A few bytes at a time.
    #[must_use]
    pub fn drip(bytes: usize, every: Duration) -> Self {
        Self::Deliver(Delivery::Drip { bytes, every })
    }

    /// Nothing ever comes.
    #[must_use]
    pub fn silence() -> Self {
        Self::Deliver(Delivery::Silence)
    }

    /// The right head, then `bytes` again and again.
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
