//! `cargo xtask demo --python`: a project with packages becomes a running job, and nothing of a package is executed on the
//! way.
//!
//! The packages are real. The ordinary client downloads them once, and a server on loopback takes the place of their
//! index, behind a token, as a company's index would be.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use lifecycle::{Environment, Lifecycle, folder, launch_env};
use package::{cargo, trial};
use server::app;
use server::git_server::{GitServer, Options};
use server::repository::Repository;

use super::shown::Shown;
use super::{TEMPLATE, TOKEN, show};
use crate::python::python;

/// The packages of the demo's project. Both have native code, and need others.
const WANTED: [&str; 2] = ["numpy", "pydantic"];

/// The program of the demo's project.
const PROGRAM: &str = "\
from typing import Any, Dict

import numpy
import pydantic


class Params(pydantic.BaseModel):
    shots: int = 100


def run(data: Dict[str, Any], params: Dict[str, Any]) -> Dict[str, Any]:
    wanted = Params(**params)
    counts = numpy.bincount(numpy.arange(wanted.shots) % 2)
    return {'counts': counts.tolist(), 'numpy': numpy.__version__}
";

/// A wheel that the client has downloaded.
struct Wheel {
    name: String,
    content: Vec<u8>,
}

pub(super) fn run(shown: &mut Shown) -> anyhow::Result<()> {
    let Some(python) = python()? else {
        bail!("the demo of packages starts a job, so it needs Python");
    };
    shown.line("\n== Wheels, as the ordinary client downloads them");
    let wheels = download(&WANTED)?;
    for wheel in &wheels {
        shown.line(&format!("{}, {} bytes", wheel.name, wheel.content.len()));
    }

    shown.line("\n== An index on loopback, behind a token");
    let serve = |options: Options, wheel: &Wheel| {
        options.file(&format!("/files/{}", wheel.name), wheel.content.clone())
    };
    let options = GitServer::options().token("oauth2", TOKEN).tls();
    let index = wheels.iter().fold(options, serve).start()?;
    shown.line(&index.url("files/"));

    shown.line("\n== The project's lock, pylock.toml");
    let project = tempfile::tempdir()?;
    write_project(project.path(), &wheels, &index)?;
    let lock = fs::read_to_string(project.path().join("pylock.toml"))?;
    for line in lock.lines().take(12) {
        shown.line(&format!("    {line}"));
    }

    let buildpack = trial::python("python-packages", |descriptor| {
        // The same source, with the credential of the index.
        let credential = "listed-in = [\"pylock.toml\", \"uv.lock\"]\ncredential = \"index\"\n\n\
            [metadata.credentials.index]\nbinding = \"index\"\n";
        descriptor.replace("listed-in = [\"pylock.toml\", \"uv.lock\"]", credential)
    })?;
    let packages = Lifecycle::with_app(&buildpack.path().join("buildpack"), project.path())?;
    packages.binding(
        "index",
        &[
            ("type", "index"),
            ("token", TOKEN),
            ("url", &index.origin()),
        ],
    )?;
    let authority = index.authority().context("the index has no authority")?;
    packages.binding(
        "authority",
        &[("type", "ca-certificates"), ("index.pem", authority)],
    )?;
    shown.line("\n== python-packages: bin/detect and bin/build");
    build(&packages, shown)?;
    let files = count(&packages.layers_dir())?;
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
    let environment = launch_env(&packages.layers_dir(), "web", &environment)?;
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

/// Downloads packages and what they need, for this machine's Python, unless an earlier run did.
fn download(names: &[&str]) -> anyhow::Result<Vec<Wheel>> {
    let folder = cargo::target_dir().join("demo/wheels");
    if !folder.is_dir() {
        let staged = cargo::target_dir().join("demo/wheels.part");
        let mut client = Command::new("python3");
        client.args(["-m", "pip", "download", "--quiet", "--only-binary", ":all:"]);
        client.arg("--dest").arg(&staged).args(names);
        let status = client.status().context("python3 can't be started")?;
        ensure!(
            status.success(),
            "pip could not download the packages ({status})"
        );
        fs::rename(&staged, &folder)?;
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let wheels = paths.into_iter().map(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        Ok(Wheel {
            name: name.context("a wheel's name is not UTF-8")?.to_owned(),
            content: fs::read(&path)?,
        })
    });
    wheels.collect()
}

/// Writes a project as the platform's starter projects are, with a lock that has the addresses on the index.
fn write_project(project: &Path, wheels: &[Wheel], index: &GitServer) -> anyhow::Result<()> {
    folder::copy(&app::sample(), project)?;
    fs::write(project.join("src/program.py"), PROGRAM)?;
    let version = Command::new("python3")
        .args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
        .output()
        .context("python3 can't be started")?;
    fs::write(project.join(".python-version"), version.stdout)?;
    let dependencies: Vec<_> = WANTED.iter().map(|name| format!("\"{name}\"")).collect();
    let dependencies = dependencies.join(", ");
    fs::write(
        project.join("pyproject.toml"),
        format!(
            "[project]\nname = \"demo\"\nversion = \"1\"\nrequires-python = \">=3.11\"\ndependencies = [{dependencies}]\n"
        ),
    )?;
    let mut lock = "lock-version = \"1.0\"\ncreated-by = \"demo\"\n".to_owned();
    for Wheel { name, content } in wheels {
        let mut parts = name.split('-');
        let (package, version) = (parts.next().unwrap_or(name), parts.next().unwrap_or("0"));
        let url = index.url(&format!("files/{name}"));
        let sha256 = cnb::sha256::Sha256::of(content);
        writeln!(
            lock,
            "\n[[packages]]\nname = \"{}\"\nversion = \"{version}\"\nwheels = [\n    {{ url = \"{url}\", hashes = {{ sha256 = \"{sha256}\" }} }},\n]",
            package.replace('_', "-").to_ascii_lowercase(),
        )?;
    }
    Ok(fs::write(project.join("pylock.toml"), lock)?)
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
