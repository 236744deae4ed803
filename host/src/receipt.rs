//! The receipt: a record in the image of what built it, in which sandbox, from which sources, and what was denied.
//!
//! Pure. A receipt contains no secret, and nothing that differs between two builds of the same input at the same
//! sandbox level.

use std::collections::BTreeMap;

use serde::Serialize;

use cnb::address::{Origin, RemoteUrl};
use cnb::check::{CheckedLabel, OWN_LABELS};
use cnb::descriptor::{Descriptor, Detail, FileSource, SourceDeclaration};
use cnb::names::VariableName;
use cnb::sbom::{BillFacts, BilledContent, Provenance};
use confine::Level;
use contents::{self, ContentOrigin, Digests, FileOrigin, FolderRecord};
use engine::ENGINE_VERSION;
use policy::{Denial, Grants};

#[derive(Serialize)]
struct Receipt<'a> {
    buildpack: String,
    host: &'a str,
    guest: &'a str,
    engine: String,
    sandbox: SandboxNote,
    variables: Vec<&'a str>,
    sources: BTreeMap<&'a str, ReceiptSource>,
    denied: Vec<String>,
    contents: &'a [BilledContent],
}

/// Only the levels: the versions of Landlock and other parts behind them differ between machines.
#[derive(Serialize)]
struct SandboxNote {
    held: String,
    asked: String,
}

/// The origins of a source's content and of its credential.
#[derive(Serialize)]
struct ReceiptSource {
    from: &'static str,
    credential: String,
}

/// Collects what a build adds to its bills of materials, including the receipt.
#[must_use]
pub fn facts(
    grants: &Grants,
    level: Level,
    digests: &Digests,
    contents: &contents::Contents<'_>,
) -> BillFacts {
    let descriptor = &grants.descriptor;
    let origins = &contents.sources;
    let files = files(descriptor, contents);
    let from_files = file_sources(contents);
    let contents = contents.ready.iter();
    let contents = contents.flat_map(|ready| ready.contents().map(move |content| (ready, content)));
    let contents = contents.map(|(ready, (key, note))| {
        let (layer, source) = (ready.declared(), &origins[key]);
        BilledContent {
            layer: layer.name.clone(),
            launch: layer.types.launch,
            provenance: ready.provenance(source),
            note: note.clone(),
            description: source.description.clone(),
            supplier: source.declaration.supplier.clone(),
            address: address(descriptor.receipt, source.declaration, &source.origin),
        }
    });
    let mut contents: Vec<_> = contents.collect();
    contents.extend(files);
    let sources = origins.iter().map(|source| {
        let place = source.origin.place.map(|place| place.to_string());
        let credential = place.unwrap_or_else(|| "none".to_owned());
        let from = match &source.declaration.vendored {
            Some(_) => "package",
            None if source.origin.is_mirror => "mirror",
            None => "server",
        };
        (source.name.as_str(), ReceiptSource { from, credential })
    });
    let denials = grants.denials.iter();
    let receipt = Receipt {
        buildpack: format!("{}@{}", descriptor.id, descriptor.version),
        host: &digests.host,
        guest: &digests.guest,
        engine: format!("wasmtime {ENGINE_VERSION}"),
        sandbox: SandboxNote {
            held: level.to_string(),
            asked: descriptor.sandbox.to_string(),
        },
        variables: descriptor
            .variables
            .iter()
            .map(VariableName::as_str)
            .collect(),
        sources: sources.chain(from_files).collect(),
        denied: denials
            .map(|denial| denied(denial, descriptor.receipt))
            .collect(),
        contents: &contents,
    };
    BillFacts {
        buildpack: descriptor.id.clone(),
        version: descriptor.version.clone(),
        host: digests.host.clone(),
        guest: digests.guest.clone(),
        // Serialization cannot fail, because all keys are strings.
        receipt: serde_json::to_string(&receipt).unwrap_or_default(),
        contents,
    }
}

