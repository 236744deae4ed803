//! `cargo xtask bench`: measures the buildpack's times and memory, and counts its instructions.
//!
//! Another program measures times. It needs a plot library, so it is built only here. This program counts instructions,
//! because that is quick and done for each change.

pub mod instructions;
pub mod world;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

use package::cargo::Profile;
use package::{build, cargo, say};

/// Runs the benchmark with the options of its command line.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    if let ["instructions", options @ ..] = options {
        return instructions::run(options);
    }
    if let ["guests" | "packages", ..] = options {
        // It builds all that it measures by itself: only it knows what this machine can build.
        return start(Command::new(benchmark()?).args(options));
    }
    let buildpack = build::buildpack(Profile::Release)?;
    say::step("building the native buildpack for comparison");
    let native = cargo::native_buildpack()?;
    let mut program = Command::new(benchmark()?);
    start(program.arg(buildpack).arg(native).args(options))
}

fn benchmark() -> anyhow::Result<PathBuf> {
    say::step("building the benchmark");
    cargo::benchmark()
}

fn start(program: &mut Command) -> anyhow::Result<()> {
    let status = program
        .status()
        .with_context(|| format!("can't start {}", program.get_program().display()))?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}
