//! Reads a package: an archive, a folder of buildpacks, or one buildpack directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lifecycle::folder::{self, Entry};

use super::cnb;
use crate::arch::Arch;
use crate::layout::DESCRIPTOR;

use super::found::{Package, Platform};

/// The limit on a platform's folder, in bytes. It is read into memory.
const LARGEST: u64 = 2 << 30;

/// Reads the package at a path.
pub(super) fn open(path: &Path) -> anyhow::Result<Package> {
    let kind = fs::metadata(path).context("it can't be read")?;
    if kind.is_file() {
        return cnb::open(path);
    }
    if fs::symlink_metadata(path.join(DESCRIPTOR)).is_ok() {
        return Ok(Package {
            platforms: vec![Platform {
                name: path.display().to_string(),
                arch: None,
                entries: snapshot(path)?,
            }],
            findings: Vec::new(),
        });
    }
    if fs::symlink_metadata(path.join("linux")).is_err() {
        bail!("it has neither {DESCRIPTOR} nor a folder 'linux'");
    }
    let mut package = Package::default();
    let mut missing = BTreeSet::from(Arch::ALL);
    for name in names(path)? {
        if name != Path::new("linux") || !is_folder(&path.join(&name))? {
            package.findings.push(stray(&name));
            continue;
        }
        for arch in names(&path.join(&name))? {
            let (place, folder) = (name.join(&arch), path.join(&name).join(&arch));
            match arch.to_str().and_then(Arch::named) {
                Some(arch) if is_folder(&folder)? => {
                    missing.remove(&arch);
                    package.platforms.push(Platform {
                        name: place.display().to_string(),
                        arch: Some(arch),
                        entries: snapshot(&folder)?,
                    });
                }
                _ => package.findings.push(stray(&place)),
            }
        }
    }
    for arch in missing {
        let text = format!("linux/{}: the folder is missing", arch.name());
        package.findings.push(text);
    }
    Ok(package)
}

fn names(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("can't list {}", folder.display()))?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().into()))
        .collect::<anyhow::Result<Vec<PathBuf>>>()?;
    names.sort();
    Ok(names)
}

/// Everything beneath a platform's folder.
fn snapshot(folder: &Path) -> anyhow::Result<Vec<Entry>> {
    let mut left = LARGEST;
    // A file with holes takes no room on the disk, and all of its length in memory.
    folder::walk(folder, &mut |_, meta| {
        let length = if meta.is_file() { meta.len() } else { 0 };
        let after = left.checked_sub(length);
        left = after.context("the package is too large: the limit is 2 GiB")?;
        Ok(())
    })?;
    folder::snapshot(folder)
}

/// Whether the path is a folder. A link to a folder is not.
fn is_folder(path: &Path) -> anyhow::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_dir())
}

fn stray(path: &Path) -> String {
    format!("{}: it does not belong in a package", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_a_file_of_holes_is_refused_by_the_files_path() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("guest.wasm");
        fs::write(folder.path().join("buildpack.toml"), "").unwrap();
        fs::File::create(&file).unwrap().set_len(1 << 20).unwrap();
        open(folder.path()).map(drop).unwrap();
        fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
        let error = format!("{:#}", open(folder.path()).map(drop).unwrap_err());
        assert!(
            error.contains("guest.wasm: the package is too large"),
            "{error}"
        );
    }
}
