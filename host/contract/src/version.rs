//! The versions of the contract that this host speaks.

use std::fmt;

/// A version of the contract. Two versions with the same first two numbers have the same types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// `wit/v0.1`
    V0_1,
    /// `wit/v0.2`
    V0_2,
    /// `wit`
    V0_3,
}

impl Version {
    /// The versions that this host speaks, from the oldest.
    pub const ALL: [Self; 3] = [Self::V0_1, Self::V0_2, Self::V0_3];

    /// Finds the version that an interface's name ends with, such as `0.2.0`.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let matches = |version: &Self| {
            let rest = text.strip_prefix(version.text());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        Self::ALL.into_iter().find(matches)
    }

    /// All versions, for a sentence.
    #[must_use]
    pub fn list() -> String {
        let [first @ .., last] = Self::ALL;
        let first = first.map(Self::text).join(", ");
        format!("{first} and {}", last.text())
    }

    fn text(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1",
            Self::V0_2 => "0.2",
            Self::V0_3 => "0.3",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_versions_are_listed_as_a_sentence_has_them() {
        assert_eq!(Version::list(), "0.1, 0.2 and 0.3");
    }

    #[test]
    fn a_version_is_known_by_its_first_two_numbers() {
        for (text, version) in [
            ("0.1.0", Some(Version::V0_1)),
            ("0.2.0", Some(Version::V0_2)),
            ("0.2.7", Some(Version::V0_2)),
            ("0.3.0", Some(Version::V0_3)),
            ("0.4.0", None),
            ("0.20.0", None),
            ("1.0.2", None),
            ("0.2", None),
            ("", None),
        ] {
            assert_eq!(Version::of(text), version, "{text}");
        }
    }
}
