//! How the shipped host and guest are compiled: the same bytes from any folder, by any user.
//!
//! The compiler writes the paths of sources into what it makes, where a panic tells its place. Here each folder that
//! is a machine's own gets a name that is everyone's.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;

use crate::arch::Arch;
use crate::checkout;

/// What this checkout is called in a binary.
const CHECKOUT: &str = "/buildpack";
/// What the folder of downloaded crates is called.
const CRATES: &str = "/crates";

/// How the shipped host is compiled and linked, besides.
const HOST_FLAGS: [&str; 5] = [
    // Rust's own linker, whatever the machine has: it knows every architecture, and is the same everywhere.
    "-Clinker=rust-lld",
    // Where a program has addresses that are known only when it starts: as bits, and not 24 bytes for each.
    "-Clink-arg=--pack-dyn-relocs=relr",
    // Functions of the same code are linked once. Rust promises no two functions an address of their own.
    "-Clink-arg=--icf=all",
    // Random numbers for what is no secret: not worth asking the processor what it can, which costs a virtual machine
    // more than making them. TLS has a generator and ciphers of its own.
    "--cfg",
    "chacha20_backend=\"soft\"",
];

/// Sets what a build of the shipped guest needs.
pub(crate) fn guest(command: &mut Command) -> anyhow::Result<()> {
    flags(command, renamed()?.iter().cloned());
    Ok(())
}

/// Sets what a build of the shipped host for an architecture needs.
pub(crate) fn host(command: &mut Command, arch: Arch) -> anyhow::Result<()> {
    let flags_of_host = HOST_FLAGS.map(OsString::from);
    flags(command, renamed()?.iter().cloned().chain(flags_of_host));
    if let Some((variable, compiler)) = compiler(arch)? {
        command.env(variable, compiler);
        // The C of the host is a crypto library's, which asks nothing of a C library: the machine's own headers and a
        // compiler for glibc will do, without what glibc's headers turn calls into. And no paths for a debugger.
        command.env(
            format!("CFLAGS_{}", arch.host_target().replace('-', "_")),
            "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0 -g0",
        );
    }
    Ok(())
}

/// As a list and not as `RUSTFLAGS`, which is cut at spaces.
fn flags(command: &mut Command, flags: impl Iterator<Item = OsString>) {
    let flags: Vec<_> = flags.collect();
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}".as_ref()));
}

/// The C compiler for an architecture and the variable that names it to a build, or `None` where a person has set that.
///
/// An error says what to install, instead of what a build script says.
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
        "the host for {arch} needs a C compiler, and there is no {compiler}\n\
         on Debian and Ubuntu: apt-get install {package}\n\
         or name another one in {variable}",
        arch = arch.name()
    );
    Ok(Some((variable, compiler)))
}

/// The compiler's flags that rename this machine's folders.
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

/// The folders whose paths are this machine's own, with their names in what is shipped. The last one that fits counts.
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

/// The folders that hold the sources of crates, wherever a person's cargo keeps them.
fn crates() -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut command = checkout::bare("cargo");
    command.args(["metadata", "--locked", "--format-version", "1"]);
    command.args(["--filter-platform", &Arch::here()?.host_target()]);
    let metadata: Metadata = serde_json::from_slice(&checkout::output(command)?)
        .context("what cargo says of the packages can't be understood")?;
    let downloaded = metadata.packages.iter().filter(|one| one.source.is_some());
    let folders = downloaded.filter_map(|one| one.manifest_path.parent()?.parent());
    Ok(folders.map(Path::to_owned).collect())
}

/// Where the compiler finds the standard library's sources, if a person has installed them, and what it calls them
/// if not.
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
    let commit = commit.context("rustc doesn't say which commit it is of")?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    Ok((library, format!("/rustc/{commit}")))
}
