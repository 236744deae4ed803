//! Tests the comparison of locks with projects.

use std::fs;

use wasm_buildpack_sdk::App;

use super::*;
use crate::lock::{Locked, PackageOrigin};
use crate::name::Name;
use crate::platform::tests::platform;
use crate::selection::Selection;

fn project(text: &str) -> Project {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pyproject.toml"), text).unwrap();
    Project::read(&App::at(folder.path().to_str().unwrap()))
}

fn needing(dependencies: &str) -> Project {
    project(&format!(
        "[project]\nname = \"job\"\ndependencies = [{dependencies}]\n"
    ))
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn recording(dependencies: &[(&str, &[&str], Option<&str>)]) -> Lock {
    let dependencies = dependencies.iter().map(|(one, extras, range)| {
        let extras = extras.iter().map(|extra| name(extra)).collect();
        (name(one), extras, range.map(str::to_owned))
    });
    Lock {
        packages: Vec::new(),
        recorded: Recorded::Dependencies(dependencies.collect()),
        has_own_package: false,
        offered: Selection::default(),
    }
}

fn with_versions(packages: &[(&str, Option<&str>)]) -> Lock {
    let packages = packages.iter().map(|(one, version)| Locked {
        name: name(one),
        version: version.map(str::to_owned),
        origin: PackageOrigin::Files,
        wheels: Vec::new(),
        has_source: false,
    });
    Lock {
        packages: packages.collect(),
        recorded: Recorded::Versions,
        has_own_package: false,
        offered: Selection::default(),
    }
}

fn between(lock: &Lock, dependencies: &str) -> Option<String> {
    difference(lock, &needing(dependencies), &platform())
}

#[test]
fn a_lock_that_records_the_same_dependencies_is_not_older() {
    let lock = recording(&[
        ("httpx", &["http2", "socks"], Some(">=0.28")),
        ("numpy", &[], Some(">=2,<3")),
        ("own", &[], None),
    ]);
    for dependencies in [
        "\"numpy<3,>=2\", \"httpx[socks,http2]>=0.28\", \"own\"",
        "\"NumPy >=2, <3\", \"HTTPX [http2, socks] >= 0.28\", \"own>=1; python_version > '3'\"",
        "\"numpy>=2,<3\", \"httpx[socks,http2]>=0.28\", \"own @ https://files.example.com/own.whl\", \
         \"tomli>=2; python_version < '3.11'\"",
    ] {
        assert_eq!(between(&lock, dependencies), None, "{dependencies}");
    }
}

#[test]
fn each_change_of_a_dependency_makes_the_lock_older() {
    let lock = recording(&[
        ("httpx", &[], Some(">=0.28")),
        ("numpy", &[], Some(">=2")),
        ("idna", &[], Some("")),
    ]);
    let same = ["numpy>=2", "httpx>=0.28", "idna"];
    assert_eq!(between(&lock, &listed(&same)), None);
    for (at, other, why) in [
        (2, "idna\", \"scipy>=1", "does not know 'scipy>=1'"),
        (0, "numpy>=2.1", "does not know 'numpy>=2.1'"),
        (0, "numpy", "does not know 'numpy'"),
        (2, "idna>=4", "does not know 'idna>=4'"),
        (
            1,
            "httpx[socks]>=0.28",
            "does not know 'httpx[socks]>=0.28'",
        ),
        (1, "idna", "when 'httpx' was still a dependency"),
        (
            1,
            "httpx>=0.28; os_name == 'nt'",
            "when 'httpx' was still a dependency",
        ),
    ] {
        let mut changed = same;
        changed[at] = other;
        let found = between(&lock, &listed(&changed)).unwrap();
        assert!(found.contains(why), "{found}");
    }
    assert!(between(&lock, "").unwrap().contains("when 'httpx'"));
}

fn listed(dependencies: &[&str]) -> String {
    format!("\"{}\"", dependencies.join("\", \""))
}

#[test]
fn dependencies_that_are_not_in_the_file_are_not_compared() {
    let lock = recording(&[("numpy", &[], Some(">=2"))]);
    let platform = platform();
    for text in [
        "",
        "[project]\nname = \"job\"\ndynamic = [\"dependencies\"]\n",
    ] {
        assert_eq!(difference(&lock, &project(text), &platform), None, "{text}");
    }
    let nothing = Lock {
        recorded: Recorded::Nothing,
        ..recording(&[])
    };
    assert_eq!(between(&nothing, "\"numpy>=2\""), None);
}

#[test]
fn a_list_of_versions_must_satisfy_the_project() {
    let lock = with_versions(&[
        ("numpy", Some("2.3.1")),
        ("own", None),
        ("pre", Some("2.0rc1")),
    ]);
    for dependencies in [
        "\"numpy>=2\"",
        "\"own>=5\", \"numpy~=2.3\"",
        "\"pre>=2\"",
        "\"a; sys_platform == 'win32'\"",
    ] {
        assert_eq!(between(&lock, dependencies), None, "{dependencies}");
    }
    for (dependencies, why) in [
        (
            "\"numpy>=2.4\"",
            "has numpy 2.3.1, and 'numpy>=2.4' is needed",
        ),
        ("\"scipy\"", "has no package 'scipy'"),
    ] {
        let found = between(&lock, dependencies).unwrap();
        assert!(found.contains(why), "{found}");
    }
}
