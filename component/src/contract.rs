//! The versions of the contract, as text and parsed.

use anyhow::Context as _;
use wit_parser::{Resolve, WorldId};

/// The name of the contract's package, without its version.
pub(crate) const PACKAGE: &str = "wasm-buildpacks:buildpack";

const WORLD: &str = "buildpack";

/// A version of the contract that the host speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) name: &'static str,
    wit: &'static str,
}

/// The versions that the host speaks, the newest first.
pub(crate) const VERSIONS: [Version; 3] = [
    Version {
        name: "0.3.0",
        wit: include_str!("../../wit/buildpack.wit"),
    },
    Version {
        name: "0.2.0",
        wit: include_str!("../../wit/v0.2/buildpack.wit"),
    },
    Version {
        name: "0.1.0",
        wit: include_str!("../../wit/v0.1/buildpack.wit"),
    },
];

/// The version that a new buildpack speaks.
pub(crate) const NEWEST: Version = VERSIONS[0];

impl Version {
    /// Returns the version of that number, if the host speaks it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        VERSIONS.into_iter().find(|one| one.name == name)
    }

    /// Returns the version that a component of that version can use: the one with the same first two numbers.
    pub(crate) fn compatible(name: &str) -> Option<Self> {
        let numbers = |name: &str| {
            let mut parts = name.split('.').map(|part| part.parse::<u64>().ok());
            let numbers = [parts.next()??, parts.next()??, parts.next()??];
            parts.next().is_none().then_some(numbers)
        };
        let [major, minor, _] = numbers(name)?;
        let same = |one: &Self| numbers(one.name).is_some_and(|[a, b, _]| (a, b) == (major, minor));
        VERSIONS.into_iter().find(same)
    }

    /// All versions, for a sentence.
    pub(crate) fn list() -> String {
        let [first @ .., last] = VERSIONS.map(|one| one.name);
        format!("{} and {last}", first.join(", "))
    }

    /// Its text.
    #[cfg(test)]
    pub(crate) fn wit(self) -> &'static str {
        self.wit
    }

    /// Parses the contract. Returns its world too.
    pub(crate) fn parse(self) -> anyhow::Result<(Resolve, WorldId)> {
        let mut resolve = Resolve::default();
        let parsed = resolve
            .push_source("buildpack.wit", self.wit)
            .and_then(|package| resolve.select_world(&[package], Some(WORLD)));
        let world = parsed.with_context(|| {
            format!(
                "the contract {} in this tool cannot be parsed, which is a fault of the tool",
                self.name
            )
        })?;
        Ok((resolve, world))
    }
}

/// Returns the contract's version in the name of an import, such as `0.3.0` of `wasm-buildpacks:buildpack/log@0.3.0`.
pub(crate) fn version_in(import: &str) -> Option<&str> {
    let rest = import.strip_prefix(PACKAGE)?.strip_prefix('/')?;
    Some(rest.split_once('@')?.1)
}

/// Whether an import is the contract's log, in any version.
pub(crate) fn is_log(import: &str) -> bool {
    let name = import.split('@').next();
    name.and_then(|name| name.strip_prefix(PACKAGE)) == Some("/log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_parses_and_has_the_number_that_its_text_has() {
        for version in VERSIONS {
            let (resolve, world) = version.parse().unwrap();
            let package = resolve.worlds[world].package.unwrap();
            let name = resolve.packages[package].name.to_string();
            assert_eq!(name, format!("{PACKAGE}@{}", version.name));
        }
    }

    #[test]
    fn all_versions_are_listed_as_a_sentence_has_them() {
        assert_eq!(Version::list(), "0.3.0, 0.2.0 and 0.1.0");
    }

    #[test]
    fn the_version_is_found_in_the_names_of_the_contracts_imports_only() {
        let name = "wasm-buildpacks:buildpack/log@0.3.0";
        assert_eq!(version_in(name), Some("0.3.0"));
        assert!(is_log(name) && !is_log("wasm-buildpacks:buildpack/types@0.3.0"));
        assert!(!is_log("wasm-buildpacks:buildpacks/log@0.3.0"));
        assert_eq!(version_in("wasi:cli/exit@0.2.0"), None);
        assert_eq!(version_in("wasm-buildpacks:buildpacks/log@0.3.0"), None);
    }
}
