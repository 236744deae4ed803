//! Tests the examples in Rust on the host: each with its sample application, and with one that it does not take.

use std::fs;
use std::path::PathBuf;

use lifecycle::{Environment, Lifecycle};
use package::trial;
use tests::folder::Kind;

use crate::world::{error, passed, stdout};

/// A lifecycle with an example and its sample application.
fn example(name: &str) -> Lifecycle {
    let folder = trial::example(name).unwrap();
    Lifecycle::with_app(&folder.path().join("buildpack"), &sample(name)).unwrap()
}

fn sample(name: &str) -> PathBuf {
    let examples = package::cargo::root().join("examples");
    examples.join(name).join("samples/hello/app")
}

/// Returns the output of a process of the image, where the image has the variables of the tests' machine.
fn printed(lifecycle: &Lifecycle, process: &str) -> String {
    let ended = lifecycle.launch(Some(process), &Environment::new());
    stdout(&passed(ended.unwrap())).to_owned()
}

#[test]
fn procfile_starts_each_line_of_the_file() {
    let lifecycle = example("rust");
    passed(lifecycle.detect().unwrap());
    let built = passed(lifecycle.build().unwrap());
    assert!(
        !built.output().contains("is left out"),
        "{}",
        built.output()
    );
    assert_eq!(printed(&lifecycle, "web"), "hello from the web process\n");
    assert_eq!(printed(&lifecycle, "worker"), "hello from the worker\n");
    let (default, _) = lifecycle.process(None).unwrap();
    assert_eq!(
        default,
        ["bash", "-c", "echo \"hello from the web process\""]
    );
}

#[test]
fn procfile_warns_about_a_malformed_line_and_takes_no_part_without_the_file() {
    let lifecycle = example("rust");
    let file = lifecycle.app_dir().join("Procfile");
    fs::write(&file, "# a comment\n\nrelease: true\nno command:\n").unwrap();
    let built = passed(lifecycle.build().unwrap());
    let expected = "the Procfile has a line that is not 'name: command': no command:";
    assert!(built.output().contains(expected), "{}", built.output());
    let (default, _) = lifecycle.process(None).unwrap();
    assert_eq!(default, ["bash", "-c", "true"]);

    fs::remove_file(&file).unwrap();
    let detected = lifecycle.detect().unwrap();
    assert_eq!(detected.code, Some(100), "{}", detected.output());
    let failed = lifecycle.build().unwrap();
    assert!(!failed.passed());
    let text = error(&failed);
    assert!(
        text.contains("The file 'Procfile' cannot be read"),
        "{text}"
    );
}

#[test]
fn wrapper_makes_commands_that_are_executable_and_in_path() {
    let lifecycle = example("wrapper");
    passed(lifecycle.detect().unwrap());
    passed(lifecycle.build().unwrap());
    let layer = lifecycle.layers_dir().join("commands");
    let entries = tests::folder::snapshot(&layer).unwrap();
    let files = entries
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::File(_)));
    let files: Vec<_> = files
        .map(|file| (file.path.to_str().unwrap(), file.mode))
        .collect();
    let expected = [
        ("bin/greet", 0o755),
        ("bin/web", 0o755),
        ("share/greet.sh", 0o644),
        ("share/settings.sh", 0o644),
        ("share/web.sh", 0o644),
    ];
    assert_eq!(files, expected);
    // `web` calls `greet` by its name.
    assert_eq!(printed(&lifecycle, "web"), "Hello, web\n");
    assert_eq!(printed(&lifecycle, "greet"), "Hello, world\n");
}

#[test]
fn wrapper_fails_with_its_own_message_for_a_line_that_is_not_a_setting() {
    let lifecycle = example("wrapper");
    fs::write(lifecycle.app_dir().join("settings.env"), "A=1\nB\n").unwrap();
    let failed = lifecycle.build().unwrap();
    assert!(!failed.passed());
    let text = error(&failed);
    assert!(
        text.contains("Line 2 of settings.env is not a setting"),
        "{text}"
    );
}
