//! A server of files on loopback that copies nothing: what it serves is in memory, and is written to the connection as it is.
//!
//! It must cost little beside the clients that are measured. Nothing here knows packages.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::case::{Asked, Served};

/// A file to serve.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) media_type: &'static str,
    pub(crate) content: Arc<[u8]>,
}

impl Page {
    pub(crate) fn html(text: String) -> Self {
        Self {
            media_type: "text/html",
            content: text.into_bytes().into(),
        }
    }

    pub(crate) fn bytes(content: Arc<[u8]>) -> Self {
        Self {
            media_type: "application/octet-stream",
            content,
        }
    }
}

/// Files by their paths, which begin with `/`.
pub(crate) type Pages = BTreeMap<String, Page>;

struct Shared {
    pages: Pages,
    /// The wait before each answer.
    delay: Duration,
    asked: Mutex<Asked>,
    stopped: AtomicBool,
}

/// A running server. It accepts no more connections after its end.
pub(crate) struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    accept: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(pages: Pages, delay: Duration) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port on loopback")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            pages,
            delay,
            asked: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let accept = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Ok(Self {
            shared,
            address,
            accept: Some(accept),
        })
    }

    /// The address without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Served for Server {
    fn asked(&self) -> Asked {
        *self.shared.lock()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // The accepting thread reads `stopped` after each connection, and this is the last one.
        drop(TcpStream::connect(self.address));
        if let Some(accept) = self.accept.take() {
            drop(accept.join());
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        // The thread ends with the client, which closes its connections at its end. A client may end early.
        thread::spawn(move || drop(converse(&shared, stream)));
    }
}

fn converse(shared: &Shared, mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some((method, path)) = request(&mut reader)? {
        let page = shared.pages.get(&path);
        let (status, media_type, content) = match page {
            Some(page) => ("200 OK", page.media_type, &*page.content),
            None => ("404 Not Found", "text/plain", &b""[..]),
        };
        let body = if method == "HEAD" { &[] } else { content };
        {
            let mut asked = shared.lock();
            asked.requests += 1;
            asked.bytes += body.len();
        }
        thread::sleep(shared.delay);
        let length = content.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
    }
    Ok(())
}

/// Reads a request without a body. Returns its method and its path without the query, or `None` at the connection's end.
fn request(reader: &mut impl BufRead) -> Result<Option<(String, String)>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace();
    let (method, target) = (words.next(), words.next());
    let (method, target) = method.zip(target).context("not a request line")?;
    let path = target.split('?').next().unwrap_or_default();
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(Some((method.to_owned(), path.to_owned())))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn exchange(server: &Server, text: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn files_are_served_over_one_connection_and_counted() {
        let mut pages = Pages::new();
        pages.insert("/a".into(), Page::bytes(b"content".as_slice().into()));
        pages.insert("/b/".into(), Page::html("<a>".into()));
        let server = Server::start(pages, Duration::ZERO).unwrap();
        let text = exchange(
            &server,
            "GET /a HTTP/1.1\r\nHost: x\r\n\r\nHEAD /a HTTP/1.1\r\n\r\nGET /b/?q HTTP/1.1\r\n\r\n",
        );
        assert_eq!(text.matches("200 OK").count(), 3, "{text}");
        assert_eq!(text.matches("content").count(), 1, "{text}");
        assert!(text.ends_with("\r\n\r\n<a>"), "{text}");
        let Asked {
            requests, bytes, ..
        } = server.asked();
        assert_eq!((requests, bytes), (3, 10));
        assert!(exchange(&server, "GET /c HTTP/1.1\r\n\r\n").contains("404"));
    }
}
