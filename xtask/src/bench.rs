//! `cargo xtask bench`: how fast the buildpack is, and how much it does.
//!
//! Times are taken by a program of its own, which brings a plot library along and is built only here. Instructions are
//! counted by this one, for that is quick and done for each change.

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
    say::step("building what it is compared with");
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
