//! Messages between the host and its runner, and their limits.
//!
//! Pure: nothing here opens, starts or waits. A frame is a length in four bytes, little-endian, then that many bytes of
//! JSON. The reader does not trust the writer: a component that broke out of WebAssembly may write anything.

use std::io::{self, BufWriter, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use confine::{Demand, Held, ProcessLimits};
use contract::log::Level;
use contract::types::{BuildContext, BuildOutput, Failure};
use engine::artifact::Record;
use engine::{CallError, GuestLimits};

/// The limit for the one message to the runner, in bytes.
pub const START_CAP: usize = 16 << 20;

/// The size of the write buffer, in bytes.
const PIECE: usize = 16 << 10;

/// The request that the host sends to the runner, once.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The input of the component's `build`.
    pub context: BuildContext,
    /// The component's limits.
    pub limits: GuestLimits,
    /// The process's limits.
    pub process: ProcessLimits,
    /// The protection that the kernel must give.
    pub demand: Demand,
    /// The record of the artifact.
    pub record: Record,
}

/// The messages of the runner to the host: first `Confined`, then any number of `Log`, then one of the others.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// The runner has confined itself, and calls the component next.
    Confined(Held),
    /// The component logged or printed a line.
    Log(Level, String),
    /// The component returned an output.
    Output(Box<BuildOutput>),
    /// The component returned a failure.
    Failure(Failure),
    /// The component gave no answer.
    Fault(CallError),
}

/// Bytes that are not a message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Reading failed, or ended in the middle of a frame.
    #[error("a message was cut off")]
    Cut(#[source] io::Error),
    /// The message is over the reader's limit.
    #[error("a message of {len} bytes is over the limit of {cap}")]
    TooLarge {
        /// The length in the frame, or of the message to be sent.
        len: usize,
        cap: usize,
    },
    /// The body is not a valid message.
    #[error("a message can't be understood")]
    Garbage(#[source] serde_json::Error),
}

/// Writes a message as a frame and holds only a few pages of it in memory: the message is serialized twice, the first
/// time to count its bytes. The reader enforces the size limit.
pub fn write<T: Serialize>(message: &T, to: impl Write) -> Result<(), WireError> {
    let mut measure = Measure(0);
    serde_json::to_writer(&mut measure, message).map_err(WireError::Garbage)?;
    let prefix = u32::try_from(measure.0).unwrap_or(u32::MAX);
    let mut to = BufWriter::with_capacity(PIECE, to);
    to.write_all(&prefix.to_le_bytes())
        .map_err(WireError::Cut)?;
    serde_json::to_writer(&mut to, message).map_err(WireError::Garbage)?;
    to.flush().map_err(WireError::Cut)
}

/// Counts the bytes that are written to it.
struct Measure(u64);

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Encodes a message as a frame.
pub fn encode<T: Serialize>(message: &T, cap: usize) -> Result<Vec<u8>, WireError> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message).map_err(WireError::Garbage)?;
    let len = frame.len() - 4;
    let prefix = u32::try_from(len).ok().filter(|_| len <= cap);
    let Some(prefix) = prefix else {
        return Err(WireError::TooLarge { len, cap });
    };
    frame[..4].copy_from_slice(&prefix.to_le_bytes());
    Ok(frame)
}

/// Reads one frame of at most `cap` bytes; `None` at the end of the stream.
///
/// Allocates memory as bytes arrive, not by the length in the frame.
pub fn decode<T: DeserializeOwned>(
    reader: &mut impl Read,
    cap: usize,
) -> Result<Option<T>, WireError> {
    let mut prefix = [0; 4];
    let got = fill(reader, &mut prefix).map_err(WireError::Cut)?;
    if got == 0 {
        return Ok(None);
    }
    let cut = || WireError::Cut(io::ErrorKind::UnexpectedEof.into());
    if got < prefix.len() {
        return Err(cut());
    }
    let len = usize::try_from(u32::from_le_bytes(prefix)).unwrap_or(usize::MAX);
    if len > cap {
        return Err(WireError::TooLarge { len, cap });
    }
    let mut body = Vec::new();
    reader
        .take(len as u64)
        .read_to_end(&mut body)
        .map_err(WireError::Cut)?;
    if body.len() < len {
        return Err(cut());
    }
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(WireError::Garbage)
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAP: usize = 1 << 10;

    #[test]
    fn a_message_over_the_cap_is_refused_on_both_sides() {
        let message = Message::Log(Level::Info, "x".repeat(CAP));
        let error = encode(&message, CAP).unwrap_err();
        assert!(matches!(error, WireError::TooLarge { cap: CAP, .. }));
        let frame = encode(&message, 2 * CAP).unwrap();
        let error = decode::<Message>(&mut &frame[..], CAP).unwrap_err();
        assert!(matches!(error, WireError::TooLarge { cap: CAP, .. }));
        assert_eq!(decode(&mut &frame[..], 2 * CAP).unwrap(), Some(message));
    }

    #[test]
    fn a_length_that_lies_takes_no_memory_and_ends() {
        let mut frame = u32::MAX.to_le_bytes().to_vec();
        frame.extend(b"{}");
        let error = decode::<Message>(&mut &frame[..], usize::MAX).unwrap_err();
        assert!(matches!(error, WireError::Cut(_)));
    }

    #[test]
    fn nothing_more_is_no_error_but_half_a_message_is() {
        let frame = encode(&Message::Fault(CallError::Exit(3)), CAP).unwrap();
        assert_eq!(decode::<Message>(&mut &b""[..], CAP).unwrap(), None);
        for end in 1..frame.len() {
            let error = decode::<Message>(&mut &frame[..end], CAP).unwrap_err();
            assert!(matches!(error, WireError::Cut(_)), "{end}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(text in ".*", count in 0_usize..4) {
            let message = Message::Log(Level::Warning, text);
            let frame = encode(&message, 1 << 20).unwrap();
            let mut written = Vec::new();
            write(&message, &mut written).unwrap();
            prop_assert_eq!(&written, &frame);
            let stream = frame.repeat(count);
            let mut reader = &stream[..];
            for _ in 0..count {
                let decoded = decode::<Message>(&mut reader, 1 << 20).unwrap();
                prop_assert_eq!(decoded.as_ref(), Some(&message));
            }
            prop_assert_eq!(decode::<Message>(&mut reader, 1 << 20).unwrap(), None);
        }

        #[test]
        fn garbage_is_refused_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            prop_assert!(decode::<Message>(&mut &bytes[..], CAP).is_err());
        }
    }
}
