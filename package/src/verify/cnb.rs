//! Reads a file of `pack buildpack package --format file`: an OCI image layout in a tar archive. It is read in memory,
//! and its paths are compared but never opened.
//!
//! Everything that was read is written again as `pack` writes it, and must give the same bytes: otherwise another
//! reader could find something else in the file. Only the gzip stream of a layer is not made again.
//! The rules are <https://github.com/opencontainers/image-spec/blob/main/image-layout.md> and the output of pack 0.40.

mod image;
mod json;
mod labels;
mod tarball;
mod ustar;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cnb::descriptor::Descriptor;
use lifecycle::folder::{Entry, Kind};

use self::image::{Config, Image};
use self::tarball::Item;
use super::found::{Package, Platform};
use super::platform;
use crate::arch::Arch;

/// The folder of the buildpacks in an image. Each has a folder for its id, and in it one for its version.
const BUILDPACKS: &str = "cnb/buildpacks";
/// The prefix of whiteouts: names by which a layer removes files of the layers below it.
const WHITEOUT: &str = ".wh.";
/// Reads a `.cnb` file.
pub(super) fn open(path: &Path) -> anyhow::Result<Package> {
    let Image {
        config,
        layer,
        rest,
    } = Image::read(File::open(path)?)?;
    let items = tarball::read(&layer).context("the layer can't be read")?;
    let different = {
        let mut entries: Vec<_> = items.iter().map(|item| &item.entry).collect();
        ustar::difference(&layer, &mut entries)
    };
    let mut package = Package::default();
    let name = format!("{}/{}", config.os, config.architecture);
    let arch = Arch::named(&config.architecture).filter(|_| config.os == "linux");
    if arch.is_none() {
        let text = "it is not for linux/amd64 or linux/arm64";
        package.findings.push(format!("{name}: {text}"));
    }
    let before = package.findings.len();
    sort_out(&name, arch, items, &mut package);
    if let Some(place) = different
        // An earlier finding describes the difference more clearly.
        && package.findings.len() == before
    {
        package
            .findings
            .push(format!("{name}: {place} {NOT_AS_PACK}"));
    }
    if let [platform] = &package.platforms[..] {
        let found = identity(platform, &config);
        package.findings.extend(found);
    } else {
        let text = "it must hold one buildpack";
        package.findings.push(format!("{name}: {text}"));
    }
    for path in rest {
        let text = "nothing in the file refers to it";
        package.findings.push(format!("{}: {text}", path.display()));
    }
    Ok(package)
}

/// A message after the path of an entry, or after `its end`.
const NOT_AS_PACK: &str =
    "is not written as pack writes it, so another reader may find something else";

/// Compares a buildpack's id and version with the name of its folder and with the labels.
fn identity(platform: &Platform, config: &Config) -> Vec<String> {
    let Ok(Some(descriptor)) = platform::read_descriptor(platform) else {
        // `platform::judge` reports a descriptor that cannot be read.
        return Vec::new();
    };
    let Descriptor { id, version, .. } = &descriptor;
    let mut found = Vec::new();
    let folder = format!("{}/{version}", id.replace('/', "_"));
    if !platform.name.ends_with(&format!(" {folder}")) {
        found.push(format!("it must be in {BUILDPACKS}/{folder}"));
    }
    let found_in_labels = labels::findings(&config.settings, (id, version), config.diff_id());
    found.extend(found_in_labels);
    let place = &platform.name;
    found
        .iter()
        .map(|text| format!("{place}: {text}"))
        .collect()
}

/// Sorts the entries of an image's layer by the buildpack to which they belong.
fn sort_out(image: &str, arch: Option<Arch>, items: Vec<Item>, package: &mut Package) {
    let mut buildpacks: BTreeMap<PathBuf, BTreeMap<PathBuf, Entry>> = BTreeMap::new();
    let mut on_the_way = BTreeMap::new();
    for Item { entry, problem } in items {
        let shown = entry.path.display().to_string();
        let mut finding = |text: &str| package.findings.push(format!("{image}: {shown} {text}"));
        if let Some(problem) = problem {
            finding(&problem);
            continue;
        }
        let is_whiteout = |name: &OsStr| name.as_encoded_bytes().starts_with(WHITEOUT.as_bytes());
        if entry.path.iter().any(is_whiteout) {
            finding("has the name of a whiteout, which removes files of lower layers");
            continue;
        }
        let inside = entry.path.strip_prefix(BUILDPACKS).ok();
        let parts: Vec<_> = inside.into_iter().flat_map(Path::components).collect();
        match &parts[..] {
            [id, version, rest @ ..] if !rest.is_empty() => {
                let buildpack = buildpacks
                    .entry([id, version].iter().collect())
                    .or_default();
                let path: PathBuf = rest.iter().collect();
                let entry = Entry {
                    path: path.clone(),
                    ..entry
                };
                if buildpack.insert(path, entry).is_some() {
                    finding("is in the layer twice");
                }
            }
            _ if matches!(entry.kind, Kind::Folder) => {
                if entry.mode != 0o755 {
                    finding("does not have the mode 0755");
                }
                if on_the_way.insert(entry.path, shown.clone()).is_some() {
                    finding("is in the layer twice");
                }
            }
            _ => finding(STRAY),
        }
    }
    let places = buildpacks
        .keys()
        .map(|name| Path::new(BUILDPACKS).join(name));
    let ways: BTreeSet<PathBuf> = places
        .flat_map(|place| place.ancestors().map(Path::to_owned).collect::<Vec<_>>())
        .collect();
    for (path, shown) in on_the_way {
        if !ways.contains(&path) {
            package.findings.push(format!("{image}: {shown} {STRAY}"));
        }
    }
    for (name, entries) in buildpacks {
        package.platforms.push(Platform {
            name: format!("{image} {}", name.display()),
            arch,
            entries: entries.into_values().collect(),
        });
    }
}

const STRAY: &str = "does not belong in a package";
