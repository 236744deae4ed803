//! Tests the faults that end either phase: each has its own text, never exits with 100, and writes nothing.
//!
//! A component's faults are in the tests of hostile guests; one is repeated here for its exit code.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use engine::artifact::{ARTIFACT_FILE, RECORD_FILE};
use tests::app;
use tests::folder;
use tests::lifecycle::{Ended, Lifecycle};

use crate::world::{error, guest, job_template, passed};

/// Runs both phases. Each must end with a fault whose text contains all of `words`, and write nothing.
#[track_caller]
fn assert_both_refuse(lifecycle: &Lifecycle, words: &[&str]) {
    for (phase, ended) in [
        ("detect", lifecycle.detect().unwrap()),
        ("build", lifecycle.build().unwrap()),
    ] {
        assert_fault(&ended, phase, words);
        assert!(!lifecycle.has_build_plan(), "{phase} wrote a build plan");
        assert_eq!(
            folder::snapshot(&lifecycle.layers_dir()).unwrap(),
            [],
            "{phase}"
        );
    }
}

#[track_caller]
fn assert_fault(ended: &Ended, phase: &str, words: &[&str]) {
    let code = ended
        .code
        .unwrap_or_else(|| panic!("{phase} ended by a signal: {}", ended.output()));
    assert!(
        code != 0 && code != 100,
        "{phase} ended with {code}: {}",
        ended.output()
    );
    let text = error(ended);
    assert!(text.starts_with("[Error: "), "{phase}: {text}");
    for word in words {
        assert!(text.contains(word), "{phase} does not say {word:?}: {text}");
    }
}

fn sample() -> Lifecycle {
    job_template(&app::sample())
}

fn in_buildpack(lifecycle: &Lifecycle, file: &str) -> std::path::PathBuf {
    lifecycle.buildpack_dir().join(file)
}

#[test]
fn a_buildpack_api_that_is_not_served_is_refused_with_those_that_are() {
    for api in ["0.9", "0.13", "1.0", "0.100", "zero"] {
        let lifecycle = sample();
        lifecycle
            .edit_descriptor("api = \"0.10\"", &format!("api = \"{api}\""))
            .unwrap();
        let found = format!("'{api}'");
        assert_both_refuse(
            &lifecycle,
            &["buildpack.toml", &found, "0.10, 0.11 and 0.12"],
        );
    }
}

#[test]
fn a_broken_descriptor_is_refused_by_its_key() {
    for (from, to, words) in [
        (
            "[buildpack]",
            "[buildpack",
            &["buildpack.toml", "not valid TOML", "line 3"][..],
        ),
        ("api = \"0.10\"", "", &["buildpack.toml", "api"]),
        ("ref = \"main\"", "", &["metadata.sources.job-template.ref"]),
        (
            "subpath = \"job-template\"",
            "subpath = \"../etc\"",
            &["subpath", "'..'"],
        ),
        (
            "git = \"https:",
            "git = \"http:",
            &["metadata.sources.job-template.git"],
        ),
        (
            "binding = \"gitlab\"",
            "bindings = \"gitlab\"",
            &["bindings", "misspelt"],
        ),
    ] {
        let lifecycle = sample();
        lifecycle.edit_descriptor(from, to).unwrap();
        assert_both_refuse(&lifecycle, words);
    }
}

#[test]
fn a_missing_file_of_the_buildpack_is_refused_by_its_name() {
    for file in ["buildpack.toml", ARTIFACT_FILE, RECORD_FILE] {
        // The harness reads buildpack.toml as the lifecycle does, so without that file both phases are called
        // directly.
        let lifecycle = sample();
        fs::remove_file(in_buildpack(&lifecycle, file)).unwrap();
        for phase in ["detect", "build"] {
            let output = call(&lifecycle, phase, None);
            assert_output_is_fault(&output, phase, &[file]);
        }
    }
}

#[test]
fn a_changed_byte_of_the_artifact_is_refused_wherever_it_is() {
    let lifecycle = sample();
    let path = in_buildpack(&lifecycle, ARTIFACT_FILE);
    let whole = fs::read(&path).unwrap();
    let records = format!("and {RECORD_FILE} records");
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        assert_both_refuse(&lifecycle, &[ARTIFACT_FILE, &records]);
        // Each phase compares by what it promises to.
        let detect = lifecycle.detect().unwrap().output();
        assert!(detect.contains("CRC-32"), "{detect}");
        let build = lifecycle.build().unwrap().output();
        assert!(build.contains("SHA-256"), "{build}");
    }
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert_both_refuse(&lifecycle, &[ARTIFACT_FILE, &records]);
    fs::write(&path, "").unwrap();
    assert_both_refuse(&lifecycle, &[ARTIFACT_FILE, "is empty"]);
    fs::write(&path, whole).unwrap();
    passed(lifecycle.detect().unwrap());
}

