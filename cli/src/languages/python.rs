//! Python: componentize-py imports the project once and keeps the state of `CPython` as a component.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::{inputs, project};

/// The program, and the version that the kit was tried with.
const PROGRAM: &str = "componentize-py";
const VERSION: &str = "0.25.1";

/// The module of the kit that has the component's exports.
const ENTRY: &str = "kit.component";

pub(super) fn compile(dir: &Path) -> anyhow::Result<Vec<u8>> {
    let (program, found) = program(dir)?;
    let work = tempfile::tempdir().context("can't make a temporary folder")?;
    let [source, wit, empty, output] =
        ["source", "wit", "empty", "component.wasm"].map(|name| work.path().join(name));
    project::copy(dir, &source)?;
    project::contract(dir, &wit)?;

    // Without a virtual environment, componentize-py takes modules from the machine's own Python.
    let environment = dir.join(".venv");
    let environment = if environment.is_dir() {
        fs::canonicalize(environment)?
    } else {
        fs::create_dir_all(empty.join("lib/python3/site-packages"))?;
        empty
    };
    let mut command = Command::new(&program);
    command
        .args(["--quiet", "--world", "buildpack", "--wit-path"])
        .arg(&wit)
        .args(["componentize", ENTRY, "--python-path"])
        .arg(&source)
        .arg("--output")
        .arg(&output)
        .env("VIRTUAL_ENV", environment)
        .env("RUST_BACKTRACE", "0");
    let ended = project::run(&mut command)?.with_context(|| missing(dir))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        let mut why = explained(&said);
        if found != VERSION {
            why.push_str(&other_version(&found));
        }
        bail!("{why}");
    }
    fs::read(&output).with_context(|| format!("{PROGRAM} ended well and wrote no component"))
}

/// The digest of all that decides on the component.
pub(super) fn inputs(dir: &Path) -> anyhow::Result<String> {
    let (program, version) = program(dir)?;
    let tool = format!("{} {version}", program.display());
    inputs::digest(dir, &tool, &[dir.join(".venv")])
}

/// The path or name of componentize-py, and its version.
fn program(dir: &Path) -> anyhow::Result<(PathBuf, String)> {
    let own = dir.join(".venv/bin").join(PROGRAM);
    for program in [own.as_path(), Path::new(PROGRAM)] {
        let Some(ended) = project::run(Command::new(program).arg("--version"))? else {
            continue;
        };
        if !ended.status.success() {
            bail!(
                "'{} --version' failed: {}",
                program.display(),
                String::from_utf8_lossy(&ended.stderr).trim()
            );
        }
        let said = String::from_utf8_lossy(&ended.stdout);
        let version = said.split_whitespace().last().unwrap_or_default();
        return Ok((program.to_owned(), version.to_owned()));
    }
    bail!("{}", missing(dir))
}

fn missing(dir: &Path) -> String {
    format!(
        "'{PROGRAM}' is neither in {} nor on the PATH. Install it: python3 -m venv .venv && .venv/bin/pip install \
         {PROGRAM}=={VERSION}",
        dir.join(".venv/bin").display()
    )
}

fn other_version(found: &str) -> String {
    format!(
        "\nThis is {PROGRAM} {found}, and the kit was tried with {VERSION}: pip install {PROGRAM}=={VERSION}"
    )
}

