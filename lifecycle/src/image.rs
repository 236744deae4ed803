//! Exports a build's layers, and restores them for the next build.
//!
//! Only the lifecycle's rules belong here, and no knowledge of a layer's purpose.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

use super::Lifecycle;
use crate::folder;

/// The suffixes of bills of materials, and their media types.
const BILLS: [(&str, &str); 3] = [
    (".sbom.cdx.json", "application/vnd.cyclonedx+json"),
    (".sbom.spdx.json", "application/spdx+json"),
    (".sbom.syft.json", "application/vnd.syft+json"),
];

/// The result of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Layers in the image with content from this build.
    pub added: Vec<String>,
    /// Layers from the previous image: declared for launch, without a directory.
    pub reused: Vec<String>,
    /// Layers in the cache.
    pub cached: Vec<String>,
}

/// The `[types]` of a layer.
#[derive(Clone, Copy, Debug, Default)]
struct Types {
    launch: bool,
    build: bool,
    cache: bool,
}

/// A layer as its TOML file describes it.
struct Declared {
    name: String,
    types: Types,
    metadata: Option<Value>,
}

impl Lifecycle {
    /// Makes the image and the cache from the layers directory, as the exporter does. Fails where the exporter would,
    /// or the builder before it.
    pub fn export(&self) -> Result<Exported> {
        self.judge_bills()?;
        let (image, cache) = (self.path("image"), self.path("cache"));
        let (old_image, layers_dir) = (self.path("previous-image"), self.layers_dir());
        remove(&old_image)?;
        fs::rename(&image, &old_image)?;
        fs::create_dir_all(image.join("layers"))?;
        remove(&cache)?;
        fs::create_dir_all(cache.join("layers"))?;

        let mut exported = Exported::default();
        for layer in declared(&layers_dir)? {
            let contents = layers_dir.join(&layer.name);
            let has_contents = contents.is_dir();
            ensure!(
                has_contents || !layer.types.cache,
                "layer '{}' is cache=true but has no contents",
                layer.name
            );
            if layer.types.cache {
                keep(&layers_dir, &cache.join("layers"), &layer.name, &contents)?;
                exported.cached.push(layer.name.clone());
            }
            if layer.types.launch {
                let previous = old_image.join("layers").join(&layer.name);
                ensure!(
                    has_contents || previous.is_dir(),
                    "cannot reuse '{}', previous image has no metadata for layer",
                    layer.name
                );
                let contents = if has_contents { &contents } else { &previous };
                keep(&layers_dir, &image.join("layers"), &layer.name, contents)?;
                let names = if has_contents {
                    &mut exported.added
                } else {
                    &mut exported.reused
                };
                names.push(layer.name);
            }
        }
        for file in ["launch.toml", "store.toml"] {
            if layers_dir.join(file).exists() {
                fs::copy(layers_dir.join(file), image.join("layers").join(file))?;
            }
        }
        Ok(exported)
    }

