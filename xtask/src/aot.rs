//! Compiles a component ahead of time, with the configuration under which the host runs it.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, anyhow};
use host::wasm::artifact::{Record, go_arch, hex};
use host::wasm::engine::{ENGINE_VERSION, engine_config};
use wasmtime::{CodeBuilder, Engine};

/// A compiled component, and what is recorded of it.
pub struct Compiled {
    /// The bytes of `guest.cwasm`.
    pub artifact: Vec<u8>,
    /// The content of `artifact.toml`.
    pub record: Record,
}

impl Compiled {
    /// What was compiled from a component on this machine.
    #[must_use]
    pub fn of(component: &[u8], artifact: Vec<u8>) -> Self {
        let record = Record {
            component_sha256: sha256(component),
            artifact_sha256: sha256(&artifact),
            engine: ENGINE_VERSION.to_owned(),
            arch: go_arch().to_owned(),
        };
        Self { artifact, record }
    }
}

/// Compiles a component for this machine's architecture, for any processor of it.
pub fn compile(component: &[u8]) -> anyhow::Result<Compiled> {
    let engine = engine()?;
    let mut code = CodeBuilder::new(&engine);
    // The engine's errors are not anyhow's: what led to them would be lost.
    code.wasm_binary(component, None)
        .map_err(|error| anyhow!("{error:#}"))?;
    let artifact = code
        .compile_component_serialized()
        .map_err(|error| anyhow!("{error:#}"))
        .context("the component does not compile")?;
    Ok(Compiled::of(component, artifact))
}

/// Tells apart what `compile` makes: the same key, the same artifact.
pub fn key(component: &[u8]) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    engine()?.precompile_compatibility_hash().hash(&mut hasher);
    Ok(format!("{}-{:016x}", sha256(component), hasher.finish()))
}

/// Naming a target, even this machine's own, means its processors' common ground: what this one can do besides is
/// not used.
fn engine() -> anyhow::Result<Engine> {
    let mut config = engine_config().map_err(anyhow::Error::msg)?;
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    config.target(&target).map_err(anyhow::Error::msg)?;
    Engine::new(&config).map_err(anyhow::Error::msg)
}

fn sha256(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}
