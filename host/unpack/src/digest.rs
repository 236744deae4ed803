//! Digests of files, as RECORD of a wheel writes them.
//!
//! No other file of this crate knows an algorithm.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{self, Context};

/// An algorithm that RECORD may use. The specification forbids those that are weaker than SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    fn implementation(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

/// The digest of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl Digest {
    /// Parses `sha256=` and the digest in base64 with the alphabet for addresses and without padding.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, bytes) = text.split_once('=')?;
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            _ => return None,
        };
        let bytes = URL_SAFE_NO_PAD.decode(bytes).ok()?;
        let is_whole = bytes.len() == algorithm.implementation().output_len();
        is_whole.then_some(Self { algorithm, bytes })
    }

    /// Returns the SHA-256 of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut summing = Summing::new(Algorithm::Sha256);
        summing.update(bytes);
        summing.finish()
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the text for RECORD.
    pub(crate) fn text(&self) -> String {
        let bytes = URL_SAFE_NO_PAD.encode(&self.bytes);
        format!("{}={bytes}", self.algorithm.name())
    }
}

/// A digest that is being computed.
pub(crate) struct Summing {
    algorithm: Algorithm,
    context: Context,
}

impl Summing {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            context: Context::new(algorithm.implementation()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    pub(crate) fn finish(self) -> Digest {
        Digest {
            algorithm: self.algorithm,
            bytes: self.context.finish().as_ref().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written_and_in_no_other_form() {
        let text = Digest::of(b"abc").text();
        assert_eq!(text, "sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        assert_eq!(Digest::parse(&text), Some(Digest::of(b"abc")));
        let upper = text.to_uppercase();
        let padded = format!("{text}=");
        for bad in [
            "",
            "sha256",
            "sha256=",
            "md5=kAFQmDzST7DWlj99KOF_cg",
            &upper,
            &padded,
        ] {
            assert_eq!(Digest::parse(bad), None, "{bad}");
        }
    }
}
