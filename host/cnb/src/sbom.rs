//! The bills of materials of the image, `launch.sbom.*`: the fetched content and the program that fetched it.
//!
//! Only this module writes them. The host writes no bill for a single layer: the lifecycle would restore it for the
//! next build, and a later version of the buildpack that declares no formats would then fail. Packaging prepares a
//! document for each format, and a build adds the facts that only the build knows. The documents contain no time of the
//! build: the same build gives the same bytes.
//! <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md#bills-of-materials>

mod cyclonedx;
pub mod format;
mod spdx;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

pub use self::format::Format;
use super::identity::Description;
use super::names::{LayerName, SupplierName};
use super::reuse::{ContentNote, digest_of};
use crate::json;
use crate::write::WriteError;
use dir::{Dir, DirError, STAGED_PREFIX};

/// The folder of the buildpack directory with the prepared documents.
pub const FOLDER: &str = "sbom";
/// The part of a file name by which the lifecycle recognizes a bill of materials. The format follows it.
const INFIX: &str = ".sbom.";
/// The limit on a prepared document, in bytes. A document for a few hundred crates has less than a tenth of this size.
const LARGEST: u64 = 4 << 20;
/// The time that buildpacks use in place of a real one.
pub const NO_TIME: &str = "1980-01-01T00:00:01Z";
/// Permissions of documents.
const READ: u32 = 0o644;

impl Format {
    /// The lists of a prepared document to which a build adds.
    #[must_use]
    pub fn lists(self) -> &'static [&'static str] {
        match self {
            Self::CycloneDx => &cyclonedx::LISTS,
            Self::Spdx => &spdx::LISTS,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    /// A document is missing or cannot be read.
    #[error(transparent)]
    Read(#[from] DirError),
    #[error("{FOLDER}/{file} is not valid JSON")]
    Syntax {
        file: &'static str,
        source: serde_json::Error,
    },
    /// A document lacks a list to which a build adds.
    #[error("{FOLDER}/{file} has no list at {list}")]
    Form {
        file: &'static str,
        list: &'static str,
    },
}

/// The prepared documents of the declared formats.
#[derive(Debug)]
pub struct Prepared(Vec<Document>);

#[derive(Debug)]
struct Document {
    format: Format,
    digest: String,
    value: Value,
}

impl Prepared {
    /// Reads the documents from the buildpack directory. If no format is declared, the folder may be missing.
    pub fn read(buildpack_dir: &Dir, formats: &BTreeSet<Format>) -> Result<Self, SbomError> {
        let mut documents = Vec::new();
        for format in formats {
            let file = format.file();
            let bytes = buildpack_dir.open_dir(FOLDER)?.read(file, LARGEST)?;
            let value: Value = serde_json::from_slice(&bytes)
                .map_err(|source| SbomError::Syntax { file, source })?;
            let is_list = |list: &&str| value.pointer(list).is_some_and(Value::is_array);
            if let Some(list) = format.lists().iter().find(|list| !is_list(list)) {
                return Err(SbomError::Form { file, list });
            }
            documents.push(Document {
                format: *format,
                digest: digest_of(&bytes),
                value,
            });
        }
        Ok(Self(documents))
    }
}

/// The facts that a build adds.
#[derive(Debug, Serialize)]
pub struct BillFacts {
    pub buildpack: String,
    pub version: String,
    /// SHA-256 of the host.
    pub host: String,
    /// SHA-256 of the component that ran, as it was compiled for this machine.
    pub guest: String,
    /// The receipt of the build, as JSON.
    pub receipt: String,
    /// The contents of the layers.
    pub contents: Vec<BilledContent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BilledContent {
    pub layer: LayerName,
    /// Whether the layer is in the image.
    #[serde(skip)]
    pub launch: bool,
    /// The way in which the build obtained the content.
    #[serde(flatten)]
    pub provenance: Provenance,
    #[serde(flatten)]
    pub note: ContentNote,
    /// The content in the terms of bills of materials.
    #[serde(skip)]
    pub description: Description,
    /// The supplier, if buildpack.toml names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<SupplierName>,
    /// The repository, if it may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The way in which a build obtained content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Provenance {
    /// Whether the layer of the previous image was kept. The build then did not check its files: the notes of that
    /// image describe them. If the layer was not kept, the content was fetched and checked.
    pub kept: bool,
    /// The party that names the commit and the tree of the content.
    pub known_from: KnownFrom,
}

/// The party that names the commit and the tree of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownFrom {
    /// The server, or its mirror, in this build.
    Server,
    /// buildpack.toml, for content in the package.
    Package,
    /// The digest of each file, in buildpack.toml or in a file of the application.
    Digest,
    /// Only the notes of the previous image: a full commit id was wanted, or the file that an index once had for a
    /// package, and the build asked no server about it.
    PreviousImage,
}

impl fmt::Display for KnownFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Package => "package",
            Self::Digest => "digest",
            Self::PreviousImage => "previous-image",
        })
    }
}

