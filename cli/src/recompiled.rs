//! Compiles the component of a package again. The package's own artifact is native code, and its record is of the same
//! author: only a compiler that the reader trusts shows that it is WebAssembly.
//!
//! Nothing of a package but its component and its descriptor gets into the folder that is written here, and only that
//! folder is loaded.

use std::fs;
use std::path::Path;

use ::package::aot::sha256;
use ::package::arch::Arch;
use ::package::layout::DESCRIPTOR;
use ::package::programs::Programs as _;
use anyhow::Context as _;
use dir::{Dir, DirError};
use engine::ENGINE_VERSION;
use engine::artifact::{
    ARTIFACT_FILE, ArtifactError, COMPONENT_FILE, RECORD_FILE, Record, go_arch,
};
use host::phase::PhaseError;

use crate::assets::Assets;

/// The limit on a descriptor and on a record, in bytes.
const TEXT: u64 = 1 << 20;
/// The limit on a component and on an artifact, in bytes. The largest known ones have 60 MiB.
const LARGEST: u64 = 1 << 30;

/// The two artifacts that were compared.
pub(crate) struct Recompiled {
    /// SHA-256 of the package's component.
    pub(crate) component: String,
    /// SHA-256 of the package's artifact.
    pub(crate) artifact: String,
    /// SHA-256 of the artifact that this tool compiled.
    pub(crate) own: String,
}

/// Writes a buildpack directory without programs into an empty folder: the package's descriptor, and what this tool
/// compiles of its component.
pub(crate) fn write(package: &Dir, assets: &Assets, into: &Path) -> anyhow::Result<Recompiled> {
    let record = package.read(RECORD_FILE, TEXT).map_err(unread)?;
    let record: Record = toml::from_slice(&record).map_err(|source| {
        phase(ArtifactError::Record {
            path: RECORD_FILE.into(),
            source: Box::new(source),
        })
    })?;
    if record.engine != ENGINE_VERSION {
        return Err(phase(ArtifactError::Engine {
            found: record.engine,
        }));
    }
    if record.arch != go_arch() {
        return Err(phase(ArtifactError::Arch { found: record.arch }));
    }
    let artifact = package.read(ARTIFACT_FILE, LARGEST).map_err(unread)?;
    let found = sha256(&artifact);
    if found != record.artifact_sha256 {
        return Err(phase(ArtifactError::Digest {
            found,
            recorded: record.artifact_sha256,
        }));
    }
    let component = package.read(COMPONENT_FILE, LARGEST).map_err(unread)?;
    let compiled = assets.compile(&component, Arch::here()?)?;
    let put = |name: &str, bytes: &[u8]| {
        fs::write(into.join(name), bytes)
            .with_context(|| format!("'{name}' can't be written\nCheck that the disk is not full."))
    };
    put(DESCRIPTOR, &package.read(DESCRIPTOR, TEXT).map_err(unread)?)?;
    put(ARTIFACT_FILE, &compiled.artifact)?;
    put(RECORD_FILE, compiled.record_text()?.as_bytes())?;
    Ok(Recompiled {
        component: sha256(&component),
        artifact: found,
        own: compiled.record.artifact_sha256,
    })
}

/// The SHA-256 digest of the package's program `bin/detect`, which is not run.
pub(crate) fn host(package: &Dir) -> anyhow::Result<String> {
    let file = package
        .open_dir("bin")
        .and_then(|bin| bin.read("detect", LARGEST));
    Ok(sha256(&file.map_err(unread)?))
}

fn phase(error: ArtifactError) -> anyhow::Error {
    PhaseError::from(error).into()
}

fn unread(error: DirError) -> anyhow::Error {
    anyhow::Error::new(error).context(
        "The package can't be read\n\
         Name a complete buildpack directory, and check that you may read it.",
    )
}
