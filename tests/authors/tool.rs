//! Builds the tool and calls it, and makes projects for it.
//!
//! No expectation belongs here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use package::arch::Arch;
use package::{assets, trial};
use tempfile::TempDir;

/// Calls the tool in a folder.
pub(crate) fn call(folder: &Path, arguments: &[&str]) -> Called {
    call_with(folder, arguments, &[])
}

/// Calls the tool in a folder, with these variables too.
fn call_with(folder: &Path, arguments: &[&str], variables: &[(&str, &Path)]) -> Called {
    static ASSETS: OnceLock<TempDir> = OnceLock::new();
    let assets = ASSETS.get_or_init(|| trial::all_assets().unwrap());
    let mut tool = trial::tool().unwrap();
    tool.args(arguments).current_dir(folder);
    tool.env(assets::VARIABLE, assets.path());
    tool.envs(variables.iter().copied());
    let output = tool.output().unwrap();
    Called { output }
}

/// A call of the tool that has ended.
pub(crate) struct Called {
    output: Output,
}

impl Called {
    pub(crate) fn stdout(&self) -> &str {
        str::from_utf8(&self.output.stdout).unwrap()
    }

    /// The standard error as one line, because line breaks do not matter.
    pub(crate) fn stderr(&self) -> String {
        let text = str::from_utf8(&self.output.stderr).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Asserts that the call ended with this status.
    #[track_caller]
    pub(crate) fn ends_with(self, status: i32) -> Self {
        let Output { stdout, stderr, .. } = &self.output;
        let text = [&stdout[..], stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(self.output.status.code(), Some(status), "{text}");
        self
    }

    /// Asserts that standard output contains this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout().contains(text), "{}", self.stdout());
        self
    }

    /// Asserts that standard error contains this text.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.stderr().contains(text), "{}", self.stderr());
        self
    }
}

/// A project without source: its buildpack.toml, and a component of the tests in place of a source.
pub(crate) struct Project {
    folder: TempDir,
    component: PathBuf,
}

impl Project {
    /// A project with one of the test guests as its component, and a sample application with a Procfile.
    pub(crate) fn new(guest: &str, descriptor: &str) -> Self {
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
            component: trial::component(guest).unwrap(),
        };
        let targets = Arch::ALL.map(|arch| {
            let arch = arch.name();
            format!("[[targets]]\nos = \"linux\"\narch = \"{arch}\"\n")
        });
        project.write(
            "buildpack.toml",
            &format!("{descriptor}\n{}", targets.concat()),
        );
        project.write("samples/hello/app/Procfile", "web: echo hello\n");
        project
    }

    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.dir().join(path)).unwrap()
    }

    /// Runs the buildpack on the sample application.
    pub(crate) fn run(&self, options: &[&str]) -> Called {
        let options = [&["--app", "samples/hello/app"], options].concat();
        self.call("run", &options)
    }

    /// Tests the buildpack.
    pub(crate) fn test(&self, options: &[&str]) -> Called {
        self.call("test", options)
    }

    /// Builds the buildpack as a user whose cache is this folder.
    pub(crate) fn build_as(&self, cache: &Path) -> Called {
        let cache = [("XDG_CACHE_HOME", cache)];
        call_with(self.dir(), &self.arguments("build", &[]), &cache)
    }

    fn call(&self, command: &str, options: &[&str]) -> Called {
        call(self.dir(), &self.arguments(command, options))
    }

    fn arguments<'a>(&'a self, command: &'a str, options: &[&'a str]) -> Vec<&'a str> {
        let component = self.component.to_str().unwrap();
        [&[command, "--component", component], options].concat()
    }
}

/// A buildpack directory whose phases are shell scripts.
pub(crate) fn of_scripts(detect: &str, build: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("bin")).unwrap();
    let descriptor = "api = \"0.10\"\n[buildpack]\nid = \"tests/scripts\"\nversion = \"0.0.1\"\n";
    fs::write(folder.path().join("buildpack.toml"), descriptor).unwrap();
    for (name, text) in [("detect", detect), ("build", build)] {
        let path = folder.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\nset -eu\n{text}")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir(folder.path().join("app")).unwrap();
    folder
}
