//! CycloneDX 1.6: <https://cyclonedx.org/docs/1.6/json/>. The host, the component of the buildpack and the crates of
//! the host are tools, which are not part of the image. The components in the document are the fetched content.

use serde_json::{Value, json};

use super::{BillFacts, BilledContent, Provenance, id, name, purl, push};

/// The hashes of the host. The host is the first of the tools.
const HOST_HASHES: &str = "/metadata/tools/components/0/hashes";
const TOOLS: &str = "/metadata/tools/components";
const PROPERTIES: &str = "/metadata/properties";
const COMPONENTS: &str = "/components";
/// The components whose dependencies are declared as unknown.
const UNKNOWN: &str = "/compositions/0/dependencies";

pub(super) const LISTS: [&str; 5] = [COMPONENTS, PROPERTIES, TOOLS, UNKNOWN, HOST_HASHES];

pub(super) fn fill(
    document: &mut Value,
    name: String,
    facts: &BillFacts,
    contents: &[&BilledContent],
) {
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

fn component(id: &str, content: &BilledContent) -> Value {
    let BilledContent {
        layer,
        launch: _,
        provenance,
        note,
        description,
        supplier,
        address,
    } = content;
    let Provenance { kept, known_from } = provenance;
    let address = address.iter();
    let kind = if description.vcs.is_some() {
        "vcs"
    } else {
        "distribution"
    };
    let address = address.map(|url| json!({"type": kind, "url": url}));
    let before = [("layer", layer.as_str()), ("into", &note.into)];
    let (kept, known_from) = (kept.to_string(), known_from.to_string());
    let after = [("kept", &*kept), ("known-from", &known_from)];
    let properties = before.into_iter().chain(note.identity.parts()).chain(after);
    let properties: Vec<_> = properties
        .map(|(name, value)| property(name, value))
        .collect();
    let mut component = json!({
        // The specification recommends this type if the type is unknown.
        "type": "library",
        "bom-ref": id,
        "name": name(content),
        "version": description.version,
        "purl": purl(content),
        "externalReferences": address.collect::<Vec<_>>(),
        "properties": properties,
    });
    if !description.persistent_ids.is_empty() {
        component["swhid"] = json!(description.persistent_ids);
    }
    if let Some(digest) = &description.sha256 {
        component["hashes"] = json!([sha256(digest)]);
    }
    if let Some(licence) = &description.licence {
        // The package's own text becomes a name, because nobody has checked that it is an identifier.
        component["licenses"] = json!([{"license": {"name": licence}}]);
    }
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
