//! `cargo xtask demo --python`: a project with packages becomes a running job, and nothing of a package is executed on the
//! way.
//!
//! The packages are real. The ordinary client downloads them once, and a server on loopback takes the place of their
//! index, behind a token, as a company's index would be.

use std::fs;
use std::path::Path;

use anyhow::{bail, ensure};

use lifecycle::{Environment, Lifecycle, folder, launch_env};
use package::trial;
use server::git_server::GitServer;
use server::repository::Repository;

use super::shown::Shown;
use super::{TEMPLATE, TOKEN, show};
use crate::packages;
use crate::python::python;

pub(super) fn run(shown: &mut Shown) -> anyhow::Result<()> {
    let Some(python) = python()? else {
        bail!("the demo of packages starts a job, so it needs Python");
    };
    shown.line("\n== Wheels, as the ordinary client downloads them");
    let wheels = packages::wheels()?;
    for wheel in &wheels {
        shown.line(&format!("{}, {} bytes", wheel.name, wheel.content.len()));
    }

    shown.line("\n== An index on loopback, behind a token");
    let index = packages::serve(&wheels, TOKEN)?;
    shown.line(&index.url("files/"));

    shown.line("\n== The project's lock, pylock.toml");
    let project = tempfile::tempdir()?;
    packages::write_project(project.path(), &wheels, &index)?;
    let lock = fs::read_to_string(project.path().join("pylock.toml"))?;
    for line in lock.lines().take(12) {
        shown.line(&format!("    {line}"));
    }

    let buildpack = packages::buildpack()?;
    let build_packages = Lifecycle::with_app(&buildpack.path().join("buildpack"), project.path())?;
    packages::bindings(&index, TOKEN, |name, entries| {
        build_packages.binding(name, entries)
    })?;
    shown.line("\n== python-packages: bin/detect and bin/build");
    build(&build_packages, shown)?;
    let files = count(&build_packages.layers_dir())?;
    shown.line(&format!("{} requests to the index", index.requests().len()));

    let repository = Repository::template()?;
    let server = GitServer::options()
        .repository(TEMPLATE, repository.git_dir())
        .token("oauth2", TOKEN)
        .start()?;
    let template = trial::job_template()?;
    let job = Lifecycle::with_app(&template.path().join("buildpack"), project.path())?;
    job.binding(
        "template",
        &[
            ("type", "gitlab"),
            ("token", TOKEN),
            ("url", &server.origin()),
        ],
    )?;
    shown.line("\n== job-template: bin/detect and bin/build");
    build(&job, shown)?;

    shown.line("\n== The job, started as the launcher would, with this machine's Python");
    let mut environment = Environment::new();
    environment.insert("PATH".into(), python.path);
    environment.insert("DATA_VALUE".into(), "{}".into());
    environment.insert("PARAMS_VALUE".into(), r#"{"shots": 1000}"#.into());
    let environment = launch_env(&build_packages.layers_dir(), "web", &environment)?;
    let ended = job.launch(None, &environment)?;
    show(&ended, shown);
    ensure!(ended.passed(), "the job failed");

    shown.line("\n== What was executed before the job");
    shown.line(&format!(
        "Two components, in WebAssembly, and the host. None of the {files} files of {} packages.",
        wheels.len()
    ));
    Ok(())
}

fn build(world: &Lifecycle, shown: &mut Shown) -> anyhow::Result<()> {
    let detected = world.detect()?;
    show(&detected, shown);
    ensure!(detected.passed(), "bin/detect failed");
    let built = world.build()?;
    show(&built, shown);
    ensure!(built.passed(), "bin/build failed");
    Ok(())
}

fn count(layers: &Path) -> anyhow::Result<usize> {
    let entries = folder::snapshot(layers)?;
    let files = entries
        .iter()
        .filter(|entry| matches!(entry.kind, folder::Kind::File(_)));
    Ok(files.count())
}
