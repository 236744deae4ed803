//! SPDX 2.3: <https://spdx.github.io/spdx-spec/v2.3/>. Its packages are only the fetched content: SPDX has no place for
//! tools, and readers treat every package as part of the image. The receipt, an annotation, contains the digests of the
//! host and of the component.

use serde_json::{Value, json};
use url::Url;

use super::{BillFacts, BilledContent, NO_TIME, Provenance, id, name, purl, push};

const PACKAGES: &str = "/packages";
const RELATIONSHIPS: &str = "/relationships";
const ANNOTATIONS: &str = "/annotations";

pub(super) const LISTS: [&str; 3] = [PACKAGES, RELATIONSHIPS, ANNOTATIONS];

pub(super) fn fill(
    document: &mut Value,
    name: String,
    facts: &BillFacts,
    contents: &[&BilledContent],
) {
    document["documentNamespace"] = name.into();
    document["name"] = facts.buildpack.as_str().into();
    let receipt = json!({
        "annotationDate": NO_TIME,
        "annotationType": "OTHER",
        "annotator": "Tool: wasm-buildpacks-host",
        "comment": facts.receipt,
    });
    push(document, ANNOTATIONS, receipt);
    for (n, content) in contents.iter().enumerate() {
        let id = format!("SPDXRef-{}", id(n, content));
        push(document, PACKAGES, package(&id, content));
        for (from, kind, to) in [
            ("SPDXRef-DOCUMENT", "DESCRIBES", &*id),
            // States that the dependencies are unknown.
            (&id, "DEPENDS_ON", "NOASSERTION"),
        ] {
            let relationship = json!({
                "spdxElementId": from,
                "relationshipType": kind,
                "relatedSpdxElement": to,
            });
            push(document, RELATIONSHIPS, relationship);
        }
    }
}

fn package(id: &str, content: &BilledContent) -> Value {
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
    let from = address.as_ref().and_then(|address| {
        let Some(vcs) = &description.vcs else {
            return Some(address.clone());
        };
        let mut url = Url::parse(&format!("{address}@{}", vcs.revision)).ok()?;
        url.set_fragment(Some(&vcs.folder));
        Some(format!("{}+{url}", vcs.tool))
    });
    let reference = |category: &str, kind: &str, locator: String| {
        json!({
            "referenceCategory": category,
            "referenceType": kind,
            "referenceLocator": locator,
        })
    };
    let ids = description.persistent_ids.iter();
    let ids = ids.map(|id| reference("PERSISTENT-ID", "swh", id.clone()));
    let mut references = vec![reference("PACKAGE-MANAGER", "purl", purl(content))];
    references.extend(ids);
    let supplier = supplier.as_ref();
    let supplier = supplier.map(|name| format!("Organization: {name}"));
    let mut package = json!({
        "SPDXID": id,
        "name": name(content),
        "versionInfo": description.version,
        "supplier": supplier.as_deref().unwrap_or("NOASSERTION"),
        "downloadLocation": from.as_deref().unwrap_or("NOASSERTION"),
        "filesAnalyzed": false,
        "primaryPackagePurpose": "SOURCE",
        "externalRefs": references,
        "sourceInfo": format!(
            "{}, in layer '{layer}' as '{}'; kept: {kept}, known from: {known_from}",
            description.told, note.into
        ),
    });
    if let Some(digest) = &description.sha256 {
        package["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": digest}]);
    }
    if let Some(licence) = &description.licence {
        // SPDX has fields only for identifiers, and nobody has checked that this text is one.
        package["comment"] = format!("Licence, in the package's own words: {licence}").into();
    }
    package
}
