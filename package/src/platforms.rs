//! Builds the buildpack for every architecture, in the form that `pack buildpack package` takes.

use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::Context;

use crate::arch::Arch;
use crate::cargo::Profile;
use crate::programs::{Checkout, Programs};
use crate::vendor::{Brought, bring_along};
use crate::{build, cargo, layout};

/// Builds everything in this checkout for every architecture and returns the package's folder.
pub fn package() -> anyhow::Result<PathBuf> {
    package_with(&build::descriptor()?, &[])
}

/// Builds the same package with another descriptor, and with these sources in it.
pub fn package_with(descriptor: &str, brought: &[Brought]) -> anyhow::Result<PathBuf> {
    // Missing tools are reported before any build, because a host takes minutes.
    for arch in Arch::ALL {
        cargo::can_build_host(arch)?;
    }
    let dir = cargo::target_dir().join("package");
    let component = build::component()?;
    let programs = Checkout(Profile::Release);
    lay_out(&dir, descriptor, &component, brought, &programs)?;
    Ok(dir)
}

/// Lays out a package: a complete buildpack directory for each architecture. The component is compiled for all of them at
/// once.
///
/// An existing package is replaced as a whole.
pub fn lay_out(
    dir: &Path,
    descriptor: &str,
    component: &[u8],
    brought: &[Brought],
    programs: &dyn Programs,
) -> anyhow::Result<()> {
    // A host may have to be built, and what builds it prints its own progress, so these follow each other.
    let hosts = Arch::ALL.map(|arch| programs.host(arch));
    let compiled = thread::scope(|scope| {
        let compile = |arch| move || build::compile(component, arch, programs);
        let threads = Arch::ALL.map(|arch| scope.spawn(compile(arch)));
        threads.map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("can't replace {}", dir.display()))?;
    }
    for (host, compiled) in hosts.into_iter().zip(compiled) {
        let (host, compiled) = (host?, compiled?);
        let folder = folder(dir, compiled.arch);
        let bills = programs.bills(compiled.arch)?;
        build::lay_out(&folder, descriptor, component, &compiled, &bills)?;
        build::place_host(&folder, &host)?;
        bring_along(&folder, descriptor, brought)?;
    }
    layout::settle(dir)
}

/// The folder for an architecture in a package: a complete buildpack directory.
#[must_use]
pub fn folder(package: &Path, arch: Arch) -> PathBuf {
    package.join("linux").join(arch.name())
}