    /// Checks bills of materials as the builder does after a buildpack has built: each one of the build, the image or
    /// a declared layer must have a media type that buildpack.toml declares, whoever wrote it.
    fn judge_bills(&self) -> Result<()> {
        let layers_dir = self.layers_dir();
        let layers = declared(&layers_dir)?;
        let formats = self.declared_formats()?;
        for entry in fs::read_dir(&layers_dir)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let stem = name.strip_suffix(".json").unwrap_or_default();
            if !stem.contains(".sbom.") {
                continue;
            }
            let of = name.split('.').next().unwrap_or_default();
            let is_layer = layers.iter().any(|layer| layer.name == of);
            if !is_layer && !["build", "launch"].contains(&of) {
                continue;
            }
            let format = BILLS.iter().find(|(ending, _)| name.ends_with(ending));
            let (_, format) =
                format.with_context(|| format!("unsupported SBOM file format: '{name}'"))?;
            ensure!(
                formats.iter().any(|declared| declared == format),
                "validating SBOM file '{name}': undeclared SBOM media type: '{format}'"
            );
        }
        Ok(())
    }

    /// `sbom-formats` from buildpack.toml, without parameters.
    fn declared_formats(&self) -> Result<Vec<String>> {
        let text = fs::read_to_string(self.buildpack_dir().join("buildpack.toml"))?;
        let descriptor: Table = toml::from_str(&text).unwrap_or_default();
        let formats = descriptor
            .get("buildpack")
            .and_then(|table| table.get("sbom-formats")?.as_array());
        let formats = formats.into_iter().flatten().filter_map(Value::as_str);
        let plain = |format: &str| {
            format
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        Ok(formats.map(plain).collect())
    }

    /// Fills the layers directory for the next build: with the metadata of the image's layers, whole layers from the
    /// cache, and the store.
    pub fn restore(&self) -> Result<()> {
        let (image, cache) = (self.path("image/layers"), self.path("cache/layers"));
        let layers_dir = self.empty_layers()?;
        for layer in declared(&image)? {
            // If a later buildpack needs the content, metadata alone is not restored.
            if layer.types.cache || layer.types.build {
                continue;
            }
            restore_metadata(&image, &layers_dir, &layer)?;
        }
        for layer in declared(&cache)? {
            restore_metadata(&cache, &layers_dir, &layer)?;
            folder::copy(&cache.join(&layer.name), &layers_dir.join(&layer.name))?;
        }
        if image.join("store.toml").exists() {
            fs::copy(image.join("store.toml"), layers_dir.join("store.toml"))?;
        }
        Ok(())
    }

    /// Removes the previous image and the cache, as for an application's first build.
    pub fn forget(&self) -> Result<()> {
        for folder in [self.path("image/layers"), self.path("cache/layers")] {
            remove(&folder)?;
            fs::create_dir_all(folder)?;
        }
        self.empty_layers()?;
        Ok(())
    }

    /// Copies the image's layers, including reused ones, into the layers directory, where a container has them.
    pub fn mount_image(&self) -> Result<()> {
        let layers_dir = self.empty_layers()?;
        folder::copy(&self.path("image/layers"), &layers_dir)
    }

    /// Empties the layers directory and returns its path.
    pub fn empty_layers(&self) -> Result<PathBuf> {
        let layers_dir = self.layers_dir();
        remove(&layers_dir)?;
        fs::create_dir_all(&layers_dir)?;
        Ok(layers_dir)
    }
}

fn keep(from: &Path, to: &Path, name: &str, contents: &Path) -> Result<()> {
    folder::copy(contents, &to.join(name))?;
    fs::copy(
        from.join(format!("{name}.toml")),
        to.join(format!("{name}.toml")),
    )?;
    copy_boms(from, to, name)
}

fn restore_metadata(from: &Path, layers_dir: &Path, layer: &Declared) -> Result<()> {
    let mut file = Table::new();
    if let Some(metadata) = &layer.metadata {
        file.insert("metadata".to_owned(), metadata.clone());
    }
    fs::write(
        layers_dir.join(format!("{}.toml", layer.name)),
        toml::to_string(&file)?,
    )?;
    copy_boms(from, layers_dir, &layer.name)
}

fn copy_boms(from: &Path, to: &Path, name: &str) -> Result<()> {
    for (ending, _) in BILLS {
        let file = format!("{name}{ending}");
        if from.join(&file).exists() {
            fs::copy(from.join(&file), to.join(&file))?;
        }
    }
    Ok(())
}

/// Every layer with a TOML file, by name.
fn declared(layers_dir: &Path) -> Result<Vec<Declared>> {
    let mut layers = Vec::new();
    for entry in fs::read_dir(layers_dir)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let is_toml = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        if !is_toml || ["build", "launch", "store"].contains(&name) {
            continue;
        }
        let layer = declaration(name, &fs::read_to_string(&path)?)
            .with_context(|| format!("in {}", path.display()))?;
        layers.push(layer);
    }
    layers.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(layers)
}

fn declaration(name: &str, text: &str) -> Result<Declared> {
    let mut file: Table = toml::from_str(text)?;
    if let Some(key) = ["launch", "build", "cache"]
        .into_iter()
        .find(|key| file.contains_key(*key))
    {
        bail!("'{key}' belongs in [types]");
    }
    let flag = |key: &str| match file.get("types").and_then(|types| types.get(key)) {
        None => Ok(false),
        Some(value) => value
            .as_bool()
            .with_context(|| format!("types.{key} is not a boolean")),
    };
    let types = Types {
        launch: flag("launch")?,
        build: flag("build")?,
        cache: flag("cache")?,
    };
    Ok(Declared {
        name: name.to_owned(),
        types,
        metadata: file.remove("metadata"),
    })
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    Ok(())
}
