//! Listeners on loopback beside the git server: an attacker that records everything, a proxy, a relay.
//!
//! No assertion belongs here.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A listener's answer to a connection.
enum Role {
    /// A proxy that refuses every request.
    Refuse,
    /// A proxy that refuses every credential.
    RefuseCredential,
    /// A proxy that connects every `CONNECT` to this address.
    Tunnel(SocketAddr),
    /// A relay of all bytes to this address.
    Relay(SocketAddr),
}

/// A listener that runs until the test program ends.
pub(crate) struct Listener {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Listener {
    /// Records and refuses everything.
    pub(crate) fn that_refuses() -> Self {
        Self::start(Ipv4Addr::LOCALHOST, Role::Refuse)
    }

    /// A proxy that accepts no password.
    pub(crate) fn that_refuses_the_credential() -> Self {
        Self::start(Ipv4Addr::LOCALHOST, Role::RefuseCredential)
    }

    /// A proxy that connects every host name to the server at this origin.
    pub(crate) fn tunnel_to(origin: &str) -> Self {
        Self::start(Ipv4Addr::LOCALHOST, Role::Tunnel(address(origin)))
    }

    /// A relay to the server at this origin, on another address of this machine.
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
                        // An error ends the connection; what was received until then is recorded.
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

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bytes that each connection has sent until now.
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