#[test]
fn an_artifact_of_another_engine_or_machine_is_refused_by_both_names() {
    for (key, other, words) in [
        (
            "engine",
            "47.0.0",
            &["wasmtime 47.0.0", "this host is wasmtime 48."][..],
        ),
        ("arch", "riscv64", &["riscv64", "this machine is"]),
    ] {
        let lifecycle = sample();
        let path = in_buildpack(&lifecycle, RECORD_FILE);
        let mut record: toml::Table = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        record.insert(key.to_owned(), other.into()).unwrap();
        fs::write(&path, toml::to_string(&record).unwrap()).unwrap();
        assert_both_refuse(&lifecycle, words);
    }
}

#[test]
fn a_record_that_is_none_is_refused() {
    for text in ["", "engine = 3", "no TOML"] {
        let lifecycle = sample();
        fs::write(in_buildpack(&lifecycle, RECORD_FILE), text).unwrap();
        assert_both_refuse(&lifecycle, &[RECORD_FILE, "can't be understood"]);
    }
}

#[test]
fn an_artifact_that_is_recorded_but_no_artifact_is_refused_by_the_engine() {
    let lifecycle = sample();
    let path = in_buildpack(&lifecycle, ARTIFACT_FILE);
    fs::write(&path, "not a component").unwrap();
    let digest = engine::artifact::sha256(&mut fs::File::open(&path).unwrap()).unwrap();
    let record_path = in_buildpack(&lifecycle, RECORD_FILE);
    let mut record: toml::Table =
        toml::from_str(&fs::read_to_string(&record_path).unwrap()).unwrap();
    record.insert("artifact-sha256".to_owned(), digest.into());
    let checksum = package::aot::crc32(b"not a component");
    record.insert("artifact-crc32".to_owned(), checksum.into());
    record.insert("artifact-bytes".to_owned(), 15.into());
    fs::write(&record_path, toml::to_string(&record).unwrap()).unwrap();
    assert_both_refuse(&lifecycle, &["engine refuses", ARTIFACT_FILE]);
}

#[test]
fn a_variable_that_the_lifecycle_did_not_set_is_refused_by_its_name() {
    let common = [
        "CNB_BUILDPACK_DIR",
        "CNB_PLATFORM_DIR",
        "CNB_TARGET_OS",
        "CNB_TARGET_ARCH",
    ];
    for (phase, own) in [
        ("detect", &["CNB_BUILD_PLAN_PATH"][..]),
        ("build", &["CNB_LAYERS_DIR", "CNB_BP_PLAN_PATH"]),
    ] {
        for missing in common.iter().chain(own) {
            let output = call(&sample(), phase, Some(missing));
            assert_output_is_fault(&output, phase, &[missing, "is not set"]);
        }
    }
}

#[test]
fn detect_called_by_hand_with_every_variable_passes() {
    let lifecycle = sample();
    let output = call(&lifecycle, "detect", None);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(lifecycle.has_build_plan());
}

#[test]
fn a_program_of_another_name_says_what_it_is() {
    let lifecycle = sample();
    let other = in_buildpack(&lifecycle, "bin/other");
    // A hard link and not a copy: a file that is open for writing, here or in a child that another test has just
    // forked, cannot be executed.
    fs::hard_link(in_buildpack(&lifecycle, "bin/detect"), &other).unwrap();
    let output = Command::new(other).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("bin/detect and bin/build"), "{text}");
}

#[test]
fn a_component_that_traps_is_a_fault_in_both_phases() {
    for (phase, other) in [("detect", "build"), ("build", "detect")] {
        let lifecycle = guest("traps", phase);
        let (ended, other) = if phase == "detect" {
            (
                lifecycle.detect().unwrap(),
                guest("traps", other).detect().unwrap(),
            )
        } else {
            (
                lifecycle.build().unwrap(),
                guest("traps", other).build().unwrap(),
            )
        };
        assert_fault(&ended, phase, &["component", "trap"]);
        assert_eq!(ended.code, Some(80));
        assert!(!lifecycle.has_build_plan());
        assert_eq!(folder::snapshot(&lifecycle.layers_dir()).unwrap(), []);
        passed(other);
    }
}

/// Calls a phase directly, with all variables of the lifecycle except one.
fn call(lifecycle: &Lifecycle, phase: &str, missing: Option<&str>) -> Output {
    let mut command = lifecycle.by_hand(phase);
    if let Some(missing) = missing {
        command.env_remove(missing);
    }
    let output = command.output().unwrap();
    assert_is_empty(&lifecycle.layers_dir());
    output
}

#[track_caller]
fn assert_is_empty(folder: &Path) {
    assert_eq!(folder::snapshot(folder).unwrap(), []);
}

#[track_caller]
fn assert_output_is_fault(output: &Output, phase: &str, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = output
        .status
        .code()
        .unwrap_or_else(|| panic!("{phase}: {}: {text}", output.status));
    assert!(
        code != 0 && code != 100,
        "{phase} ended with {code}: {text}"
    );
    assert!(text.starts_with("[Error: "), "{phase}: {text}");
    for word in words {
        assert!(text.contains(word), "{phase} does not say {word:?}: {text}");
    }
}
