//! The scripts that detect the same as the buildpack of the benchmark, without a sandbox.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use package::cargo;
use serde::Serialize;
use tempfile::TempDir;

use crate::peers::{BASH, BASH_DIRECT};

pub(crate) const NATIVE_PYTHON: &str = "python3 -I, native";
pub(crate) const NATIVE_NODE: &str = "node, native";

/// A script, and how its interpreter is found.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    file: &'static str,
    /// A command that prints the path of the interpreter, and the interpreter's option. Without it, the script names its
    /// interpreter itself.
    interpreter: Option<([&'static str; 3], &'static str)>,
}

pub(crate) const ALL: [Script; 4] = [
    Script {
        name: BASH,
        file: "detect-bash",
        interpreter: None,
    },
    Script {
        name: BASH_DIRECT,
        file: "detect-bash",
        interpreter: Some((["bash", "-c", "echo $BASH"], "")),
    },
    Script {
        name: NATIVE_PYTHON,
        file: "detect-python",
        interpreter: Some((
            ["python3", "-c", "import sys; print(sys.executable)"],
            " -I",
        )),
    },
    Script {
        name: NATIVE_NODE,
        file: "detect-node",
        interpreter: Some((["node", "-p", "process.execPath"], "")),
    },
];

/// The interpreter that a script is measured with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Interpreter {
    pub(crate) script: &'static str,
    pub(crate) version: String,
}

/// A laid out buildpack of a script.
pub(crate) struct LaidOut {
    pub(crate) folder: TempDir,
    pub(crate) interpreter: Option<Interpreter>,
}

impl Script {
    /// Lays out a buildpack. The error within says which interpreter is missing.
    ///
    /// An interpreter is named by its own path: a search by `env`, or a program that selects among versions, would make
    /// the script slower.
    pub(crate) fn lay_out(&self) -> Result<Result<LaidOut, String>> {
        let peers = cargo::root().join("bench/peers");
        let folder = tempfile::Builder::new().prefix("script-").tempdir()?;
        let bin = folder.path().join("bin");
        fs::create_dir(&bin)?;
        let descriptor = "buildpack.toml";
        fs::copy(peers.join(descriptor), folder.path().join(descriptor))?;
        let detect = bin.join("detect");
        // A copy keeps the permissions.
        fs::copy(peers.join("procfile").join(self.file), &detect)?;
        let mut interpreter = None;
        if let Some((command, option)) = self.interpreter {
            let Some(path) = path_of(&command) else {
                return Ok(Err(format!("{} can't be started", command[0])));
            };
            let text = fs::read_to_string(&detect)?;
            let text = started_by(&text, &path, option).context(self.file)?;
            fs::write(&detect, text)?;
            let version = output(Command::new(&path).arg("--version"));
            interpreter = Some(Interpreter {
                script: self.name,
                version: version.context("no version")?,
            });
        }
        Ok(Ok(LaidOut {
            folder,
            interpreter,
        }))
    }
}

/// The script with another first line.
fn started_by(script: &str, interpreter: &Path, option: &str) -> Option<String> {
    let (first, rest) = script.split_once('\n')?;
    let _env = first.strip_prefix("#!/usr/bin/env ")?;
    Some(format!("#!{}{option}\n{rest}", interpreter.display()))
}

fn path_of(command: &[&str]) -> Option<PathBuf> {
    let path = output(Command::new(command[0]).args(&command[1..]))?;
    Path::new(&path).is_file().then(|| path.into())
}

/// The first line of the standard output, if the command passes.
fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default().to_owned();
    output.status.success().then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_another_interpreter_and_keeps_its_lines() {
        let python = Path::new("/usr/bin/python3.11");
        assert_eq!(
            started_by("#!/usr/bin/env -S python3 -I\na\nb\n", python, " -I").unwrap(),
            "#!/usr/bin/python3.11 -I\na\nb\n"
        );
        assert_eq!(started_by("#!/bin/sh\na\n", python, ""), None);
        assert_eq!(started_by("", python, ""), None);
    }

    #[test]
    fn a_program_that_is_missing_has_no_path() {
        assert_eq!(path_of(&["no-such-program-here", "-x"]), None);
        assert_eq!(path_of(&["echo", "/no/such/file"]), None);
        assert_eq!(path_of(&["echo", "/proc/stat"]), Some("/proc/stat".into()));
    }

    #[test]
    fn the_scripts_of_the_peers_can_be_changed() {
        let laid_out = ALL[1].lay_out().unwrap().unwrap();
        let text = fs::read_to_string(laid_out.folder.path().join("bin/detect")).unwrap();
        let first = text.lines().next().unwrap();
        assert!(
            first.starts_with("#!/") && first.ends_with("bash"),
            "{first}"
        );
        assert!(!first.contains(' '), "{first}");
    }
}
