//! Reads a package: an archive, a folder of buildpacks, or one buildpack directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lifecycle::folder::{self};

use super::cnb;
use crate::arch::Arch;
use crate::layout::DESCRIPTOR;

use super::found::{Package, Platform};

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
                entries: folder::snapshot(path)?,
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
                        entries: folder::snapshot(&folder)?,
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

/// Whether the path is a folder. A link to a folder is not.
fn is_folder(path: &Path) -> anyhow::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_dir())
}

fn stray(path: &Path) -> String {
    format!("{}: it does not belong in a package", path.display())
}
