//! `cargo xtask assets`: builds the programs that the tool for authors brings along. `WASM_BUILDPACK_ASSETS` names the
//! folder to a build of the tool, which then need not make them again.

use package::arch::Arch;
use package::assets::{self, VARIABLE};
use package::cargo::{self, Profile};
use package::say;

/// Runs the command.
pub fn run() -> anyhow::Result<()> {
    // Missing tools are reported before any build, because a host takes minutes.
    for arch in Arch::ALL {
        cargo::can_build_host(arch)?;
    }
    let dir = assets::folder(Profile::Release, &Arch::ALL)?;
    say::line(&format!("{VARIABLE}={}", dir.display()));
    Ok(())
}
