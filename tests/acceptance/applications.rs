//! Tests the warnings about an application, each beside the applications that must not get it.
//!
//! Reading a file and finding `run` are tested in the guest.

use std::fs;

use tests::app;

use crate::world::{World, error, stdout};

/// Runs a build, and returns its warnings.
fn warnings(world: &World) -> Vec<String> {
    let ended = world.build();
    assert_eq!(error(&ended), "");
    let mut lines = stdout(&ended).lines();
    assert_eq!(
        lines.next(),
        Some("---> PlanQK Job Template Buildpack 0.1.0")
    );
    let (own, warnings): (Vec<_>, Vec<_>) = lines.partition(|line| {
        ["Sandbox: ", "Source '", "Layer '", "Done in "]
            .iter()
            .any(|start| {
                line.strip_prefix("  ")
                    .is_some_and(|line| line.starts_with(start))
            })
    });
    assert!(own.iter().all(|line| !line.contains("Warning")), "{own:?}");
    let text = |line: &str| {
        line.strip_prefix("  | Warning: ")
            .unwrap_or_else(|| panic!("no warning: {line}"))
            .to_owned()
    };
    warnings.into_iter().map(text).collect()
}

#[test]
fn every_fixture_gets_its_warning_and_no_other() {
    for state in app::ALL {
        let start = match state {
            // Detection declines this application; a build that is started by hand warns about the missing file.
            "planqk_json_missing" => "planqk.json could not be read (",
            "sample" => continue,
            "app_shadowed_by_file" => "app.py has the name of the job template's own 'app'.",
            "app_shadowed_by_folder" => {
                "app/__init__.py has the name of the job template's own 'app'."
            }
            "planqk_json_unreadable" => "planqk.json is not valid JSON (",
            "planqk_json_without_name" => "planqk.json: field 'name' is missing.",
            "procfile" => "Procfile: in a builder with a Procfile buildpack its line 'web' becomes",
            "program_missing" => "src/program.py is missing.",
            "program_run_in_a_comment" | "program_without_run" => {
                "src/program.py has no 'run' at its top level."
            }
            "program_run_is_a_coroutine" => "src/program.py defines 'run' with 'async def'.",
            "program_unclosed" => {
                "src/program.py is not valid Python, line 2: a bracket that is never closed."
            }
            "runtime_docker" => "planqk.json: field 'runtime' is DOCKER.",
            "runtime_unknown" => "planqk.json: field 'runtime' is 'FORTRAN', which is none of",
            other => panic!("no expectation for {other}"),
        };
        let found = warnings(&World::with_app(state));
        let [only] = &found[..] else {
            panic!("{state}: {found:?}");
        };
        assert!(only.starts_with(start), "{state}: {only}");
    }
}

#[test]
fn an_innocent_application_gets_no_warning() {
    assert_eq!(warnings(&World::sample()), [""; 0]);
}

#[test]
fn the_nearest_innocent_applications_get_no_warning() {
    for (path, text) in [
        ("src/app.py", ""),
        ("src/app/__init__.py", ""),
        ("app/index.html", "<html>"),
        ("Procfile", "release: ./migrate\nclock: python clock.py\n"),
        ("application.py", ""),
        ("docs/Procfile", "web: python app.py"),
        ("Procfile.md", ""),
        ("src/planqk.json", "{"),
        ("planqk.json", "{\"name\": \"no runtime\"}"),
        (
            "planqk.json",
            "\u{feff}{\"name\": \"marked\", \"runtime\": \"PYTHON\", \"extra\": {}}",
        ),
        ("src/program.py", "from .libs.circuit import other as run\n"),
        (
            "src/program.py",
            "if True:\n    async def run(data, params): ...\nelse:\n    def run(): ...\n",
        ),
    ] {
        let world = World::sample();
        let file = world.lifecycle.app_dir().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        assert_eq!(warnings(&world), [""; 0], "{path}: {text}");
    }
}

#[test]
fn several_doubts_are_told_in_one_build() {
    let world = World::with_app("runtime_docker");
    for (path, text) in [
        ("app.py", ""),
        ("Procfile", "web: x"),
        ("src/program.py", ""),
    ] {
        fs::write(world.lifecycle.app_dir().join(path), text).unwrap();
    }
    let found = warnings(&world);
    let starts: Vec<_> = found
        .iter()
        .map(|text| text.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        starts,
        ["planqk.json:", "src/program.py", "app.py", "Procfile:"]
    );
}

#[test]
fn a_warning_shows_a_value_of_the_application_without_steering_the_terminal() {
    let world = World::sample();
    let text = "{\"name\": \"job\", \"runtime\": \"\\u001b[31m\\u202ered\\nWarning: none\"}";
    fs::write(world.lifecycle.app_dir().join("planqk.json"), text).unwrap();
    let found = warnings(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("[31m"), "{found:?}");
    assert!(!found[0].contains(['\u{1b}', '\u{202e}']), "{found:?}");
}

#[test]
fn what_an_application_is_like_changes_nothing_that_is_written() {
    let paths = |state: &str| {
        let world = World::with_app(state);
        world.build();
        tests::folder::paths(&world.layers())
    };
    let sample = paths("sample");
    for state in [
        "program_missing",
        "procfile",
        "planqk_json_unreadable",
        "runtime_docker",
    ] {
        assert_eq!(paths(state), sample, "{state}");
    }
}
