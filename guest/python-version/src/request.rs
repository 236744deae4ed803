//! A request for a Python version, as the files of an application and the variable write it.

use std::fmt;

use pep440_rs::{Version, VersionSpecifiers};

use crate::version::PythonVersion;

/// The limit on the text of a request, in bytes.
const LONGEST: usize = 256;

/// A request for a Python version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Nothing is asked for.
    Any,
    /// The leading numbers of a version, from one to three: `3.12` allows each patch of 3.12.
    Release(Vec<u64>),
    /// A range in the form of the specification of version specifiers.
    Range(VersionSpecifiers),
}

impl Request {
    /// Reads a line of `.python-version`, or the variable: a version or a range, with or without the name of CPython.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST || !text.is_ascii() {
            return None;
        }
        let version = ["cpython", "python"]
            .iter()
            .find_map(|name| text.strip_prefix(name))
            .map_or(text, |rest| rest.trim_start_matches(['-', '@']));
        // Only a full key of uv has more, such as cpython-3.12.4-linux-x86_64-gnu.
        let version = match text.strip_prefix("cpython-") {
            Some(key) => key.split('-').next().unwrap_or(key),
            None => version,
        };
        // Other buildpacks write 3.12.* or 3.12.x for any patch.
        let version = version.trim_end_matches(".*").trim_end_matches(".x");
        Self::release(version).or_else(|| Self::range(text))
    }

    fn release(text: &str) -> Option<Self> {
        let numbers = text.split('.').map(number);
        let numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
        (numbers.len() <= 3).then_some(Self::Release(numbers))
    }

    /// Reads `requires-python`.
    #[must_use]
    pub fn range(text: &str) -> Option<Self> {
        if text.len() > LONGEST || !text.is_ascii() {
            return None;
        }
        let range: VersionSpecifiers = text.parse().ok()?;
        Some(if range.is_empty() {
            Self::Any
        } else {
            Self::Range(range)
        })
    }

    /// Whether a version satisfies it.
    #[must_use]
    pub fn contains(&self, version: PythonVersion) -> bool {
        let PythonVersion {
            major,
            minor,
            patch,
        } = version;
        match self {
            Self::Any => true,
            Self::Release(numbers) => [major, minor, patch].starts_with(numbers),
            Self::Range(range) => range.contains(&Version::new([major, minor, patch])),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("of any version"),
            Self::Release(numbers) => {
                let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
                f.write_str(&numbers.join("."))
            }
            Self::Range(range) => write!(f, "{range}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> PythonVersion {
        let numbers: Vec<u64> = text.split('.').map(|part| part.parse().unwrap()).collect();
        PythonVersion {
            major: numbers[0],
            minor: numbers[1],
            patch: numbers[2],
        }
    }

    #[test]
    fn a_version_allows_itself_and_its_patches() {
        for (text, allowed, other) in [
            ("3", "3.13.1", "4.0.0"),
            ("3.12", "3.12.7", "3.1.2"),
            ("3.12.4", "3.12.4", "3.12.5"),
            ("3.12.*", "3.12.7", "3.11.1"),
            ("3.12.x", "3.12.7", "3.11.1"),
            ("cpython-3.12", "3.12.7", "3.13.7"),
            ("cpython@3.12.4", "3.12.4", "3.12.5"),
            ("python3.12", "3.12.4", "3.13.5"),
            ("cpython-3.12.4-linux-x86_64-gnu", "3.12.4", "3.12.5"),
            (">=3.11,<3.13", "3.12.4", "3.13.0"),
            ("~=3.11", "3.14.0", "3.10.9"),
            ("==3.12.*", "3.12.4", "3.13.0"),
        ] {
            let request = Request::parse(text).unwrap();
            assert!(request.contains(version(allowed)), "{text}");
            assert!(!request.contains(version(other)), "{text}");
        }
    }

    #[test]
    fn other_implementations_and_texts_are_not_understood() {
        for text in [
            "pypy-3.10",
            "3.13t",
            "3.13+freethreaded",
            "my-env",
            "3.",
            ".3",
            "-3",
            "3.12.4.1",
            "^3.11",
            "3.12 3.11",
            "3.1é",
        ] {
            assert_eq!(Request::parse(text), None, "{text}");
        }
        assert_eq!(Request::parse(&"3".repeat(300)), None);
    }

    #[test]
    fn an_empty_range_allows_every_version() {
        assert_eq!(Request::range(""), Some(Request::Any));
        assert_eq!(Request::range("nothing"), None);
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,40}|[0-9.=<>!~*, a-z@+-]{0,40}") {
            if let Some(request) = Request::parse(&text) {
                let other = Request::parse(&text);
                let version = version("3.12.4");
                prop_assert_eq!(other.map(|other| other.contains(version)), Some(request.contains(version)));
            }
        }
    }
}
