//! The receipt: a record in the image of what built it, in which sandbox, from which sources, and what was denied.
//!
//! Pure. A receipt contains no secret, and nothing that differs between two builds of the same input at the same
//! sandbox level.

use std::collections::BTreeMap;

use serde::Serialize;

use cnb::check::{CheckedLabel, OWN_LABELS};
use cnb::descriptor::Detail;
use cnb::names::VariableName;
use cnb::sbom::{BillFacts, BilledContent};
use confine::Level;
use contents::{Contents, Digests, TakenFrom, UsedSource};
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
    from: TakenFrom,
    credential: String,
}

/// Collects what a build adds to its bills of materials, including the receipt.
#[must_use]
pub fn facts(
    grants: &Grants,
    level: Level,
    digests: &Digests,
    contents: &Contents<'_>,
) -> BillFacts {
    let descriptor = &grants.descriptor;
    let sources = contents.used().into_iter();
    let sources = sources.map(|UsedSource { name, from, place }| {
        let credential = place.map_or_else(|| "none".to_owned(), |place| place.to_string());
        (name.as_str(), ReceiptSource { from, credential })
    });
    let contents = contents.billed(descriptor);
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
        sources: sources.collect(),
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

/// The receipt as a label of the image. A buildpack's id contains no `_`, so two buildpacks never share a label.
#[must_use]
pub fn label(facts: &BillFacts) -> CheckedLabel {
    CheckedLabel {
        key: format!("{OWN_LABELS}receipt.{}", facts.buildpack.replace('/', "_")),
        value: facts.receipt.clone(),
    }
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
