//! `build`: compiles the source in a directory and lays out a buildpack.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use engine::artifact::{ARTIFACT_FILE, COMPONENT_FILE, RECORD_FILE};
use package::aot::Compiled;
use package::arch::Arch;
use package::layout;

use crate::languages::Language;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Takes this component, and does not build the project's source.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let built = ready(&options.dir, options.component.as_deref())?;
    package::say::line(&built.display().to_string());
    Ok(ExitCode::SUCCESS)
}

/// The directory of a ready buildpack: this one if it is laid out already, or else the one that is built from it.
pub(crate) fn ready(dir: &Path, component: Option<&Path>) -> anyhow::Result<PathBuf> {
    if component.is_none() && dir.join(layout::DETECT).is_file() {
        return Ok(dir.to_owned());
    }
    buildpack(dir, component)
}

/// Builds the project in a directory for this machine, or takes a component in place of its source. Returns the
/// buildpack's directory.
pub(crate) fn buildpack(dir: &Path, component: Option<&Path>) -> anyhow::Result<PathBuf> {
    let descriptor = dir.join(layout::DESCRIPTOR);
    let descriptor = fs::read_to_string(&descriptor)
        .with_context(|| format!("cannot read {}", descriptor.display()))?;
    let component = match component {
        Some(file) => fs::read(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => Language::of(dir)?.compile(dir)?,
    };
    let here = Arch::here()?;
    let (assets, target) = (assets()?, dir.join("target/buildpack"));
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    fs::create_dir_all(target.join("bin"))?;
    let [from, to] = [COMPONENT_FILE, ARTIFACT_FILE].map(|name| target.join(name));
    fs::write(&from, &component)?;
    let compiled = Command::new(assets.join("compiler"))
        .arg(&from)
        .args(["--target", here.name()])
        .arg(&to)
        .status()?;
    ensure!(compiled.success(), "the component cannot be compiled");
    let record = Compiled::of(&component, fs::read(&to)?, here).record_text()?;
    fs::write(target.join(RECORD_FILE), record)?;
    fs::write(target.join(layout::DESCRIPTOR), descriptor)?;
    fs::copy(
        assets.join(format!("host-{}", here.name())),
        target.join(layout::DETECT),
    )?;
    symlink(layout::LINKS_TO, target.join(layout::BUILD))?;
    layout::settle(&target)?;
    Ok(target)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person names the folder of the assets by a variable"
)]
fn assets() -> anyhow::Result<PathBuf> {
    let assets = std::env::var_os("WASM_BUILDPACK_ASSETS");
    assets
        .map(PathBuf::from)
        .context("WASM_BUILDPACK_ASSETS is not set")
}
