//! Builds the job's layer and start command, and warns about faults in the application that would stop the job.
//!
//! No download or write belongs here: the host acts on the returned value.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use crate::Message;
use crate::application::{Application, Entry, unchecked};
use crate::bindings::BuildOutput;
use crate::bindings::wasm_buildpacks::buildpack::log::Level;
use crate::bindings::wasm_buildpacks::buildpack::types::{
    Content, EnvChange, EnvMode, EnvScope, Layer, LayerTypes, Process,
};
use crate::{planqk, procfile, program};

/// The name of the layer, of its source in buildpack.toml, and of the folder in it.
const JOB_TEMPLATE: &str = "job-template";

/// The messages of a build, in the order in which they are printed.
pub(crate) fn messages(application: &Application) -> Vec<Message> {
    let warnings = [
        planqk_warnings(application),
        program::warning(application).into_iter().collect(),
        shadow_warnings(application),
        procfile::warning(application).into_iter().collect(),
    ];
    let warnings = warnings.into_iter().flatten();
    warnings.map(|text| (Level::Warning, text)).collect()
}

/// The job template's layer, its environment and its start command.
///
/// `layers_dir` is the path at launch too, so that `PYTHONPATH` can name the layer. The leading colon is part
/// of the value: the launcher puts nothing between it and what the base image sets.
pub(crate) fn output(layers_dir: &str) -> BuildOutput {
    let layers_dir = layers_dir.trim_end_matches('/');
    let python_path = format!(":{layers_dir}/{JOB_TEMPLATE}/{JOB_TEMPLATE}");
    BuildOutput {
        layers: vec![Layer {
            name: JOB_TEMPLATE.to_owned(),
            types: LayerTypes {
                launch: true,
                build: false,
                cache: false,
            },
            metadata: "{}".to_owned(),
            contents: vec![Content {
                source: JOB_TEMPLATE.to_owned(),
                into: JOB_TEMPLATE.to_owned(),
                file: None,
            }],
            env: vec![
                launch_env(
                    "ENTRY_POINT",
                    EnvMode::Override,
                    "src.program:run".to_owned(),
                ),
                launch_env("PYTHONPATH", EnvMode::Append, python_path),
            ],
            exec_d: Vec::new(),
            executables: Vec::new(),
        }],
        processes: vec![Process {
            type_: "web".to_owned(),
            command: ["python", "-m", "app"].map(str::to_owned).to_vec(),
            args: Vec::new(),
            default: true,
            working_directory: None,
            exec_env: Vec::new(),
        }],
        labels: Vec::new(),
        slices: Vec::new(),
        unmet: Vec::new(),
        store: None,
    }
}

fn launch_env(name: &str, mode: EnvMode, value: String) -> EnvChange {
    EnvChange {
        scope: EnvScope::Launch,
        process: None,
        name: name.to_owned(),
        mode,
        value,
        delimiter: None,
    }
}

fn planqk_warnings(application: &Application) -> Vec<String> {
    match application.text(planqk::FILE) {
        Ok(text) => planqk::warnings(&text),
        Err(why) => vec![unchecked(planqk::FILE, &why)],
    }
}

/// Python searches `app` in the working directory, which is the application, before it searches `PYTHONPATH`.
///
/// A folder without `__init__.py` counts only if nothing else has its name: a front end in `app/` stops no job. If
/// the template's own folder has no `__init__.py` either, both folders form one namespace package, and the
/// application's files take precedence.
fn shadow_warnings(application: &Application) -> Vec<String> {
    let is_there = |name| application.entry(name) == Entry::File;
    let mut warnings: Vec<String> = ["app.py", "app/__init__.py"]
        .into_iter()
        .filter(|name| is_there(name))
        .map(|name| {
            format!(
                "{name} has the name of the job template's own 'app'. 'python -m app' starts what it finds in the \
                 application first, so the job will not run: rename it, or move it into src/."
            )
        })
        .collect();
    if is_there("app/__main__.py") && !is_there("app/__init__.py") {
        warnings.push(
            "app/__main__.py is started in place of the job template's own if that has no app/__init__.py either. Then \
             the job does not run: rename the folder, or move it into src/."
                .to_owned(),
        );
    }
    warnings
}

#[cfg(test)]
mod tests;
