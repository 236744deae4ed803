//! `cargo xtask bench`: measures the buildpack's times and memory, and counts its instructions.
//!
//! Another program measures times. It needs a plot library, so it is built only here. This program counts instructions,
//! because that is quick and done for each change.

pub mod instructions;
pub mod world;

use std::process::Command;

use anyhow::{Context, ensure};

use package::cargo::Profile;
use package::{build, cargo, say};

/// Runs the benchmark with the options of its command line.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    if let ["instructions", options @ ..] = options {
        return instructions::run(options);
    }
    let buildpack = build::buildpack(Profile::Release)?;
    say::step("building the native buildpack for comparison");
    let native = cargo::native_buildpack()?;
    say::step("building the benchmark");
    let program = cargo::benchmark()?;
    let status = Command::new(&program)
        .arg(buildpack)
        .arg(native)
        .args(options)
        .status()
        .with_context(|| format!("can't start {}", program.display()))?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}
