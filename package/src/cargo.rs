//! Calls cargo for everything that is built separately, such as the shipped host and the guests.
//!
//! A build of the whole workspace gives every package the features that any of them asks for, so the host would get a
//! compiler.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::arch::Arch;
use crate::shipped;

pub use crate::checkout::{bare, build_in, output, root, target_dir};

pub const GUEST_TARGET: &str = "wasm32-wasip2";

/// The optimisation of the host. The profiles differ in nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As shipped.
    Release,
    /// Incremental and without whole-program optimisation: a build after an edit takes seconds, and not minutes.
    Trial,
}

impl Profile {
    /// The profile of the host that tests and the demo run: `Trial`, or `Release` if `HOST_PROFILE` is `release`.
    #[expect(
        clippy::disallowed_methods,
        reason = "a person or CI selects the tested host by a variable"
    )]
    pub fn of_trials() -> anyhow::Result<Self> {
        Self::named(std::env::var_os("HOST_PROFILE").as_deref())
    }

    fn named(name: Option<&OsStr>) -> anyhow::Result<Self> {
        match name.map(OsStr::as_encoded_bytes) {
            None | Some(b"" | b"trial") => Ok(Self::Trial),
            Some(b"release") => Ok(Self::Release),
            _ => bail!("HOST_PROFILE must be 'release' or 'trial'"),
        }
    }

    /// The name of the profile in Cargo.toml.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Trial => "trial",
        }
    }
}

/// Builds the host and returns its path.
pub fn host(arch: Arch, profile: Profile) -> anyhow::Result<PathBuf> {
    let target = arch.host_target();
    let mut command = cargo(&target, &["--package", "host", "--profile", profile.name()])?;
    shipped::host(&mut command, arch)?;
    run(command)?;
    Ok(target_dir().join(target).join(profile.name()).join("host"))
}

/// Builds the program that compiles components and returns its path: the one that ships, or that of trials, which makes
/// the same artifacts more slowly. A build of the whole workspace would give the compiler's features to every user of
/// the engine.
pub fn compiler(profile: Profile) -> anyhow::Result<PathBuf> {
    let (name, folder) = match profile {
        Profile::Release => ("compiler", "compiler"),
        Profile::Trial => ("dev", "debug"),
    };
    let mut command = bare("cargo");
    command
        .args(["build", "--locked", "--package", "compiler"])
        .args(["--profile", name, "--target-dir"])
        .arg(target_dir());
    run(command)?;
    Ok(target_dir().join(folder).join("compiler"))
}

/// Builds the tool for authors and returns its path. It contains no program of ours.
///
/// `features` is built with it, so that it shares its dependencies with the tests.
pub(crate) fn tool() -> anyhow::Result<PathBuf> {
    let mut command = bare("cargo");
    command
        .args(["build", "--locked", "--package", "wasm-buildpack"])
        .args(["--package", "features", "--target-dir"])
        .arg(target_dir());
    run(command)?;
    Ok(target_dir().join("debug/wasm-buildpack"))
}

/// Builds the tool for this machine as it ships, with the programs in a folder that this variable names to its build.
pub fn shipped_tool(variable: &str, programs: &Path) -> anyhow::Result<PathBuf> {
    let target = format!("{}-unknown-linux-gnu", Arch::here()?.in_rust());
    let mut command = cargo(&target, &["--package", "wasm-buildpack", "--release"])?;
    shipped::portable(&mut command)?;
    command.env(variable, programs);
    run(command)?;
    Ok(target_dir().join(target).join("release/wasm-buildpack"))
}

/// Checks that this machine can build the host for an architecture. The error names what is missing.
pub fn can_build_host(arch: Arch) -> anyhow::Result<()> {
    ensure_target(&arch.host_target())?;
    shipped::compiler(arch).map(|_| ())
}

/// The instrumentation for libFuzzer: branches, the count of each, and compared values. Stable compilers support it.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// Builds the fuzz targets with libFuzzer and returns the program's path.
pub fn fuzzer() -> anyhow::Result<PathBuf> {
    // With a named target, build scripts and macros, which run without libFuzzer, are compiled without the flags.
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut command = cargo(
        &target,
        &[
            "--package",
            "fuzz",
            "--features",
            "long",
            "--bin",
            "long",
            "--profile",
            "fuzz",
        ],
    )?;
    command.env("RUSTFLAGS", COVERAGE);
    run(command).context("the fuzz targets can't be built; libFuzzer needs a C++ compiler")?;
    Ok(target_dir().join(target).join("fuzz/long"))
}

/// Builds the job template's guest and returns its path.
pub fn guest() -> anyhow::Result<PathBuf> {
    let mut command = cargo(GUEST_TARGET, &["--package", "guest", "--release", "--lib"])?;
    shipped::portable(&mut command)?;
    run(command)?;
    Ok(target_dir().join(GUEST_TARGET).join("release/guest.wasm"))
}

/// Builds the components of Python and of its packages, and returns the folder with them.
pub fn python_guests() -> anyhow::Result<PathBuf> {
    let packages = ["--package", "cpython", "--package", "python-packages"];
    let mut command = cargo(GUEST_TARGET, &packages)?;
    command.args(["--release", "--lib"]);
    shipped::portable(&mut command)?;
    run(command)?;
    Ok(target_dir().join(GUEST_TARGET).join("release"))
}

