//! Makes the folder of programs that the tool for authors brings along: a host for each architecture, the list of the
//! crates in each host, and the compiler.
//!
//! The tool's build script includes this file. So it uses only `arch` and `cargo` of this crate.

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

/// The name of the lock file, which has the checksums of the crates in the hosts.
pub const LOCK: &str = "Cargo.lock";

/// The name of an architecture's host in the folder.
#[must_use]
pub fn host(arch: Arch) -> String {
    format!("host-{}", arch.name())
}

/// The name of the list of the crates in an architecture's host.
#[must_use]
pub fn crates(arch: Arch) -> String {
    format!("crates-{}", arch.name())
}

/// All names in a complete folder.
pub fn names() -> impl Iterator<Item = String> {
    let of_one = |arch| [host(arch), crates(arch)];
    let shared = [COMPILER, LOCK].map(str::to_owned);
    Arch::ALL.into_iter().flat_map(of_one).chain(shared)
}

/// Makes the folder with the hosts for these architectures in a profile. It has links to what cargo built, so a later
/// build changes what they lead to.
pub fn folder(profile: Profile, architectures: &[Arch]) -> anyhow::Result<PathBuf> {
    let dir = cargo::target_dir().join(match profile {
        Profile::Release => "assets",
        Profile::Trial => "trial-assets",
    });
    fs::create_dir_all(&dir).with_context(|| format!("can't make {}", dir.display()))?;
    for &arch in architectures {
        link(&cargo::host(arch, profile)?, &dir.join(host(arch)))?;
        let crates = cargo::host_crates(arch)?;
        place(&dir.join(self::crates(arch)), |new| fs::write(new, crates))?;
    }
    link(&cargo::compiler(profile)?, &dir.join(COMPILER))?;
    link(&cargo::root().join(LOCK), &dir.join(LOCK))?;
    Ok(dir)
}

/// Makes a link, or keeps one that is right already.
fn link(to: &Path, at: &Path) -> anyhow::Result<()> {
    if fs::read_link(at).is_ok_and(|now| now == to) {
        return Ok(());
    }
    place(at, |new| symlink(to, new))
}

/// Makes an entry by a rename: several test programs make the same folder at once.
fn place(at: &Path, make: impl FnOnce(&Path) -> std::io::Result<()>) -> anyhow::Result<()> {
    let new = at.with_extension(format!("new-{}", std::process::id()));
    make(&new)
        .and_then(|()| fs::rename(&new, at))
        .with_context(|| format!("can't make {}", at.display()))
}
