//! Sets the flags of the shipped host and guest, so that every folder and every user gets the same bytes.
//!
//! The compiler writes paths of source files into its output, for the messages of panics. Each folder of this machine
//! is renamed to a name that is the same everywhere.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;

use crate::arch::Arch;
use crate::checkout;

/// The name of this checkout in a binary.
pub(crate) const CHECKOUT: &str = "/buildpack";
/// The name of the folder of downloaded crates in a binary.
const CRATES: &str = "/crates";

/// More flags for the shipped host.
const HOST_FLAGS: [&str; 5] = [
    // Rust's own linker supports every architecture, and is the same on every machine.
    "-Clinker=rust-lld",
    // Relative relocations, the addresses that are known only at start, take a bit and not 24 bytes each.
    "-Clink-arg=--pack-dyn-relocs=relr",
    // Functions with the same code are linked once. Rust does not promise that two functions have different addresses.
    "-Clink-arg=--icf=all",
    // Random numbers that need not be secret come from the portable code. Asking the processor for its features costs
    // more than making them in a virtual machine. TLS has its own generator and ciphers.
    "--cfg",
    "chacha20_backend=\"soft\"",
];

/// Sets the flags for a build of what ships besides the host: the guest and the tool.
pub(crate) fn portable(command: &mut Command) -> anyhow::Result<()> {
    flags(command, renamed()?.iter().cloned());
    Ok(())
}

/// Sets the flags and the C compiler for a build of the shipped host for an architecture.
pub(crate) fn host(command: &mut Command, arch: Arch) -> anyhow::Result<()> {
    let flags_of_host = HOST_FLAGS.map(OsString::from);
    flags(command, renamed()?.iter().cloned().chain(flags_of_host));
    if let Some((variable, compiler)) = compiler(arch)? {
        command.env(variable, compiler);
        // The host's only C code is a crypto library, which needs no C library. So this machine's headers and compiler
        // are enough, also for glibc, without its fortified functions. Debug information is off because it has paths.
        command.env(
            format!("CFLAGS_{}", arch.host_target().replace('-', "_")),
            "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0 -g0",
        );
    }
    Ok(())
}

/// Sets flags as a list, and not as `RUSTFLAGS`, which is split at spaces.
fn flags(command: &mut Command, flags: impl Iterator<Item = OsString>) {
    let flags: Vec<_> = flags.collect();
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}".as_ref()));
}

/// The C compiler for an architecture and the variable that names it to a build, or `None` if a person has set that.
///
/// The error says what to install.
#[expect(
    clippy::disallowed_methods,
    reason = "a person can name the C compiler, as for any build"
)]
pub(crate) fn compiler(arch: Arch) -> anyhow::Result<Option<(String, &'static str)>> {
    let variable = format!("CC_{}", arch.host_target().replace('-', "_"));
    if std::env::var_os(&variable).is_some() {
        return Ok(None);
    }
    let (compiler, package) = arch.c_compiler(Arch::here()?);
    let found = Command::new(compiler).arg("--version").output();
    ensure!(
        found.is_ok_and(|output| output.status.success()),
        "the host for {arch} needs the C compiler {compiler}, which is missing\n\
         on Debian and Ubuntu: apt-get install {package}\n\
         or name another one in {variable}",
        arch = arch.name()
    );
    Ok(Some((variable, compiler)))
}

/// The flags that rename this machine's folders.
fn renamed() -> anyhow::Result<&'static [OsString]> {
    static FLAGS: OnceLock<Result<Vec<OsString>, String>> = OnceLock::new();
    let flags = FLAGS.get_or_init(|| {
        let folders = folders().map_err(|error| format!("{error:#}"))?;
        Ok(folders.iter().map(|(from, to)| rename(from, to)).collect())
    });
    flags.as_deref().map_err(|error| anyhow!("{error}"))
}

fn rename(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

/// The folders of this machine, with their names in shipped binaries. If several match, the last one counts.
pub fn folders() -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut folders = vec![(checkout::root(), CHECKOUT.to_owned())];
    for folder in crates()? {
        folders.push((folder, CRATES.to_owned()));
    }
    let (library, name) = standard_library()?;
    folders.push((library, name));
    Ok(folders)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    /// `None` for a package of this workspace.
    source: Option<String>,
}

/// The folders in which cargo keeps the sources of downloaded crates.
fn crates() -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut command = checkout::bare("cargo");
    command.args(["metadata", "--locked", "--format-version", "1"]);
    command.args(["--filter-platform", &Arch::here()?.host_target()]);
    let metadata: Metadata = serde_json::from_slice(&checkout::output(command)?)
        .context("can't parse the output of cargo metadata")?;
    let downloaded = metadata.packages.iter().filter(|one| one.source.is_some());
    let folders = downloaded.filter_map(|one| one.manifest_path.parent()?.parent());
    Ok(folders.map(Path::to_owned).collect())
}

/// The folder of the standard library's sources if they are installed, and the name that the compiler writes if they
/// are not.
fn standard_library() -> anyhow::Result<(PathBuf, String)> {
    let ask = |args: &[&str]| {
        let mut command = checkout::bare("rustc");
        command.args(args);
        checkout::output(command).and_then(|text| Ok(String::from_utf8(text)?))
    };
    let sysroot = ask(&["--print", "sysroot"])?;
    let version = ask(&["--version", "--verbose"])?;
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "));
    let commit = commit.context("the output of rustc has no commit hash")?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    Ok((library, format!("/rustc/{commit}")))
}
