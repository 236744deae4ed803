//! Packages whose files an index has: their names, the digests that a file may have, and the tags of wheels that fit.
//!
//! The source's list is compared later. Nothing here knows which wheels there are.

use std::collections::BTreeSet;

use super::super::place::{OutputPlace, Seen};
use super::super::{CheckError, Rule};
use crate::names::{PackageName, SourceName, shown};
use crate::sha256::Sha256;
use contract::types;

/// The limit on the digests of one package. The largest packages have a hundred wheels of one version.
const MOST_DIGESTS: usize = 1024;
/// The limit on tags. CPython on Linux accepts about a thousand.
const MOST_TAGS: usize = 4096;
/// The limit on a tag, in bytes.
const LONGEST_TAG: usize = 128;

/// Packages of one source, as the component names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedPackages {
    pub source: SourceName,
    /// The packages, ordered by name. There is at least one.
    pub packages: Vec<CheckedPackage>,
    /// The compatibility tags of wheels that fit, such as `py3-none-any`, the best one first.
    pub tags: Vec<String>,
}

/// A package of a source, as the component names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckedPackage {
    pub name: PackageName,
    /// The allowed digests of the file. There is at least one, and the source's list must have each of them for this
    /// name.
    pub sha256: BTreeSet<Sha256>,
}

pub(super) fn check(
    packages: types::IndexedPackages,
    source: SourceName,
    place: &OutputPlace,
) -> Result<CheckedPackages, CheckError> {
    let types::IndexedPackages { packages, tags } = packages;
    if packages.is_empty() {
        let (place, what) = (place.0.clone(), "the list of packages");
        return Err(CheckError::Empty { place, what });
    }
    let mut seen = Seen::folding_case();
    let mut checked = Vec::new();
    for package in packages {
        let package = check_package(package, place)?;
        seen.add(place, "package", package.name.as_str())?;
        checked.push(package);
    }
    checked.sort();
    Ok(CheckedPackages {
        source,
        packages: checked,
        tags: check_tags(tags, place)?,
    })
}

fn check_package(
    package: types::IndexedPackage,
    place: &OutputPlace,
) -> Result<CheckedPackage, CheckError> {
    let types::IndexedPackage { name, sha256 } = package;
    let place = place.within(&format!("package '{}'", shown(&name)));
    let name: PackageName = place.name(&name)?;
    if sha256.is_empty() {
        let (place, what) = (place.0, "the list of digests");
        return Err(CheckError::Empty { place, what });
    }
    place.count("digests", sha256.len(), MOST_DIGESTS)?;
    let digests = sha256.iter().map(|text| text.parse());
    let digests = digests.collect::<Result<BTreeSet<Sha256>, _>>();
    let sha256 = digests.map_err(|_| {
        let rule = "each sha256 must be 64 hexadecimal digits in lower case";
        place.rule(Rule::FileDigest, rule)
    })?;
    Ok(CheckedPackage { name, sha256 })
}

fn check_tags(tags: Vec<String>, place: &OutputPlace) -> Result<Vec<String>, CheckError> {
    place.count("tags", tags.len(), MOST_TAGS)?;
    let plain = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        !part.is_empty() && part.bytes().all(plain)
    };
    let is_tag = |tag: &String| {
        tag.len() <= LONGEST_TAG && tag.split('-').count() == 3 && tag.split('-').all(plain)
    };
    if let Some(tag) = tags.iter().find(|tag| !is_tag(tag)) {
        let rule = format!(
            "'{}' is not a tag such as py3-none-any, in lower case",
            shown(tag)
        );
        return Err(place.rule(Rule::WheelTag, &rule));
    }
    Ok(tags)
}
