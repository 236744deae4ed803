//! Writes SPDX 2.3. SPDX has no place for tools, and readers treat every package as part of the image. So only the
//! CycloneDX document lists the host and its crates.

use cnb::sbom::NO_TIME;
use serde_json::{Value, json};

use super::{HOST, Made};

pub(super) fn document(made: &Made) -> Value {
    json!({
        "SPDXID": "SPDXRef-DOCUMENT",
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "creationInfo": {
            "created": NO_TIME,
            "creators": [format!("Tool: {HOST}-{}", made.host.version)],
        },
        "packages": [],
        "relationships": [],
        "annotations": [],
    })
}
