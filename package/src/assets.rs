//! Makes the folder of programs that the tool for authors brings along: a host for each architecture, and the compiler.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::arch::Arch;
use crate::cargo::{self, Profile};

/// The variable that names such a folder to the tool, and to its build.
pub const VARIABLE: &str = "WASM_BUILDPACK_ASSETS";

/// The compiler's name in the folder.
pub const COMPILER: &str = "compiler";

/// The name of an architecture's host in the folder.
#[must_use]
pub fn host(arch: Arch) -> String {
    format!("host-{}", arch.name())
}

/// Builds the programs, the hosts with this profile and for these architectures, and returns the folder. It has links
/// to what cargo built, so a later build changes what they lead to.
pub fn folder(profile: Profile, architectures: &[Arch]) -> anyhow::Result<PathBuf> {
    let dir = cargo::target_dir().join(match profile {
        Profile::Release => "assets",
        Profile::Trial => "trial-assets",
    });
    fs::create_dir_all(&dir).with_context(|| format!("can't make {}", dir.display()))?;
    for &arch in architectures {
        link(&cargo::host(arch, profile)?, &dir.join(host(arch)))?;
    }
    link(&cargo::compiler()?, &dir.join(COMPILER))?;
    Ok(dir)
}

/// Makes a link, or leaves a right one as it is: several test programs make the same folder at once.
fn link(to: &Path, place: &Path) -> anyhow::Result<()> {
    if fs::read_link(place).is_ok_and(|now| now == to) {
        return Ok(());
    }
    let staged = tempfile::tempdir_in(place.parent().unwrap_or(place))?;
    let new = staged.path().join("link");
    symlink(to, &new)?;
    fs::rename(new, place).with_context(|| format!("can't make {}", place.display()))
}
