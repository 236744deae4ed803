//! Builds the job's layer and start command, and warns about faults in the application that would stop the job.
//!
//! No download or write belongs here: the host acts on the returned value.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use wasm_buildpack_sdk::{BuildContext, Content, EnvChange, Layer, Level, Output, Process};

use crate::Message;
use crate::application::{Application, Entry, unchecked};
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
/// The layer's path is the same at launch, so that `PYTHONPATH` can name it. The leading colon is part of the value:
/// the launcher puts nothing between it and what the base image sets.
pub(crate) fn output(context: &BuildContext) -> Output {
    let layer = context.layer_path(JOB_TEMPLATE);
    let layer = Layer::launch(JOB_TEMPLATE)
        .content(Content::new(JOB_TEMPLATE, JOB_TEMPLATE))
        .env(EnvChange::set("ENTRY_POINT", "src.program:run"))
        .env(EnvChange::append(
            "PYTHONPATH",
            format!(":{layer}/{JOB_TEMPLATE}"),
        ));
    let web = Process::new("web", ["python", "-m", "app"]).as_default();
    Output::new().layer(layer).process(web)
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
