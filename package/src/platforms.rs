//! Builds the buildpack for every architecture, in the form that `pack buildpack package` takes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::arch::Arch;
use crate::cargo::Profile;
use crate::vendor::{Brought, bring_along};
use crate::{build, cargo, layout};

/// Builds everything for every architecture and returns the package's folder.
pub fn package() -> anyhow::Result<PathBuf> {
    package_with(&build::descriptor()?, None)
}

/// Builds the same package with another descriptor, and with a vendored source if one is given.
pub fn package_with(descriptor: &str, brought: Option<&Brought>) -> anyhow::Result<PathBuf> {
    let dir = cargo::target_dir().join("package");
    // Missing tools are reported before any build, because a host takes minutes.
    for arch in Arch::ALL {
        cargo::can_build_host(arch)?;
    }
    let component = build::component()?;
    let hosts: anyhow::Result<Vec<_>> = Arch::ALL
        .into_iter()
        .map(|arch| Ok((arch, build::host(arch, Profile::Release)?)))
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

/// The folder for an architecture in a package: a complete buildpack directory.
#[must_use]
pub fn folder(package: &Path, arch: Arch) -> PathBuf {
    package.join("linux").join(arch.name())
}
