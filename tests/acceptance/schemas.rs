//! Validates bills of materials by their published schemas, which are read from files and never fetched.

use std::path::Path;
use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use crate::world::read;

/// The identifiers by which the published schemas refer to each other.
const CYCLONEDX: &str = "http://cyclonedx.org/schema/bom-1.6.schema.json";
const SPDX: &str = "http://spdx.org/rdf/terms/2.3";
const FILES: [(&str, &str); 4] = [
    (CYCLONEDX, "bom-1.6.schema.json"),
    (
        "http://cyclonedx.org/schema/jsf-0.82.schema.json",
        "jsf-0.82.schema.json",
    ),
    (
        "http://cyclonedx.org/schema/spdx.schema.json",
        "spdx.schema.json",
    ),
    (SPDX, "spdx-schema-v2.3.json"),
];

/// Validates a document by the schema for its file name, and returns the faults; empty if it fits.
pub(crate) fn faults(file: &str, document: &Value) -> String {
    let (schemas, [cyclonedx, spdx]) = compiled();
    let schema = match file {
        _ if file.ends_with(".cdx.json") => *cyclonedx,
        _ if file.ends_with(".spdx.json") => *spdx,
        _ => panic!("{file} is no bill of materials"),
    };
    let judged = schemas.validate(document, schema);
    judged.map_or_else(|error| format!("{file}: {error:#}"), |()| String::new())
}

fn compiled() -> &'static (Schemas, [SchemaIndex; 2]) {
    static COMPILED: OnceLock<(Schemas, [SchemaIndex; 2])> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas");
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        for (address, file) in FILES {
            let schema = serde_json::from_str(&read(&folder.join(file))).unwrap();
            compiler.add_resource(address, schema).unwrap();
        }
        let mut schemas = Schemas::new();
        let indexes = [CYCLONEDX, SPDX].map(|address| {
            let index = compiler.compile(address, &mut schemas);
            index.unwrap_or_else(|error| panic!("{address}: {error:#}"))
        });
        (schemas, indexes)
    })
}
