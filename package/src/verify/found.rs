//! What is taken for a package, as it was found in folders or in an archive.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lifecycle::folder::{self, Entry, Kind};

use super::cnb;
use crate::arch::Arch;
use crate::layout::DESCRIPTOR;

/// A package. Nothing of it is believed.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// Its buildpacks: one for each architecture.
    pub(super) platforms: Vec<Platform>,
    /// What is wrong with what is around them.
    pub(super) findings: Vec<String>,
}

/// A buildpack directory.
#[derive(Debug)]
pub(super) struct Platform {
    /// What it is called in messages.
    pub(super) name: String,
    /// The architecture of which it is said to be, where something around it says so.
    pub(super) arch: Option<Arch>,
    /// All that is in it.
    pub(super) entries: Vec<Entry>,
}

impl Platform {
    /// The bytes of a file of it.
    pub(super) fn file(&self, path: &str) -> Option<&[u8]> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.path == Path::new(path))?;
        match &entry.kind {
            Kind::File(bytes) => Some(bytes),
            Kind::Folder | Kind::Link(_) | Kind::Other => None,
        }
    }
}

/// Reads what a path leads to.
pub(super) fn open(path: &Path) -> anyhow::Result<Package> {
    let kind = fs::metadata(path).context("there is nothing to be read")?;
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
        bail!("it holds neither {DESCRIPTOR} nor a folder linux");
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
        let text = format!("linux/{}: there is no such folder", arch.name());
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

/// A link to a folder is none.
fn is_folder(path: &Path) -> anyhow::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_dir())
}

fn stray(path: &Path) -> String {
    format!("{}: it does not belong into a package", path.display())
}
