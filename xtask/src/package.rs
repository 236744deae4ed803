//! `cargo xtask package`: the buildpack for every architecture, as `pack buildpack package` takes it.

mod check;
mod tried;
mod vendor;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use host::cnb::context::Environment;
use host::contents::VENDOR_FOLDER;

pub use self::tried::try_hosts;
pub use self::vendor::{Brought, fetch};

use crate::arch::Arch;
use crate::layout::{self, DESCRIPTOR};
use crate::{build, cargo, say};

/// Packages, with the options of the command line.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let descriptor = build::descriptor()?;
    let brought = match *options {
        [] | ["--check"] => None,
        ["--vendor", revision] => Some(fetch(&descriptor, revision, &Environment::from_process())?),
        _ => bail!("package takes --vendor REF, or --check"),
    };
    let dir = package_with(&descriptor, brought.as_ref())?;
    try_hosts(&dir)?;
    if options == ["--check"] {
        check::check(&dir)?;
    }
    say::line(&format!("package: {}", dir.display()));
    say::line(
        "make an image of it: pack buildpack package planqk-buildpack-job-template --config ./package.toml",
    );
    Ok(())
}

/// Builds everything for every architecture and returns the package's folder.
pub fn package() -> anyhow::Result<PathBuf> {
    package_with(&build::descriptor()?, None)
}

/// The same, with another descriptor, and with what the package brings along.
fn package_with(descriptor: &str, brought: Option<&Brought>) -> anyhow::Result<PathBuf> {
    let dir = cargo::target_dir().join("package");
    // A host takes minutes: what is lacking for one of them is better known before.
    for arch in Arch::ALL {
        cargo::can_build_host(arch)?;
    }
    let component = build::component()?;
    let hosts: anyhow::Result<Vec<_>> = Arch::ALL
        .into_iter()
        .map(|arch| Ok((arch, build::host(arch)?)))
        .collect();
    let hosts = hosts?;
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("can't replace {}", dir.display()))?;
    }
    for (arch, host) in hosts {
        let compiled = build::compile(&component, arch)?;
        let folder = folder(&dir, arch);
        build::lay_out(&folder, descriptor, &component, &compiled)?;
        build::place_host(&folder, &host)?;
        if let Some(brought) = brought {
            bring_along(&folder, descriptor, brought)?;
        }
    }
    layout::settle(&dir)?;
    Ok(dir)
}

/// Puts a source's folder into a buildpack directory, and says so in its descriptor.
pub fn bring_along(folder: &Path, descriptor: &str, brought: &Brought) -> anyhow::Result<()> {
    fs::write(folder.join(DESCRIPTOR), brought.declare(descriptor)?)?;
    let pack = folder.join(layout::pack(&brought.source));
    fs::create_dir_all(folder.join(VENDOR_FOLDER))?;
    fs::write(&pack, &brought.pack).with_context(|| format!("can't write {}", pack.display()))
}

/// The folder for an architecture in a package: all that a buildpack needs.
#[must_use]
pub fn folder(package: &Path, arch: Arch) -> PathBuf {
    package.join("linux").join(arch.name())
}
