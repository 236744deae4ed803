//! Tests detection: which applications pass, what is printed, and the build plan to the byte.
//!
//! Faults are tested in `refusals`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use libcnb_data::build_plan::{BuildPlan, BuildPlanBuilder, Require};
use tests::app;
use tests::folder::{self, Kind};
use tests::lifecycle::Lifecycle;

use crate::world::{job_template, passed, read, stdout};

const PLAN: &str = "\
[[requires]]
name = \"cpython\"

[requires.metadata]
launch = true

[[or]]
";

#[track_caller]
fn assert_detected(lifecycle: &Lifecycle) {
    let ended = lifecycle.detect().unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.output());
    assert_eq!(ended.output(), "| Found 'planqk.json' file...\n");
    assert_eq!(read(&lifecycle.build_plan_path()), PLAN);
}

#[track_caller]
fn assert_not_detected(lifecycle: &Lifecycle) {
    let ended = lifecycle.detect().unwrap();
    assert_eq!(ended.code, Some(100), "{}", ended.output());
    assert_eq!(ended.output(), "| Could not find 'planqk.json' file\n");
    assert!(!lifecycle.has_build_plan(), "there is a build plan");
}

#[test]
fn detect_passes_with_planqk_json() {
    assert_detected(&job_template(&app::sample()));
}

#[test]
fn detect_fails_without_planqk_json() {
    assert_not_detected(&job_template(&app::folder("planqk_json_missing")));
}

#[test]
fn detect_fails_in_an_empty_application() {
    let empty = tempfile::tempdir().unwrap();
    assert_not_detected(&job_template(empty.path()));
}

#[test]
fn detect_fails_where_planqk_json_is_a_folder_or_stands_elsewhere() {
    let lifecycle = job_template(&app::folder("planqk_json_missing"));
    for folder in ["planqk.json", "deeper"] {
        fs::create_dir(lifecycle.app_dir().join(folder)).unwrap();
    }
    fs::write(lifecycle.app_dir().join("deeper/planqk.json"), "{}").unwrap();
    assert_not_detected(&lifecycle);
}

#[test]
fn detect_fails_where_planqk_json_leads_out_of_the_application() {
    let lifecycle = job_template(&app::folder("planqk_json_missing"));
    fs::write(lifecycle.world().join("planqk.json"), "{}").unwrap();
    let link = lifecycle.app_dir().join("planqk.json");
    std::os::unix::fs::symlink("../planqk.json", &link).unwrap();
    assert_not_detected(&lifecycle);

    fs::remove_file(&link).unwrap();
    fs::write(lifecycle.app_dir().join("project.json"), "{}").unwrap();
    std::os::unix::fs::symlink("project.json", &link).unwrap();
    assert_detected(&lifecycle);
}

#[test]
fn detect_says_why_a_folder_does_not_count_where_the_platform_asks() {
    let lifecycle = job_template(&app::folder("planqk_json_missing"));
    fs::create_dir(lifecycle.app_dir().join("planqk.json")).unwrap();
    lifecycle
        .platform_variable("BP_LOG_LEVEL", "debug")
        .unwrap();
    let ended = lifecycle.detect().unwrap();
    assert_eq!(ended.code, Some(100), "{}", ended.output());
    let (sandbox, rest) = stdout(&ended).split_once('\n').unwrap();
    assert!(sandbox.starts_with("Sandbox: "), "{sandbox}");
    assert_eq!(
        rest,
        "| 'planqk.json' was not taken: it is a directory\n| Could not find 'planqk.json' file\n"
    );
}

