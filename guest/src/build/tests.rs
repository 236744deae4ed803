//! Tests the whole output, and each warning beside the nearest application that gets none.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wasm_buildpack_sdk::testing::Sample;
use wasm_buildpack_sdk::{EnvMode, EnvScope, LayerTypes};

use super::*;

/// An application with these files. A name that ends with `/` is a directory.
fn app(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::write(path, content).unwrap();
        }
    }
    dir
}

fn warnings(dir: &Path) -> Vec<String> {
    messages(&Application::at(dir.to_str().unwrap()))
        .into_iter()
        .map(|(level, text)| {
            assert_eq!(level, Level::Warning, "{text}");
            text
        })
        .collect()
}

const PLANQK: (&str, &str) = (
    "planqk.json",
    r#"{"name":"job","runtime":"PYTHON_TEMPLATE"}"#,
);
const PROGRAM: (&str, &str) = (
    "src/program.py",
    "def run(data, params):\n    return data\n",
);

#[test]
fn output_is_the_job_templates_layer_and_start_command() {
    let expected = Output {
        layers: vec![Layer {
            name: "job-template".into(),
            types: LayerTypes {
                launch: true,
                build: false,
                cache: false,
            },
            metadata: "{}".into(),
            contents: vec![Content {
                source: "job-template".into(),
                into: "job-template".into(),
                part: None,
            }],
            env: vec![
                EnvChange {
                    scope: EnvScope::Launch,
                    process: None,
                    name: "ENTRY_POINT".into(),
                    mode: EnvMode::Override,
                    value: "src.program:run".into(),
                    delimiter: None,
                },
                EnvChange {
                    scope: EnvScope::Launch,
                    process: None,
                    name: "PYTHONPATH".into(),
                    mode: EnvMode::Append,
                    value: ":/layers/planqk-buildpacks_job-template/job-template/job-template"
                        .into(),
                    delimiter: None,
                },
            ],
            exec_d: vec![],
            executables: vec![],
        }],
        processes: vec![Process {
            type_: "web".into(),
            command: vec!["python".into(), "-m".into(), "app".into()],
            args: vec![],
            default: true,
            working_directory: None,
            exec_env: vec![],
        }],
        labels: vec![],
        slices: vec![],
        unmet: vec![],
        store: None,
    };
    for layers_dir in [
        "/layers/planqk-buildpacks_job-template",
        "/layers/planqk-buildpacks_job-template/",
    ] {
        let mut sample = Sample::new(".");
        layers_dir.clone_into(&mut sample.context().layers_dir);
        assert_eq!(output(sample.context()), expected, "{layers_dir}");
    }
}

#[test]
fn a_sound_application_gets_no_warning() {
    for more in [
        &[][..],
        &[("src/app.py", ""), ("src/app/", ""), ("src/Procfile", "")],
        &[("application.py", ""), ("apps/", ""), ("app", "a script")],
        &[("Procfile/", ""), ("app.py/", "")],
        &[("app/index.html", ""), ("app/main.py", "")],
        &[("app/__init__.py/", ""), ("app/__main__.py/", "")],
        &[("Procfile", "")],
        &[("Procfile", "# web: x\nrelease: x\nclock: y\n")],
        &[("src/__init__.py", ""), ("requirements.txt", "")],
    ] {
        let dir = app(&[&[PLANQK, PROGRAM], more].concat());
        assert_eq!(warnings(dir.path()), Vec::<String>::new(), "{more:?}");
    }
}

#[test]
fn a_package_in_place_of_the_module_is_looked_at() {
    let dir = app(&[
        PLANQK,
        ("src/program/__init__.py", "from .job import run\n"),
    ]);
    assert_eq!(warnings(dir.path()), Vec::<String>::new());

    let dir = app(&[PLANQK, PROGRAM, ("src/program/__init__.py", "")]);
    let found = warnings(dir.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("src/program/__init__.py has no 'run' at its top level."));
}

