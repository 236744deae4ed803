//! Tests which applications take part, and with which build plan.

use std::fs;

use wasm_buildpack_sdk::testing::Sample;
use wasm_buildpack_sdk::{BuildPlan, Detected, Requirement};

use crate::PythonPackages;

fn detected(files: &[(&str, &str)]) -> Detected {
    detected_with(false, files)
}

fn detected_with(has_index: bool, files: &[(&str, &str)]) -> Detected {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut sample = Sample::new(folder.path());
    sample.context().has_index = has_index;
    sample.detect::<PythonPackages>().result.unwrap()
}

fn required(detected: &Detected) -> &[Requirement] {
    match detected {
        Detected::Pass(BuildPlan { first, or }) if or.is_empty() => {
            assert_eq!(first.provides, ["site-packages"]);
            &first.requires
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lock_file_requires_itself_and_its_python_at_launch() {
    for lock in ["uv.lock", "pylock.toml"] {
        let passed = detected(&[(lock, "not read"), (".python-version", "3.12")]);
        let expected = [
            Requirement::new("site-packages").metadata(r#"{"launch":true}"#),
            Requirement::new("cpython").metadata(
                r#"{"launch":true,"version":"3.12.*","version-source":".python-version"}"#,
            ),
        ];
        assert_eq!(required(&passed), expected);
    }
}

#[test]
fn the_range_of_a_project_becomes_a_minor_version() {
    let passed = detected(&[("uv.lock", "requires-python = \"==3.11.*\"\n")]);
    assert!(
        required(&passed)[1]
            .metadata
            .contains(r#""version":"3.11.*""#)
    );
    let passed = detected(&[("uv.lock", "")]);
    assert!(!required(&passed)[1].metadata.contains("version-source"));
}

#[test]
fn a_version_that_is_not_there_is_left_to_the_build() {
    let passed = detected(&[("uv.lock", ""), (".python-version", "2.7")]);
    assert_eq!(required(&passed)[1].metadata, r#"{"launch":true}"#);
}

#[test]
fn files_without_addresses_are_declined_with_what_to_do() {
    for (name, command) in [
        (
            "requirements.txt",
            "has no packages. Let 'pip-compile --generate-hashes'",
        ),
        ("poetry.lock", "poetry export"),
        ("pdm.lock", "pdm export"),
        ("pylock.dev.toml", "neither uv.lock nor pylock.toml"),
        ("main.py", "neither uv.lock nor pylock.toml"),
    ] {
        let Detected::Fail(why) = detected(&[(name, "")]) else {
            panic!("{name}");
        };
        assert!(why.contains(command), "{why}");
    }
    assert!(matches!(
        detected(&[("requirements.txt", ""), ("uv.lock", "")]),
        Detected::Pass(_)
    ));
}

#[test]
fn requirements_with_digests_take_part_where_somebody_names_an_index() {
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let pinned = format!("a==1 --hash=sha256:{digest}\n");
    let with_index = format!("--index-url https://packages.example.com/simple\n{pinned}");
    let failed = |detected: Detected| match detected {
        Detected::Fail(why) => why,
        passed @ Detected::Pass(_) => panic!("{passed:?}"),
    };
    required(&detected(&[("requirements.txt", &with_index)]));
    required(&detected_with(true, &[("requirements.txt", &pinned)]));
    let why = failed(detected(&[("requirements.txt", &pinned)]));
    assert!(
        why.contains("names no index") && why.contains("--index-url"),
        "{why}"
    );
    let why = failed(detected_with(true, &[("requirements.txt", "a==1\n")]));
    assert!(
        why.contains("no SHA-256 digest for 'a'") && why.contains("Paketo"),
        "{why}"
    );
}
