//! SHA-256 digests, as a component, buildpack.toml and an application's lock file give them.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::str::FromStr;

use ring::digest::{Context, SHA256};

/// The read buffer for a file, in bytes.
const READ_AT_ONCE: usize = 16 << 10;

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 digest has 64 hexadecimal digits in lower case")]
pub struct Sha256Error;

impl Sha256 {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(bytes);
        Self::finish(context)
    }

    /// The digest of a whole file. Rewinds the file first.
    pub fn of_file(file: &mut File) -> io::Result<Self> {
        file.rewind()?;
        let mut context = Context::new(&SHA256);
        let mut buffer = vec![0; READ_AT_ONCE];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(Self::finish(context)),
                n => context.update(&buffer[..n]),
            }
        }
    }

    /// The digest of all that a context of SHA-256 has read.
    #[must_use]
    pub fn finish(context: Context) -> Self {
        let mut own = [0; 32];
        own.copy_from_slice(context.finish().as_ref());
        Self(own)
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Sha256 {
    type Err = Sha256Error;

    fn from_str(text: &str) -> Result<Self, Sha256Error> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(Sha256Error),
        };
        let mut bytes = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(Sha256Error);
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_digest_is_printed_as_it_is_read() {
        assert_eq!(Sha256::of(b"").to_string(), EMPTY);
        assert_eq!(EMPTY.parse(), Ok(Sha256::of(b"")));
    }

    #[test]
    fn a_file_is_read_whole_and_from_its_beginning() {
        let content = vec![7; 3 * READ_AT_ONCE + 1];
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        assert_eq!(Sha256::of_file(&mut file).unwrap(), Sha256::of(&content));
        assert_eq!(Sha256::of_file(&mut file).unwrap(), Sha256::of(&content));
    }

    #[test]
    fn another_case_length_or_character_is_no_digest() {
        let upper = EMPTY.to_uppercase();
        let long = format!("{EMPTY}0");
        let other = EMPTY.replace('e', "g");
        for text in ["", &upper, &EMPTY[1..], &EMPTY[2..], &long, &other] {
            assert_eq!(text.parse::<Sha256>(), Err(Sha256Error), "{text}");
        }
    }
}
