//! Lists the crates in the host for an architecture, from `cargo tree` and Cargo.lock.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use anyhow::{Context, anyhow};

use super::Made;
use crate::arch::Arch;
use crate::cargo;

/// A crate that is built into the host, or the host itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression.
    pub(super) licence: Option<String>,
    /// The SHA-256 digest of the package that cargo downloaded.
    pub(super) checksum: Option<String>,
}

impl Crate {
    /// The package URL. A `+` is escaped because it would mean a space.
    pub(super) fn purl(&self) -> String {
        let version = self.version.replace('+', "%2B");
        format!("pkg:cargo/{}@{version}", self.name)
    }
}

/// Returns the host and its crates for an architecture, without procedural macros: the binary does not contain them.
///
/// The result is kept for each architecture, because each test lays out a buildpack.
pub(super) fn of_host(arch: Arch) -> anyhow::Result<Made> {
    static KNOWN: Mutex<BTreeMap<Arch, Made>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN
        .lock()
        .map_err(|_| anyhow!("a test that asked for the host's crates has panicked"))?;
    if let Some(made) = known.get(&arch) {
        return Ok(made.clone());
    }
    let tree = cargo::host_crates(arch)?;
    let lock = fs::read_to_string(cargo::root().join("Cargo.lock"))?;
    let made = of_tree(&tree, &lock)?;
    known.insert(arch, made.clone());
    Ok(made)
}

/// The host and its crates from the output of [`cargo::host_crates`] and the text of Cargo.lock.
pub(super) fn of_tree(tree: &str, lock: &str) -> anyhow::Result<Made> {
    let mut crates = read_tree(tree, &read_lock(lock)?)?;
    let host = crates.iter().position(|one| one.name == "host");
    let host = crates.remove(host.context("the output of cargo tree has no host")?);
    Ok(Made { host, crates })
}

type Checksums = BTreeMap<(String, String), String>;

/// Lists each package once, sorted by name. Of this workspace it lists only the host: the other crates are parts of it.
fn read_tree(tree: &str, checksums: &Checksums) -> anyhow::Result<Vec<Crate>> {
    // A package of this workspace has its folder after the version.
    let is_part = |line: &str| line.contains(" (/") && !line.starts_with("host ");
    let lines = tree.lines().filter(|line| !line.is_empty());
    let crates = lines.filter(|line| !is_part(line)).map(|line| {
        // `cargo tree` marks a package that it has listed before.
        let line = line.strip_suffix(" (*)").unwrap_or(line);
        let parts = line.split_once('\t').and_then(|(package, licence)| {
            let (name, rest) = package.split_once(" v")?;
            Some((name, rest.split(' ').next()?, licence))
        });
        let (name, version, licence) =
            parts.with_context(|| format!("can't parse a line of cargo tree: '{line}'"))?;
        let key = (name.to_owned(), version.to_owned());
        Ok(Crate {
            licence: expression(licence),
            checksum: checksums.get(&key).cloned(),
            name: key.0,
            version: key.1,
        })
    });
    let mut crates = crates.collect::<anyhow::Result<Vec<_>>>()?;
    crates.sort();
    crates.dedup();
    Ok(crates)
}

/// Turns a crate's licence into an SPDX expression. Some crates use cargo's former separator `/`.
fn expression(licence: &str) -> Option<String> {
    let parts: Vec<_> = licence.split('/').map(str::trim).collect();
    let licence = parts.join(" OR ");
    (!licence.is_empty()).then_some(licence)
}

fn read_lock(lock: &str) -> anyhow::Result<Checksums> {
    let lock: toml::Table = lock.parse().context("Cargo.lock can't be read")?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let packages = packages.context("Cargo.lock has no packages")?.iter();
    let checksums = packages.filter_map(|package| {
        let text = |key: &str| Some(package.get(key)?.as_str()?.to_owned());
        Some(((text("name")?, text("version")?), text("checksum")?))
    });
    Ok(checksums.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_tree_is_read_line_by_line_and_each_package_once() {
        let lock = "[[package]]\nname = \"b\"\nversion = \"1.0.0+x\"\nchecksum = \"abc\"\n\
                    [[package]]\nname = \"host\"\nversion = \"2.0.0\"\n";
        let tree = "host v2.0.0 (/some/where)\tApache-2.0\ncnb v2.0.0 (/some/where/cnb)\tApache-2.0\nb v1.0.0+x\tMIT/Apache-2.0\n\nb v1.0.0+x\tMIT/Apache-2.0 (*)\n";
        let crates = read_tree(tree, &read_lock(lock).unwrap()).unwrap();
        let [b, host] = &crates[..] else {
            panic!("{crates:?}");
        };
        let own = (&*host.name, &*host.version, &host.checksum);
        assert_eq!(own, ("host", "2.0.0", &None));
        assert_eq!(b.licence.as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(b.checksum.as_deref(), Some("abc"));
        assert_eq!(b.purl(), "pkg:cargo/b@1.0.0%2Bx");
        assert_eq!(expression(""), None);
        read_tree("nonsense", &Checksums::new()).unwrap_err();
        read_lock("package = 1").unwrap_err();
    }

    #[test]
    fn the_host_has_its_engine_and_no_compiler_and_every_crate_is_known_by_its_checksum() {
        let made = of_host(Arch::here().unwrap()).unwrap();
        assert_eq!(made.host.version, env!("CARGO_PKG_VERSION"));
        assert_eq!(made.host.licence.as_deref(), Some("Apache-2.0"));
        let names: BTreeSet<_> = made.crates.iter().map(|one| &*one.name).collect();
        for name in ["dlmalloc", "rustls", "serde", "wasmtime"] {
            assert!(names.contains(name), "{name} is not among {names:?}");
        }
        for name in [
            "cnb",
            "cranelift-codegen",
            "host",
            "serde_derive",
            "tempfile",
        ] {
            assert!(!names.contains(name), "{name} is among them");
        }
        for one in &made.crates {
            let digits = one.checksum.as_ref().is_some_and(|sum| sum.len() == 64);
            assert!(digits && one.licence.is_some(), "{one:?}");
        }
        assert!(made.crates.len() > 100, "{}", made.crates.len());
    }
}