/// The part of componentize-py's output that concerns the author: the traceback of the author's module, and advice.
fn explained(said: &str) -> String {
    let Some((_, rest)) = said.split_once("AssertionError: ") else {
        return format!("{PROGRAM} failed:\n{}", said.trim());
    };
    let traceback = rest.split("\n\nCaused by:").next().unwrap_or(rest).trim();
    // The folder of the project, as componentize-py mounts it.
    let traceback = without_kit(&traceback.replace("File \"/0/", "File \""));
    let last = traceback.lines().last().unwrap_or_default();
    let advice = match last.split(':').next() {
        Some("ModuleNotFoundError") => {
            "A module must lie beside buildpack.py, or be installed in the project's '.venv'. Modules with native code \
             can't be used."
        }
        Some("SyntaxError" | "IndentationError" | "TabError") => {
            "A component has CPython 3.14, whose syntax may differ from the Python of this machine."
        }
        Some("ImportError") if last.contains("kit.Buildpack") => {
            "A buildpack is one class: class MyBuildpack(Buildpack), with the methods 'detect' and 'build'."
        }
        _ => {
            "The module is imported while the component is made, in a sandbox without network, files and processes. \
             Move what needs an application into 'detect' or 'build'."
        }
    };
    format!("buildpack.py can't be imported:\n{traceback}\n{advice}")
}

/// Leaves out of a traceback the frames of the kit that import the author's module and find its class.
fn without_kit(traceback: &str) -> String {
    let mut kept = Vec::new();
    let mut is_kit = false;
    for line in traceback.lines() {
        if line.starts_with("  File \"") {
            let of = |name: &str| line.starts_with(&format!("  File \"kit/{name}.py\""));
            is_kit = of("component") || of("chosen");
        } else if !line.starts_with("    ") {
            is_kit = false;
        }
        if !is_kit {
            kept.push(line);
        }
    }
    // A heading without a frame below it.
    if kept.len() == 2 {
        kept.remove(0);
    }
    kept.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_OF_THE_TOOL: &str = "Traceback (most recent call last):
  File \"/opt/venv/bin/componentize-py\", line 8, in <module>
    sys.exit(script())
             ^^^^^^^^
AssertionError: ";

    #[test]
    fn a_missing_module_is_shown_with_the_authors_line_only() {
        let said = format!(
            "{FRAME_OF_THE_TOOL}Traceback (most recent call last):
  File \"/0/kit/component.py\", line 16, in <module>
    import buildpack
  File \"/0/buildpack.py\", line 1, in <module>
    import requests
ModuleNotFoundError: No module named 'requests'


Caused by:
    ModuleNotFoundError: No module named 'requests'
"
        );
        let expected = "buildpack.py can't be imported:
Traceback (most recent call last):
  File \"buildpack.py\", line 1, in <module>
    import requests
ModuleNotFoundError: No module named 'requests'
A module must lie beside buildpack.py, or be installed in the project's '.venv'. Modules with native code \
             can't be used.";
        assert_eq!(explained(&said), expected);
    }

    #[test]
    fn a_missing_class_is_shown_without_a_traceback() {
        let said = format!(
            "{FRAME_OF_THE_TOOL}Traceback (most recent call last):
  File \"/0/kit/component.py\", line 25, in <module>
    _BUILDPACK = chosen(buildpack)
  File \"/0/kit/chosen.py\", line 19, in chosen
    raise ImportError(\"buildpack.py has no class that is derived from 'kit.Buildpack'\")
ImportError: buildpack.py has no class that is derived from 'kit.Buildpack'


Caused by:
    ImportError: buildpack.py has no class that is derived from 'kit.Buildpack'
"
        );
        let expected = "buildpack.py can't be imported:
ImportError: buildpack.py has no class that is derived from 'kit.Buildpack'
A buildpack is one class: class MyBuildpack(Buildpack), with the methods 'detect' and 'build'.";
        assert_eq!(explained(&said), expected);
    }

    #[test]
    fn a_fault_of_the_tool_is_shown_whole() {
        assert_eq!(
            explained("no such world\n"),
            "componentize-py failed:\nno such world"
        );
    }

    #[test]
    fn a_tool_in_the_projects_environment_comes_first() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join(".venv/bin");
        fs::create_dir_all(&bin).unwrap();
        let own = bin.join(PROGRAM);
        fs::write(&own, "#!/bin/sh\necho componentize-py 9.9.9\n").unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        let (found, version) = program(folder.path()).unwrap();
        assert_eq!((found, version.as_str()), (own, "9.9.9"));
    }
}
