//! Reads the files of `deploy/`. No expectation belongs here.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The documents of a YAML file, in their order.
pub(crate) fn yaml(name: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn toml(name: &str) -> toml::Table {
    text(name)
        .parse()
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The only document of this kind.
pub(crate) fn of_kind<'a>(documents: &'a [Value], kind: &str) -> &'a Value {
    let mut found = documents.iter().filter(|one| one["kind"] == kind);
    let one = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "several of kind {kind}");
    one
}

/// Every string in a document, at any depth.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
