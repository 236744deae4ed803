//! Serves one connection: reads a request, sends the response, and repeats.
//!
//! `kind` and `fault` decide on the response.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::fault::{Delivery, Fault};
use super::http::{Length, Request, Response, chunk, read_request};
use super::{Exchange, Shared, kind};

/// Serves a connection until either side ends it.
pub(super) fn serve(shared: &Shared, stream: TcpStream, connection: usize) -> Result<()> {
    // Otherwise, each small piece of a slow response would wait for the client's acknowledgement.
    stream.set_nodelay(true)?;
    let Some(config) = &shared.tls else {
        return converse(shared, &mut Wire(BufReader::new(stream)), connection);
    };
    let session = rustls::ServerConnection::new(Arc::clone(config))?;
    let stream = rustls::StreamOwned::new(session, stream);
    converse(shared, &mut Wire(BufReader::new(stream)), connection)
}

/// A stream with buffered reads and unbuffered writes.
struct Wire<S>(BufReader<S>);

impl<S: Read> Read for Wire<S> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<S: Read> BufRead for Wire<S> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl<S: Read + Write> Write for Wire<S> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.0.get_mut().write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.get_mut().flush()
    }
}

fn converse(shared: &Shared, wire: &mut (impl BufRead + Write), connection: usize) -> Result<()> {
    while let Some(request) = read_request(wire)? {
        if let Some(hook) = &shared.options.on_request {
            hook(&request);
        }
        let fault = shared.fault_for(&request);
        let began = Instant::now();
        let response = answer(shared, &request, fault.as_deref());
        let took = began.elapsed();
        let delivery = fault.map_or(Delivery::Whole, |fault| fault.delivery());
        shared.state().exchanges.push(Exchange {
            request,
            connection,
            response: remembered(shared, &response),
            body_bytes: response.body.len(),
            took,
        });
        if !deliver(shared, wire, &response, &delivery)? {
            break;
        }
    }
    Ok(())
}

fn remembered(shared: &Shared, response: &Response) -> Response {
    if !shared.options.forgets_bodies {
        return response.clone();
    }
    Response {
        status: response.status,
        headers: response.headers.clone(),
        body: Vec::new(),
    }
}

fn answer(shared: &Shared, request: &Request, fault: Option<&Fault>) -> Response {
    match fault {
        Some(Fault::Answer(response)) => return response.clone(),
        Some(Fault::AnswerWith(make)) => return make(request),
        _ => {}
    }
    let response = kind::answer(&shared.options, request)
        .unwrap_or_else(|error| Response::text(500, &format!("The test's server: {error:#}\n")));
    match fault {
        Some(Fault::Change(change)) => change(response),
        _ => response,
    }
}

/// Sends the response, and returns whether the connection stays open.
fn deliver(
    shared: &Shared,
    wire: &mut impl Write,
    response: &Response,
    delivery: &Delivery,
) -> Result<bool> {
    let length = if shared.options.chunked {
        Length::Chunked
    } else {
        Length::Known
    };
    match delivery {
        Delivery::Whole => {
            wire.write_all(&response.bytes(length))?;
            wire.flush()?;
            return Ok(true);
        }
        Delivery::Cut(after) => {
            let bytes = response.bytes(length);
            wire.write_all(bytes.get(..*after).unwrap_or(&bytes))?;
            wire.flush()?;
        }
        Delivery::Drip { bytes, every } => {
            for piece in response.bytes(length).chunks((*bytes).max(1)) {
                wire.write_all(piece)?;
                wire.flush()?;
                if shared.stopped_within(*every) {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        Delivery::Silence => while !shared.stopped_within(Duration::from_hours(1)) {},
        Delivery::Endless(bytes) => {
            wire.write_all(&response.head(Length::Chunked))?;
            let piece = chunk(&bytes.repeat((16 * 1024 / bytes.len().max(1)).max(1)));
            // The loop ends with an error when the client closes the connection or the server stops.
            loop {
                wire.write_all(&piece)?;
            }
        }
    }
    Ok(false)
}
