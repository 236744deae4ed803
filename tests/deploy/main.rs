//! The files in `deploy/` say what their platforms read, and what this project promises of them.
//!
//! What a platform makes of them is seen by `cargo xtask acceptance`, or was seen once: deploy/README.md says which.

mod pack;
mod services;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The documents of a YAML file, in their order.
fn yaml(name: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn toml(name: &str) -> toml::Table {
    text(name)
        .parse()
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The one document of this kind.
fn of_kind<'a>(documents: &'a [Value], kind: &str) -> &'a Value {
    let mut found = documents.iter().filter(|one| one["kind"] == kind);
    let one = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "several of kind {kind}");
    one
}

/// Every text in a document, wherever it stands.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_file_begins_with_what_uses_it_and_is_named_in_the_readme() {
    let readme = text("README.md");
    for name in [
        "builder.toml",
        "meta/package.toml",
        "kpack/builder.yaml",
        "kpack/image.yaml",
        "tekton/pipelinerun.yaml",
        "gitlab-ci.yml",
        "github-actions.yml",
    ] {
        assert!(readme.contains(&format!("({name})")), "{name}");
        let text = text(name);
        let head: Vec<_> = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .collect();
        let command = head.iter().find(|line| line.starts_with("#   "));
        assert!(
            command.is_some_and(|line| line.contains(&format!("deploy/{name}"))),
            "{name}"
        );
    }
}

#[test]
fn no_file_shares_a_writable_place_between_builds() {
    for name in [
        "kpack/builder.yaml",
        "kpack/image.yaml",
        "tekton/pipelinerun.yaml",
        "gitlab-ci.yml",
        "github-actions.yml",
    ] {
        let text = text(name);
        for shared in [
            "persistentVolumeClaim",
            "hostPath",
            "cache",
            "docker.sock",
            "privileged: true",
        ] {
            assert!(!text.contains(shared), "{name} has {shared}");
        }
    }
}
