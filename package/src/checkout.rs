//! Finds this checkout, and runs programs of its toolchain.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, ensure};

/// The root of the checkout: of the package that cargo runs, or else of this program's own source.
///
/// Two checkouts with one target folder share this program, so its own source may be in the other one.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo passes data to its programs in variables"
)]
#[must_use]
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR");
    let package = package.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let root = package
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file());
    root.unwrap_or(&package).to_owned()
}

static ELSEWHERE: OnceLock<PathBuf> = OnceLock::new();

/// Builds in this folder from now on. For a build within a build: the outer cargo has locked its own folder.
pub fn build_in(folder: PathBuf) {
    ELSEWHERE.get_or_init(|| folder);
}

/// The folder for everything that is built.
#[must_use]
pub fn target_dir() -> PathBuf {
    let elsewhere = ELSEWHERE.get();
    elsewhere.map_or_else(|| root().join("target"), PathBuf::clone)
}

/// A program of the toolchain that runs in this checkout, without the variables that a calling cargo has set.
#[must_use]
pub fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(root())
        // The toolchain is always that of rust-toolchain.toml, because another one makes other bytes.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTC")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    // Build scripts read the variables about the calling package, and would run again for each caller.
    for name in of_the_caller() {
        command.env_remove(name);
    }
    command
}

/// Runs a command and returns its output. Fails if the command does.
pub fn output(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("can't be started: {command:?}"))?;
    ensure!(output.status.success(), "{}: {command:?}", output.status);
    Ok(output.stdout)
}

/// The names of the variables in which cargo describes the calling package.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo passes data to its programs in variables"
)]
fn of_the_caller() -> impl Iterator<Item = OsString> {
    const PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
    std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.as_encoded_bytes();
        PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix.as_bytes()))
    })
}
