//! What stands on loopback beside the git server: an attacker who hears whatever is sent to him, a proxy, a relay.
//!
//! Nothing here is asserted.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What becomes of a connection.
enum Role {
    /// A proxy's refusal, whatever is asked for.
    Refuse,
    /// A proxy's refusal of whoever asks.
    RefuseCredential,
    /// A proxy that leads every `CONNECT` to this address.
    Tunnel(SocketAddr),
    /// Everything goes to this address.
    Relay(SocketAddr),
}

/// A listener that ends with the test program.
pub(crate) struct Listener {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Listener {
    /// One that hears and refuses.
    pub(crate) fn that_refuses() -> Self {
        Self::start(Ipv4Addr::LOCALHOST, Role::Refuse)
    }

    /// A proxy that knows nobody's password.
    pub(crate) fn that_refuses_the_credential() -> Self {
        Self::start(Ipv4Addr::LOCALHOST, Role::RefuseCredential)
    }

    /// A proxy by which every host is the server at this origin.
    pub(crate) fn tunnel_to(origin: &str) -> Self {
        Self::start(Ipv4Addr::LOCALHOST, Role::Tunnel(address(origin)))
    }

    /// Another address of this machine that leads to the server at this origin.
    pub(crate) fn relay_to(origin: &str) -> Self {
        Self::start(Ipv4Addr::new(127, 0, 0, 2), Role::Relay(address(origin)))
    }

    fn start(host: Ipv4Addr, role: Role) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let role = Arc::new(role);
        thread::spawn({
            let heard = Arc::clone(&heard);
            move || {
                for stream in listener.incoming().flatten() {
                    let number = {
                        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                        heard.push(Vec::new());
                        heard.len() - 1
                    };
                    let (role, heard) = (Arc::clone(&role), Arc::clone(&heard));
                    thread::spawn(move || {
                        // Whoever goes away in mid-sentence has been heard as far as he came.
                        drop(serve(&role, stream, |bytes| {
                            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                            heard[number].extend_from_slice(bytes);
                        }));
                    });
                }
            }
        });
        Self { address, heard }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What each connection said so far.
    pub(crate) fn heard(&self) -> Vec<Vec<u8>> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn address(origin: &str) -> SocketAddr {
    origin.split_once("://").unwrap().1.parse().unwrap()
}

fn serve(role: &Role, mut client: TcpStream, mut hear: impl FnMut(&[u8])) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(20)))?;
    if !matches!(role, Role::Relay(_)) {
        let mut request = BufReader::with_capacity(1, client.try_clone()?);
        loop {
            let mut line = Vec::new();
            request.read_until(b'\n', &mut line)?;
            hear(&line);
            if line.is_empty() || line == b"\r\n" {
                break;
            }
        }
    }
    let server = match role {
        Role::Refuse => {
            return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        }
        Role::RefuseCredential => {
            return client.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n",
            );
        }
        Role::Tunnel(server) => {
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
            server
        }
        Role::Relay(server) => server,
    };
    let server = TcpStream::connect(server)?;
    let (from, to) = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || pass_on(from, &to, |_| ()));
    let there = pass_on(client, &server, hear);
    drop(back.join());
    there
}

fn pass_on(mut from: TcpStream, mut to: &TcpStream, mut hear: impl FnMut(&[u8])) -> io::Result<()> {
    let mut bytes = [0; 4096];
    loop {
        match from.read(&mut bytes) {
            Ok(0) | Err(_) => return to.shutdown(Shutdown::Write),
            Ok(count) => {
                hear(&bytes[..count]);
                to.write_all(&bytes[..count])?;
            }
        }
    }
}
