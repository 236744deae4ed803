//! The world of this buildpack: a component that declares all files, and the whole sandbox around it.
//!
//! The component is one of the tests. It reads nothing of the application, so that the time is the host's.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use cnb::sha256::Sha256;
use lifecycle::Lifecycle;
use package::trial;
use server::app;

use super::wheels::Wheel;

const HEAD: &str = "api = \"0.10\"\n\n[buildpack]\nid = \"bench/packages\"\nversion = \"1.0.0\"\nclear-env = true\n\
    sbom-formats = [\"application/vnd.cyclonedx+json\", \"application/spdx+json\"]\n\n[metadata]\nsandbox = \"require\"\n\n\
    [metadata.limits]\nfetch-mib = 1024\ncontent-mib = 2048\n\n";

/// A file that the buildpack lists and its component declares.
pub(crate) struct Listed {
    /// The path on the server.
    pub(crate) address: String,
    pub(crate) sha256: Sha256,
    pub(crate) unpack: &'static str,
}

impl Listed {
    pub(crate) fn of(wheels: &[Wheel]) -> Vec<Self> {
        let listed = wheels.iter().map(|wheel| Self {
            address: wheel.address(),
            sha256: wheel.sha256,
            unpack: "wheel",
        });
        listed.collect()
    }
}

/// A world whose build puts these files into one folder of a layer.
pub(crate) fn world(origin: &str, listed: &[Listed]) -> Result<Lifecycle> {
    let folder = trial::guest("fetches_files", &descriptor(origin, listed))?;
    Lifecycle::with_app(&folder.path().join("buildpack"), &app::sample())
}

/// The folder that the files become.
pub(crate) fn out(world: &Lifecycle) -> PathBuf {
    world.layers_dir().join("files/data")
}

/// The text of buildpack.toml. A kernel without the whole sandbox must end the measurement.
pub(crate) fn descriptor(origin: &str, listed: &[Listed]) -> String {
    let mut text = format!("{HEAD}[metadata.sources.files]\nfiles = \"{origin}/files\"\n");
    for Listed {
        address,
        sha256,
        unpack,
    } in listed
    {
        let path = address.trim_start_matches("/files/");
        // Writing to a string does not fail.
        write!(
            text,
            "\n[[metadata.sources.files.file]]\npath = \"{path}\"\nsha256 = \"{sha256}\"\n\
             \n[[metadata.contents]]\nsource = \"files\"\ninto = \"data\"\npath = \"{path}\"\nsha256 = \"{sha256}\"\n\
             unpack = \"{unpack}\"\nleading-folders = 0\n"
        )
        .ok();
    }
    text
}
