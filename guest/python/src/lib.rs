//! The component of CPython: provides `cpython` with a build of python-build-standalone.
//!
//! The version is chosen in `python-version`, which the component of packages uses too. Nothing is downloaded here: the
//! host fetches the file that `build` names.

mod build;
mod detect;

use wasm_buildpack_sdk::{
    BuildContext, Buildpack, DetectContext, Detected, Output, Result, buildpack,
};

/// The name of the dependency in build plans, as in Paketo's buildpacks, and of the layer.
const CPYTHON: &str = "cpython";

struct CPython;

buildpack!(CPython);

impl Buildpack for CPython {
    fn detect(context: &DetectContext) -> Result<Detected> {
        Ok(detect::detect(&context.app()))
    }

    fn build(context: &BuildContext) -> Result<Output> {
        build::build(context)
    }
}
