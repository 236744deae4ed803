//! Writes CycloneDX 1.6, the first version with ids of git objects. The host is listed as a tool with components,
//! because it is not a part of the image: <https://cyclonedx.org/docs/1.6/json/#metadata_tools>.

use cnb::sbom::NO_TIME;
use serde_json::{Value, json};

use super::crates::Crate;
use super::{DESCRIPTION, HOST, Made};

pub(super) fn document(made: &Made) -> Value {
    let Made { host, crates } = made;
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": NO_TIME,
            "authors": [{"name": HOST}],
            "tools": {"components": [{
                "type": "application",
                "bom-ref": "host",
                "name": HOST,
                "version": host.version,
                "description": DESCRIPTION,
                "licenses": licenses(host),
                "hashes": [],
                "components": crates.iter().map(component).collect::<Vec<_>>(),
            }]},
            "properties": [],
        },
        "components": [],
        "compositions": [{"aggregate": "unknown", "dependencies": []}],
    })
}

fn component(of: &Crate) -> Value {
    let hashes = of.checksum.iter();
    let hashes = hashes.map(|checksum| json!({"alg": "SHA-256", "content": checksum}));
    json!({
        "type": "library",
        "bom-ref": of.purl(),
        "name": of.name,
        "version": of.version,
        "purl": of.purl(),
        "licenses": licenses(of),
        "hashes": hashes.collect::<Vec<_>>(),
    })
}

fn licenses(of: &Crate) -> Vec<Value> {
    let licence = of.licence.iter();
    licence
        .map(|licence| json!({"expression": licence}))
        .collect()
}
