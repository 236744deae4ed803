//! A server that repeats what a git server answered before: the first request gets the file `/replay/0`, and so on.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The binding in the virtual machine names this address.
const ADDRESS: &str = "127.0.0.1:8089";

static ASKED: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn start() -> Result<()> {
    let listener = TcpListener::bind(ADDRESS)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client may close the connection whenever it has what it wants.
            thread::spawn(move || serve(stream).ok());
        }
    });
    Ok(())
}

fn serve(mut stream: TcpStream) -> Result<()> {
    let mut from = BufReader::new(stream.try_clone()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if from.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap_or_default();
            }
            if line.is_empty() {
                break;
            }
        }
        from.read_exact(&mut vec![0; length])?;
        let n = ASKED.fetch_add(1, Ordering::Relaxed);
        stream.write_all(&fs::read(format!("/replay/{n}"))?)?;
    }
}
