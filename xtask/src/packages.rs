//! A project with packages, and an index on loopback that has them, behind a token.
//!
//! The packages are real: the ordinary client downloads them once.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use lifecycle::folder;
use package::{cargo, trial};
use server::app;
use server::git_server::{GitServer, Options};
use tempfile::TempDir;

/// The packages of the project. Both have native code, and need others.
const WANTED: [&str; 2] = ["numpy", "pydantic"];

/// The program of the project.
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
pub(crate) struct Wheel {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

/// The packages of the project and what they need, for this machine's Python.
pub(crate) fn wheels() -> anyhow::Result<Vec<Wheel>> {
    download(&WANTED)
}

/// Starts an index that has these wheels and wants this token.
pub(crate) fn serve(wheels: &[Wheel], token: &str) -> anyhow::Result<GitServer> {
    let add = |options: Options, wheel: &Wheel| {
        options.file(&format!("/files/{}", wheel.name), wheel.content.clone())
    };
    let options = GitServer::options().token("oauth2", token).tls();
    wheels.iter().fold(options, add).start()
}

/// Lays out the buildpack of packages, with the credential of an index.
pub(crate) fn buildpack() -> anyhow::Result<TempDir> {
    const LISTED: &str = "listed-in = [\"pylock.toml\", \"uv.lock\", \"requirements.txt\"]";
    trial::python("python-packages", |descriptor| {
        let credential =
            "credential = \"index\"\n\n[metadata.credentials.index]\nbinding = \"index\"\n";
        descriptor.replace(LISTED, &format!("{LISTED}\n{credential}"))
    })
}

/// Calls `write` with each binding that a build needs, its name and its entries: the token, and the authority of the
/// index.
pub(crate) fn bindings(
    index: &GitServer,
    token: &str,
    write: impl Fn(&str, &[(&str, &str)]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let origin = index.origin();
    write(
        "index",
        &[("type", "index"), ("token", token), ("url", &origin)],
    )?;
    let authority = index.authority().context("the index has no authority")?;
    write(
        "authority",
        &[("type", "ca-certificates"), ("index.pem", authority)],
    )
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
pub(crate) fn write_project(
    project: &Path,
    wheels: &[Wheel],
    index: &GitServer,
) -> anyhow::Result<()> {
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
