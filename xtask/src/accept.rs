//! `cargo xtask accept`: takes the texts of messages as they are now into the snapshots of the host's unit tests.
//!
//! It judges nothing: a person reads the difference (`git diff`) before it is committed.

use anyhow::{Context, ensure};

use package::cargo;

/// Runs the host's unit tests by cargo-insta, which writes each snapshot that differs.
pub fn run() -> anyhow::Result<()> {
    // A subcommand that is missing ends like a test that fails, so it is looked for first.
    let mut version = cargo::bare("cargo");
    version.args(["insta", "--version"]);
    cargo::output(version)
        .context("cargo-insta is needed, and installed by `cargo install --locked cargo-insta`")?;
    let mut command = cargo::bare("cargo");
    command.args(["insta", "test", "--accept", "--package", "host", "--lib"]);
    let status = command.status().context("cargo can't be started")?;
    ensure!(status.success(), "cargo insta failed ({status})");
    Ok(())
}
