//! Declares the layer with CPython, and puts its programs on the path of later buildpacks if one of them needs Python.

use std::{fs, io};

use python_version::{Choice, PythonVersion, Release, VARIABLE, choose, releases};
use serde_json::Value;
use wasm_buildpack_sdk::{
    BuildContext, Content, EnvChange, Error, Layer, LayerTypes, Output, PlanEntry, Result,
    SourceFile, Unpack, info,
};

use crate::CPYTHON;

/// The name of the source in buildpack.toml, and of the folder in the layer.
const PYTHON: &str = "python";

/// Declares the layer if another buildpack, or this one, requires `cpython`.
pub(crate) fn build(context: &BuildContext) -> Result<Output> {
    let Some(phases) = Phases::required(context) else {
        info!("Nothing in this build requires cpython, so no Python is added");
        return Ok(Output::new());
    };
    let choice = choose(&context.app(), context.variable(VARIABLE));
    let Choice { version, origin } = choice.map_err(python_version::VersionError::explained)?;
    let release = release(version, &context.target.arch)?;
    info!("CPython {version}, by {origin}");
    if phases.build {
        let path = context.layer_path(CPYTHON);
        link_programs(&path, version).map_err(|error| {
            Error::io(
                format!("The folder {path}/bin can't be made"),
                error.to_string(),
            )
        })?;
        info!("Later buildpacks find its programs by PATH");
    }
    Ok(Output::new().layer(layer(context, release, phases)))
}

/// The phases in which Python is needed. At least one is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Phases {
    launch: bool,
    build: bool,
}

impl Phases {
    /// The phases that entries of the Buildpack Plan name by `launch` and `build`, as for Paketo's buildpacks. An entry
    /// that names none means launch. Returns `None` if there is no entry for Python.
    fn required(context: &BuildContext) -> Option<Self> {
        let mut entries = context.required(CPYTHON).peekable();
        entries.peek()?;
        let none = Self {
            launch: false,
            build: false,
        };
        Some(entries.fold(none, |phases, entry| {
            let build = is_set(entry, "build");
            Self {
                launch: phases.launch || is_set(entry, "launch") || !build,
                build: phases.build || build,
            }
        }))
    }
}

/// Makes the folder `bin` of the layer, from which the lifecycle sets PATH for later buildpacks. It has a link for each
/// program that a buildpack starts; the host brings the programs after this component has ended.
///
/// One link in place of the folder would not do: CPython finds its library beside the program that it was started as, and
/// for that it resolves a link to the program, but not a link to its folder.
#[expect(deprecated, reason = "std::os::wasi is not stable")]
fn link_programs(layer: &str, version: PythonVersion) -> io::Result<()> {
    fs::create_dir_all(format!("{layer}/bin"))?;
    let PythonVersion { major, minor, .. } = version;
    for program in ["python", "pip"] {
        for version in ["", &format!("{major}"), &format!("{major}.{minor}")] {
            let program = format!("{program}{version}");
            fs::soft_link(
                format!("../{PYTHON}/bin/{program}"),
                format!("{layer}/bin/{program}"),
            )?;
        }
    }
    Ok(())
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

/// The layer, with the interpreter in a folder of its own: a folder `bin` of the layer itself would be on the path of
/// all later buildpacks, even if none of them needs Python. At launch a variable does the same for both cases.
///
/// `PYTHONHOME` is not set: the interpreter finds its library beside itself, and the variable would break every other
/// interpreter of the image.
fn layer(context: &BuildContext, release: Release, phases: Phases) -> Layer {
    let file = SourceFile::new(release.path, release.sha256).unpack(Unpack::TarGz, 1);
    let bin = format!("{}/{PYTHON}/bin", context.layer_path(CPYTHON));
    let types = LayerTypes {
        launch: phases.launch,
        build: phases.build,
        cache: false,
    };
    Layer::new(CPYTHON, types)
        .metadata(format!(r#"{{"version":"{}"}}"#, release.version))
        .content(Content::new(PYTHON, PYTHON).file(file))
        .env(EnvChange::prepend("PATH", bin).delimiter(":"))
}

#[cfg(test)]
mod tests;
