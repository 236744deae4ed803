//! `compiler IN.wasm --target ARCH OUT`: compiles a component for a host of that architecture, `amd64` or `arm64`.
//!
//! It keeps no state. Of the host it uses only the engine's configuration, so an edit to the host does not rebuild it.
//! Nothing links it: `package::aot` calls it.

#[path = "../../../host/engine/src/config.rs"]
#[expect(unreachable_pub, reason = "the module is public in the host's crate")]
mod config;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use wasmtime::{CodeBuilder, Engine};

const USAGE: &str = "usage: compiler IN.wasm --target amd64|arm64 OUT";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one place that prints")]
fn show(error: &str) {
    eprintln!("error: {error}");
}

fn run(args: &[String]) -> anyhow::Result<()> {
    let [from, option, arch, to] = args else {
        bail!("{USAGE}");
    };
    let target = match &arch[..] {
        "amd64" => "x86_64-unknown-linux-musl",
        "arm64" => "aarch64-unknown-linux-musl",
        _ => bail!("the architecture is not amd64 or arm64: '{arch}'\n{USAGE}"),
    };
    if option != "--target" {
        bail!("{USAGE}");
    }
    let component = fs::read(from).with_context(|| format!("can't read {from}"))?;
    let artifact = compile(&component, target)?;
    fs::write(Path::new(to), artifact).with_context(|| format!("can't write {to}"))
}

/// Compiles for all processors of the target. Because the target is named, even for this machine, the code uses no
/// instruction that only some of them have.
fn compile(component: &[u8], target: &str) -> anyhow::Result<Vec<u8>> {
    let mut config = config::engine_config().map_err(anyhow::Error::msg)?;
    config.target(target).map_err(anyhow::Error::msg)?;
    let engine = Engine::new(&config).map_err(anyhow::Error::msg)?;
    let mut code = CodeBuilder::new(&engine);
    // The engine's error is not an anyhow error: a plain conversion would lose its chain of causes.
    code.wasm_binary(component, None)
        .map_err(|error| anyhow!("{error:#}"))?;
    code.compile_component_serialized()
        .map_err(|error| anyhow!("{error:#}"))
        .context("the component does not compile")
}
