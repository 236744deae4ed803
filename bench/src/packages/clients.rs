//! The programs beside this buildpack: pip, uv, and what only unpacks archives.
//!
//! Nothing here measures or starts a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use package::say;
use serde::Serialize;

use super::wheels::Wheel;

pub(crate) const PIP: &str = "pip";
/// uv, with hard links from its cache, which is empty and on the same file system.
pub(crate) const UV: &str = "uv";
/// uv, with copies from its cache, as where cache and target are not on one file system.
pub(crate) const UV_COPY: &str = "uv, copies";
pub(crate) const BSDTAR: &str = "bsdtar -x, checks nothing";
pub(crate) const CURL: &str = "curl and tar x";

/// All programs that unpack the same wheels.
pub(crate) const ALL: [&str; 4] = [PIP, UV, UV_COPY, BSDTAR];

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Unpacks each archive by a process of its own.
const EACH: &str = "for file in \"$@\"; do bsdtar -xf \"$file\" -C \"$0\" || exit 1; done";
const PIPE: &str = "curl --silent --show-error --fail \"$1\" | tar -xz -C \"$0\"";

/// A program, and its version.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Version {
    pub(crate) program: &'static str,
    pub(crate) version: String,
}

/// The programs of this machine.
pub(crate) struct Clients {
    /// An environment with pip and uv.
    venv: PathBuf,
    pub(crate) versions: Vec<Version>,
    /// The programs that are missing, each with the reason.
    pub(crate) skipped: Vec<(&'static str, String)>,
}

impl Clients {
    /// Looks for all programs, and makes the environment in `folder` unless it exists.
    pub(crate) fn find(folder: &Path) -> Result<Self> {
        let venv = folder.join("venv");
        if !venv.join("bin/python").exists() {
            make(&venv)?;
        }
        let mut clients = Self {
            versions: Vec::new(),
            skipped: Vec::new(),
            venv,
        };
        let (python, uv) = (clients.python(), clients.uv());
        for (program, path, arguments) in [
            (PIP, &*python, &["-m", "pip", "--version"][..]),
            (UV, &*uv, &["--version"]),
            (BSDTAR, Path::new("bsdtar"), &["--version"]),
            (CURL, Path::new("curl"), &["--version"]),
        ] {
            match first_line(path, arguments) {
                Ok(version) => clients.versions.push(Version { program, version }),
                Err(error) => clients.skipped.push((program, format!("{error:#}"))),
            }
        }
        Ok(clients)
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    fn uv(&self) -> PathBuf {
        self.venv.join("bin/uv")
    }

    pub(crate) fn has(&self, client: &str) -> bool {
        let program = if client == UV_COPY { UV } else { client };
        self.versions
            .iter()
            .any(|version| version.program == program)
    }

    /// The command that puts wheels into the folder `out` beneath `world`, from an index at `origin`.
    pub(crate) fn install(
        &self,
        client: &str,
        wheels: &[Wheel],
        origin: &str,
        world: &Path,
    ) -> Command {
        let out = world.join("out");
        let requirements = wheels.iter().map(Wheel::requirement);
        let index = format!("{origin}/simple/");
        let mut command = match client {
            PIP => {
                let mut command = Command::new(self.python());
                command.args(["-m", "pip", "install", "--quiet", "--no-deps"]);
                command.args(["--no-compile", "--no-cache-dir", "--index-url", &index]);
                command.args(["--disable-pip-version-check", "--root-user-action=ignore"]);
                command.arg("--target").arg(out).args(requirements);
                command
            }
            UV | UV_COPY => {
                let mut command = Command::new(self.uv());
                command.args(["pip", "install", "--quiet", "--no-deps", "--no-config"]);
                command.args(["--index-url", &index, "--link-mode"]);
                command.arg(if client == UV { "hardlink" } else { "copy" });
                command.arg("--cache-dir").arg(world.join("cache"));
                command.arg("--python").arg(self.python());
                command.arg("--target").arg(out).args(requirements);
                command
            }
            _ => {
                let mut command = Command::new("sh");
                command.args(["-c", EACH]).arg(out);
                command.args(wheels.iter().map(|wheel| &wheel.path));
                command
            }
        };
        plain(&mut command, world);
        command
    }

    /// The command that downloads a tar archive and unpacks it into the folder `out` beneath `world`.
    pub(crate) fn pipe(url: &str, world: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", PIPE]).arg(world.join("out")).arg(url);
        plain(&mut command, world);
        command
    }
}

/// Keeps a person's settings away: no index, cache or proxy of this machine takes part.
fn plain(command: &mut Command, world: &Path) {
    command
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", world)
        .env("TMPDIR", world)
        .env("PIP_CONFIG_FILE", "/dev/null")
        .current_dir(world);
}

/// Makes an environment with the newest pip and uv.
fn make(venv: &Path) -> Result<()> {
    say::step("installing pip and uv into an environment of their own");
    let mut create = Command::new("python3");
    let status = create.args(["-m", "venv"]).arg(venv).status();
    ensure!(
        status.context("python3 can't be started")?.success(),
        "python3 can't make an environment"
    );
    let mut install = Command::new(venv.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--upgrade", "pip", "uv"]);
    if !install.status()?.success() {
        say::line("uv, or a newer pip, can't be installed here");
    }
    Ok(())
}

fn first_line(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("can't start {}", program.display()))?;
    ensure!(
        output.status.success(),
        "{} ended with {}",
        program.display(),
        output.status
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default();
    // pip and bsdtar say more behind their version: paths and libraries.
    let words: Vec<_> = line.split_whitespace().take(2).collect();
    Ok(words.join(" "))
}

/// Makes the folders of a client's world anew.
pub(crate) fn empty(world: &Path) -> Result<()> {
    for name in ["out", "cache"] {
        let folder = world.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir(&folder)?;
    }
    Ok(())
}
