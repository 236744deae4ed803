//! Unpacks an exported image, and checks that it has this buildpack's files and nothing forbidden.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use lifecycle::folder;
use serde_json::Value;
use tempfile::TempDir;

use super::layout;
use super::program::run;
use super::world::{SUBPATH, World, paths_in};

/// This buildpack's folder among the layers.
const OWN: &str = "planqk-buildpacks_job-template";
const LAYER: &str = "job-template";

/// An image's configuration, and its layers above the run image, each in a folder.
pub(super) struct Image {
    pub(super) config: Value,
    layers: Vec<(String, PathBuf)>,
    _folder: TempDir,
}

impl Image {
    /// Reads the image in an OCI image layout.
    pub(super) fn from_layout(dir: &Path) -> anyhow::Result<Self> {
        let (config, files) = layout::read(dir)?;
        Self::of(config, &files, tempfile::tempdir()?)
    }

    /// Reads docker's image with this name.
    pub(super) fn from_docker(docker: &Path, name: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (tar, dir) = (folder.path().join("image.tar"), folder.path().join("image"));
        run(Command::new(docker)
            .args(["save", "--output"])
            .arg(&tar)
            .arg(name))?;
        unpack(&tar, &dir)?;
        fs::remove_file(&tar)?;
        let manifest = layout::json_of(&dir.join("manifest.json"))?;
        let path = |value: &Value| Some(dir.join(value.as_str()?));
        let config = path(&manifest[0]["Config"]).context("no configuration")?;
        let config = layout::json_of(&config)?;
        let files = manifest[0]["Layers"].as_array().context("no layers")?;
        let files: Option<Vec<_>> = files.iter().map(path).collect();
        Self::of(config, &files.context("no layers")?, folder)
    }

    fn of(config: Value, files: &[PathBuf], folder: TempDir) -> anyhow::Result<Self> {
        let ids = config["rootfs"]["diff_ids"].as_array();
        let ids: Vec<&str> = ids
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        ensure!(ids.len() == files.len(), "a layer has no id");
        let metadata = label(&config, "io.buildpacks.lifecycle.metadata")?;
        let top = metadata["runImage"]["topLayer"]
            .as_str()
            .context("no run image")?;
        let base = ids
            .iter()
            .position(|id| *id == top)
            .context("the image does not have its run image's top layer")?;
        let mut layers = Vec::new();
        for (number, (id, file)) in ids.iter().zip(files).enumerate().skip(base + 1) {
            let dir = folder.path().join(format!("layer-{number}"));
            unpack(file, &dir)?;
            layers.push(((*id).to_owned(), dir));
        }
        Ok(Self {
            config,
            layers,
            _folder: folder,
        })
    }

    /// The id of this buildpack's layer.
    pub(super) fn layer_id(&self) -> anyhow::Result<String> {
        let metadata = label(&self.config, "io.buildpacks.lifecycle.metadata")?;
        let buildpacks = metadata["buildpacks"].as_array().context("no buildpacks")?;
        let own = buildpacks
            .iter()
            .find(|one| one["key"] == "planqk-buildpacks/job-template")
            .context("the image's metadata does not name this buildpack")?;
        let id = own["layers"][LAYER]["sha"].as_str();
        Ok(id.context("the layer has no id")?.to_owned())
    }

    /// Searches the image for the token, a repository and unwanted files of the template. Describes its content.
    pub(super) fn search(&self, world: &World) -> anyhow::Result<String> {
        let mut found = world
            .canary
            .in_bytes(self.config.to_string().as_bytes())
            .iter()
            .map(|form| format!("the token in the configuration ({form})"))
            .collect::<Vec<_>>();
        let unwanted = world.unwanted()?;
        let mut files = 0;
        for (_, dir) in &self.layers {
            found.extend(world.canary.in_folder(dir)?);
            folder::walk(dir, &mut |path, meta| {
                if path.file_name().is_some_and(|name| name == ".git") {
                    found.push(format!("a repository: {}", path.display()));
                }
                if meta.is_file() {
                    files += 1;
                    if unwanted.contains(&fs::read(path)?) {
                        found.push(format!(
                            "an unwanted file of the template: {}",
                            path.display()
                        ));
                    }
                }
                Ok(())
            })?;
        }
        let (id, layer) = self.own_layer()?;
        let content = paths_in(&layer.join(SUBPATH))?;
        ensure!(
            content == world.wanted()?,
            "the layer has other files than the template: {content:?}"
        );
        let mut beside: Vec<_> = fs::read_dir(&layer)?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<anyhow::Result<_>>()?;
        beside.sort();
        ensure!(
            beside == ["env.launch", SUBPATH],
            "the layer has unexpected entries: {beside:?}"
        );
        ensure!(
            found.is_empty(),
            "the image has forbidden content: {found:#?}"
        );
        let bytes = size(&layer)?;
        Ok(format!(
            "searched {} layers with {files} files: no token, no .git, nothing beside '{SUBPATH}'; layer {} has {} files and links of the template, {bytes} bytes in all",
            self.layers.len(),
            id.get(7..19).unwrap_or(&id),
            content.len(),
        ))
    }

    /// The id of the layer with this buildpack's files, and this buildpack's folder in it.
    fn own_layer(&self) -> anyhow::Result<(String, PathBuf)> {
        let wanted = self.layer_id()?;
        let (id, dir) = self
            .layers
            .iter()
            .find(|(id, _)| *id == wanted)
            .context("the image has no layer of this buildpack")?;
        let mut own = None;
        folder::walk(dir, &mut |path, meta| {
            if meta.is_dir() && path.ends_with(Path::new(OWN).join(LAYER)) {
                own = Some(path.to_owned());
            }
            Ok(())
        })?;
        Ok((
            id.clone(),
            own.context("the layer does not contain this buildpack's folder")?,
        ))
    }
}

fn label(config: &Value, name: &str) -> anyhow::Result<Value> {
    let text = config["config"]["Labels"][name].as_str();
    let text = text.with_context(|| format!("the image has no label {name}"))?;
    Ok(serde_json::from_str(text)?)
}

/// Unpacks an archive, with any compression, as this user.
fn unpack(tar: &Path, dir: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dir)?;
    let output = Command::new("tar")
        .args(["--extract", "--no-same-owner", "--file"])
        .arg(tar)
        .arg("--directory")
        .arg(dir)
        .output()
        .context("can't start tar")?;
    ensure!(
        output.status.success(),
        "tar can't unpack {}: {}",
        tar.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn size(dir: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    folder::walk(dir, &mut |_, meta| {
        bytes += if meta.is_file() { meta.len() } else { 0 };
        Ok(())
    })?;
    Ok(bytes)
}
