//! The component of Python packages: chooses the wheels of a lock file, or the packages of a requirements file, and
//! declares the layer with them.
//!
//! Nothing is downloaded or installed here: the host fetches each wheel that `build` names, compares its digest, and
//! unpacks it. The Python version is chosen in `python-version`.

mod address;
mod build;
mod choice;
mod dependency;
mod detect;
mod error;
mod lock;
mod marker;
mod name;
mod platform;
mod project;
mod requirements;
mod selection;
mod stale;
mod tags;
mod wheel;

use wasm_buildpack_sdk::{
    BuildContext, Buildpack, DetectContext, Detected, Output, Result, buildpack,
};

/// The name of the dependency in build plans, as in Paketo's buildpacks, and of the folder in the layer.
const SITE_PACKAGES: &str = "site-packages";

/// The name of the dependency that is required, as in Paketo's buildpacks.
const CPYTHON: &str = "cpython";

struct PythonPackages;

buildpack!(PythonPackages);

impl Buildpack for PythonPackages {
    fn detect(context: &DetectContext) -> Result<Detected> {
        Ok(detect::detect(context))
    }

    fn build(context: &BuildContext) -> Result<Output> {
        build::build(context)
    }
}