#[test]
fn detect_passes_whatever_planqk_json_holds() {
    let lifecycle = job_template(&app::sample());
    let deep = "[".repeat(100_000);
    let large = " ".repeat(3 << 20);
    for content in [
        &b""[..],
        b"{}",
        b"[]",
        b"null",
        b"{\"name\": ",
        b"name: yaml",
        b"{\"name\": 3, \"runtime\": [\"DOCKER\"]}",
        b"{\"name\": \"twice\", \"name\": \"twice\"}",
        b"\xef\xbb\xbf{\"name\": \"with a byte order mark\"}",
        b"\xff\xfe\x00\x00",
        b"\x1b[2J\x00",
        deep.as_bytes(),
        large.as_bytes(),
    ] {
        fs::write(lifecycle.app_dir().join("planqk.json"), content).unwrap();
        assert_detected(&lifecycle);
    }
}

#[test]
fn detect_passes_for_every_fixture_that_has_a_planqk_json() {
    for state in app::ALL {
        let lifecycle = job_template(&app::folder(state));
        if state == "planqk_json_missing" {
            assert_not_detected(&lifecycle);
        } else {
            assert_detected(&lifecycle);
        }
    }
}

#[test]
fn detect_asks_nothing_of_the_application_but_to_be_read() {
    let lifecycle = job_template(&app::sample());
    let app = lifecycle.app_dir();
    let before = folder::snapshot(&app).unwrap();
    let set_modes = |file: u32, folder: u32| {
        for entry in folder::snapshot(&app).unwrap() {
            let mode = if entry.kind == Kind::Folder {
                folder
            } else {
                file
            };
            fs::set_permissions(app.join(&entry.path), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(&app, fs::Permissions::from_mode(folder)).unwrap();
    };
    set_modes(0o444, 0o555);
    assert_detected(&lifecycle);
    set_modes(0o644, 0o755);
    let contents = |entries: Vec<folder::Entry>| -> Vec<_> {
        entries
            .into_iter()
            .map(|entry| (entry.path, entry.kind))
            .collect()
    };
    assert_eq!(contents(folder::snapshot(&app).unwrap()), contents(before));
}

#[test]
fn detect_writes_the_build_plan_alone_and_readable() {
    let mut lifecycle = job_template(&app::sample());
    lifecycle.umask(0o077);
    assert_detected(&lifecycle);
    let plan = lifecycle.build_plan_path();
    let entries = folder::snapshot(plan.parent().unwrap()).unwrap();
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.path.to_str().unwrap(), entry.mode))
        .collect();
    assert_eq!(
        found,
        [("build-plan.toml", 0o644), ("buildpack-plan.toml", 0o644)]
    );
    assert_eq!(folder::snapshot(&lifecycle.layers_dir()).unwrap(), []);
}

#[test]
fn detect_replaces_a_build_plan_that_is_there() {
    let lifecycle = job_template(&app::sample());
    fs::write(
        lifecycle.build_plan_path(),
        "[[provides]]\nname = \"old\"\n".repeat(50),
    )
    .unwrap();
    assert_detected(&lifecycle);
}

/// `libcnb-data` writes build plans but does not read them, so both plans are compared as TOML.
#[test]
fn build_plan_is_what_libcnb_would_write() {
    let mut python = Require::new("cpython");
    python.metadata.insert("launch".to_owned(), true.into());
    let plan: BuildPlan = BuildPlanBuilder::new().requires(python).or().build();
    let theirs = toml::Table::try_from(&plan).unwrap();
    assert_eq!(toml::from_str::<toml::Table>(PLAN).unwrap(), theirs);
}

#[test]
fn every_served_buildpack_api_detects_and_no_warning_is_printed() {
    for api in ["0.10", "0.11", "0.12"] {
        let lifecycle = job_template(&app::folder("runtime_docker"));
        lifecycle
            .edit_descriptor("api = \"0.10\"", &format!("api = \"{api}\""))
            .unwrap();
        assert_detected(&lifecycle);
    }
}

#[test]
fn detect_reads_no_token_and_needs_none() {
    let lifecycle = job_template(&app::sample());
    lifecycle
        .platform_variable("BP_GITLAB_TOKEN", b"\xff\x00")
        .unwrap();
    let ended = passed(lifecycle.detect().unwrap());
    assert_eq!(stdout(&ended), "| Found 'planqk.json' file...\n");
}
