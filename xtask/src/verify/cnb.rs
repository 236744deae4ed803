//! A file of `pack buildpack package --format file`: an image in a tar, by the OCI's layout. Read in memory; its paths
//! are compared, and never opened.
//!
//! By <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>.

mod labels;
mod tarball;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use host::cnb::descriptor::Descriptor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tests::folder::{Entry, Kind};

use self::tarball::Item;
use super::found::{Package, Platform};
use super::platform;
use crate::aot;
use crate::arch::Arch;

/// Where in an image buildpacks are, each in a folder for its id and one for its version.
const BUILDPACKS: &str = "cnb/buildpacks";
/// How a digest begins.
const SHA256: &str = "sha256:";

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    digest: String,
}

#[derive(Deserialize)]
struct Manifest {
    config: Reference,
    layers: Vec<Reference>,
}

#[derive(Deserialize)]
struct Config {
    os: String,
    architecture: String,
    rootfs: RootFs,
    #[serde(default, rename = "config")]
    settings: Map<String, Value>,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

/// Reads a `.cnb` file.
pub(super) fn open(path: &Path) -> anyhow::Result<Package> {
    let mut layout = Layout::read(File::open(path)?)?;
    let index: Index = layout.json(Path::new("index.json"))?;
    let mut package = Package::default();
    for reference in &index.manifests {
        let manifest: Manifest = layout.json(&blob(reference)?)?;
        let config: Config = layout.json(&blob(&manifest.config)?)?;
        ensure!(
            manifest.layers.len() == config.rootfs.diff_ids.len(),
            "an image has {} layers and digests for {}",
            manifest.layers.len(),
            config.rootfs.diff_ids.len()
        );
        let name = format!("{}/{}", config.os, config.architecture);
        let mut items = Vec::new();
        for (layer, diff_id) in manifest.layers.iter().zip(&config.rootfs.diff_ids) {
            let bytes = tarball::inflated(layout.take(&blob(layer)?)?)?;
            ensure!(
                *diff_id == format!("{SHA256}{}", aot::sha256(&bytes)),
                "a layer's digest is not the one that its image records"
            );
            items.extend(tarball::read(&bytes[..]).context("a layer can't be read")?);
        }
        let arch = Arch::named(&config.architecture).filter(|_| config.os == "linux");
        if arch.is_none() {
            let text = "it is for neither linux/amd64 nor linux/arm64";
            package.findings.push(format!("{name}: {text}"));
        }
        let first = package.platforms.len();
        sort_out(&name, arch, items, &mut package);
        let [platform] = &package.platforms[first..] else {
            package
                .findings
                .push(format!("{name}: it must hold one buildpack"));
            continue;
        };
        let found = identity(platform, &config);
        package.findings.extend(found);
    }
    for path in layout.rest() {
        let text = "nothing in the file refers to it";
        package.findings.push(format!("{}: {text}", path.display()));
    }
    Ok(package)
}

/// By its folder's name and by the labels, a buildpack is the one that it says itself.
fn identity(platform: &Platform, config: &Config) -> Vec<String> {
    let Ok(Some(descriptor)) = platform::read_descriptor(platform) else {
        // That it can't be read is found where it is judged.
        return Vec::new();
    };
    let Descriptor { id, version, .. } = &descriptor;
    let mut found = Vec::new();
    let folder = format!("{}/{version}", id.replace('/', "_"));
    if !platform.name.ends_with(&format!(" {folder}")) {
        found.push(format!("it must lie in {BUILDPACKS}/{folder}"));
    }
    let diff_id = match &config.rootfs.diff_ids[..] {
        [one] => one,
        _ => "of its own",
    };
    found.extend(labels::findings(&config.settings, (id, version), diff_id));
    let place = &platform.name;
    found
        .iter()
        .map(|text| format!("{place}: {text}"))
        .collect()
}

/// The files of the layout. Each is taken once, so that what is left over is seen.
struct Layout(BTreeMap<PathBuf, Vec<u8>>);

impl Layout {
    fn read(file: File) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for item in tarball::read(file)? {
            ensure!(
                item.problem.is_none(),
                "{}: {}",
                item.entry.path.display(),
                item.problem.unwrap_or_default()
            );
            let Entry { path, kind, .. } = item.entry;
            match kind {
                Kind::File(bytes) => {
                    if let Ok(digest) = path.strip_prefix("blobs/sha256") {
                        let right = digest == Path::new(&aot::sha256(&bytes));
                        ensure!(right, "{} has another digest", path.display());
                    }
                    let twice = files.insert(path.clone(), bytes).is_some();
                    ensure!(!twice, "{} is there twice", path.display());
                }
                Kind::Folder => {}
                Kind::Link(_) | Kind::Other => {
                    anyhow::bail!("{} is neither file nor folder", path.display())
                }
            }
        }
        files.remove(Path::new("oci-layout"));
        Ok(Self(files))
    }

    fn take(&mut self, path: &Path) -> anyhow::Result<Vec<u8>> {
        let bytes = self.0.remove(path);
        bytes.with_context(|| format!("it lacks {}", path.display()))
    }

    fn json<T: DeserializeOwned>(&mut self, path: &Path) -> anyhow::Result<T> {
        let bytes = self.take(path)?;
        let parsed = serde_json::from_slice(&bytes);
        parsed.with_context(|| format!("{} can't be understood", path.display()))
    }

    fn rest(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }
}

/// Where a blob is. What is no digest leads nowhere.
fn blob(reference: &Reference) -> anyhow::Result<PathBuf> {
    let digest = reference.digest.strip_prefix(SHA256);
    let digest = digest.with_context(|| format!("{} is no SHA-256 digest", reference.digest))?;
    Ok(Path::new("blobs/sha256").join(digest))
}

/// Puts what is in an image's layers under the buildpacks to which it belongs.
fn sort_out(image: &str, arch: Option<Arch>, items: Vec<Item>, package: &mut Package) {
    let mut buildpacks: BTreeMap<PathBuf, BTreeMap<PathBuf, Entry>> = BTreeMap::new();
    for Item { entry, problem } in items {
        let shown = entry.path.display().to_string();
        let mut finding = |text: &str| package.findings.push(format!("{image}: {shown} {text}"));
        if let Some(problem) = problem {
            finding(&problem);
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
                    finding("is there twice");
                }
            }
            // The folders on the way.
            _ if matches!(entry.kind, Kind::Folder)
                && (inside.is_some() || Path::new(BUILDPACKS).starts_with(&entry.path)) =>
            {
                if entry.mode != 0o755 {
                    finding("has not the mode 0755");
                }
            }
            _ => finding("does not belong into a package"),
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