/// The files of all folders.
fn files<'c>(
    descriptor: &'c Descriptor,
    contents: &'c contents::Contents<'_>,
) -> impl Iterator<Item = BilledContent> + 'c {
    let folders = contents.folders.iter().filter_map(|folder| {
        let mut ready = contents.ready.iter();
        let ready = ready.find(|ready| ready.declared().name == *folder.layer)?;
        Some((folder, ready))
    });
    folders.flat_map(|(folder, ready)| {
        folder
            .files()
            .map(|(note, description, origin, known_from)| {
                let declared = &descriptor.file_sources[&origin.source];
                BilledContent {
                    layer: folder.layer.clone(),
                    launch: ready.declared().types.launch,
                    provenance: Provenance {
                        kept: ready.is_kept(),
                        known_from,
                    },
                    note,
                    description,
                    supplier: declared.supplier.clone(),
                    address: file_address(descriptor.receipt, declared, origin),
                }
            })
    })
}

/// The sources of files. A source that asks several servers is described by its first file with a credential.
fn file_sources<'c>(
    contents: &'c contents::Contents<'_>,
) -> impl Iterator<Item = (&'c str, ReceiptSource)> + 'c {
    let mut sources = BTreeMap::new();
    for origin in contents.folders.iter().flat_map(FolderRecord::origins) {
        let from = match (origin.is_in_package, origin.is_mirror) {
            (true, _) => "package",
            (false, true) => "mirror",
            (false, false) => "server",
        };
        let place = origin.place.map(|place| place.to_string());
        let source = ReceiptSource {
            from,
            credential: place.unwrap_or_else(|| "none".to_owned()),
        };
        let known = sources.entry(origin.source.as_str());
        known
            .and_modify(|known: &mut ReceiptSource| {
                if known.credential == "none" {
                    known.credential.clone_from(&source.credential);
                }
            })
            .or_insert(source);
    }
    sources.into_iter()
}

/// The receipt as a label of the image. A buildpack's id contains no `_`, so two buildpacks never share a label.
#[must_use]
pub fn label(facts: &BillFacts) -> CheckedLabel {
    CheckedLabel {
        key: format!("{OWN_LABELS}receipt.{}", facts.buildpack.replace('/', "_")),
        value: facts.receipt.clone(),
    }
}

/// The repository's address, if the receipt may contain it: the declared one if the source needs no credential, or the
/// one that was used.
fn address(detail: Detail, declared: &SourceDeclaration, origin: &ContentOrigin) -> Option<String> {
    match detail {
        Detail::Full => Some(origin.url.clone()),
        Detail::Standard if declared.credential.is_none() => Some(declared.git.to_string()),
        Detail::Standard => None,
    }
}

/// The address of a file, if the receipt may contain it: a public one of a source that needs no credential. A lock file
/// may name a server in a private network, if the operator's policy names it too.
fn file_address(detail: Detail, declared: &FileSource, origin: &FileOrigin) -> Option<String> {
    let is_inside = || {
        let url = origin.url.parse::<RemoteUrl>();
        declared.server().is_none() && url.is_ok_and(|url| Origin::from(&url).is_private_host())
    };
    let is_public = declared.credential.is_none()
        && origin.credential.is_none()
        && !origin.is_mirror
        && !origin.is_of_policy
        && !is_inside();
    (detail == Detail::Full || is_public).then(|| origin.url.clone())
}

/// Describes a denial. Names the servers that an operator grants only at full detail.
fn denied(denial: &Denial, detail: Detail) -> String {
    let what = match denial {
        Denial::Limit { .. }
        | Denial::Sandbox { .. }
        | Denial::Unnamed { .. }
        | Denial::Told { .. }
        | Denial::Set { .. } => return denial.to_string(),
        _ if detail == Detail::Full => return denial.to_string(),
        Denial::Host { source, .. } => format!("source '{source}': its host"),
        Denial::Place { source, place, .. } | Denial::OfMirror { source, place, .. } => {
            format!("source '{source}': a credential from a {place}")
        }
        Denial::Path { source, .. } => format!("source '{source}': its path"),
        Denial::Revision { source, .. } => format!("source '{source}': its revision"),
        Denial::Variable { variable, .. } => format!("variable {variable}"),
    };
    format!("{what} is not granted by the operator's policy")
}

#[cfg(test)]
mod tests;
