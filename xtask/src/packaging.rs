//! `cargo xtask package`: builds the buildpack for every architecture, in the form that `pack buildpack package` takes.

mod check;
mod tried;

use anyhow::bail;
use cnb::context::Environment;
use package::platforms::package_with;
use package::vendor::fetch;
use package::{build, say};

pub use self::tried::try_hosts;

/// Runs the command with its options.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let descriptor = build::descriptor()?;
    let brought = match *options {
        [] | ["--check"] => Vec::new(),
        ["--vendor", wanted] => fetch(
            &descriptor,
            &[wanted.parse()?],
            &Environment::from_process(),
        )?,
        _ => bail!("package takes --vendor SOURCE=REF or --check"),
    };
    let dir = package_with(&descriptor, &brought)?;
    try_hosts(&dir)?;
    if options == ["--check"] {
        check::check(&dir)?;
    }
    say::line(&format!("package: {}", dir.display()));
    say::line(
        "make an image of it: pack buildpack package planqk-buildpack-job-template --config ./package.toml",
    );
    Ok(())
}
