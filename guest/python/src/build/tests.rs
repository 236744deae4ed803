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

/// The types of the layer for entries with these metadata, and the links in its folder `bin` with their targets.
fn made_for(metadata: &[&str]) -> (bool, bool, Vec<(String, String)>) {
    let app = tempfile::tempdir().unwrap();
    let sample = Sample::new(app.path()).variable(VARIABLE, "3.12.*");
    let sample = metadata
        .iter()
        .fold(sample, |sample, one| sample.required("cpython", one));
    let output = sample.build::<CPython>().result.unwrap();
    let types = output.layers[0].types;
    let entries = fs::read_dir(sample.layers_dir().join("cpython/bin"));
    let entries = entries.into_iter().flatten().map(Result::unwrap);
    let mut links: Vec<_> = entries
        .map(|entry| {
            let target = fs::read_link(entry.path()).unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, target.into_os_string().into_string().unwrap())
        })
        .collect();
    links.sort();
    (types.launch, types.build, links)
}

#[test]
fn python_for_the_build_is_on_the_path_of_later_buildpacks() {
    let names = ["pip", "pip3", "pip3.12", "python", "python3", "python3.12"];
    let programs: Vec<_> = names
        .map(|name| (name.to_owned(), format!("../python/bin/{name}")))
        .into();
    let build = r#"{"build":true}"#;
    assert_eq!(made_for(&[build]), (false, true, programs.clone()));
    let both = (true, true, programs);
    assert_eq!(made_for(&[r#"{"build":true,"launch":true}"#]), both);
    assert_eq!(made_for(&[LAUNCH, build]), both);
    assert_eq!(made_for(&[build, "{}"]), both);
}

#[test]
fn python_for_launch_alone_is_on_nobody_elses_path() {
    for metadata in [
        LAUNCH,
        r#"{"build":false}"#,
        "{}",
        "no JSON",
        r#"{"build":"true"}"#,
    ] {
        assert_eq!(
            made_for(&[metadata]),
            (true, false, Vec::new()),
            "{metadata}"
        );
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
