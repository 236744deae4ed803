//! Go: the official tool, whose target `wasip1` makes a core module.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use super::tool;

/// The programs that are tried. The second is in the folder that go.dev's own instructions use.
const PROGRAMS: [&str; 2] = ["go", "/usr/local/go/bin/go"];

/// Builds the module in a directory. Returns a core module.
pub(super) fn compile(dir: &Path) -> anyhow::Result<Vec<u8>> {
    ensure!(
        dir.join("kit/go.mod").is_file(),
        "{} has no kit: the file kit/go.mod is missing. 'wasm-buildpack new' makes a project with it",
        dir.display()
    );
    let go = find(&tool::ask)?;
    let made = tempfile::tempdir().context("a temporary folder can't be made")?;
    let module = made.path().join("buildpack.wasm");
    tool::run(
        Command::new(go)
            .args(["build", "-buildmode=c-shared"])
            // The bytes of the module depend neither on the folder nor on the commit of the project.
            .args(["-trimpath", "-buildvcs=false"])
            // The kit takes memory from the runtime's `sbrk`, which the linker refuses otherwise.
            .arg("-ldflags=-checklinkname=0")
            .arg("-o")
            .arg(&module)
            .arg(".")
            .envs([
                ("GOOS", "wasip1"),
                ("GOARCH", "wasm"),
                ("CGO_ENABLED", "0"),
                ("GOWORK", "off"),
            ])
            .current_dir(dir),
    )?;
    fs::read(&module).with_context(|| format!("{} can't be read", module.display()))
}

/// The first program that answers.
fn find(ask: &dyn Fn(&OsStr, &[&str]) -> Option<String>) -> anyhow::Result<&'static str> {
    let found = PROGRAMS
        .into_iter()
        .find(|program| ask(OsStr::new(program), &["version"]).is_some());
    let Some(program) = found else {
        bail!(
            "Go was not found: 'go' is not on PATH, and {} does not exist. Install Go 1.24 or later as go.dev/doc/install \
             says",
            PROGRAMS[1]
        )
    };
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_on_the_path_comes_first() {
        assert_eq!(find(&|_, _| Some(String::new())).unwrap(), "go");
    }

    #[test]
    fn the_usual_folder_is_tried_too() {
        let found =
            find(&|program, _| (program == "/usr/local/go/bin/go").then(String::new)).unwrap();
        assert_eq!(found, "/usr/local/go/bin/go");
    }

    #[test]
    fn the_error_says_what_to_install() {
        let error = find(&|_, _| None).unwrap_err().to_string();
        assert!(error.contains("'go' is not on PATH"), "{error}");
        assert!(error.contains("Install Go 1.24 or later"), "{error}");
    }

    #[test]
    fn a_project_without_its_kit_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = compile(dir.path()).unwrap_err().to_string();
        assert!(error.contains("kit/go.mod is missing"), "{error}");
    }
}
