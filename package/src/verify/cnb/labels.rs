//! Checks the labels in an image's configuration, which describe its buildpack. Platforms trust them and do not read
//! the layer.

use serde_json::{Map, Value};

use super::json::{self, Form};

/// The label that says which buildpacks are in which layers.
const LAYERS: &str = "io.buildpacks.buildpack.layers";
/// The label that describes the package.
const METADATA: &str = "io.buildpacks.buildpackage.metadata";

/// The keys of the first label, for a buildpack that is not an order of others.
const OF_LAYERS: [&str; 6] = [
    "api",
    "stacks",
    "targets",
    "layerDiffID",
    "homepage",
    "name",
];
/// The keys of the second label.
const OF_METADATA: [&str; 10] = [
    "id",
    "name",
    "version",
    "description",
    "homepage",
    "keywords",
    "exec-env",
    "licenses",
    "clear-env",
    "stacks",
];

/// Finds faults in the configuration of an image that must hold only this buildpack, in this layer.
pub(super) fn findings(
    config: &Map<String, Value>,
    (id, version): (&str, &str),
    diff_id: &str,
) -> Vec<String> {
    let mut found = Vec::new();
    for key in config.keys().filter(|key| *key != "Labels") {
        found.push(format!("sets {key}, which no package needs"));
    }
    let none = Map::new();
    let labels = config.get("Labels").and_then(Value::as_object);
    let labels = labels.unwrap_or(&none);
    for key in labels.keys() {
        if ![LAYERS, METADATA].contains(&key.as_str()) {
            found.push(format!("has the label {key}, which no package needs"));
        }
    }
    let read = |key| -> Option<Value> {
        let text = labels.get(key)?.as_str()?;
        json::read(text.as_bytes(), Form::Compact).ok()
    };
    let in_layer = |layers: &Value| {
        let buildpack = only(only(layers, id)?, version)?;
        let known = has_only(buildpack, &OF_LAYERS);
        Some(known && buildpack.get("layerDiffID")? == diff_id)
    };
    if read(LAYERS).as_ref().and_then(in_layer) != Some(true) {
        found.push(format!(
            "must say in the label {LAYERS} that {id}@{version} is in the layer {diff_id}, and nothing else"
        ));
    }
    let is = |metadata: &Value| {
        let known = has_only(metadata, &OF_METADATA);
        Some(known && metadata.get("id")? == id && metadata.get("version")? == version)
    };
    if read(METADATA).as_ref().and_then(is) != Some(true) {
        found.push(format!(
            "must say in the label {METADATA} that it is {id}@{version}"
        ));
    }
    found
}

/// Whether a table has only these keys. Go would read a key in another letter case as the same one.
fn has_only(table: &Value, keys: &[&str]) -> bool {
    let table = table.as_object();
    table.is_some_and(|table| table.keys().all(|key| keys.contains(&key.as_str())))
}

/// The value in a table that has only this key.
fn only<'a>(table: &'a Value, key: &str) -> Option<&'a Value> {
    let table = table.as_object().filter(|table| table.len() == 1)?;
    table.get(key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(config: &Value) -> Vec<String> {
        findings(config.as_object().unwrap(), ("a/b", "1.0"), "sha256:0")
    }

    fn config(layers: &Value, metadata: &Value) -> Value {
        json!({ "Labels": { LAYERS: layers.to_string(), METADATA: metadata.to_string() } })
    }

    #[test]
    fn labels_say_which_buildpack_is_in_the_layer_and_nothing_else() {
        let metadata = json!({ "id": "a/b", "version": "1.0", "name": "B" });
        let layer = json!({ "api": "0.10", "layerDiffID": "sha256:0" });
        let good = json!({ "a/b": { "1.0": layer.clone() } });
        assert_eq!(found(&config(&good, &metadata)), [""; 0]);
        for layers in [
            json!({}),
            json!({ "a/c": { "1.0": layer.clone() } }),
            json!({ "a/b": { "1.1": layer.clone() } }),
            json!({ "a/b": { "1.0": layer.clone(), "1.1": layer.clone() } }),
            json!({ "a/b": { "1.0": layer.clone() }, "a/c": { "1.0": layer } }),
            json!({ "a/b": { "1.0": { "layerDiffID": "sha256:1" } } }),
            json!({ "a/b": { "1.0": { "layerDiffID": "sha256:0", "order": [{}] } } }),
            json!({ "a/b": { "1.0": { "layerDiffID": "sha256:0", "Order": [{}] } } }),
            json!({ "a/b": { "1.0": { "layerDiffID": "sha256:0", "LayerDiffID": "sha256:1" } } }),
        ] {
            let found = found(&config(&layers, &metadata));
            assert!(found.len() == 1 && found[0].contains(LAYERS), "{found:#?}");
        }
        for metadata in [
            json!({}),
            json!({ "id": "a/c", "version": "1.0" }),
            json!({ "id": "a/b", "version": "2" }),
            json!({ "id": "a/b", "version": "1.0", "ID": "a/c" }),
            json!({ "id": "a/b", "version": "1.0", "Stacks": [] }),
        ] {
            let found = found(&config(&good, &metadata));
            assert!(
                found.len() == 1 && found[0].contains(METADATA),
                "{found:#?}"
            );
        }
        let mut more = config(&good, &metadata);
        more["Labels"]["other"] = json!("x");
        more["Entrypoint"] = json!(["/bin/sh"]);
        more["labels"] = json!(null);
        let found = found(&more);
        assert_eq!(found.len(), 3, "{found:#?}");
        for (text, words) in found.iter().zip(["Entrypoint", "labels", "other"]) {
            assert!(text.contains(words), "{text}");
        }
    }
}
