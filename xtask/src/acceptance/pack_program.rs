//! Calls the program pack with its own settings, apart from a person's.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use package::cargo;

/// The program pack, and the folder for its settings.
pub(super) struct Pack {
    program: PathBuf,
    home: OsString,
}

impl Pack {
    pub(super) fn new(program: &Path, home: &Path) -> Self {
        Self {
            program: program.to_owned(),
            home: home.join("home").into_os_string(),
        }
    }

    /// A call from the root of this checkout, as package.toml requires.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(cargo::root())
            .env("PACK_HOME", &self.home)
            .arg("--no-color");
        command
    }
}
