//! Runs the test program in its sandbox, on temporary folders.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// The start of the level `full`. It names the required Landlock, since these tests must fail on a machine without
/// it.
pub(crate) const FULL: &str = "full (Landlock ABI ";

/// An application, a layers directory and a platform directory.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        for folder in ["app/src", "layers", "platform/env", "platform/bindings/b"] {
            fs::create_dir_all(path(folder)).unwrap();
        }
        fs::write(path("app/planqk.json"), "{}").unwrap();
        fs::write(path("platform/env/BP_GITLAB_TOKEN"), "token").unwrap();
        fs::write(path("platform/bindings/b/token"), "token").unwrap();
        Self(place)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self, what: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_walls"));
        command
            .env_clear()
            .arg(what)
            .arg(self.path("app"))
            .arg(self.path("layers"));
        command
    }

    pub(crate) fn run(&self, what: &str) -> Run {
        Run(self.command(what).output().unwrap())
    }
}

/// The output of the program.
pub(crate) struct Run(pub(crate) Output);

impl Run {
    /// Its first line: the level of its sandbox.
    pub(crate) fn level(&self) -> String {
        self.text().lines().next().unwrap_or_default().to_owned()
    }

    /// The Landlock ABI in force.
    pub(crate) fn landlock(&self) -> u32 {
        let level = self.level();
        let (_, abi) = level.split_once("Landlock ABI ").expect(&level);
        let digits = abi.split(|c: char| !c.is_ascii_digit()).next();
        digits.unwrap_or_default().parse().unwrap()
    }

    /// The attempts and their results. The program must have ended normally.
    pub(crate) fn outcomes(&self) -> BTreeMap<String, String> {
        assert!(
            self.0.status.success(),
            "{:?}\n{}",
            self.0.status,
            self.text()
        );
        let text = self.text();
        let lines = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        lines
            .map(|(what, came)| (what.to_owned(), came.to_owned()))
            .collect()
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        self.0.status.signal()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
            + &String::from_utf8_lossy(&self.0.stderr)
    }
}
