//! This checkout, and programs of its toolchain.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// The root of the checkout: of the package that cargo runs, or else of the one of which this program was compiled.
///
/// Two checkouts that share a folder for what is built share this program, too.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to its programs by variables"
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

/// Where everything that is built goes.
#[must_use]
pub fn target_dir() -> PathBuf {
    root().join("target")
}

/// A program of the toolchain, in this checkout, without what the calling cargo set for this process.
pub fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(root())
        // The toolchain is the one of rust-toolchain.toml, whichever called: another one makes other bytes.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    // Nor is what it says of the calling package: build scripts look at it, and would be run for each caller anew.
    for name in of_the_caller() {
        command.env_remove(name);
    }
    command
}

/// What a command prints, if it succeeds.
pub fn output(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("can't be started: {command:?}"))?;
    ensure!(output.status.success(), "{}: {command:?}", output.status);
    Ok(output.stdout)
}

/// The variables by which cargo tells a program of its package.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to its programs by variables"
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
