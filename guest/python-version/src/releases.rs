//! The releases of CPython that the buildpack lists.
//!
//! The list is in one place only, `[metadata.sources.python]` of the buildpack's descriptor. The host hides sources from
//! components, so the descriptor is compiled in, and read when the list is needed.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::DEFAULT;
use crate::error::VersionError;
use crate::request::Request;
use crate::version::PythonVersion;

/// The descriptor whose source `python` lists the files.
const DESCRIPTOR: &str = include_str!("../../python/buildpack.toml");

/// A file of the list: CPython of one version for one architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub version: PythonVersion,
    /// Go's name of the architecture, such as `amd64`.
    pub arch: String,
    /// The path beneath the source's address.
    pub path: String,
    /// 64 hexadecimal digits.
    pub sha256: String,
}

/// All files of the list, in its order.
pub fn releases() -> Result<Vec<Release>, VersionError> {
    releases_in(DESCRIPTOR)
}

/// All files that the text of a descriptor lists, in its order.
pub fn releases_in(descriptor: &str) -> Result<Vec<Release>, VersionError> {
    let broken = |why: &str| VersionError::List(why.to_owned());
    let table: Table = descriptor
        .parse()
        .map_err(|_| broken("it is not valid TOML"))?;
    let files = ["metadata", "sources", "python"]
        .iter()
        .try_fold(&table, |table, key| table.get(*key)?.as_table())
        .and_then(|source| source.get("file")?.as_array())
        .ok_or_else(|| broken("it has no files"))?;
    let release = |file| release(file).ok_or_else(|| broken("a file has another form"));
    files.iter().map(release).collect()
}

fn release(file: &Value) -> Option<Release> {
    let text = |key: &str| Some(file.get(key)?.as_str()?.to_owned());
    let path = text("path")?;
    Some(Release {
        version: version_of(&path)?,
        arch: text("arch")?,
        sha256: text("sha256")?,
        path,
    })
}

/// The version in a path such as `20261021/cpython-3.14.9+20261021-x86_64-unknown-linux-gnu-install_only.tar.gz`.
#[must_use]
pub fn version_of(path: &str) -> Option<PythonVersion> {
    let (_, name) = path.rsplit_once('/')?;
    let (version, _) = name.strip_prefix("cpython-")?.split_once('+')?;
    let mut parts = version.split('.').map(|part| part.parse().ok());
    let version = PythonVersion {
        major: parts.next()??,
        minor: parts.next()??,
        patch: parts.next()??,
    };
    parts.next().is_none().then_some(version)
}

/// The newest release that satisfies a request: of the default minor version, if one of them does.
///
/// Architectures are not compared, so that the choice is the same for each.
#[must_use]
pub fn newest(known: &[Release], request: &Request) -> Option<PythonVersion> {
    let satisfying = known.iter().map(|release| release.version);
    let satisfying = satisfying.filter(|version| request.contains(*version));
    satisfying.max_by_key(|version| ((version.major, version.minor) == DEFAULT, *version))
}

/// The versions as text, newest first: `3.13.17, 3.13.15, 3.12.15`.
pub(crate) fn listed(known: &[Release]) -> String {
    let versions: BTreeSet<_> = known.iter().map(|release| release.version).collect();
    let versions: Vec<_> = versions.iter().rev().map(ToString::to_string).collect();
    versions.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_each_version_once_for_both_architectures() {
        let known = releases().unwrap();
        for release in &known {
            let same = |arch: &str| {
                let same = known
                    .iter()
                    .filter(|other| other.version == release.version);
                same.filter(|other| other.arch == arch).count()
            };
            assert_eq!((same("amd64"), same("arm64")), (1, 1), "{release:?}");
            let machine = if release.arch == "amd64" {
                "-x86_64-"
            } else {
                "-aarch64-"
            };
            assert!(release.path.contains(machine), "{release:?}");
            assert!(release.path.ends_with("-install_only_stripped.tar.gz"));
            let digit = |digit: char| matches!(digit, '0'..='9' | 'a'..='f');
            assert!(release.sha256.len() == 64 && release.sha256.chars().all(digit));
        }
        assert!(
            known
                .iter()
                .any(|one| (one.version.major, one.version.minor) == DEFAULT)
        );
    }

    #[test]
    fn a_path_without_a_version_breaks_the_list() {
        let list = |path: &str| {
            format!(
                "[[metadata.sources.python.file]]\npath = \"{path}\"\nsha256 = \"ab\"\narch = \"amd64\"\n"
            )
        };
        assert_eq!(
            releases_in(&list("1/cpython-3.14.9+1-x.tar.gz"))
                .unwrap()
                .len(),
            1
        );
        for path in [
            "cpython-3.14.9+1",
            "1/cpython-3.14+1",
            "1/cpython-3.14.9.1+1",
            "1/pypy-3.1.1+1",
            "1/cpython-3.1.x+1",
        ] {
            let error = releases_in(&list(path)).unwrap_err();
            assert!(matches!(error, VersionError::List(_)), "{path}");
        }
        for descriptor in ["", "[[", "[metadata.sources.python]\nfile = 1"] {
            assert!(releases_in(descriptor).is_err(), "{descriptor}");
        }
    }
}
