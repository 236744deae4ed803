//! Outputs of a component that break one rule each, and the errors of their check, which have the rules' own texts.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use cnb::api::Api;
use cnb::check::{BuildFacts, CheckError, KnownSources, OWN_LABELS, check_output};
use cnb::descriptor::source::{FileSource, GitSource};
use cnb::names::SourceName;
use contract::types::{
    BuildOutput, Content, EnvChange, EnvMode, EnvScope, IndexedPackage, IndexedPackages, Label,
    Layer, LayerTypes, Process, Slice, SourceFile, SourcePart, Unpack,
};

/// The source that is a git repository.
const GIT: &str = "job";
/// The source that consists of files.
const FILES: &str = "packages";
const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Returns one error for each rule.
pub(super) fn rules() -> Vec<CheckError> {
    let outputs = of_the_image().into_iter().chain(of_a_layer());
    outputs.map(broken).collect()
}

/// Checks an output that breaks a rule.
fn broken(output: BuildOutput) -> CheckError {
    let [git, files]: [SourceName; 2] = [GIT, FILES].map(|name| name.parse().unwrap());
    let facts = BuildFacts {
        api: Api::V0_10,
        buildpack_plan: BTreeSet::new(),
        sources: KnownSources(BTreeMap::from([
            (&git, GitSource::FORM),
            (&files, FileSource::FORM),
        ])),
    };
    check_output(output, &facts).unwrap_err()
}

/// Outputs whose processes, labels, slices or entries break a rule.
fn of_the_image() -> [BuildOutput; 6] {
    let processes = |processes: Vec<Process>| BuildOutput {
        processes,
        ..empty()
    };
    [
        processes(["web", "worker"].map(process).into()),
        processes(vec![Process {
            exec_env: vec!["test".to_owned()],
            ..process("web")
        }]),
        processes(vec![Process {
            working_directory: Some("../app".to_owned()),
            ..process("web")
        }]),
        BuildOutput {
            labels: vec![Label {
                key: format!("{OWN_LABELS}receipt"),
                value: String::new(),
            }],
            ..empty()
        },
        BuildOutput {
            slices: vec![Slice {
                paths: vec!["/src".to_owned()],
            }],
            ..empty()
        },
        BuildOutput {
            unmet: vec!["cpython".to_owned()],
            ..empty()
        },
    ]
}

/// Outputs with a layer that breaks a rule.
fn of_a_layer() -> [BuildOutput; 13] {
    let sets = |env: Vec<EnvChange>| Layer { env, ..layer() };
    let holds = |content: Content| Layer {
        contents: vec![content],
        ..layer()
    };
    let append = |delimiter: &str| EnvChange {
        mode: EnvMode::Append,
        delimiter: Some(delimiter.to_owned()),
        ..change("JOB_PATH")
    };
    let layers = [
        sets(vec![
            append(":"),
            EnvChange {
                mode: EnvMode::Prepend,
                ..append(";")
            },
        ]),
        sets(vec![EnvChange {
            scope: EnvScope::All,
            process: Some("web".to_owned()),
            ..change("JOB_HOME")
        }]),
        sets(vec![EnvChange {
            delimiter: Some(":".to_owned()),
            ..change("JOB_HOME")
        }]),
        sets(vec![EnvChange {
            scope: EnvScope::Build,
            ..change("LD_PRELOAD")
        }]),
        sets(vec![
            change("web"),
            EnvChange {
                process: Some("web".to_owned()),
                ..change("JOB_HOME")
            },
        ]),
        Layer {
            types: LayerTypes {
                launch: false,
                build: false,
                cache: false,
            },
            ..sets(vec![change("JOB_HOME")])
        },
        holds(content("other", None)),
        Layer {
            executables: vec!["../run".to_owned()],
            ..layer()
        },
        holds(content(GIT, Some(file()))),
        holds(content(FILES, None)),
        holds(content(
            FILES,
            Some(SourceFile {
                sha256: "0123".to_owned(),
                ..file()
            }),
        )),
        holds(content(
            FILES,
            Some(SourceFile {
                leading_folders: 1,
                ..file()
            }),
        )),
        holds(package()),
    ];
    layers.map(|layer| BuildOutput {
        layers: vec![layer],
        ..empty()
    })
}

fn empty() -> BuildOutput {
    BuildOutput {
        layers: Vec::new(),
        processes: Vec::new(),
        labels: Vec::new(),
        slices: Vec::new(),
        unmet: Vec::new(),
        store: None,
    }
}

fn process(name: &str) -> Process {
    Process {
        type_: name.to_owned(),
        command: vec!["python".to_owned()],
        args: Vec::new(),
        default: true,
        working_directory: None,
        exec_env: Vec::new(),
    }
}

fn layer() -> Layer {
    Layer {
        name: "tools".to_owned(),
        types: LayerTypes {
            launch: true,
            build: false,
            cache: false,
        },
        metadata: "{}".to_owned(),
        contents: Vec::new(),
        env: Vec::new(),
        exec_d: Vec::new(),
        executables: Vec::new(),
    }
}

fn change(name: &str) -> EnvChange {
    EnvChange {
        scope: EnvScope::Launch,
        process: None,
        name: name.to_owned(),
        mode: EnvMode::Override,
        value: "value".to_owned(),
        delimiter: None,
    }
}

fn content(source: &str, file: Option<SourceFile>) -> Content {
    Content {
        source: source.to_owned(),
        into: "site".to_owned(),
        part: file.map(SourcePart::File),
    }
}

/// A content with a package whose tag is in upper case.
fn package() -> Content {
    let package = IndexedPackage {
        name: "a".to_owned(),
        sha256: vec![DIGEST.to_owned()],
    };
    let packages = IndexedPackages {
        packages: vec![package],
        tags: vec!["py3-none-ANY".to_owned()],
    };
    Content {
        part: Some(SourcePart::Packages(packages)),
        ..content(FILES, None)
    }
}

fn file() -> SourceFile {
    SourceFile {
        path: "https://files.example.com/a.whl".to_owned(),
        sha256: DIGEST.to_owned(),
        unpack: Unpack::Wheel,
        leading_folders: 0,
    }
}
