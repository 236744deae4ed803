//! A test server that sends prepared answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread;

/// A request that a [`Server`] received.
#[derive(Clone)]
pub(crate) struct Heard {
    /// The number of its connection, counted from 0.
    pub(crate) connection: usize,
    /// The request line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A server that sends these answers in this order, to any request.
pub(crate) struct Server {
    pub(crate) origin: String,
    heard: mpsc::Receiver<Heard>,
}

/// An answer, or the first part of it.
pub(crate) struct Answer {
    /// The status line and headers. `{origin}` stands for the server's origin.
    head: String,
    body: Vec<u8>,
    most: usize,
    closes: bool,
}

pub(crate) const OFFERED: &str = "application/x-git-upload-pack-advertisement";
pub(crate) const RESULT: &str = "application/x-git-upload-pack-result";

/// Returns a successful answer with this content type.
pub(crate) fn good(kind: &str, body: &[u8]) -> Answer {
    answer("200 OK", &format!("Content-Type: {kind}\r\n"), body)
}

pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Answer {
    let length = body.len();
    Answer {
        head: format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n"),
        body: body.to_vec(),
        most: usize::MAX,
        closes: false,
    }
}

pub(crate) fn redirect(location: &str) -> Answer {
    let location = format!("Location: {location}\r\n");
    answer("301 Moved", &location, b"moved")
}

impl Answer {
    /// Sends the body in chunks, without its length.
    pub(crate) fn chunked(self) -> Self {
        let mut body = Vec::new();
        for chunk in self.body.chunks(1000) {
            body.extend(format!("{:x}\r\n", chunk.len()).bytes());
            body.extend(chunk);
            body.extend(b"\r\n");
        }
        body.extend(b"0\r\n\r\n");
        let length = format!("Content-Length: {}", self.body.len());
        let head = self.head.replace(&length, "Transfer-Encoding: chunked");
        Self { head, body, ..self }
    }

    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Sends only the first bytes, and then closes the connection.
    pub(crate) fn cut(self, most: usize) -> Self {
        let closes = true;
        Self {
            most,
            closes,
            ..self
        }
    }

    /// Sends only the first bytes, and keeps the connection open.
    pub(crate) fn stuck(self, most: usize) -> Self {
        Self { most, ..self }
    }

    fn bytes(self, origin: &str) -> Vec<u8> {
        let head = self.head.replace("{origin}", origin);
        let mut bytes = [head.as_bytes(), &self.body].concat();
        bytes.truncate(self.most);
        bytes
    }
}

impl Server {
    pub(crate) fn new(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (tell, heard) = mpsc::channel();
        thread::spawn({
            let origin = origin.clone();
            move || serve(&listener, &origin, answers, &tell)
        });
        Self { origin, heard }
    }

    /// Starts a server that answers each connection in a thread of its own, by the request line and headers.
    pub(crate) fn answering(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (tell, heard) = mpsc::channel();
        let (answer, shown) = (Arc::new(answer), origin.clone());
        thread::spawn(move || {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept() else {
                    return;
                };
                let (answer, tell, origin) = (Arc::clone(&answer), tell.clone(), shown.clone());
                thread::spawn(move || {
                    let next = |head: &str| Some(answer(head));
                    talk(BufReader::new(stream), connection, &origin, next, &tell)
                });
            }
        });
        Self { origin, heard }
    }

    /// Returns the requests since the last call.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.try_iter().collect()
    }
}

/// Sends the answers. Ends after the last answer, or when nobody receives the requests.
fn serve(listener: &TcpListener, origin: &str, answers: Vec<Answer>, tell: &mpsc::Sender<Heard>) {
    let mut answers = answers.into_iter();
    for connection in 0.. {
        let Ok((stream, _)) = listener.accept() else {
            return;
        };
        let next = |_: &str| answers.next();
        if talk(BufReader::new(stream), connection, origin, next, tell).is_none() {
            return;
        }
    }
}

/// Answers the requests of one connection. Returns `None` if there is no answer, or if nobody receives the requests.
pub(crate) fn talk(
    mut reader: BufReader<impl Read + Write>,
    connection: usize,
    origin: &str,
    mut next: impl FnMut(&str) -> Option<Answer>,
    tell: &mpsc::Sender<Heard>,
) -> Option<()> {
    while let Some((head, body)) = request(&mut reader) {
        let answer = next(&head)?;
        let heard = Heard {
            connection,
            head,
            body,
        };
        let closes = answer.closes;
        // Recorded before the answer is sent, so that a test that has the answer finds the request.
        tell.send(heard).ok()?;
        if reader.get_mut().write_all(&answer.bytes(origin)).is_err() || closes {
            break;
        }
        reader.get_mut().flush().ok();
    }
    Some(())
}

fn request(reader: &mut BufReader<impl Read>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .find_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}
