//! CycloneDX 1.6: <https://cyclonedx.org/docs/1.6/json/>. Host, guest and the host's crates are tools, which are no
//! part of the image; its components are what was fetched.

use serde_json::{Value, json};

use super::{Content, Facts, Provenance, id, persistent_ids, purl, push};

/// Where hashes of the host go: the first of the tools is the host.
const HOST_HASHES: &str = "/metadata/tools/components/0/hashes";
const TOOLS: &str = "/metadata/tools/components";
const PROPERTIES: &str = "/metadata/properties";
const COMPONENTS: &str = "/components";
/// The components whose dependencies are known to be unknown.
const UNKNOWN: &str = "/compositions/0/dependencies";

pub(super) const LISTS: [&str; 5] = [COMPONENTS, PROPERTIES, TOOLS, UNKNOWN, HOST_HASHES];

pub(super) fn fill(document: &mut Value, name: String, facts: &Facts, contents: &[&Content]) {
    document["serialNumber"] = name.into();
    push(document, HOST_HASHES, sha256(&facts.host));
    let guest = json!({
        "type": "application",
        "bom-ref": "guest",
        "name": facts.buildpack,
        "version": facts.version,
        "description": "The buildpack's component, compiled: guest.cwasm",
        "hashes": [sha256(&facts.guest)],
    });
    push(document, TOOLS, guest);
    push(document, PROPERTIES, property("receipt", &facts.receipt));
    for (n, content) in contents.iter().enumerate() {
        let id = id(n, content);
        push(document, COMPONENTS, component(&id, content));
        push(document, UNKNOWN, id.into());
    }
}

fn component(id: &str, content: &Content) -> Value {
    let Content {
        layer,
        launch: _,
        provenance,
        note,
        supplier,
        address,
    } = content;
    let Provenance { kept, known_from } = provenance;
    let address = address.iter();
    let address = address.map(|url| json!({"type": "vcs", "url": url}));
    let mut component = json!({
        // What the specification recommends for what is unknown.
        "type": "library",
        "bom-ref": id,
        "name": note.source,
        "version": note.commit,
        "purl": purl(content),
        "swhid": persistent_ids(note),
        "externalReferences": address.collect::<Vec<_>>(),
        "properties": [
            property("layer", layer.as_str()),
            property("into", &note.into),
            property("subpath", &note.subpath),
            property("revision", &note.revision),
            property("commit", &note.commit),
            property("tree", &note.tree),
            property("kept", &kept.to_string()),
            property("known-from", &known_from.to_string()),
        ],
    });
    if let Some(supplier) = supplier {
        component["supplier"] = json!({"name": supplier});
    }
    component
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": format!("wasm-buildpacks:{name}"), "value": value})
}

fn sha256(digest: &str) -> Value {
    json!({"alg": "SHA-256", "content": digest})
}
