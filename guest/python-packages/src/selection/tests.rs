//! Tests the variables, and each refusal beside the nearest choice that is taken.

use std::fs;

use wasm_buildpack_sdk::Output;
use wasm_buildpack_sdk::testing::{Run, Sample};

use super::*;
use crate::PythonPackages;

const LOCK: &str = "version = 1\nrevision = 3\n\n\
    [[package]]\nname = \"job\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\
    [package.optional-dependencies]\nplot = [{ name = \"a\" }]\n\n\
    [[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://index.example.com/simple\" }\n\
    wheels = [{ url = \"https://files.example.com/a-1-py3-none-any.whl\", hash = \"sha256:DIGEST\" }]\n";

const REQUIREMENTS: &str =
    "--index-url https://index.example.com/simple/\na==1 --hash=sha256:DIGEST\n";

fn built(file: &str, text: &str, variables: &[(&str, &str)]) -> Run<Output> {
    let app = tempfile::tempdir().unwrap();
    let text = text.replace("DIGEST", &"ab".repeat(32));
    fs::write(app.path().join(file), text).unwrap();
    let sample = Sample::new(app.path());
    let sample = variables
        .iter()
        .fold(sample, |sample, (name, value)| sample.variable(name, value));
    sample.build::<PythonPackages>()
}

#[track_caller]
fn refused(file: &str, text: &str, variable: (&str, &str), words: &[&str]) {
    let error = built(file, text, &[variable]).result.unwrap_err();
    let error = error.to_string();
    for word in words {
        assert!(error.contains(word), "{word}: {error}");
    }
}

#[test]
fn names_of_both_variables_may_have_spaces_and_commas_between_them() {
    for (text, expected) in [
        ("", &[][..]),
        (" , ", &[]),
        ("A_b", &["a-b"]),
        ("one,two  three, ", &["one", "three", "two"]),
    ] {
        let names = names(EXTRAS, text).unwrap();
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        assert_eq!(names, expected, "{text}");
    }
}

#[test]
fn a_chosen_extra_brings_its_packages_and_the_log_names_it() {
    let run = built("uv.lock", LOCK, &[(EXTRAS, "plot"), (GROUPS, "")]);
    let layers = run.result.unwrap().layers;
    assert_eq!(layers[0].contents.len(), 1);
    let mut log = run.log.iter();
    assert!(log.any(|(_, line)| line == "Chosen of the project: extra 'plot'"));
    let run = built("uv.lock", LOCK, &[]);
    assert_eq!(run.result.unwrap().layers.len(), 0);
    let mut log = run.log.iter();
    assert!(log.all(|(_, line)| !line.contains("Chosen")));
}

#[test]
fn a_name_that_the_lock_does_not_have_is_refused_with_those_that_it_has() {
    let unknown = ["uv.lock has no extra 'plots'", "has these: plot", EXTRAS];
    refused("uv.lock", LOCK, (EXTRAS, "plots"), &unknown);
    let none = ["uv.lock has no group 'dev'", "has none", GROUPS];
    refused("uv.lock", LOCK, (GROUPS, "dev"), &none);
}

#[test]
fn a_text_that_is_not_a_name_is_refused() {
    let words = ["'-x' in BP_PYTHON_GROUPS is not a name"];
    refused("uv.lock", LOCK, (GROUPS, "a -x"), &words);
}

#[test]
fn a_requirements_file_was_made_for_one_selection() {
    let words = ["requirements.txt has neither", EXTRAS, "--extra"];
    refused("requirements.txt", REQUIREMENTS, (EXTRAS, "plot"), &words);
    let run = built("requirements.txt", REQUIREMENTS, &[(EXTRAS, "")]);
    assert_eq!(run.result.unwrap().layers.len(), 1);
}
