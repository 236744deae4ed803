//! HTTP/1.1 as far as a git client needs it: reads requests, writes responses.
//!
//! No knowledge of git, and no decision about a response, belongs here.

use std::io::{BufRead, Read, Write};

use anyhow::{Context, Result, bail, ensure};

/// The limit of a request's head in bytes: more than any client here sends.
const HEAD_LIMIT: u64 = 64 * 1024;

/// A request as it was received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Path and query, as in the request line.
    pub target: String,
    /// In the received order: the names as sent, the values trimmed.
    pub headers: Vec<(String, String)>,
    /// The body, with chunks joined.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header with this name, in any letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query without the question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The command of protocol 2 in the body, such as `ls-refs` or `fetch`.
    #[must_use]
    pub fn command(&self) -> Option<&str> {
        let line = self.body.get(4..)?.strip_prefix(b"command=")?;
        let end = line
            .iter()
            .position(|byte| !byte.is_ascii_lowercase() && *byte != b'-')?;
        str::from_utf8(&line[..end]).ok()
    }
}

/// A response before it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Without `Content-Length` and `Transfer-Encoding`, which depend on the delivery.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// A response with a plain-text body.
    #[must_use]
    pub fn text(status: u16, body: &str) -> Self {
        let body = body.as_bytes().to_vec();
        Self {
            status,
            headers: Vec::new(),
            body,
        }
        .with("Content-Type", "text/plain")
    }

    /// A redirect with the exact `Location` `to`.
    #[must_use]
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::text(status, "Moved\n").with("Location", to)
    }

    /// Parses a response from a file: status line, headers, empty line, body. Lines may end without a carriage
    /// return.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let mut reader = bytes;
        let line = read_line(&mut reader)?.context("a response needs a status line")?;
        let status = line.split(' ').nth(1).context("no status code")?.parse()?;
        let headers = read_headers(&mut reader)?;
        Ok(Self {
            status,
            headers,
            body: reader.to_vec(),
        })
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first header with this name, in any letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The bytes before the body.
    #[must_use]
    pub fn head(&self, length: Length) -> Vec<u8> {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers = headers.collect::<Vec<_>>().concat();
        let length = match length {
            Length::Known => format!("Content-Length: {}", self.body.len()),
            Length::Chunked => "Transfer-Encoding: chunked".to_owned(),
        };
        format!(
            "HTTP/1.1 {} {}\r\n{headers}{length}\r\n\r\n",
            self.status,
            reason(self.status)
        )
        .into_bytes()
    }

    /// All bytes of head and body.
    #[must_use]
    pub fn bytes(&self, length: Length) -> Vec<u8> {
        let mut bytes = self.head(length);
        match length {
            Length::Known => bytes.extend_from_slice(&self.body),
            Length::Chunked => {
                for piece in self.body.chunks(16 * 1024) {
                    bytes.extend_from_slice(&chunk(piece));
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
        }
        bytes
    }
}

/// The mark at the end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// By `Content-Length`.
    Known,
    /// By an empty chunk.
    Chunked,
}

/// Encodes one chunk of a body.
#[must_use]
pub fn chunk(piece: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", piece.len()).into_bytes();
    bytes.extend_from_slice(piece);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Reads one request. Returns `None` if the client has closed the connection.
pub fn read_request(stream: &mut (impl BufRead + Write)) -> Result<Option<Request>> {
    let Some(line) = read_line(stream)? else {
        return Ok(None);
    };
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next())
    else {
        bail!("not a request line: {line}");
    };
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: read_headers(stream)?,
        body: Vec::new(),
    };
    if request.header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        stream.flush()?;
    }
    if request.header("transfer-encoding").is_some() {
        request.body = read_chunks(stream)?;
    } else if let Some(length) = request.header("content-length") {
        request.body = read_exactly(stream, length.parse()?)?;
    }
    Ok(Some(request))
}

fn read_chunks(stream: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?.context("the body ends in front of a chunk")?;
        let length = u64::from_str_radix(line.trim(), 16)?;
        body.extend_from_slice(&read_exactly(stream, length)?);
        ensure!(
            read_line(stream)?.as_deref() == Some(""),
            "a chunk without its line end"
        );
        if length == 0 {
            return Ok(body);
        }
    }
}

fn read_exactly(stream: &mut impl BufRead, length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(length).read_to_end(&mut bytes)?;
    ensure!(
        bytes.len() as u64 == length,
        "the body is shorter than announced"
    );
    Ok(bytes)
}

fn read_line(stream: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = Vec::new();
    stream.take(HEAD_LIMIT).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    ensure!(line.pop() == Some(b'\n'), "a line of the head does not end");
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line)
        .map(Some)
        .context("a line of the head is not UTF-8")
}

fn read_headers(stream: &mut impl BufRead) -> Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?.context("the head does not end")?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').context("a header without a colon")?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
