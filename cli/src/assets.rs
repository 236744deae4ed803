//! The programs that the tool brings along: the hosts that it lays out, and the compiler that it calls.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use package::arch::Arch;
use package::assets::{self, VARIABLE};

/// A program that starts, kept as a file as long as this value.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
}

impl Program {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The host for an architecture.
pub(crate) fn host(arch: Arch) -> anyhow::Result<Program> {
    program(&assets::host(arch))
}

fn program(name: &str) -> anyhow::Result<Program> {
    let folder = folder().unwrap_or_default();
    ensure!(
        !folder.is_empty(),
        "This tool was built without its programs\n\
         It is a build for development, which contains neither a host nor a compiler.\n\
         Name a folder with them in {VARIABLE}, or install the tool: cargo install --path cli"
    );
    let path = Path::new(&folder).join(name);
    ensure!(
        path.is_file(),
        "A program of the tool is missing\n\
         {VARIABLE} names {}, and '{name}' is not in it.\n\
         Make the folder again: cargo xtask assets",
        Path::new(&folder).display()
    );
    Ok(Program {
        path: path.canonicalize()?,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person or a test names the programs by a variable"
)]
fn folder() -> Option<OsString> {
    std::env::var_os(VARIABLE)
}
