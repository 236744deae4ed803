//! `cargo xtask accept`: updates the snapshots in the host's unit tests to the present texts of messages.
//!
//! It accepts every text. A person reads the difference (`git diff`) before it is committed.

use anyhow::{Context, ensure};

use package::cargo;

/// Runs the host's unit tests by cargo-insta, which writes each snapshot that differs.
pub fn run() -> anyhow::Result<()> {
    // cargo ends in the same way for a missing subcommand and a failed test, so the subcommand is checked first.
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
