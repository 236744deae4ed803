//! Tests the tool on the project of a buildpack that is not this repository's: build, package and verify.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use package::arch::Arch;
use package::{assets, platforms, trial};
use serde_json::Value;
use tempfile::TempDir;
use tests::folder;

const DESCRIPTOR: &str = "\
# A comment that stays.
api = \"0.10\"

[buildpack]
id = \"example/well\"
version = \"1.2.3\"
clear-env = true

[[targets]]
os = \"linux\"
arch = \"amd64\"

[[targets]]
os = \"linux\"
arch = \"arm64\"
";

/// A project with a descriptor, and the programs of the tool.
struct Project {
    dir: TempDir,
    /// This machine's host is real. The one of the other architecture is a stand-in, because building it takes minutes.
    assets: TempDir,
}

impl Project {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("buildpack.toml"), DESCRIPTOR).unwrap();
        let assets = trial::all_assets().unwrap();
        Self { dir, assets }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = trial::tool().unwrap();
        command.env(assets::VARIABLE, self.assets.path());
        command.current_dir(self.dir.path());
        command.args(arguments).output().unwrap()
    }

    #[track_caller]
    fn passes(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn file(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }
}

fn component(name: &str) -> String {
    trial::component(name).unwrap().display().to_string()
}

#[test]
fn a_built_project_is_a_buildpack_for_this_machine_and_the_host_accepts_its_component() {
    let project = Project::new();
    let said = project.passes(&["build", "--component", &component("behaves_well")]);
    assert_eq!(said, "buildpack directory: ./target/buildpack\n");
    let built = project.file("target/buildpack");
    let text = fs::read_to_string(built.join("buildpack.toml")).unwrap();
    let here = Arch::here().unwrap().name();
    let other = if here == "amd64" { "arm64" } else { "amd64" };
    assert!(text.contains(here) && !text.contains(other), "{text}");
    let said = project.passes(&["inspect", "--buildpack", "target/buildpack"]);
    assert!(said.contains("Buildpack: example/well@1.2.3\n"), "{said}");
    let said = project.passes(&["explain", "--buildpack", "target/buildpack"]);
    assert!(!said.contains("Another host"), "{said}");
    let said = project.passes(&["verify", "target/buildpack"]);
    assert!(
        said.contains(", the one that this tool packages\n"),
        "{said}"
    );
    assert!(said.ends_with("verify: no faults found\n"), "{said}");
}

#[test]
fn a_component_is_compiled_once_until_it_changes() {
    let project = Project::new();
    let compiler = project.assets.path().join(assets::COMPILER);
    let real = fs::read_link(&compiler).unwrap();
    fs::remove_file(&compiler).unwrap();
    let log = project.file("log");
    let script = format!(
        "#!/bin/sh\necho compiles >>{}\nexec {} \"$@\"\n",
        log.display(),
        real.display()
    );
    fs::write(&compiler, script).unwrap();
    fs::set_permissions(&compiler, Permissions::from_mode(0o755)).unwrap();
    let artifact = || fs::read(project.file("target/buildpack/guest.cwasm")).unwrap();
    let times = || fs::read_to_string(&log).unwrap().lines().count();
    let (well, traps) = (component("behaves_well"), component("traps"));
    project.passes(&["build", "--component", &well]);
    let first = artifact();
    project.passes(&["build", "--component", &well]);
    assert_eq!((times(), artifact() == first), (1, true));
    project.passes(&["build", "--component", &traps]);
    assert_eq!((times(), artifact() == first), (2, false));
    // Packaging compiles for the other architecture only.
    project.passes(&["package", "--component", &traps]);
    assert_eq!(times(), 3);
}

#[test]
fn a_package_has_both_architectures_and_verify_finds_what_is_changed_in_it() {
    let project = Project::new();
    let well = component("behaves_well");
    let said = project.passes(&["package", "--component", &well]);
    assert!(
        said.contains("pack buildpack package example/well --config ./package.toml"),
        "{said}"
    );
    let config = fs::read_to_string(project.file("package.toml")).unwrap();
    assert!(config.contains("uri = \"target/package\""), "{config}");
    let package = project.file("target/package");
    let folders = Arch::ALL.map(|arch| platforms::folder(&package, arch));
    for folder in &folders {
        let own = fs::read_to_string(folder.join("buildpack.toml")).unwrap();
        assert_eq!(own, DESCRIPTOR);
    }
    let names = folders.each_ref().map(|one| names(one));
    assert_eq!(names[0], names[1]);

    let verified = |project: &Project| {
        let output = project.run(&["verify", "--format", "json", "target/package"]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), said["findings"].to_string())
    };
    assert_eq!(verified(&project), (Some(0), "[]".to_owned()));
    let bill = folders[0].join("sbom/cdx.json");
    let text = fs::read_to_string(&bill).unwrap();
    fs::write(&bill, text.replacen("rustls", "rustlz", 1)).unwrap();
    let (status, findings) = verified(&project);
    assert_eq!(status, Some(1));
    assert!(
        findings.contains("does not belong to the right host"),
        "{findings}"
    );
}

fn names(dir: &Path) -> Vec<(PathBuf, u32)> {
    let entries = folder::snapshot(dir).unwrap();
    let entries = entries.into_iter();
    entries.map(|entry| (entry.path, entry.mode)).collect()
}

#[test]
fn what_is_no_project_is_said_with_what_to_do() {
    let project = Project::new();
    for (change, words) in [
        (Some("api = \"0.10\"\n"), "lacks a key: 'api'"),
        (None, "can't be read"),
    ] {
        let descriptor = project.file("buildpack.toml");
        match change {
            Some(line) => fs::write(&descriptor, DESCRIPTOR.replacen(line, "", 1)).unwrap(),
            None => fs::remove_file(&descriptor).unwrap(),
        }
        for command in ["build", "package"] {
            let output = project.run(&[command]);
            let text = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{text}");
            assert!(
                text.starts_with("[Error: ") && text.contains(words),
                "{text}"
            );
        }
        assert!(!project.file("target").exists());
    }
}
