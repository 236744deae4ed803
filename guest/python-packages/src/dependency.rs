//! Dependencies as `pyproject.toml` writes them: `name[extra] >=1; marker`, or `name @ address`.
//!
//! <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>

use std::fmt;
use std::str::FromStr;

use pep440_rs::VersionSpecifiers;

use crate::name::Name;

/// The limit on a dependency, in bytes.
const LONGEST: usize = 4096;

/// A dependency of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: Name,
    /// Sorted.
    pub(crate) extras: Vec<Name>,
    pub(crate) range: Range,
    pub(crate) marker: Option<String>,
}

/// The versions that are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Range {
    Versions(VersionSpecifiers),
    /// An address in place of versions.
    Address,
}

/// A text that is not a dependency.
#[derive(Debug, thiserror::Error)]
#[error("a dependency is a name with extras, a range and a marker")]
pub(crate) struct NoDependency;

impl FromStr for Dependency {
    type Err = NoDependency;

    fn from_str(text: &str) -> Result<Self, NoDependency> {
        parse(text).ok_or(NoDependency)
    }
}

fn parse(text: &str) -> Option<Dependency> {
    if !text.is_ascii() || text.len() > LONGEST {
        return None;
    }
    let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    let text = text.trim();
    let (name, rest) = text.split_at(text.find(|char| !is_name(char)).unwrap_or(text.len()));
    let rest = rest.trim_start();
    let (extras, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let rest = rest.trim_start();
    // An address may contain a semicolon, so there a space comes before the marker's.
    let (range, marker) = if let Some(address) = rest.strip_prefix('@') {
        let marker = address.split_once(" ;").map(|(_, marker)| marker);
        (Range::Address, marker)
    } else {
        let (range, marker) = match rest.split_once(';') {
            Some((range, marker)) => (range.trim(), Some(marker)),
            None => (rest.trim(), None),
        };
        let inner = range
            .strip_prefix('(')
            .and_then(|range| range.strip_suffix(')'));
        (
            Range::Versions(inner.unwrap_or(range).parse().ok()?),
            marker,
        )
    };
    let extras = extras
        .split(',')
        .map(str::trim)
        .filter(|extra| !extra.is_empty());
    let mut extras: Vec<Name> = extras
        .map(|extra| extra.parse().ok())
        .collect::<Option<_>>()?;
    extras.sort_unstable();
    Some(Dependency {
        name: name.parse().ok()?,
        extras,
        range,
        marker: marker.map(|marker| marker.trim().to_owned()),
    })
}

/// Without the marker.
impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if !self.extras.is_empty() {
            let extras: Vec<_> = self.extras.iter().map(ToString::to_string).collect();
            write!(f, "[{}]", extras.join(","))?;
        }
        match &self.range {
            Range::Versions(range) => write!(f, "{range}"),
            Range::Address => f.write_str(" at an address"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_parts_of_a_dependency_are_read() {
        for (text, shown, marker) in [
            ("numpy", "numpy", None),
            ("NumPy >=2, <3", "numpy>=2, <3", None),
            ("a.b (==1.*)", "a-b==1.*", None),
            (
                "httpx[http2, Socks]>=0.28;os_name=='nt'",
                "httpx[http2,socks]>=0.28",
                Some("os_name=='nt'"),
            ),
            ("a [] ~= 1.2 ; extra == 'b'", "a~=1.2", Some("extra == 'b'")),
            (
                "a @ https://files.example.com/a;b.whl",
                "a at an address",
                None,
            ),
            (
                "a[x]@https://files.example.com/a.whl ; os_name == 'nt'",
                "a[x] at an address",
                Some("os_name == 'nt'"),
            ),
        ] {
            let dependency: Dependency = text.parse().unwrap();
            assert_eq!(
                (
                    dependency.to_string().as_str(),
                    dependency.marker.as_deref()
                ),
                (shown, marker)
            );
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "", "??", ">=1", "a b", "a[b", "a[b c]", "a >=x", "a (>=1", "é", "0_", "./folder",
        ] {
            assert!(text.parse::<Dependency>().is_err(), "{text}");
        }
        assert!(
            format!("a>={}", "1".repeat(LONGEST))
                .parse::<Dependency>()
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,40}|[a-z0-9.=<>!~;@, \\[\\]()'\"_-]{0,60}") {
            if let Ok(dependency) = text.parse::<Dependency>() {
                prop_assert!(!dependency.to_string().is_empty());
            }
        }
    }
}
