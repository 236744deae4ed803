//! The ids of commits and trees, as buildpack.toml and revisions give them. Nothing here computes an id.

use std::fmt;
use std::str::FromStr;

/// Bytes of a SHA-1 id. The host reads no other object format.
const SIZE: usize = 20;

/// The full id of a git object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GitId([u8; SIZE]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be an id of 40 hexadecimal digits")]
pub struct GitIdError;

impl GitId {
    #[must_use]
    pub fn bytes(self) -> [u8; SIZE] {
        self.0
    }
}

impl FromStr for GitId {
    type Err = GitIdError;

    fn from_str(text: &str) -> Result<Self, GitIdError> {
        let digit = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|n| u8::try_from(n).ok())
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != SIZE || !rest.is_empty() {
            return Err(GitIdError);
        }
        let mut id = [0; SIZE];
        for (byte, [high, low]) in id.iter_mut().zip(pairs) {
            *byte = digit(*high).ok_or(GitIdError)? << 4 | digit(*low).ok_or(GitIdError)?;
        }
        Ok(Self(id))
    }
}

impl fmt::Display for GitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_forty_digits_and_is_shown_in_small_letters() {
        let text = "0123456789abcdefABCDEF0123456789fedcba90";
        let id: GitId = text.parse().unwrap();
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
        assert_eq!((id.bytes()[0], id.bytes()[19]), (0x01, 0x90));
        for other in [&text[1..], &format!("{text}0"), &text.replace('f', "g"), ""] {
            assert_eq!(other.parse::<GitId>(), Err(GitIdError), "{other}");
        }
        let wide = format!("{}\u{e9}", &text[2..]);
        assert_eq!((wide.len(), wide.parse::<GitId>()), (40, Err(GitIdError)));
    }
}
