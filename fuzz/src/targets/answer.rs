//! Fuzzes a git server's answers over protocol 2: the capability advertisement, the list of refs, and the pack.
//!
//! A second parser of a dozen lines reads the same answers, and both must agree.

use std::fmt::Debug;
use std::io::{self, BufRead, Read};

use fetch::ProtocolError;
use fetch::protocol;
use gix_hash::ObjectId;

use super::assert_harmless;
use crate::Verdict;

/// The requested refs, the preferred one first.
const NAMES: [&str; 2] = ["refs/heads/main", "refs/tags/main"];

pub(crate) fn advertisement(input: &[u8]) -> Verdict {
    let read = read_all_ways(input, |answer| protocol::read_capabilities(answer));
    if let Ok((used, _)) = &read {
        let text = lines(used).concat();
        for word in [&b"version 2"[..], b"ls-refs", b"fetch=", b"shallow"] {
            let said = text.windows(word.len()).any(|found| found == word);
            assert!(said, "'{}' was never offered", word.escape_ascii());
        }
    }
    Verdict::of(&read)
}

pub(crate) fn refs(input: &[u8]) -> Verdict {
    let names = NAMES.map(str::to_owned);
    let read = read_all_ways(input, |answer| protocol::read_refs(answer, &names));
    if let Ok((used, found)) = &read {
        assert_eq!(*found, expected_ref(used));
    }
    if let Ok((_, Some(id))) = &read {
        let told = [packet(format!("{id} {}\n", NAMES[1]).as_bytes()), flush()].concat();
        let again = protocol::read_refs(&told[..], &names).expect("it is an answer");
        assert_eq!(again, Some(*id));
    }
    Verdict::of(&read)
}

pub(crate) fn pack(input: &[u8]) -> Verdict {
    let read = read_all_ways(input, |answer| protocol::read_pack(answer, to_end));
    if let Ok((used, pack)) = &read {
        let expected = expected_pack(used).expect("the pack was somewhere");
        assert_eq!(*pack, expected);
        let mut told = packet(b"packfile\n");
        for piece in pack.chunks(1000) {
            told.extend(packet(&[&[1], piece].concat()));
        }
        told.extend(flush());
        assert_eq!(
            protocol::read_pack(&told[..], to_end).expect("it is an answer"),
            *pack
        );
    }
    Verdict::of(&read)
}

fn to_end(pack: &mut dyn BufRead) -> Result<Vec<u8>, ProtocolError> {
    let mut bytes = Vec::new();
    pack.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the parsed value, and the part of the answer that was consumed.
fn read_all_ways<T: PartialEq + Debug>(
    answer: &[u8],
    read: impl Fn(&mut dyn Read) -> Result<T, ProtocolError>,
) -> Result<(&[u8], T), ProtocolError> {
    let mut rest = answer;
    let whole = read(&mut rest);
    let used = &answer[..answer.len() - rest.len()];
    assert_alike(&whole, &read(&mut Drip(answer)));
    match &whole {
        Ok(_) => {
            let mut cut = &used[..used.len() - 1];
            let cut = read(&mut cut);
            assert_cut(&cut);
        }
        Err(error) => assert_harmless(error),
    }
    whole.map(|whole| (used, whole))
}

/// The result does not depend on how the answer is split into reads.
fn assert_alike<T: PartialEq + Debug>(
    whole: &Result<T, ProtocolError>,
    dripped: &Result<T, ProtocolError>,
) {
    match (whole, dripped) {
        (Ok(whole), Ok(dripped)) => assert_eq!(whole, dripped),
        (Err(whole), Err(dripped)) => assert_eq!(whole.to_string(), dripped.to_string()),
        _ => panic!("{whole:?}, but byte by byte {dripped:?}"),
    }
}

/// A truncated answer is never accepted as a whole one.
fn assert_cut<T: Debug>(read: &Result<T, ProtocolError>) {
    let cut = matches!(read, Err(ProtocolError::CutShort));
    assert!(cut, "of a cut answer: {read:?}");
}

/// A connection that delivers one byte at a time.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

fn expected_ref(answer: &[u8]) -> Option<ObjectId> {
    let lines = lines(answer);
    let words = |line: &[u8]| -> Vec<Vec<u8>> {
        let words = trimmed(line).split(|byte| *byte == b' ');
        words.map(<[u8]>::to_vec).collect()
    };
    NAMES.iter().find_map(|name| {
        let is_named = |words: &Vec<Vec<u8>>| {
            let word = words.get(1);
            word.is_some_and(|word| word == name.as_bytes())
        };
        let line = lines.iter().map(|line| words(line)).find(is_named)?;
        let mut rest = line[2..].iter();
        let peeled = rest.find_map(|word| word.strip_prefix(b"peeled:"));
        ObjectId::from_hex(peeled.unwrap_or(&line[0])).ok()
    })
}

/// The first band of the first part that is a pack, with only shallow information before it.
fn expected_pack(answer: &[u8]) -> Option<Vec<u8>> {
    for part in parts(answer) {
        let (title, lines) = part.split_first()?;
        if trimmed(title) == b"packfile" {
            let band = lines.iter().filter_map(|line| line.strip_prefix(&[1]));
            return Some(band.flatten().copied().collect());
        }
        assert_eq!(trimmed(title), b"shallow-info");
    }
    None
}

fn lines(answer: &[u8]) -> Vec<&[u8]> {
    parts(answer).concat()
}

/// The lines of an accepted answer, in the parts that a flush or a delimiter packet ends.
fn parts(answer: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut parts = vec![Vec::new()];
    let mut rest = answer;
    while let Some((prefix, behind)) = rest.split_first_chunk::<4>() {
        let digits = str::from_utf8(prefix).expect("a length is of digits");
        let length = usize::from_str_radix(digits, 16).expect("a length is of digits");
        let (line, behind) = behind.split_at(length.max(4) - 4);
        match parts.last_mut() {
            Some(part) if length > 4 => part.push(line),
            _ => parts.push(Vec::new()),
        }
        rest = behind;
    }
    parts
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

fn packet(line: &[u8]) -> Vec<u8> {
    [format!("{:04x}", line.len() + 4).as_bytes(), line].concat()
}

fn flush() -> Vec<u8> {
    b"0000".to_vec()
}
