//! Collects the files that the tool brings along: templates and kits always; hosts and compiler from the folder that
//! `WASM_BUILDPACK_ASSETS` names, or, in the release profile, from a build of its own.

#[path = "../package/src/arch.rs"]
#[expect(dead_code, unreachable_pub, reason = "the module is the library's")]
mod arch;
#[path = "../package/src/assets.rs"]
#[expect(unreachable_pub, reason = "the module is the library's")]
mod assets;
#[path = "../package/src/cargo.rs"]
#[expect(dead_code, unreachable_pub, reason = "the module is the library's")]
mod cargo;
#[path = "../package/src/checkout.rs"]
#[expect(unreachable_pub, reason = "the module is the library's")]
mod checkout;
#[path = "../package/src/shipped.rs"]
#[expect(unreachable_pub, reason = "the module is the library's")]
mod shipped;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, ensure};

use self::arch::Arch;
use self::cargo::Profile;

/// Folders that a language's tool makes, which are not part of a template or a kit.
const MADE: [&str; 4] = ["__pycache__", "node_modules", "target", ".venv"];

fn main() -> anyhow::Result<()> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let mut text = String::new();
    list(&mut text, "TEMPLATES", &walk(&here.join("templates"))?)?;
    list(&mut text, "KITS", &walk(&here.join("../sdk"))?)?;
    println!("cargo::rerun-if-env-changed={}", assets::VARIABLE);
    let folder = match optional(assets::VARIABLE) {
        Some(folder) => Some(PathBuf::from(folder)),
        None if is_release(&out) => Some(built(&out)?),
        None => None,
    };
    let mut found = Vec::new();
    if let Some(folder) = folder {
        for name in assets::names() {
            let path = folder.join(&name).canonicalize();
            let path = path.with_context(|| {
                format!(
                    "'{name}' is not in {}: make it by `cargo xtask assets`",
                    folder.display()
                )
            })?;
            println!("cargo::rerun-if-changed={}", path.display());
            found.push((name, path));
        }
    }
    list(&mut text, "PROGRAMS", &found)?;
    Ok(fs::write(out.join("embedded.rs"), text)?)
}

/// Whether the tool is built with the release profile, and not with one that only inherits from it.
fn is_release(out: &Path) -> bool {
    let folder = out.ancestors().nth(3).and_then(Path::file_name);
    folder.is_some_and(|name| name == "release")
}

/// Builds the programs in a folder of their own: the calling cargo has locked its own one until this ends.
fn built(out: &Path) -> anyhow::Result<PathBuf> {
    let target = out
        .ancestors()
        .nth(4)
        .context("OUT_DIR is not beneath a target folder")?;
    let here = Arch::here()?;
    ensure!(
        variable("CARGO_CFG_TARGET_ARCH")?.to_str() == Some(here.in_rust()),
        "the tool for another architecture contains a compiler for it: name a folder with that in {}",
        assets::VARIABLE
    );
    let root = checkout::root();
    for folder in [
        "host",
        "package/compiler",
        "wit",
        "Cargo.lock",
        "Cargo.toml",
        "rust-toolchain.toml",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    cargo::build_in(target.join("for-the-tool"));
    assets::folder(Profile::Release, &Arch::ALL)
}

/// The files beneath a folder, sorted, each with its path there. An absent folder has none.
fn walk(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    // An absent path would make this script run at each build.
    let watched = folder.ancestors().find(|folder| folder.is_dir());
    println!(
        "cargo::rerun-if-changed={}",
        watched.unwrap_or(folder).display()
    );
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(one) = folders.pop() {
        if !one.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&one)? {
            let path = entry?.path();
            let made = path
                .file_name()
                .is_some_and(|name| MADE.iter().any(|made| name == *made));
            if path.is_dir() && !made {
                folders.push(path);
            } else if path.is_file() {
                let name = path.strip_prefix(folder)?.to_str();
                let name = name.with_context(|| format!("{} is not UTF-8", path.display()))?;
                found.push((name.to_owned(), path));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn list(text: &mut String, name: &str, files: &[(String, PathBuf)]) -> anyhow::Result<()> {
    writeln!(text, "const {name}: &[Embedded] = &[")?;
    for (name, path) in files {
        let path = path.canonicalize()?;
        let path = path
            .to_str()
            .with_context(|| format!("{} is not UTF-8", path.display()))?;
        writeln!(text, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    Ok(writeln!(text, "];")?)
}

fn variable(name: &str) -> anyhow::Result<OsString> {
    optional(name).with_context(|| format!("cargo did not set {name}"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo passes data to a build script in variables"
)]
fn optional(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
