//! What the image gets from this buildpack, and what in the application will keep the job from running.
//! Nothing is fetched or written here: the host does that with what is returned.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use crate::Message;
use crate::application::{Application, Entry};
use crate::bindings::BuildOutput;
use crate::bindings::planqk::buildpack::log::Level;
use crate::bindings::planqk::buildpack::types::{
    Content, EnvChange, EnvMode, EnvScope, Layer, LayerTypes, Process,
};
use crate::{entry_point, planqk};

/// The layer, the source in buildpack.toml that fills it, and the folder in it: one word for all three.
const JOB_TEMPLATE: &str = "job-template";

/// What the build is to print, in this order.
pub(crate) fn messages(application: &Application) -> Vec<Message> {
    let warnings = [
        planqk_warnings(application),
        program_warning(application).into_iter().collect(),
        shadow_warnings(application),
        procfile_warning(application).into_iter().collect(),
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

/// Python takes the package `src/program/` before the module `src/program.py`, so that is looked at first.
fn program_warning(application: &Application) -> Option<String> {
    const PACKAGE: &str = "src/program/__init__.py";
    const MODULE: &str = "src/program.py";
    let name = match application.entry(PACKAGE) {
        Entry::File => PACKAGE,
        _ => match application.entry(MODULE) {
            Entry::File => MODULE,
            Entry::Hidden(why) => return Some(unchecked(MODULE, &why)),
            Entry::Absent | Entry::Directory | Entry::Special => {
                return Some(
                    "src/program.py is missing. The job imports src.program when it starts and will fail there: \
                     add the file, with a function run(data, params) in it."
                        .to_owned(),
                );
            }
        },
    };
    match application.text(name) {
        Ok(source) if entry_point::may_define_run(&source) => None,
        Ok(_) => Some(format!(
            "{name} has no 'run' at its top level. The job calls src.program:run when it starts and will fail \
             there: define run(data, params) outside of every class and function."
        )),
        Err(why) => Some(unchecked(name, &why)),
    }
}

/// Python looks for `app` in the working directory, which is the application, before it looks in `PYTHONPATH`.
fn shadow_warnings(application: &Application) -> Vec<String> {
    [
        ("app.py", application.entry("app.py") == Entry::File),
        ("app/", application.entry("app") == Entry::Directory),
    ]
    .into_iter()
    .filter(|(_, present)| *present)
    .map(|(name, _)| {
        format!(
            "{name} has the name of the job template's own 'app'. 'python -m app' starts what it finds in the \
             application first, so the job will not run: rename it, or move it into src/."
        )
    })
    .collect()
}

fn procfile_warning(application: &Application) -> Option<String> {
    (application.entry("Procfile") == Entry::File).then(|| {
        "Procfile: a builder with the Procfile buildpack takes the start command from it in place of 'python -m \
         app', and the job will not run. Remove the file, or its line 'web'."
            .to_owned()
    })
}

fn unchecked(name: &str, why: &str) -> String {
    format!(
        "{name} could not be read ({why}), so it was not checked. What can't be read here may fail later, in PlanQK \
         or when the job starts: make it a plain file of at most 1 MiB that can be read."
    )
}

#[cfg(test)]
mod tests;
