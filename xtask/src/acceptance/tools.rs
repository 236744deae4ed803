//! Finds the tools on this machine, and describes the missing ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use engine::artifact::go_arch;

/// The default Platform API of these runs.
pub(super) const API: &str = "0.13";

/// The names of the lifecycle's programs. Most of them are the same file.
pub(super) const LIFECYCLE: [&str; 7] = [
    "analyzer", "detector", "restorer", "builder", "exporter", "creator", "launcher",
];

/// The path of each tool, or a text that says why it is missing.
pub(super) struct Tools {
    /// The folder with the lifecycle's programs.
    pub(super) lifecycle: Result<PathBuf, String>,
    pub(super) pack: Result<PathBuf, String>,
    /// The program docker, whose daemon answers.
    pub(super) docker: Result<PathBuf, String>,
}

impl Tools {
    /// Searches this folder for the lifecycle, and `PATH` for everything else.
    pub(super) fn find(lifecycle: Option<&Path>) -> anyhow::Result<Self> {
        let lifecycle = match lifecycle {
            Some(dir) => {
                if let Some(missing) = LIFECYCLE.iter().find(|name| !dir.join(name).is_file()) {
                    bail!("{} does not contain '{missing}'", dir.display());
                }
                Ok(dir.to_owned())
            }
            None => lifecycle_on_path(),
        };
        Ok(Self {
            lifecycle,
            pack: on_path("pack"),
            docker: on_path("docker").and_then(answering),
        })
    }

    /// Checks that this machine can start programs of this architecture.
    pub(super) fn starts(arch: &str) -> Result<(), String> {
        if arch == go_arch() {
            return Ok(());
        }
        let name = match arch {
            "arm64" => "qemu-aarch64",
            _ => "qemu-x86_64",
        };
        let entry = Path::new("/proc/sys/fs/binfmt_misc").join(name);
        let state = std::fs::read_to_string(entry).unwrap_or_default();
        if state.starts_with("enabled") {
            return Ok(());
        }
        Err(format!(
            "this kernel can't start programs for {arch} (on Debian and Ubuntu: qemu-user-static and binfmt-support)"
        ))
    }
}

fn lifecycle_on_path() -> Result<PathBuf, String> {
    let creator = on_path("creator").map_err(|_| {
        "the lifecycle is not on PATH; pass its folder: --lifecycle DIR (a release of github.com/buildpacks/lifecycle)"
            .to_owned()
    })?;
    let dir = creator.parent().unwrap_or(&creator).to_owned();
    match LIFECYCLE.iter().find(|name| !dir.join(name).is_file()) {
        Some(missing) => Err(format!("{} does not contain '{missing}'", dir.display())),
        None => Ok(dir),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person's tools are on the person's PATH"
)]
fn on_path(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .ok_or_else(|| format!("{name} is not on PATH"))
}

fn answering(docker: PathBuf) -> Result<PathBuf, String> {
    let output = Command::new(&docker)
        .args(["version", "--format", "{{.Server.Version}}"])
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(docker),
        Ok(output) => Err(format!(
            "docker's daemon does not answer: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("docker can't be started: {error}")),
    }
}

/// The first part of a program's version, such as `0.21.0` of `0.21.0+git-5c3a6e9`.
pub(super) fn version_of(program: &Path) -> anyhow::Result<String> {
    let output = Command::new(program)
        .arg("-version")
        .env("CNB_PLATFORM_API", API)
        .output()
        .with_context(|| format!("can't start {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.trim().split(['+', ' ']).next().unwrap_or_default();
    Ok(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_one_of_the_programs_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        for name in LIFECYCLE {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        Tools::find(Some(dir.path())).unwrap();
        std::fs::remove_file(dir.path().join("restorer")).unwrap();
        let error = Tools::find(Some(dir.path())).err().unwrap().to_string();
        assert!(error.contains("'restorer'"), "{error}");
    }

    #[test]
    fn this_machine_starts_its_own_programs() {
        Tools::starts(go_arch()).unwrap();
        Tools::starts("mips").unwrap_err();
    }
}
