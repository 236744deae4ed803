//! Makes buildpacks for tests: the host with the project's component or with one of the tests.
//!
//! A test program builds each only once, however many tests it runs.

pub mod languages;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use anyhow::{Context, Result, anyhow};
use engine::artifact::ARTIFACT_FILE;
use lifecycle::folder;
use tempfile::TempDir;

use crate::arch::Arch;
use crate::cargo::Profile;
use crate::layout::{self, DETECT};
use crate::{aot, assets, build, cargo, sbom};

/// A descriptor for a component of the tests: a source on a server that does not exist, and a credential.
pub const DESCRIPTOR: &str = include_str!("trial/buildpack.toml");

/// Lays out this project's buildpack in a temporary folder, as `cargo xtask build` does.
pub fn job_template() -> Result<TempDir> {
    let descriptor = fs::read_to_string(cargo::root().join("buildpack.toml"))?;
    lay_out(&descriptor, built(&GUEST, cargo::guest)?)
}

/// Lays out the buildpack of CPython or of Python packages, with a changed descriptor.
pub fn python(name: &str, change: impl FnOnce(&str) -> String) -> Result<TempDir> {
    let (folder, file) = match name {
        "cpython" => ("guest/python", "cpython.wasm"),
        "python-packages" => ("guest/python-packages", "python_packages.wasm"),
        _ => return Err(anyhow!("there is no buildpack of Python named '{name}'")),
    };
    let descriptor = cargo::root().join(folder).join(layout::DESCRIPTOR);
    let descriptor = change(&fs::read_to_string(descriptor)?);
    let components = built(&PYTHON, cargo::python_guests)?;
    lay_out(&descriptor, &components.join(file))
}

/// Lays out a buildpack with a guest from `tests/guests/examples` and this descriptor.
pub fn guest(name: &str, descriptor: &str) -> Result<TempDir> {
    lay_out(descriptor, &component(name)?)
}

/// The component of a guest from `tests/guests/examples`.
pub fn component(name: &str) -> Result<PathBuf> {
    Ok(built(&GUESTS, cargo::test_guests)?.join(format!("{name}.wasm")))
}

/// Lays out a buildpack with this component and this descriptor.
pub fn of_component(bytes: &[u8], descriptor: &str) -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("buildpack-").tempdir()?;
    let compiled = compile(bytes, Arch::here()?)?;
    let dir = folder.path().join("buildpack");
    let bills = sbom::documents(compiled.arch)?;
    build::lay_out(&dir, descriptor, bytes, &compiled, &bills)?;
    let (host, detect) = (host()?, dir.join(DETECT));
    // A hard link, or a copy that can be started at once.
    if fs::hard_link(host, &detect).is_err() {
        folder::copy_program(host, &detect)?;
    }
    Ok(folder)
}

/// Lays out a buildpack from `examples/`, which is written in Rust, with its own descriptor.
pub fn example(name: &str) -> Result<TempDir> {
    let component = cargo::example(name)?;
    let descriptor = cargo::root()
        .join("examples")
        .join(name)
        .join(layout::DESCRIPTOR);
    lay_out(&fs::read_to_string(descriptor)?, &component)
}

/// The host that tests run: see [`Profile::of_trials`].
pub fn host() -> Result<&'static Path> {
    built(&HOST, || cargo::host(Arch::here()?, Profile::of_trials()?))
}

/// The tool for authors, with the host that tests run.
pub fn tool() -> Result<Command> {
    let mut command = Command::new(built(&TOOL, cargo::tool)?);
    command.env(assets::VARIABLE, assets()?);
    Ok(command)
}

/// The folder with the programs of the tool: this machine's host and the compiler.
pub fn assets() -> Result<&'static Path> {
    built(&ASSETS, || {
        assets::folder(Profile::of_trials()?, &[Arch::here()?])
    })
}

/// A folder with all programs of the tool. The host for another architecture is a stand-in, because building it takes
/// minutes: it can be packaged, and cannot be started.
pub fn all_assets() -> Result<TempDir> {
    let (own, here) = (assets()?, Arch::here()?);
    let folder = tempfile::tempdir()?;
    for name in assets::names() {
        let real = own.join(&name);
        let place = folder.path().join(&name);
        if real.exists() {
            symlink(real, place)?;
        } else if name.starts_with("crates-") {
            symlink(own.join(assets::crates(here)), place)?;
        } else {
            fs::write(place, "not a program")?;
        }
    }
    Ok(folder)
}

type Built = OnceLock<Result<PathBuf, String>>;

static HOST: Built = OnceLock::new();
static TOOL: Built = OnceLock::new();
static ASSETS: Built = OnceLock::new();
static GUEST: Built = OnceLock::new();
static GUESTS: Built = OnceLock::new();
static PYTHON: Built = OnceLock::new();

fn built(once: &'static Built, build: fn() -> Result<PathBuf>) -> Result<&'static Path> {
    match once.get_or_init(|| build().map_err(|error| format!("{error:#}"))) {
        Ok(path) => Ok(path),
        Err(error) => Err(anyhow!("{error}")),
    }
}

fn lay_out(descriptor: &str, component: &Path) -> Result<TempDir> {
    let bytes =
        fs::read(component).with_context(|| format!("can't read {}", component.display()))?;
    of_component(&bytes, descriptor)
}

/// Compiles a component, or takes the artifact from an earlier run of the tests, which is named by [`aot::key`].
pub fn compile(component: &[u8], arch: Arch) -> Result<aot::Compiled> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME
        .lock()
        .map_err(|_| anyhow!("a test that compiled has panicked"))?;
    let cache = cargo::target_dir().join("trials");
    fs::create_dir_all(&cache)?;
    let key = aot::key(component, arch)?;
    let path = cache.join(format!("{key}.cwasm"));
    if let Ok(artifact) = fs::read(&path) {
        return Ok(aot::Compiled::of(component, artifact, arch));
    }
    let compiled = aot::compile(component, arch)?;
    let staged = tempfile::NamedTempFile::new_in(&cache)?;
    fs::write(staged.path(), &compiled.artifact)?;
    staged
        .persist(&path)
        .with_context(|| format!("can't keep {ARTIFACT_FILE}"))?;
    Ok(compiled)
}
