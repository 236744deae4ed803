//! SPDX 2.3: <https://spdx.github.io/spdx-spec/v2.3/>. The document describes what was fetched; host, guest and the
//! host's crates are packages beside it that are no part of the image.

use serde_json::{Value, json};
use url::Url;

use super::{Content, Facts, persistent_ids, push};

/// Where checksums of the host go: it is the first of the packages.
const HOST_CHECKSUMS: &str = "/packages/0/checksums";
const PACKAGES: &str = "/packages";
const RELATIONSHIPS: &str = "/relationships";
const ANNOTATIONS: &str = "/annotations";

pub(super) const LISTS: [&str; 4] = [PACKAGES, RELATIONSHIPS, ANNOTATIONS, HOST_CHECKSUMS];

/// The time that buildpacks give to what has none.
const NO_TIME: &str = "1980-01-01T00:00:01Z";
const HOST: &str = "SPDXRef-host";
const GUEST: &str = "SPDXRef-guest";

pub(super) fn fill(
    document: &mut Value,
    name: String,
    of: &str,
    facts: &Facts,
    contents: &[&Content],
) {
    document["documentNamespace"] = name.into();
    push(document, HOST_CHECKSUMS, sha256(&facts.host));
    let guest = json!({
        "SPDXID": GUEST,
        "name": facts.buildpack,
        "versionInfo": facts.version,
        "summary": "The buildpack's component",
        "packageFileName": "guest.wasm",
        "primaryPackagePurpose": "APPLICATION",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "checksums": [sha256(&facts.guest)],
    });
    push(document, PACKAGES, guest);
    let receipt = json!({
        "annotationDate": NO_TIME,
        "annotationType": "OTHER",
        "annotator": "Tool: wasm-buildpacks-host",
        "comment": facts.receipt,
    });
    push(document, ANNOTATIONS, receipt);
    for (n, content) in contents.iter().enumerate() {
        let id = format!("SPDXRef-content-{}", n + 1);
        push(document, PACKAGES, package(&id, content));
        for (from, kind) in [
            ("SPDXRef-DOCUMENT", "DESCRIBES"),
            (HOST, "BUILD_TOOL_OF"),
            (GUEST, "BUILD_TOOL_OF"),
        ] {
            let relationship = json!({
                "spdxElementId": from,
                "relationshipType": kind,
                "relatedSpdxElement": id,
            });
            push(document, RELATIONSHIPS, relationship);
        }
    }
    document["name"] = format!("{}: {of}", facts.buildpack).into();
}

fn package(id: &str, content: &Content) -> Value {
    let Content {
        layer,
        launch: _,
        note,
        address,
    } = content;
    let (commit, subpath) = (&note.commit, &note.subpath);
    let from = address.as_ref().and_then(|address| {
        let mut url = Url::parse(&format!("{address}@{commit}")).ok()?;
        url.set_fragment(Some(subpath));
        Some(format!("git+{url}"))
    });
    let ids = persistent_ids(note).map(|id| {
        json!({
            "referenceCategory": "PERSISTENT-ID",
            "referenceType": "swh",
            "referenceLocator": id,
        })
    });
    json!({
        "SPDXID": id,
        "name": note.source,
        "versionInfo": commit,
        "downloadLocation": from.as_deref().unwrap_or("NOASSERTION"),
        "filesAnalyzed": false,
        "primaryPackagePurpose": "SOURCE",
        "externalRefs": ids,
        "sourceInfo": format!(
            "The folder '{subpath}' of a git repository at '{}', in layer '{layer}' as '{}'",
            note.revision, note.into
        ),
    })
}

fn sha256(digest: &str) -> Value {
    json!({"algorithm": "SHA256", "checksumValue": digest})
}
