//! What an image's configuration says of the buildpack in it. Platforms believe these labels and look no further.

use serde_json::{Map, Value};

/// Which buildpacks are in which layers.
const LAYERS: &str = "io.buildpacks.buildpack.layers";
/// What the package is.
const METADATA: &str = "io.buildpacks.buildpackage.metadata";

/// What is wrong with the configuration of an image that should hold this buildpack in this layer, and no other.
pub(super) fn findings(
    config: &Map<String, Value>,
    (id, version): (&str, &str),
    diff_id: &str,
) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in config {
        let is_nothing = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(table) => table.is_empty(),
            Value::Bool(flag) => !flag,
            Value::Number(_) => false,
        };
        if key != "Labels" && !is_nothing {
            found.push(format!("sets {key}, which no package needs"));
        }
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
        serde_json::from_str(text).ok()
    };
    let in_layer = |layers: &Value| {
        let buildpack = only(only(layers, id)?, version)?;
        let order = buildpack.get("order").is_none_or(Value::is_null);
        Some(order && buildpack.get("layerDiffID")? == diff_id)
    };
    if read(LAYERS).as_ref().and_then(in_layer) != Some(true) {
        found.push(format!(
            "must say in the label {LAYERS} that {id}@{version} is in the layer {diff_id}, and nothing else"
        ));
    }
    let is =
        |metadata: &Value| Some(metadata.get("id")? == id && metadata.get("version")? == version);
    if read(METADATA).as_ref().and_then(is) != Some(true) {
        found.push(format!(
            "must say in the label {METADATA} that it is {id}@{version}"
        ));
    }
    found
}

/// What stands under the one key of a table.
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
        ] {
            let found = found(&config(&layers, &metadata));
            assert!(found.len() == 1 && found[0].contains(LAYERS), "{found:#?}");
        }
        for metadata in [
            json!({}),
            json!({ "id": "a/c", "version": "1.0" }),
            json!({ "id": "a/b", "version": "2" }),
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
        more["Env"] = json!([]);
        let found = found(&more);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].contains("Entrypoint") && found[1].contains("other"));
    }
}
