//! Names of packages, extras and dependency groups, in their normalised form.
//!
//! <https://packaging.python.org/en/latest/specifications/name-normalization/>

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A name in lower case, with one `-` in place of each run of `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Name(String);

/// A text that is not a name.
#[derive(Debug, thiserror::Error)]
#[error("a name has letters and digits, with '-', '_' and '.' between them")]
pub(crate) struct NoName;

impl FromStr for Name {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        let alphanumeric = |char: char| char.is_ascii_alphanumeric();
        let between = |char: char| matches!(char, '-' | '_' | '.');
        let is_name = text.starts_with(alphanumeric)
            && text.ends_with(alphanumeric)
            && text.chars().all(|char| alphanumeric(char) || between(char));
        if !is_name {
            return Err(NoName);
        }
        let parts = text.split(between).filter(|part| !part.is_empty());
        let parts: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        Ok(Self(parts.join("-")))
    }
}

impl TryFrom<String> for Name {
    type Error = NoName;

    fn try_from(text: String) -> Result<Self, NoName> {
        text.parse()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_equal() {
        for text in [
            "friendly-bard",
            "Friendly_Bard",
            "friendly.bard",
            "friendly--bard",
            "FrIeNdLy-._.-bArD",
        ] {
            assert_eq!(text.parse::<Name>().unwrap().to_string(), "friendly-bard");
        }
        assert_eq!("0".parse::<Name>().unwrap().to_string(), "0");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "-", "a-", ".a", "0_", "a b", "a/b", "é", "a\n"] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }
}
