//! The compared buildpacks: this one, three scripts that clone, and a native buildpack.
//!
//! Each peer builds in a directory tree of its own, so that none finds files of another.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lifecycle::Lifecycle;
use package::cargo;
use server::git_server::GitServer;
use tempfile::TempDir;
use xtask::bench::world;

pub(crate) const OURS: &str = "this buildpack";
/// This buildpack with the kernel's sandbox turned off.
pub(crate) const UNCONFINED: &str = "this buildpack, sandbox off";
/// The script that this buildpack replaces: bash, and `git clone` of everything.
pub(crate) const CLONE: &str = "bash, git clone";
/// The script with `--depth 1`.
pub(crate) const DEPTH: &str = "bash, git clone --depth 1";
/// The script with a sparse and partial clone.
pub(crate) const SPARSE: &str = "bash, git clone --filter --sparse";
/// A native program that downloads with `git clone --depth 1`.
pub(crate) const NATIVE: &str = "native, libcnb";
/// The scripts' detect, which is the same in all of them. Also a script that detects what the guests detect.
pub(crate) const BASH: &str = "bash";
/// The scripts' detect, which names bash by its path and not through `env`.
pub(crate) const BASH_DIRECT: &str = "bash, by its path";

/// The programs that the benchmark was started with.
pub(crate) struct Programs {
    pub(crate) buildpack: PathBuf,
    pub(crate) native: PathBuf,
}

impl Programs {
    /// Lays out a build environment for a peer. `server` holds its template.
    pub(crate) fn world(&self, peer: &str, server: Option<&GitServer>) -> Result<Lifecycle> {
        if peer == OURS || peer == UNCONFINED {
            return self.our_world(peer, server);
        }
        let folder = self
            .laid_out(peer)
            .with_context(|| format!("can't make '{peer}'"))?;
        world::with_sample(folder.path())
    }

    fn our_world(&self, peer: &str, server: Option<&GitServer>) -> Result<Lifecycle> {
        let world = world::with_sample(&self.buildpack)?;
        let sandbox = if peer == OURS { "prefer" } else { "off" };
        // The large templates need higher limits than the defaults.
        let limits = "[limits]\nfetch-mib = 256\ncontent-mib = 256\n";
        world::add_metadata(&world, &format!("sandbox = \"{sandbox}\"\n{limits}"))?;
        if let Some(server) = server {
            world::point_to(&world, server)?;
        }
        Ok(world)
    }

    fn laid_out(&self, peer: &str) -> Result<TempDir> {
        let scripts = cargo::root().join("bench/peers");
        let folder = tempfile::Builder::new().prefix("peer-").tempdir()?;
        let bin = folder.path().join("bin");
        fs::create_dir(&bin)?;
        fs::copy(
            scripts.join("buildpack.toml"),
            folder.path().join("buildpack.toml"),
        )?;
        let build = match peer {
            NATIVE => {
                fs::copy(&self.native, bin.join("build"))?;
                symlink("build", bin.join("detect"))?;
                return Ok(folder);
            }
            DEPTH => "build-depth",
            SPARSE => "build-sparse",
            _ => "build-clone",
        };
        fs::copy(scripts.join(build), bin.join("build"))?;
        let detect = bin.join("detect");
        fs::copy(scripts.join("detect"), &detect)?;
        if peer == BASH_DIRECT {
            let text = fs::read_to_string(&detect)?;
            fs::write(
                &detect,
                text.replacen("#!/usr/bin/env bash", "#!/bin/bash", 1),
            )?;
        }
        Ok(folder)
    }
}

/// The template's address without a scheme: the scripts put the token in front of it.
pub(crate) fn template_of(server: &GitServer) -> String {
    let url = server.url(world::TEMPLATE);
    url.trim_start_matches("http://").to_owned()
}

/// The folder with the wanted files, after a peer's build.
pub(crate) fn wanted_dir(world: &Lifecycle) -> PathBuf {
    let layer: &Path = &world.layers_dir().join("job-template");
    layer.join("job-template")
}
