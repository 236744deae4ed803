//! The programs from which a package is made: the hosts with their bills of materials, and the compiler.

use std::path::PathBuf;

use crate::aot::{self, Compiled};
use crate::arch::Arch;
use crate::cargo::{self, Profile};
use crate::{say, sbom};

pub use crate::sbom::Document;

/// A place from which the programs come.
pub trait Programs: Sync {
    /// The host for an architecture, as a file.
    fn host(&self, arch: Arch) -> anyhow::Result<PathBuf>;

    /// The bills of materials of that host.
    fn bills(&self, arch: Arch) -> anyhow::Result<Vec<Document>>;

    /// Compiles a component for an architecture.
    fn compile(&self, component: &[u8], arch: Arch) -> anyhow::Result<Compiled>;
}

/// The programs that cargo builds from this checkout, the host with a profile.
#[derive(Debug, Clone, Copy)]
pub struct Checkout(pub Profile);

impl Programs for Checkout {
    fn host(&self, arch: Arch) -> anyhow::Result<PathBuf> {
        let Self(profile) = self;
        let (arch_name, optimised) = (arch.name(), profile.name());
        say::step(&format!(
            "building the host for {arch_name} (static, {optimised}), which takes minutes the first time"
        ));
        cargo::host(arch, *profile)
    }

    fn bills(&self, arch: Arch) -> anyhow::Result<Vec<Document>> {
        sbom::documents(arch)
    }

    fn compile(&self, component: &[u8], arch: Arch) -> anyhow::Result<Compiled> {
        aot::compile(component, arch)
    }
}
