//! Compiles a component ahead of time, with the configuration under which the host runs it.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, anyhow};
use host::wasm::artifact::{Record, hex};
use host::wasm::engine::{ENGINE_VERSION, engine_config};
use wasmtime::{CodeBuilder, Engine};

use crate::arch::Arch;

/// A compiled component, and what is recorded of it.
pub struct Compiled {
    /// The bytes of `guest.cwasm`.
    pub artifact: Vec<u8>,
    /// The content of `artifact.toml`.
    pub record: Record,
    /// For what it was compiled.
    pub arch: Arch,
}

impl Compiled {
    /// What was compiled from a component for an architecture.
    #[must_use]
    pub fn of(component: &[u8], artifact: Vec<u8>, arch: Arch) -> Self {
        let record = Record {
            component_sha256: sha256(component),
            artifact_sha256: sha256(&artifact),
            artifact_crc32: crc32(&artifact),
            artifact_bytes: artifact.len() as u64,
            engine: ENGINE_VERSION.to_owned(),
            arch: arch.name().to_owned(),
        };
        Self {
            artifact,
            record,
            arch,
        }
    }

    /// The text of `artifact.toml`.
    pub fn record_text(&self) -> anyhow::Result<String> {
        Ok(toml::to_string(&self.record)?)
    }
}

/// Compiles a component for an architecture, for any processor of it.
pub fn compile(component: &[u8], arch: Arch) -> anyhow::Result<Compiled> {
    let engine = engine(arch)?;
    let mut code = CodeBuilder::new(&engine);
    // The engine's errors are not anyhow's: what led to them would be lost.
    code.wasm_binary(component, None)
        .map_err(|error| anyhow!("{error:#}"))?;
    let artifact = code
        .compile_component_serialized()
        .map_err(|error| anyhow!("{error:#}"))
        .context("the component does not compile")?;
    Ok(Compiled::of(component, artifact, arch))
}

/// Tells apart what `compile` makes: the same key, the same artifact.
pub fn key(component: &[u8], arch: Arch) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    engine(arch)?
        .precompile_compatibility_hash()
        .hash(&mut hasher);
    Ok(format!("{}-{:016x}", sha256(component), hasher.finish()))
}

/// Naming a target, even this machine's own, means its processors' common ground: what this one can do besides is
/// not used.
fn engine(arch: Arch) -> anyhow::Result<Engine> {
    let mut config = engine_config().map_err(anyhow::Error::msg)?;
    let target = arch.host_target();
    config.target(&target).map_err(anyhow::Error::msg)?;
    Engine::new(&config).map_err(anyhow::Error::msg)
}

/// The digest of some bytes, as records have it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

/// The checksum of some bytes, as records have it.
#[must_use]
pub fn crc32(bytes: &[u8]) -> String {
    hex(&crc32fast::hash(bytes).to_be_bytes())
}
