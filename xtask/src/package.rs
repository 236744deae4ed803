//! The package's folder, with this machine's architecture alone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::{build, cargo};
use host::wasm::artifact::go_arch;

/// Builds the buildpack and returns the folder with `linux/<arch>/`.
pub fn package() -> anyhow::Result<PathBuf> {
    let buildpack = build::buildpack()?;
    let dir = cargo::target_dir().join("package");
    let folder = dir.join("linux").join(go_arch());
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(dir.join("linux"))?;
    symlink(buildpack, folder)?;
    Ok(dir)
}
