//! Reads the image in a `.cnb` file, an OCI image layout: documents in the form that `pack` writes, and one layer.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use lifecycle::folder::{Entry, Kind};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::json::{self, Form};
use super::tarball::{self, Item};
use super::{NOT_AS_PACK, ustar};
use crate::aot;

const SHA256: &str = "sha256:";
/// The mode of all entries in the outer archive.
const MODE: u32 = 0o755;
/// The time that pack sets in images.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ImageLayout {
    image_layout_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Index {
    schema_version: u8,
    media_type: String,
    manifests: Vec<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Reference {
    media_type: String,
    size: usize,
    digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Manifest {
    schema_version: u8,
    media_type: String,
    config: Reference,
    layers: Vec<Reference>,
}

/// The configuration of an image: its platform, its layer's digest and its labels.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) architecture: String,
    created: String,
    history: Vec<History>,
    pub(super) os: String,
    rootfs: RootFs,
    #[serde(rename = "config")]
    pub(super) settings: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    created: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootFs {
    r#type: String,
    diff_ids: Vec<String>,
}

impl Config {
    /// Whether the parts that are the same in every package have their known values.
    fn is_plain(&self) -> bool {
        let is_history = |history: &[History]| matches!(history, [one] if one.created == NO_TIME);
        self.created == NO_TIME
            && is_history(&self.history)
            && self.rootfs.r#type == "layers"
            && self.rootfs.diff_ids.len() == 1
    }

    /// The digest of the uncompressed layer.
    pub(super) fn diff_id(&self) -> &str {
        &self.rootfs.diff_ids[0]
    }
}

/// An image. Every byte of its file was checked, except for those of the layer.
pub(super) struct Image {
    pub(super) config: Config,
    /// The layer, uncompressed.
    pub(super) layer: Vec<u8>,
    /// The files to which nothing refers.
    pub(super) rest: Vec<PathBuf>,
}

impl Image {
    pub(super) fn read(file: File) -> anyhow::Result<Self> {
        let mut files = Files::read(file)?;
        let mark = files.take(Path::new("oci-layout"))?;
        let mark: ImageLayout = json::read(&mark, Form::Lines(4)).context("oci-layout")?;
        let index = files.take(Path::new("index.json"))?;
        let index: Index = json::read(&index, Form::Lines(3)).context("index.json")?;
        ensure!(
            mark.image_layout_version == "1.0.0"
                && index.schema_version == 2
                && index.media_type == INDEX,
            "it is not an OCI image layout of version 1.0.0"
        );
        let [reference] = &index.manifests[..] else {
            bail!(
                "index.json must name one image, and names {}",
                index.manifests.len()
            );
        };
        let manifest = files.blob(reference, MANIFEST)?;
        let manifest: Manifest = json::read(&manifest, Form::Compact).context("the manifest")?;
        ensure!(
            manifest.schema_version == 2 && manifest.media_type == MANIFEST,
            "the manifest is not of version 2"
        );
        let [layer] = &manifest.layers[..] else {
            bail!(
                "the image must have one layer, and has {}",
                manifest.layers.len()
            );
        };
        let config = files.blob(&manifest.config, CONFIG)?;
        let config: Config = json::read(&config, Form::Compact).context("the configuration")?;
        ensure!(
            config.is_plain(),
            "the configuration is not as pack writes it"
        );
        let layer = tarball::inflated(&files.blob(layer, LAYER)?)?;
        ensure!(
            config.diff_id() == format!("{SHA256}{}", aot::sha256(&layer)),
            "the layer does not have the digest that its image records"
        );
        Ok(Self {
            config,
            layer,
            rest: files.0.into_keys().collect(),
        })
    }
}

/// The files of the layout. Each is taken out when it is read, so that the rest can be reported.
struct Files(BTreeMap<PathBuf, Vec<u8>>);

impl Files {
    fn read(file: File) -> anyhow::Result<Self> {
        let bytes = tarball::whole(file)?;
        let mut entries = Vec::new();
        for Item { entry, problem } in tarball::read(&bytes)? {
            let shown = entry.path.display();
            if let Some(problem) = problem {
                bail!("{shown}: {problem}");
            }
            let is_kept = matches!(entry.kind, Kind::File(_) | Kind::Folder);
            ensure!(is_kept, "{shown} is not a file or folder");
            entries.push(Entry {
                mode: MODE,
                ..entry
            });
        }
        let different = ustar::difference(&bytes, &mut entries.iter().collect::<Vec<_>>());
        if let Some(place) = different {
            bail!("{place} {NOT_AS_PACK}");
        }
        let mut files = BTreeMap::new();
        for Entry { path, kind, .. } in entries {
            let Kind::File(bytes) = kind else {
                continue;
            };
            if let Ok(digest) = path.strip_prefix("blobs/sha256") {
                let right = digest == Path::new(&aot::sha256(&bytes));
                ensure!(
                    right,
                    "{} does not have the digest that is its name",
                    path.display()
                );
            }
            let twice = files.insert(path.clone(), bytes).is_some();
            ensure!(!twice, "{} is in the file twice", path.display());
        }
        Ok(Self(files))
    }

    fn take(&mut self, path: &Path) -> anyhow::Result<Vec<u8>> {
        let bytes = self.0.remove(path);
        bytes.with_context(|| format!("{} is missing", path.display()))
    }

    /// Takes the file that a reference names. The reference must have this media type.
    fn blob(&mut self, reference: &Reference, media_type: &str) -> anyhow::Result<Vec<u8>> {
        let Reference {
            media_type: found,
            size,
            digest,
        } = reference;
        ensure!(
            found == media_type,
            "{digest} must be '{media_type}', and is '{found}'"
        );
        let name = digest.strip_prefix(SHA256);
        let name = name.with_context(|| format!("{digest} is not a SHA-256 digest"))?;
        let bytes = self.take(&Path::new("blobs/sha256").join(name))?;
        ensure!(
            bytes.len() == *size,
            "{digest} has {} bytes, and must have {size}",
            bytes.len()
        );
        Ok(bytes)
    }
}
