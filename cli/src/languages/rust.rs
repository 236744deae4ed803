//! Rust: cargo builds the library of the package, which is a component already.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

const TARGET: &str = "wasm32-wasip2";

pub(super) fn compile(dir: &Path) -> anyhow::Result<Vec<u8>> {
    ensure_target(dir)?;
    let mut command = cargo(dir);
    command.args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Metadata = serde_json::from_slice(&output(command)?)
        .context("can't parse the output of cargo metadata")?;
    let library = library(&metadata, &fs::canonicalize(dir.join("Cargo.toml"))?)?;
    let mut command = cargo(dir);
    command.args(["build", "--release", "--lib", "--target", TARGET]);
    // Without it, the component would have this machine's paths in the messages of its panics, and other bytes on each
    // machine.
    command.arg("--config").arg(renamed(dir)?);
    let status = command.status().with_context(|| missing("cargo"))?;
    ensure!(
        status.success(),
        "'cargo' failed with {status}: its messages are above. Correct the source where they say, and try again"
    );
    let file = metadata.target_directory.join(TARGET);
    let file = file.join(format!("release/{library}.wasm"));
    fs::read(&file).with_context(|| format!("can't read {}", file.display()))
}

/// The part of `cargo metadata` that is used here.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    crate_types: Vec<String>,
}

/// The name, without its ending, of the file that cargo makes of the library in the package with this manifest.
fn library(metadata: &Metadata, manifest: &Path) -> anyhow::Result<String> {
    let is_it = |package: &&Package| package.manifest_path == manifest;
    let package = metadata.packages.iter().find(is_it);
    let package = package.with_context(|| {
        format!(
            "{} has no package: write `[package]` with a name and a version into it",
            manifest.display()
        )
    })?;
    let is_component = |target: &&Target| target.crate_types.iter().any(|kind| kind == "cdylib");
    let Some(target) = package.targets.iter().find(is_component) else {
        bail!(
            "the package '{}' has no library that becomes a component: add to {}\n\n[lib]\ncrate-type = [\"cdylib\"]",
            package.name,
            manifest.display()
        );
    };
    Ok(target.name.replace('-', "_"))
}

/// A configuration of cargo that renames this machine's folders in the component: those of the buildpack, of downloaded
/// crates, and of the standard library's sources, if they are installed. It adds to the author's own configuration.
fn renamed(dir: &Path) -> anyhow::Result<String> {
    let mut flags = vec![rename(&fs::canonicalize(dir)?, "/buildpack")?];
    if let Some(home) = cargo_home() {
        flags.push(rename(&home, "/cargo")?);
    }
    let version = ask_rustc(dir, &["--version", "--verbose"])?;
    let mut commit = version
        .lines()
        .filter_map(|line| line.strip_prefix("commit-hash: "));
    if let Some(commit) = commit.next() {
        let sysroot = ask_rustc(dir, &["--print", "sysroot"])?;
        let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
        // The name that the compiler writes if the sources are not installed.
        flags.push(rename(&library, &format!("/rustc/{commit}"))?);
    }
    let flags = toml::Value::try_from(flags)?;
    Ok(format!("target.{TARGET}.rustflags={flags}"))
}

fn rename(from: &Path, to: &str) -> anyhow::Result<String> {
    let from = from.to_str();
    let from = from.context("a folder's name is not UTF-8, and cargo's configuration must be")?;
    Ok(format!("--remap-path-prefix={from}={to}"))
}

/// The folder in which cargo keeps what it downloads.
#[expect(
    clippy::disallowed_methods,
    reason = "the variables by which cargo itself finds the folder"
)]
fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
    let default = || Some(Path::new(&std::env::var_os("HOME")?).join(".cargo"));
    set.map(PathBuf::from).or_else(default)
}

/// Checks that the standard library for components is installed. Without this check, the compiler would only say that
/// it can't find a crate.
fn ensure_target(dir: &Path) -> anyhow::Result<()> {
    let libdir = ask_rustc(dir, &["--print", "target-libdir", "--target", TARGET])?;
    let libdir = Path::new(libdir.trim());
    ensure!(
        libdir.is_dir(),
        "the Rust target {TARGET} is not installed: run `rustup target add {TARGET}`"
    );
    Ok(())
}

fn ask_rustc(dir: &Path, args: &[&str]) -> anyhow::Result<String> {
    let mut command = program("rustc", dir);
    command.args(args);
    Ok(String::from_utf8(output(command)?)?)
}

fn cargo(dir: &Path) -> Command {
    program("cargo", dir)
}

/// A program of the toolchain that is selected in the author's project.
fn program(name: &str, dir: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(dir);
    // Such flags are meant for other programs, and would replace those that are set here.
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"] {
        command.env_remove(variable);
    }
    command
}

fn output(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => anyhow::Error::msg(missing(&program)),
        _ => anyhow::Error::new(error).context(format!("{program} can't be started")),
    })?;
    let status = output.status;
    ensure!(
        status.success(),
        "{program} failed ({status}): its messages above name the cause"
    );
    Ok(output.stdout)
}

fn missing(program: &str) -> String {
    format!("{program} is not installed, or not in PATH: install Rust by rustup, https://rustup.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(targets: &str) -> Metadata {
        let text = format!(
            r#"{{"target_directory":"/t","packages":[
                {{"name":"kit","manifest_path":"/b/kit/Cargo.toml","targets":[{{"name":"kit","crate_types":["lib"]}}]}},
                {{"name":"my-pack","manifest_path":"/b/Cargo.toml","targets":[{targets}]}}
            ]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_component_is_the_dynamic_library_of_the_package_itself() {
        let metadata = metadata(
            r#"{"name":"tool","crate_types":["bin"]},{"name":"my-pack","crate_types":["cdylib","rlib"]}"#,
        );
        let found = library(&metadata, Path::new("/b/Cargo.toml")).unwrap();
        assert_eq!(found, "my_pack");
    }

    #[test]
    fn a_package_without_such_a_library_and_a_manifest_without_a_package_are_refused() {
        let metadata = metadata(r#"{"name":"my-pack","crate_types":["lib"]}"#);
        let error = library(&metadata, Path::new("/b/Cargo.toml")).unwrap_err();
        assert!(
            error.to_string().contains("crate-type = [\"cdylib\"]"),
            "{error}"
        );
        let error = library(&metadata, Path::new("/c/Cargo.toml")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("/c/Cargo.toml has no package"),
            "{error}"
        );
    }
}