/// Builds the guests of the tests and returns the folder with them.
pub fn test_guests() -> anyhow::Result<PathBuf> {
    run(cargo(
        GUEST_TARGET,
        &["--package", "guests", "--examples", "--profile", "guests"],
    )?)?;
    Ok(target_dir().join(GUEST_TARGET).join("guests/examples"))
}

/// Builds an example in Rust, which is a workspace of its own as an author's project is, and returns the component's path.
pub(crate) fn example(name: &str) -> anyhow::Result<PathBuf> {
    let target = target_dir().join("examples").join(name);
    ensure_target(GUEST_TARGET)?;
    let mut command = bare("cargo");
    command
        .args([
            "build",
            "--locked",
            "--release",
            "--lib",
            "--target",
            GUEST_TARGET,
        ])
        .arg("--manifest-path")
        .arg(root().join("examples").join(name).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    run(command)?;
    let built = target.join(GUEST_TARGET).join("release");
    let components = std::fs::read_dir(&built)?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut components =
        components.filter(|path| path.extension().is_some_and(|end| end == "wasm"));
    components
        .next()
        .with_context(|| format!("{} has no component", built.display()))
}

/// Builds `walls`, the program that tries the sandbox from within, as a static program, and returns its path.
pub fn walls(arch: Arch) -> anyhow::Result<PathBuf> {
    static_program(arch, "walls")
}

/// Builds the first process of a virtual machine as a static program, and returns its path.
pub fn first_process(arch: Arch) -> anyhow::Result<PathBuf> {
    static_program(arch, "boot")
}

/// Builds a program with the flags of the shipped host, so that dependencies that both have are built once.
fn static_program(arch: Arch, package: &str) -> anyhow::Result<PathBuf> {
    let target = arch.host_target();
    let mut command = cargo(&target, &["--package", package, "--bins", "--release"])?;
    shipped::host(&mut command, arch)?;
    run(command)?;
    Ok(target_dir().join(target).join("release").join(package))
}

/// The packages in the host for an architecture, one per line, as `cargo tree` prints them.
pub fn host_tree(arch: Arch, edges: &str, format: &str) -> anyhow::Result<String> {
    let mut command = bare("cargo");
    command
        .args(["tree", "--locked", "--package", "host", "--edges", edges])
        .args(["--prefix", "none", "--format", format, "--target"])
        .arg(arch.host_target());
    Ok(String::from_utf8(output(command)?)?)
}

/// The packages that are in the host for an architecture, with their licences, for its bills of materials. It names no
/// folder of this machine.
pub fn host_crates(arch: Arch) -> anyhow::Result<String> {
    let tree = host_tree(arch, "normal,no-proc-macro", "{p}\t{l}")?;
    Ok(tree.replace(&root().display().to_string(), shipped::CHECKOUT))
}

/// The dependencies of these packages, or of all default ones, and of their tests: one per line, with its features.
pub fn tested_tree(packages: &[&str]) -> anyhow::Result<String> {
    let mut command = bare("cargo");
    command.args([
        "tree",
        "--locked",
        "--prefix",
        "none",
        "--edges",
        "normal,build,dev",
    ]);
    command.args(["--format", "{p} {f}"]);
    for package in packages {
        command.args(["--package", package]);
    }
    Ok(String::from_utf8(output(command)?)?)
}

/// Builds the benchmark and returns its path. It is not optimised, because it mostly waits for other programs.
pub fn benchmark() -> anyhow::Result<PathBuf> {
    let mut command = bare("cargo");
    command
        .args(["build", "--locked", "--package", "bench", "--target-dir"])
        .arg(target_dir());
    run(command)?;
    Ok(target_dir().join("debug/bench"))
}

/// Builds the native buildpack that the benchmark compares with, optimised and static, and returns its path.
pub fn native_buildpack() -> anyhow::Result<PathBuf> {
    let target = Arch::here()?.host_target();
    let native = ["--package", "native-buildpack", "--release"];
    run(cargo(&target, &native)?)?;
    Ok(target_dir().join(target).join("release/native-buildpack"))
}

fn cargo(target: &str, args: &[&str]) -> anyhow::Result<Command> {
    ensure_target(target)?;
    let mut command = bare("cargo");
    command
        .args(["build", "--locked", "--target", target, "--target-dir"])
        .arg(target_dir())
        .args(args);
    Ok(command)
}

fn run(mut command: Command) -> anyhow::Result<()> {
    let status = command.status().context("cargo can't be started")?;
    ensure!(status.success(), "cargo failed ({status}): {command:?}");
    Ok(())
}

/// Checks that the standard library for a target is installed. The error says how to install it.
fn ensure_target(target: &str) -> anyhow::Result<()> {
    let mut command = bare("rustc");
    command.args(["--print", "target-libdir", "--target", target]);
    let libdir = output(command)?;
    let libdir = PathBuf::from(String::from_utf8_lossy(&libdir).trim());
    if libdir.is_dir() {
        return Ok(());
    }
    bail!(
        "the Rust target {target} is not installed\n\
         install what rust-toolchain.toml names: run `rustup toolchain install` in this folder"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_trials_is_fast_unless_the_shipped_one_is_asked_for() {
        for (name, profile) in [
            (None, Profile::Trial),
            (Some(""), Profile::Trial),
            (Some("trial"), Profile::Trial),
            (Some("release"), Profile::Release),
        ] {
            assert_eq!(Profile::named(name.map(OsStr::new)).unwrap(), profile);
        }
        let error = Profile::named(Some(OsStr::new("debug"))).unwrap_err();
        assert!(
            error.to_string().starts_with("HOST_PROFILE must be"),
            "{error}"
        );
    }
}
