//! Embeds the templates and the kits, so that the tool makes a new buildpack without any download.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that a person's tools make in a kit, and that are not part of it.
const MADE: [&str; 5] = [
    "target",
    "node_modules",
    "__pycache__",
    ".venv",
    ".pytest_cache",
];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo passes the folders to a build script in variables"
)]
fn main() -> io::Result<()> {
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from);
    let (Some(here), Some(out)) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR")) else {
        return Err(io::Error::other("cargo names no folders"));
    };
    let mut list = String::from("&[\n");
    for (name, path) in [
        ("templates", here.join("templates")),
        ("sdk", here.join("../sdk")),
    ] {
        println!("cargo::rerun-if-changed={}", path.display());
        if path.is_dir() {
            embed(name, &path, &mut list)?;
        }
    }
    list.push_str("]\n");
    fs::write(out.join("embedded.rs"), list)
}

/// Appends a folder's files to the list, each with its path and its content.
fn embed(name: &str, folder: &Path, list: &mut String) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, file) = (entry.path(), entry.file_name());
        let Some(file) = file.to_str() else {
            return Err(not_utf8(&path));
        };
        let kind = entry.file_type()?;
        let name = format!("{name}/{file}");
        if kind.is_dir() && !MADE.contains(&file) {
            embed(&name, &path, list)?;
        } else if kind.is_file() {
            let path = path.canonicalize()?;
            let Some(path) = path.to_str() else {
                return Err(not_utf8(&path));
            };
            writeln!(list, "({name:?}, include_bytes!({path:?})),").map_err(io::Error::other)?;
        }
    }
    Ok(())
}

fn not_utf8(path: &Path) -> io::Error {
    io::Error::other(format!("{} has a name that is not UTF-8", path.display()))
}
