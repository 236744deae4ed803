//! Declares the layer with CPython.

use python_version::{Choice, PythonVersion, Release, VARIABLE, choose, releases};
use serde_json::Value;
use wasm_buildpack_sdk::{
    BuildContext, Content, EnvChange, Error, Layer, Output, PlanEntry, Result, SourceFile, Unpack,
    info,
};

use crate::CPYTHON;

/// The name of the source in buildpack.toml, and of the folder in the layer.
const PYTHON: &str = "python";

/// Declares the layer if another buildpack, or this one, requires `cpython`.
pub(crate) fn build(context: &BuildContext) -> Result<Output> {
    let mut required = context.required(CPYTHON).peekable();
    if required.peek().is_none() {
        info!("Nothing in this build requires cpython, so no Python is added");
        return Ok(Output::new());
    }
    if required.any(|entry| is_set(entry, "build")) {
        return Err(Error::platform(
            "Python is required while the image is built, and this buildpack provides it at launch only",
            "Another buildpack of the group, such as one that runs pip, requires cpython with 'build = true'. Use the \
             buildpack for locked packages in place of that one (wasm-buildpacks/python-packages), or Paketo's \
             buildpack paketo-buildpacks/cpython in place of this one.",
        ));
    }
    let choice = choose(&context.app(), context.variable(VARIABLE));
    let Choice { version, origin } = choice.map_err(python_version::VersionError::explained)?;
    let release = release(version, &context.target.arch)?;
    info!("CPython {version}, by {origin}");
    Ok(Output::new().layer(layer(context, release)))
}

/// Whether an entry of the Buildpack Plan has a key that is `true`.
fn is_set(entry: &PlanEntry, key: &str) -> bool {
    let metadata: Option<Value> = serde_json::from_str(&entry.metadata).ok();
    metadata.is_some_and(|metadata| metadata[key] == Value::Bool(true))
}

/// The file of a version for an architecture.
fn release(version: PythonVersion, arch: &str) -> Result<Release> {
    let known = releases().map_err(python_version::VersionError::explained)?;
    let mut fitting = known.into_iter();
    let fitting = fitting.find(|one| one.version == version && one.arch == arch);
    fitting.ok_or_else(|| {
        Error::platform(
            format!("There is no CPython {version} for the architecture '{arch}'"),
            "The image must be for amd64 or arm64. Choose another platform, or another buildpack for Python.",
        )
    })
}

/// The layer, with the interpreter in a folder of its own: `bin` in the layer itself would be on the path of all later
/// buildpacks.
///
/// `PYTHONHOME` is not set: the interpreter finds its library beside itself, and the variable would break every other
/// interpreter of the image.
fn layer(context: &BuildContext, release: Release) -> Layer {
    let file = SourceFile::new(release.path, release.sha256).unpack(Unpack::TarGz, 1);
    let bin = format!("{}/{PYTHON}/bin", context.layer_path(CPYTHON));
    Layer::launch(CPYTHON)
        .metadata(format!(r#"{{"version":"{}"}}"#, release.version))
        .content(Content::new(PYTHON, PYTHON).file(file))
        .env(EnvChange::prepend("PATH", bin).delimiter(":"))
}

#[cfg(test)]
mod tests;
