//! SPDX 2.3. It has no place for tools, so the host and its crates are packages; relationships say that they are no
//! part of what is described.
//!
//! A crate's package URL stands in words: readers that look for known flaws take every package that has one in its
//! proper place for a part of the image.

use serde_json::{Value, json};

use super::crates::Crate;
use super::{DESCRIPTION, HOST, Made};

pub(super) fn document(made: &Made) -> Value {
    let Made { host, crates } = made;
    let mut packages = vec![json!({
        "SPDXID": "SPDXRef-host",
        "name": HOST,
        "versionInfo": host.version,
        "summary": DESCRIPTION,
        "primaryPackagePurpose": "APPLICATION",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "licenseDeclared": licence(host),
        "checksums": [],
    })];
    packages.extend(crates.iter().map(package));
    let relationships = crates.iter().map(|one| {
        json!({
            "spdxElementId": "SPDXRef-host",
            "relationshipType": "STATIC_LINK",
            "relatedSpdxElement": id(one),
        })
    });
    json!({
        "SPDXID": "SPDXRef-DOCUMENT",
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "creationInfo": {
            // The time that buildpacks give to what has none.
            "created": "1980-01-01T00:00:01Z",
            "creators": [format!("Tool: {HOST}-{}", host.version)],
        },
        "packages": packages,
        "relationships": relationships.collect::<Vec<_>>(),
        "annotations": [],
    })
}

fn package(of: &Crate) -> Value {
    let checksums = of.checksum.iter();
    let checksums = checksums.map(|sum| json!({"algorithm": "SHA256", "checksumValue": sum}));
    json!({
        "SPDXID": id(of),
        "name": of.name,
        "versionInfo": of.version,
        "sourceInfo": format!("Built into {HOST}, which is no part of the image: {}", of.purl()),
        "primaryPackagePurpose": "LIBRARY",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "licenseDeclared": licence(of),
        "checksums": checksums.collect::<Vec<_>>(),
    })
}

fn licence(of: &Crate) -> &str {
    of.licence.as_deref().unwrap_or("NOASSERTION")
}

/// Letters, digits, dots and hyphens. No two crates have names that differ in `-` and `_` alone.
fn id(of: &Crate) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    let name = format!("{}-{}", of.name, of.version);
    let name: String = name.chars().map(plain).collect();
    format!("SPDXRef-crate-{name}")
}
