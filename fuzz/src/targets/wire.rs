//! Fuzzes the runner's messages: a component that broke out of WebAssembly can send anything.

use std::fmt::Debug;

use host::wire::{Message, Start, WireError, decode, encode};

use crate::Verdict;

/// The limit of one message, in bytes. It is small, so that inputs exceed it.
const CAP: usize = 2048;

/// The input is tried as the socket's bytes, and as the body of one message.
pub(crate) fn run(input: &[u8]) -> Verdict {
    let body = frame(input);
    conversation(input)
        .or(message::<Message>(&body))
        .or(message::<Start>(&body))
}

/// Frames any bytes as one message.
pub(super) fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes(), body].concat()
}

fn conversation(mut stream: &[u8]) -> Verdict {
    let mut verdict = Verdict::Refused;
    loop {
        let before = stream;
        match decode::<Message>(&mut stream, CAP) {
            Ok(None) => {
                assert!(before.is_empty(), "bytes were passed over");
                return verdict;
            }
            Ok(Some(_)) => {
                let used = before.len() - stream.len();
                assert!((5..=4 + CAP).contains(&used), "a message of {used} bytes");
                let cut = &before[..used - 1];
                let cut = decode::<Message>(&mut &cut[..], CAP);
                assert!(matches!(cut, Err(WireError::Cut(_))), "cut: {cut:?}");
                verdict = Verdict::Taken;
            }
            Err(error) => {
                let tells = |length: usize| length > CAP && before.len() - stream.len() == 4;
                match error {
                    WireError::TooLarge { len, cap } => assert!(cap == CAP && tells(len)),
                    WireError::Cut(_) => assert!(stream.is_empty(), "cut, with bytes left"),
                    WireError::Garbage(_) => {}
                }
                return verdict;
            }
        }
    }
}

fn message<T>(frame: &[u8]) -> Verdict
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    let body = frame.len() - 4;
    let read = decode::<T>(&mut &frame[..], CAP);
    if let Ok(message) = &read {
        let message = message.as_ref().expect("a frame is there");
        assert!(body <= CAP, "{body} bytes were taken");
        let told = encode(message, usize::MAX).expect("what was read can be told");
        let again = decode::<T>(&mut &told[..], usize::MAX).expect("what was told can be read");
        assert_eq!(again.as_ref(), Some(message));
        assert!(
            encode(message, told.len() - 5).is_err(),
            "the cap of the sender"
        );
    }
    Verdict::of(&read)
}