#[test]
fn each_doubt_is_one_warning_that_names_its_file() {
    for (files, start) in [
        (&[PLANQK][..], "src/program.py is missing."),
        (&[PLANQK, ("src", "a file")], "src/program.py is missing."),
        (
            &[PLANQK, ("src/program.py/", "")],
            "src/program.py is missing.",
        ),
        (
            &[
                PLANQK,
                ("src/program.py", "class Job:\n    def run(self): pass\n"),
            ],
            "src/program.py has no 'run' at its top level.",
        ),
        (
            &[PLANQK, PROGRAM, ("app.py", "")],
            "app.py has the name of the job template's own 'app'.",
        ),
        (
            &[PLANQK, PROGRAM, ("app/__init__.py", "")],
            "app/__init__.py has the name of the job template's own 'app'.",
        ),
        (
            &[
                PLANQK,
                PROGRAM,
                ("app/__init__.py", ""),
                ("app/__main__.py", ""),
            ],
            "app/__init__.py has the name of the job template's own 'app'.",
        ),
        (
            &[PLANQK, PROGRAM, ("app/__main__.py", "")],
            "app/__main__.py is started in place of the job template's own if",
        ),
        (
            &[
                PLANQK,
                ("src/program.py", "async def run(data): return data\n"),
            ],
            "src/program.py defines 'run' with 'async def'.",
        ),
        (
            &[
                PLANQK,
                ("src/program.py", "\ndef run(data:\n    return data\n"),
            ],
            "src/program.py is not valid Python, line 2: a bracket that is never closed.",
        ),
        (
            &[
                PLANQK,
                PROGRAM,
                ("Procfile", "release: x\nWeb: python app.py"),
            ],
            "Procfile: in a builder with a Procfile buildpack its line 'web' becomes",
        ),
        (
            &[PLANQK, PROGRAM, ("Procfile", "worker: python w.py")],
            "Procfile: in a builder with a Procfile buildpack its line 'worker' becomes",
        ),
        (
            &[
                PLANQK,
                PROGRAM,
                ("Procfile", "release: x\nworker: python w.py"),
            ],
            "Procfile: in a builder with Paketo's Procfile buildpack its line 'worker' becomes",
        ),
        (
            &[PLANQK, PROGRAM, ("Procfile", "release: ./migrate")],
            "Procfile: in a builder with Heroku's Procfile buildpack its line 'release' becomes",
        ),
        (
            &[
                PROGRAM,
                ("planqk.json", r#"{"name":"job","runtime":"DOCKER"}"#),
            ],
            "planqk.json: field 'runtime' is DOCKER.",
        ),
        (
            &[PROGRAM, ("planqk.json", "{}")],
            "planqk.json: field 'name' is missing.",
        ),
        (
            &[PROGRAM, ("planqk.json", "name: job")],
            "planqk.json is not valid JSON (",
        ),
        (
            &[PROGRAM, ("planqk.json/", "")],
            "planqk.json could not be read (",
        ),
    ] {
        let dir = app(files);
        let found = warnings(dir.path());
        assert_eq!(found.len(), 1, "{files:?}: {found:?}");
        assert!(found[0].starts_with(start), "{files:?}: {found:?}");
        assert!(!found[0].contains(['\n', '\r']), "{files:?}: {found:?}");
    }
}

#[test]
fn warnings_come_in_the_order_of_the_start() {
    let dir = app(&[
        ("planqk.json", r#"{"runtime":"RUBY"}"#),
        ("app.py", ""),
        ("app/__init__.py", ""),
        ("app/__main__.py", ""),
        ("Procfile", "web: x"),
    ]);
    let found = warnings(dir.path());
    let starts: Vec<&str> = found
        .iter()
        .filter_map(|text| text.split_whitespace().next())
        .collect();
    let expected = [
        "planqk.json:",
        "planqk.json:",
        "src/program.py",
        "app.py",
        "app/__init__.py",
        "Procfile:",
    ];
    assert_eq!(starts, expected, "{found:?}");
}

#[test]
fn a_file_that_is_too_large_is_not_checked_and_the_rest_is() {
    let large = format!("# {}", "x".repeat(1024 * 1024));
    let dir = app(&[
        ("planqk.json", &large),
        ("src/program.py", &large),
        ("Procfile", &large),
    ]);
    let found = warnings(dir.path());
    assert_eq!(found.len(), 3, "{found:?}");
    for (text, name) in found
        .iter()
        .zip(["planqk.json", "src/program.py", "Procfile"])
    {
        let start =
            format!("{name} could not be read (it is larger than 1 MiB), so it was not checked.");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_cannot_be_followed_is_told_apart_from_a_missing_file() {
    let dir = app(&[PLANQK, ("src/", "")]);
    let link = dir.path().join("src/program.py");
    std::os::unix::fs::symlink("program.py", link).unwrap();
    let found = warnings(dir.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("src/program.py could not be read ("));
}
