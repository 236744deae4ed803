//! Writes the files of a release and their checksums. They have the same bytes whoever makes them.

mod archive;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use engine::artifact::COMPONENT_FILE;
use lifecycle::folder::{self, Kind};

use crate::arch::Arch;
use crate::{aot, cargo, platforms};

/// The beginning of the files' names.
const NAME: &str = "planqk-buildpack-job-template";

/// The beginning of the name of the tool's file.
const TOOL: &str = "wasm-buildpack";

/// The version of the buildpack and of all packages.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The list of digests for `cargo xtask verify --digests`, with every file in every package.
const DIGESTS: &str = "DIGESTS";

/// The list of digests of the release's own files.
pub const SUMS: &str = "SHA256SUMS";

pub fn changelog() -> anyhow::Result<String> {
    Ok(fs::read_to_string(cargo::root().join("CHANGELOG.md"))?)
}

/// Checks that the tag is this version's, and that the changelog has this version as its newest.
pub fn ready(tag: &str, changelog: &str) -> anyhow::Result<()> {
    ensure!(
        tag == format!("v{VERSION}"),
        "the tag is {tag}, and the version in Cargo.toml is {VERSION}"
    );
    ensure!(
        newest(changelog) == Some(VERSION),
        "the newest version in CHANGELOG.md is not {VERSION}"
    );
    Ok(())
}

/// The newest released version in a changelog.
#[must_use]
pub fn newest(changelog: &str) -> Option<&str> {
    let headings = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## [")?.split_once(']'));
    let mut versions = headings.map(|(version, _)| version);
    versions.find(|version| *version != "Unreleased")
}

/// Writes the files of a release into a folder, which is replaced: those of a package, and the tool for this machine.
pub fn files(package: &Path, tool: &Path, dir: &Path) -> anyhow::Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("can't replace {}", dir.display()))?;
    }
    fs::create_dir_all(dir)?;
    let mut digests = String::new();
    for arch in Arch::ALL {
        let folder = platforms::folder(package, arch);
        let entries = folder::snapshot(&folder)?;
        let name = format!("{NAME}-{VERSION}-linux-{}.tar.gz", arch.name());
        fs::write(dir.join(name), archive::tar_gz(&entries)?)?;
        let place = PathBuf::from("linux").join(arch.name());
        for entry in &entries {
            if let Kind::File(bytes) = &entry.kind {
                line(&mut digests, bytes, &place.join(&entry.path));
            }
        }
    }
    // Both architectures have the same component.
    let component = platforms::folder(package, Arch::Amd64).join(COMPONENT_FILE);
    fs::copy(component, dir.join(format!("{NAME}-{VERSION}.wasm")))?;
    let here = Arch::here()?.name();
    let name = format!("{TOOL}-{VERSION}-linux-{here}");
    fs::copy(tool, dir.join(name)).with_context(|| format!("can't copy {}", tool.display()))?;
    fs::write(dir.join(DIGESTS), digests)?;
    let mut sums = String::new();
    for entry in folder::snapshot(dir)? {
        if let Kind::File(bytes) = &entry.kind {
            line(&mut sums, bytes, &entry.path);
        }
    }
    Ok(fs::write(dir.join(SUMS), sums)?)
}

/// A line as `sha256sum` writes it.
fn line(list: &mut String, bytes: &[u8], path: &Path) {
    let _infallible = writeln!(list, "{}  {}", aot::sha256(bytes), path.display());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_of_this_version_and_told_of() {
        let told = format!("# Changelog\n\n## [Unreleased]\n\n## [{VERSION}] - 2026-11-26\n");
        ready(&format!("v{VERSION}"), &told).unwrap();
        for (tag, changelog) in [
            (VERSION.to_owned(), told.clone()),
            ("v99.0.0".to_owned(), told.clone()),
            (format!("v{VERSION}"), "## [Unreleased]\n".to_owned()),
            (format!("v{VERSION}"), format!("## [99.0.0]\n{told}")),
        ] {
            ready(&tag, &changelog).unwrap_err();
        }
    }
}
