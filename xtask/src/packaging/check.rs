//! `cargo xtask package --check`: packages a clone in another folder, with another home, and compares all bytes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use lifecycle::folder;

use package::{cargo, say};

/// Compares a package with the package of a clone of this checkout.
pub(super) fn check(package: &Path) -> anyhow::Result<()> {
    let changed = git(&["status", "--porcelain"])?;
    ensure!(
        changed.is_empty(),
        "a clone has only committed files, and this checkout has changes:\n{changed}"
    );
    let elsewhere = tempfile::Builder::new()
        .prefix("another folder ")
        .tempdir()?;
    let clone = elsewhere.path().join("clone");
    let root = cargo::root().display().to_string();
    git(&["clone", "--quiet", &root, &clone.display().to_string()])?;
    say::step(&format!("packaging once more, in {}", clone.display()));
    package_clone(&clone, elsewhere.path())?;
    let theirs = clone.join("target/package");
    let different = different(package, &theirs)?;
    ensure!(
        different.is_empty(),
        "a clone in another folder gives other bytes, modes or times: {}",
        different.join(", ")
    );
    say::line("the same to the byte from another folder and another home");
    Ok(())
}

/// Packages the clone with another home, and with the crates at another path.
fn package_clone(clone: &Path, elsewhere: &Path) -> anyhow::Result<()> {
    let (home, cargo_home) = (elsewhere.join("home"), elsewhere.join("cargo"));
    fs::create_dir(&home)?;
    fs::create_dir(&cargo_home)?;
    symlink(
        variable("CARGO_HOME", ".cargo")?.join("registry"),
        cargo_home.join("registry"),
    )?;
    // The clone has the same source, so this program is also the clone's.
    let mut package = Command::new(std::env::current_exe()?);
    package
        .arg("package")
        .current_dir(clone)
        .env("CARGO_MANIFEST_DIR", clone.join("xtask"))
        .env("RUSTUP_HOME", variable("RUSTUP_HOME", ".rustup")?)
        .env("CARGO_HOME", cargo_home)
        .env("HOME", home);
    cargo::output(package).map(drop)
}

/// The folder that a variable names, or else a folder in the home.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo and rustup are found by variables"
)]
fn variable(name: &str, in_home: &str) -> anyhow::Result<PathBuf> {
    if let Some(value) = std::env::var_os(name) {
        return Ok(value.into());
    }
    let home = std::env::home_dir().context("the home directory is unknown")?;
    Ok(home.join(in_home))
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("git");
    command.current_dir(cargo::root()).args(arguments);
    Ok(String::from_utf8(cargo::output(command)?)?)
}

/// The paths at which two folders differ in bytes, modes, links or times.
fn different(one: &Path, other: &Path) -> anyhow::Result<Vec<String>> {
    let entries = |folder: &Path| -> anyhow::Result<Vec<_>> {
        let mut entries = Vec::new();
        for entry in folder::snapshot(folder)? {
            let time = fs::symlink_metadata(folder.join(&entry.path))?.modified()?;
            entries.push((entry, time));
        }
        Ok(entries)
    };
    let (one, other) = (entries(one)?, entries(other)?);
    let both = one.iter().filter(|entry| !other.contains(entry));
    let both = both.chain(other.iter().filter(|entry| !one.contains(entry)));
    let mut paths: Vec<_> = both
        .map(|(entry, _)| entry.path.display().to_string())
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use package::layout;

    #[test]
    fn another_byte_mode_or_time_is_a_difference() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        for dir in [&one, &other] {
            fs::create_dir(dir).unwrap();
            fs::write(dir.join("file"), "text").unwrap();
            layout::settle(dir).unwrap();
        }
        let file = other.join("file");
        let changes: [fn(&Path) -> std::io::Result<()>; 3] = [
            |file| fs::set_permissions(file, Permissions::from_mode(0o600)),
            |file| fs::write(file, "next"),
            |file| fs::File::open(file)?.set_modified(std::time::UNIX_EPOCH),
        ];
        for change in changes {
            change(&file).unwrap();
            assert_eq!(different(&one, &other).unwrap(), ["file"]);
            fs::write(&file, "text").unwrap();
            layout::settle(&other).unwrap();
            assert_eq!(different(&one, &other).unwrap(), [""; 0]);
        }
    }
}
