//! Makes the images that `deploy/` describes for pack, from what is on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::images::{BASE, BOTH, BUILDER, Images, PACKAGE};
use super::program::run;
use super::stand_in::write_python;
use super::world::World;
use package::cargo;

impl Images {
    /// Makes the package as an image, and the package of both buildpacks that `deploy/meta` describes.
    pub(super) fn packages(&mut self, buildpack: &Path, world: &World) -> anyhow::Result<()> {
        run(self
            .pack
            .command()
            .args(["buildpack", "package", PACKAGE])
            .args(["--config", "./package.toml", "--pull-policy", "never"]))?;
        self.made(PACKAGE)?;
        let meta = world.path("meta");
        lifecycle::folder::copy(&deploy("meta"), &meta)?;
        let mut package = toml_of(&meta.join("package.toml"))?;
        localize(&mut package, "dependencies", buildpack, world)?;
        fs::write(meta.join("package.toml"), toml::to_string(&package)?)?;
        run(self
            .pack
            .command()
            .args([
                "buildpack",
                "package",
                BOTH,
                "--pull-policy",
                "never",
                "--config",
            ])
            .arg(meta.join("package.toml")))?;
        self.made(BOTH)
    }

    /// Makes the builder that `deploy/builder.toml` describes, from what is on this machine.
    pub(super) fn builder(&mut self, buildpack: &Path, world: &World) -> anyhow::Result<()> {
        let mut builder = toml_of(&deploy("builder.toml"))?;
        localize(&mut builder, "buildpacks", buildpack, world)?;
        let table = |text: String| text.parse::<toml::Table>();
        builder.extend(table(format!(
            "build.image = {BASE:?}\nrun.images = [{{image = {BASE:?}}}]"
        ))?);
        let archive = world.path("lifecycle.tgz");
        let lifecycle = toml::Table::from_iter([(
            "uri".to_owned(),
            toml::Value::from(archive.display().to_string()),
        )]);
        builder.insert("lifecycle".to_owned(), lifecycle.into());
        // The base can be any image, and need not have a stack.
        builder.remove("stack");
        let file = world.path("builder.toml");
        fs::write(&file, toml::to_string(&builder)?)?;
        run(self
            .pack
            .command()
            .args([
                "builder",
                "create",
                BUILDER,
                "--pull-policy",
                "never",
                "--config",
            ])
            .arg(&file))?;
        self.made(BUILDER)
    }
}

fn deploy(name: &str) -> PathBuf {
    cargo::root().join("deploy").join(name)
}

fn toml_of(file: &Path) -> anyhow::Result<toml::Table> {
    let text =
        fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    Ok(text.parse()?)
}

/// Replaces the two buildpacks that a file names by folders: a stand-in of the same version, and this buildpack.
fn localize(
    file: &mut toml::Table,
    key: &str,
    buildpack: &Path,
    world: &World,
) -> anyhow::Result<()> {
    let entries = file.get_mut(key).and_then(toml::Value::as_array_mut);
    let Some([python, own]) = entries.map(Vec::as_mut_slice) else {
        bail!("the file must name two {key}");
    };
    let uri = python
        .get("uri")
        .and_then(toml::Value::as_str)
        .unwrap_or_default();
    let (_, version) = uri.rsplit_once(':').context("Python has no version")?;
    let stand_in = world.path("python");
    write_python(&stand_in, version)?;
    let local = |dir: &Path| {
        let uri = toml::Value::from(dir.display().to_string());
        toml::Value::from(toml::Table::from_iter([("uri".to_owned(), uri)]))
    };
    *python = local(&stand_in);
    *own = local(buildpack);
    Ok(())
}
