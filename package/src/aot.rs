//! Compiles a component ahead of time, with the configuration under which the host runs it.
//!
//! The compiler is a program of its own, `package/compiler`, so that nothing else in the workspace links Cranelift.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use engine::ENGINE_VERSION;
use engine::artifact::{Record, hex};

use crate::arch::Arch;
use crate::cargo::{self, Profile};
use crate::running::Running;
use crate::say;

/// The files that decide, with the component and the architecture, the bytes of an artifact.
const SETTINGS: [&str; 6] = [
    "Cargo.lock",
    "Cargo.toml",
    "host/engine/src/config.rs",
    "package/compiler/Cargo.toml",
    "package/compiler/src/main.rs",
    "rust-toolchain.toml",
];

/// The time after which a person is told that the compiler still works. The compiler that the tool brings along needs less
/// for the largest known components, on two cores.
const LONG: Duration = Duration::from_secs(45);

/// A compiled component and its record.
pub struct Compiled {
    /// The bytes of `guest.cwasm`.
    pub artifact: Vec<u8>,
    /// The content of `artifact.toml`.
    pub record: Record,
    pub arch: Arch,
}

impl Compiled {
    /// Makes the record of an artifact that was compiled from this component.
    #[must_use]
    pub fn of(component: &[u8], artifact: Vec<u8>, arch: Arch) -> Self {
        let record = Record {
            component_sha256: sha256(component),
            artifact_sha256: sha256(&artifact),
            artifact_crc32: crc32(&artifact),
            artifact_bytes: artifact.len() as u64,
            engine: ENGINE_VERSION.to_owned(),
            arch: arch.name().to_owned(),
        };
        Self {
            artifact,
            record,
            arch,
        }
    }

    /// The text of `artifact.toml`.
    pub fn record_text(&self) -> anyhow::Result<String> {
        Ok(toml::to_string(&self.record)?)
    }
}

/// Compiles a component for every processor of an architecture, by this checkout's compiler.
pub fn compile(component: &[u8], arch: Arch) -> anyhow::Result<Compiled> {
    compile_by(&compiler()?, component, arch)
}

/// Compiles a component by the compiler in this file. It has no time limit: an honest component may take minutes on a slow
/// machine, and whoever waits can end it.
pub fn compile_by(program: &Path, component: &[u8], arch: Arch) -> anyhow::Result<Compiled> {
    let folder = tempfile::tempdir()?;
    let [from, to] = ["guest.wasm", "guest.cwasm"].map(|name| folder.path().join(name));
    fs::write(&from, component)?;
    let mut command = Command::new(program);
    command.arg(&from).args(["--target", arch.name()]).arg(&to);
    let output = await_end(&mut command, LONG, || {
        let (name, kib) = (arch.name(), component.len() >> 10);
        say::step(&format!(
            "still compiling the component for {name}: it has {kib} KiB, and the compiler may need minutes"
        ));
    })
    .with_context(|| format!("can't start {}", program.display()))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let text = text.trim_end();
        bail!("{}", text.strip_prefix("error: ").unwrap_or(text));
    }
    let artifact = fs::read(&to).with_context(|| format!("can't read {}", to.display()))?;
    Ok(Compiled::of(component, artifact, arch))
}

/// Runs a program to its end. If it takes longer than this time, `takes_long` is called once.
fn await_end(
    command: &mut Command,
    time: Duration,
    takes_long: impl FnOnce(),
) -> io::Result<Output> {
    let mut running = Running::start(command)?;
    if let Some(output) = running.within(time)? {
        return Ok(output);
    }
    takes_long();
    running.output()
}

/// Builds the compiler, at most once in this process, and returns its path. It takes no time if it is up to date.
fn compiler() -> anyhow::Result<PathBuf> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let make = || cargo::compiler(Profile::of_trials()?);
    let built = PROGRAM.get_or_init(|| make().map_err(|error| format!("{error:#}")));
    built.clone().map_err(|error| anyhow!(error))
}

/// A cache key for `compile`: the same key means the same artifact. It is computed from the component and the
/// compiler's sources, without the compiler itself.
pub fn key(component: &[u8], arch: Arch) -> anyhow::Result<String> {
    let mut settings = String::new();
    for file in SETTINGS {
        let path = cargo::root().join(file);
        let bytes = fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        settings.push_str(&sha256(&bytes));
    }
    let settings = sha256(settings.as_bytes());
    Ok(format!("{}-{}-{settings}", sha256(component), arch.name()))
}

/// The SHA-256 digest in hexadecimal, as records have it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

/// The CRC-32 checksum in hexadecimal, as records have it.
#[must_use]
pub fn crc32(bytes: &[u8]) -> String {
    hex(&crc32fast::hash(bytes).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_takes_long_is_reported_once_and_its_result_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let mut reports = 0;
        // The program waits for a writer, so it cannot end before it was reported.
        let ended = await_end(
            Command::new("cat").arg(&pipe),
            Duration::from_millis(1),
            || {
                reports += 1;
                fs::write(&pipe, "artifact").unwrap();
            },
        );
        assert_eq!((&ended.unwrap().stdout[..], reports), (&b"artifact"[..], 1));
    }

    #[test]
    fn a_compiler_that_ends_soon_is_not_reported() {
        let never = || panic!("it was reported");
        let ended = await_end(&mut Command::new("true"), Duration::from_mins(10), never);
        assert!(ended.unwrap().status.success());
    }

    #[test]
    fn another_component_or_architecture_has_another_key() {
        let keys = [
            key(b"one", Arch::Amd64),
            key(b"one", Arch::Amd64),
            key(b"one", Arch::Arm64),
            key(b"two", Arch::Amd64),
        ]
        .map(Result::unwrap);
        assert_eq!(keys[0], keys[1]);
        assert_ne!(keys[0], keys[2]);
        assert_ne!(keys[0], keys[3]);
    }
}
