//! The header of an entry, one block of 512 bytes.
//!
//! Nothing here reads a stream.

use super::{BLOCK, HeaderReason};

/// A header, not checked.
pub(super) struct Block<'a>(pub(super) &'a [u8; BLOCK]);

/// A header whose checksum and numbers are right.
pub(super) struct Header<'a> {
    pub(super) name: Vec<u8>,
    pub(super) target: &'a [u8],
    pub(super) size: u64,
    pub(super) executable: bool,
    pub(super) kind: Type,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    File,
    Dir,
    Link,
    Hard,
    /// An extended header for the next entry, or for all that follow.
    Extended {
        global: bool,
    },
    Special {
        what: &'static str,
    },
    Unknown {
        byte: u8,
    },
}

impl<'a> Block<'a> {
    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    pub(super) fn parse(&self) -> Result<Header<'a>, HeaderReason> {
        // The checksum itself counts as spaces.
        let bytes = self.0.iter().enumerate();
        let sum = bytes.map(|(at, byte)| match at {
            148..156 => u64::from(b' '),
            _ => u64::from(*byte),
        });
        if octal(&self.0[148..156]) != Some(sum.sum()) {
            return Err(HeaderReason::Checksum);
        }
        let is_posix = &self.0[257..265] == b"ustar\x0000";
        if !is_posix && &self.0[257..265] != b"ustar  \0" {
            return Err(HeaderReason::Magic);
        }
        let mut name = until_zero(&self.0[..100]).to_vec();
        // GNU has other fields where ustar has the front of a long name.
        let prefix = until_zero(&self.0[345..500]);
        if is_posix && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        let number = |field, range: std::ops::Range<usize>| {
            octal(&self.0[range]).ok_or(HeaderReason::Number { field })
        };
        Ok(Header {
            name,
            target: until_zero(&self.0[157..257]),
            size: number("size", 124..136)?,
            executable: number("mode", 100..108)? & 0o111 != 0,
            kind: kind(self.0[156]),
        })
    }
}

fn kind(byte: u8) -> Type {
    match byte {
        0 | b'0' => Type::File,
        b'1' => Type::Hard,
        b'2' => Type::Link,
        b'3' | b'4' => Type::Special { what: "a device" },
        b'5' => Type::Dir,
        b'6' => Type::Special { what: "a pipe" },
        b'K' | b'L' => Type::Special {
            what: "a long name in GNU's own form; pax has one for it",
        },
        b'S' => Type::Special {
            what: "a sparse file",
        },
        b'g' => Type::Extended { global: true },
        b'x' => Type::Extended { global: false },
        byte => Type::Unknown { byte },
    }
}

fn until_zero(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Reads octal digits, with spaces before and spaces or zero bytes after them.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(field).ok()?;
    let digits = digits.trim_start_matches(' ');
    let digits = digits.trim_end_matches([' ', '\0']);
    let is_octal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    is_octal.then(|| u64::from_str_radix(digits, 8).ok())?
}