/// Writes the documents of the image. An image without fetched content has none.
pub fn write(layers: &Dir, prepared: Prepared, facts: &BillFacts) -> Result<(), WriteError> {
    let contents = facts.contents.iter();
    let contents: Vec<_> = contents.filter(|content| content.launch).collect();
    if contents.is_empty() {
        return Ok(());
    }
    for mut document in prepared.0 {
        let name = urn(&document, facts);
        let value = &mut document.value;
        match document.format {
            Format::CycloneDx => cyclonedx::fill(value, name, facts, &contents),
            Format::Spdx => spdx::fill(value, name, facts, &contents),
        }
        let file = format!("launch{INFIX}{}", document.format.file());
        layers.replace(file, &json::bytes(&document.value), READ)?;
    }
    Ok(())
}

/// Removes the documents of an earlier build. Also those of layers, which older hosts wrote.
pub fn remove(layers: &Dir) -> Result<(), WriteError> {
    let infix = INFIX.as_bytes();
    for name in layers.names(usize::MAX)? {
        let bytes = name.as_encoded_bytes();
        let is_staged = bytes.starts_with(STAGED_PREFIX.as_bytes());
        if !is_staged && bytes.windows(infix.len()).any(|part| part == infix) {
            layers.remove_tree(name)?;
        }
    }
    Ok(())
}

/// Adds to a list of the prepared document. [`Prepared::read`] has checked that the list exists.
fn push(document: &mut Value, list: &str, item: Value) {
    if let Some(Value::Array(list)) = document.pointer_mut(list) {
        list.push(item);
    }
}

/// A name for a document: a version 8 UUID, made from all the document's inputs. Different documents get different
/// names, and the same document always gets the same name.
fn urn(prepared: &Document, facts: &BillFacts) -> String {
    let made_of = json!([prepared.format.media_type(), prepared.digest, facts]);
    let digest = digest_of(&json::bytes(&made_of));
    let part = |from: usize, to: usize| &digest[from..to];
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}

/// The name of the package, or else of the source.
fn name(content: &BilledContent) -> &str {
    let own = content.description.name.as_deref();
    own.unwrap_or(&content.note.source)
}

/// A name for content in a document. It is the same in each format, for readers that merge the formats, and differs
/// from the names of another buildpack's content.
fn id(n: usize, content: &BilledContent) -> String {
    format!("content-{}-{}", n + 1, content.description.unique)
}

/// The package URL: the content's own, or one of the generic type with the repository, if this may be shown.
/// <https://github.com/package-url/purl-spec>
fn purl(content: &BilledContent) -> String {
    let Description {
        version, vcs, purl, ..
    } = &content.description;
    if let Some(purl) = purl {
        return purl.clone();
    }
    let purl = format!("pkg:generic/{}@{version}", content.note.source);
    let (Some(address), Some(vcs)) = (&content.address, vcs) else {
        return purl;
    };
    let from = format!("{}+{address}@{}", vcs.tool, vcs.revision);
    let from: String = byte_serialize(from.as_bytes()).collect();
    format!("{purl}?vcs_url={from}")
}

#[cfg(test)]
mod tests;
