//! `cargo xtask release`: builds a package, tries it, and writes the files of a release.

use std::fs;

use anyhow::bail;
use package::arch::Arch;
use package::cargo::Profile;
use package::release::{SUMS, changelog, files, ready};
use package::{assets, cargo, platforms, say};

use crate::packaging::try_hosts;

/// Runs the command with its options.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    match *options {
        [] => {}
        [tag] => ready(tag, &changelog()?)?,
        _ => bail!("release takes one TAG, such as v1.2.3"),
    }
    let package = platforms::package()?;
    try_hosts(&package)?;
    let dir = cargo::target_dir().join("release-files");
    let programs = assets::folder(Profile::Release, &Arch::ALL)?;
    files(
        &package,
        &cargo::shipped_tool(assets::VARIABLE, &programs)?,
        &dir,
    )?;
    for line in fs::read_to_string(dir.join(SUMS))?.lines() {
        say::line(line);
    }
    say::line(&format!("release: {}", dir.display()));
    Ok(())
}
