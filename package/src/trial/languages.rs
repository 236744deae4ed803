//! Finds the tools of the languages in which a buildpack can be written, and brings them into a project.
//!
//! Nothing here installs a tool.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::cargo;

/// Finds the tools of a language, or says what is missing.
pub fn can_build(language: &str) -> Result<(), String> {
    let example = example(language);
    if !example.is_dir() {
        return Err(format!("{} does not exist", example.display()));
    }
    let any = |commands: &[&str]| commands.iter().any(|command| starts(command));
    match language {
        "rust" => {
            let libdir = output("rustc --print target-libdir --target wasm32-wasip2");
            let is_there = libdir.is_some_and(|dir| Path::new(dir.trim()).is_dir());
            lacking(is_there, "the Rust target wasm32-wasip2 is not installed")
        }
        "c" => {
            let libc = Path::new("/usr/lib/wasm32-wasi/crt1-reactor.o").is_file();
            let clang = libc && starts("clang --version");
            let found = clang || any(&["python3 -m ziglang version", "zig version"]);
            lacking(found, "neither zig nor clang with wasi-libc is installed")
        }
        "go" => {
            let found = any(&["go version", "/usr/local/go/bin/go version"]);
            lacking(found, "Go is not installed")
        }
        "python" => {
            let found = example.join(".venv").is_dir()
                || any(&[
                    "componentize-py --version",
                    "python3 -m componentize_py --version",
                ]);
            lacking(
                found,
                "componentize-py is neither on PATH nor in examples/python/.venv",
            )
        }
        _ => lacking(
            example.join("node_modules").is_dir(),
            &format!("examples/{language}/node_modules does not exist: run 'npm install' there"),
        ),
    }
}

/// Whether the packages of npm that an example has installed contain this program.
#[must_use]
pub fn npm_has(language: &str, program: &str) -> bool {
    let programs = example(language).join("node_modules/.bin");
    programs.join(program).exists()
}

/// Links the folders into which an author installs tools, from the example in the same language.
pub fn bring_tools(language: &str, project: &Path) -> anyhow::Result<()> {
    for name in [".venv", "node_modules"] {
        let tools = example(language).join(name);
        if tools.is_dir() {
            let place = project.join(name);
            symlink(fs::canonicalize(tools)?, &place)
                .with_context(|| format!("can't make {}", place.display()))?;
        }
    }
    Ok(())
}

fn example(language: &str) -> PathBuf {
    cargo::root().join("examples").join(language)
}

fn lacking(is_there: bool, text: &str) -> Result<(), String> {
    is_there.then_some(()).ok_or_else(|| text.to_owned())
}

fn starts(command: &str) -> bool {
    output(command).is_some()
}

/// The standard output of a command, if it starts and passes.
fn output(command: &str) -> Option<String> {
    let mut words = command.split(' ');
    let output = Command::new(words.next()?)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}
