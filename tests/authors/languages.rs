//! Every language's way from an empty folder to a package: `new`, `test`, `run` and `package`, outside of this checkout.
//!
//! A language whose tools are missing is skipped, and the reason is printed. `AUTHORS` names the languages that must not
//! be skipped, such as `rust c`.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use package::arch::Arch;
use package::cargo;

use crate::tool::call;

#[test]
fn rust() {
    from_an_empty_folder_to_a_package("rust");
}

#[test]
fn c() {
    from_an_empty_folder_to_a_package("c");
}

#[test]
fn go() {
    from_an_empty_folder_to_a_package("go");
}

#[test]
fn python() {
    from_an_empty_folder_to_a_package("python");
}

#[test]
fn js() {
    from_an_empty_folder_to_a_package("js");
}

#[test]
fn ts() {
    from_an_empty_folder_to_a_package("ts");
}

fn from_an_empty_folder_to_a_package(language: &str) {
    if let Err(lacks) = can_build(language) {
        return skip(language, &lacks);
    }
    let folder = tempfile::tempdir().unwrap();
    let name = format!("hello-{language}");
    call(folder.path(), &["new", &name, "--lang", language])
        .ends_with(0)
        .says(&format!("  cd {name}\n"))
        .says("  wasm-buildpack test\n");
    let project = folder.path().join(&name);
    bring_tools(language, &project);
    let tested = call(&project, &["test"]).ends_with(0);
    tested.says("hello: passed\n").says("1 passed, 0 failed\n");
    let run = ["run", "--app", "samples/hello/app", "--start"];
    call(&project, &run)
        .ends_with(0)
        .says("\nProcesses\n  web (default): bash -c ")
        .says("\nhello");
    call(&project, &["package"]).ends_with(0);
    assert!(project.join("package.toml").is_file());
    for arch in Arch::ALL {
        let folder = project.join("target/package/linux").join(arch.name());
        assert!(folder.join("guest.cwasm").is_file());
        assert!(folder.join("bin/detect").is_file());
    }
}

/// Prints on the real standard error, because the harness of the tests keeps what a test that passes prints.
pub(crate) fn skip(what: &str, reason: &str) {
    assert!(!must_run(what), "{what} must not be skipped here: {reason}");
    let reason = reason.lines().collect::<Vec<_>>().join("; ");
    // In one call, because other tests print at the same time.
    let line = format!("SKIPPED: {what}: {reason}\n");
    io::stderr().write_all(line.as_bytes()).unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "CI names what must run in a variable"
)]
fn must_run(what: &str) -> bool {
    let all = std::env::var("AUTHORS").unwrap_or_default();
    let language = what.split(':').next();
    all.split_whitespace().any(|one| Some(one) == language)
}

/// Finds the tools of a language, or says what is missing.
pub(crate) fn can_build(language: &str) -> Result<(), String> {
    let example = cargo::root().join("examples").join(language);
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

fn lacking(is_there: bool, text: &str) -> Result<(), String> {
    is_there.then_some(()).ok_or_else(|| text.to_owned())
}

/// Links the folders into which an author installs tools, from the example in the same language.
pub(crate) fn bring_tools(language: &str, project: &Path) {
    let example = cargo::root().join("examples").join(language);
    for name in [".venv", "node_modules"] {
        let tools = example.join(name);
        if tools.is_dir() {
            symlink(fs::canonicalize(tools).unwrap(), project.join(name)).unwrap();
        }
    }
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
