//! Tests the declared layer, and each refusal.

use std::fs;

use wasm_buildpack_sdk::testing::{Run, Sample};
use wasm_buildpack_sdk::{EnvMode, EnvScope, Failure, SourcePart};

use super::*;
use crate::CPython;

const LAUNCH: &str = r#"{"launch":true}"#;

fn built(files: &[(&str, &str)], change: impl FnOnce(Sample) -> Sample) -> (Run<Output>, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let sample = change(Sample::new(folder.path()));
    let layers = sample.layers_dir().display().to_string();
    (sample.build::<CPython>(), layers)
}

#[test]
fn the_layer_has_the_listed_file_and_its_programs_come_first() {
    let (run, layers) = built(&[(".python-version", "3.12")], |sample| {
        sample.required("cpython", LAUNCH)
    });
    let output = run.result.unwrap();
    let [layer] = output.layers.as_slice() else {
        panic!("{output:?}");
    };
    assert_eq!(
        (layer.name.as_str(), layer.types.launch, layer.types.build),
        ("cpython", true, false)
    );
    let [content] = layer.contents.as_slice() else {
        panic!("{layer:?}");
    };
    let Some(SourcePart::File(file)) = &content.part else {
        panic!("{content:?}");
    };
    assert_eq!(
        (content.source.as_str(), content.into.as_str()),
        ("python", "python")
    );
    assert_eq!((file.unpack, file.leading_folders), (Unpack::TarGz, 1));
    let known = releases().unwrap();
    let listed = known.iter().find(|one| one.path == file.path).unwrap();
    assert_eq!(
        (listed.arch.as_str(), &listed.sha256, listed.version.minor),
        ("amd64", &file.sha256, 12)
    );
    let [change] = layer.env.as_slice() else {
        panic!("{layer:?}");
    };
    assert_eq!(
        (change.name.as_str(), change.mode, change.scope),
        ("PATH", EnvMode::Prepend, EnvScope::Launch)
    );
    assert_eq!(change.value, format!("{layers}/cpython/python/bin"));
    assert_eq!(change.delimiter.as_deref(), Some(":"));
    let version = listed.version;
    assert_eq!(
        run.log[0].1,
        format!("CPython {version}, by .python-version")
    );
}

#[test]
fn the_file_is_that_of_the_architecture() {
    let (run, _) = built(&[], |mut sample| {
        "arm64".clone_into(&mut sample.context().target.arch);
        sample
            .required("cpython", LAUNCH)
            .variable(VARIABLE, "3.11.*")
    });
    let output = run.result.unwrap();
    let Some(SourcePart::File(file)) = &output.layers[0].contents[0].part else {
        panic!("{output:?}");
    };
    assert!(
        file.path.contains("cpython-3.11.") && file.path.contains("-aarch64-"),
        "{file:?}"
    );
    let (run, _) = built(&[], |mut sample| {
        "riscv64".clone_into(&mut sample.context().target.arch);
        sample.required("cpython", LAUNCH)
    });
    let error = run.result.unwrap_err();
    assert!(matches!(error.failure(), Failure::Platform(_)));
    assert!(
        error.to_string().contains("architecture 'riscv64'"),
        "{error}"
    );
}

#[test]
fn nothing_is_made_if_nothing_requires_python() {
    let (run, _) = built(&[(".python-version", "not read")], |sample| {
        sample.required("other", LAUNCH)
    });
    assert_eq!(run.result.unwrap(), Output::new());
}

#[test]
fn python_for_the_build_is_refused_with_another_way() {
    let (run, _) = built(&[], |sample| {
        sample
            .required("cpython", LAUNCH)
            .required("cpython", r#"{"build":true}"#)
    });
    let error = run.result.unwrap_err().to_string();
    for part in [
        "at launch only",
        "wasm-buildpacks/python-packages",
        "paketo-buildpacks/cpython",
    ] {
        assert!(error.contains(part), "{error}");
    }
    for metadata in [r#"{"build":false}"#, "{}", "no JSON", r#"{"build":"true"}"#] {
        let (run, _) = built(&[], |sample| sample.required("cpython", metadata));
        assert_eq!(run.result.unwrap().layers.len(), 1, "{metadata}");
    }
}

#[test]
fn an_unknown_version_is_refused_with_the_list() {
    let (run, _) = built(&[(".python-version", "3.2")], |sample| {
        sample.required("cpython", LAUNCH)
    });
    let error = run.result.unwrap_err();
    assert!(matches!(error.failure(), Failure::Application(_)));
    let error = error.to_string();
    assert!(
        error.contains("no Python 3.2") && error.contains("3.12."),
        "{error}"
    );
}
