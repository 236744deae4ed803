//! The image's bills of materials, `launch.sbom.*`: what was fetched, and who fetched it.
//!
//! The only writer of them. A layer has none of its own: the lifecycle restores a layer's bill for the next build, and a
//! buildpack that declares no formats fails on it, though an older version of this one left it. Packaging prepares a
//! document for each format; added here is what a build alone knows. No clock is read: the same build gives the same
//! bytes.
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
use crate::write::WriteError;
use dir::{Dir, DirError, STAGED_PREFIX};

/// Where in the buildpack's directory the prepared documents are.
pub const FOLDER: &str = "sbom";
/// The part of a name by which the lifecycle knows them: it stands before the format.
const INFIX: &str = ".sbom.";
/// The largest prepared document, in bytes: one with some hundred crates has less than a tenth of it.
const LARGEST: u64 = 4 << 20;
/// The time that buildpacks give to what has none.
pub const NO_TIME: &str = "1980-01-01T00:00:01Z";
/// Permissions of documents.
const READ: u32 = 0o644;

impl Format {
    /// Lists that a prepared document has and a build adds to.
    #[must_use]
    pub fn lists(self) -> &'static [&'static str] {
        match self {
            Self::CycloneDx => &cyclonedx::LISTS,
            Self::Spdx => &spdx::LISTS,
        }
    }
}

/// Why the prepared documents can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    /// One is not there or can't be read.
    #[error(transparent)]
    Read(#[from] DirError),
    /// One is no JSON.
    #[error("{FOLDER}/{file} is no JSON")]
    Syntax {
        /// The file.
        file: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// One is of another form.
    #[error("{FOLDER}/{file} has no list at {list}")]
    Form {
        /// The file.
        file: &'static str,
        /// What it lacks.
        list: &'static str,
    },
}

/// The documents that packaging prepared, of the declared formats.
#[derive(Debug)]
pub struct Prepared(Vec<Document>);

#[derive(Debug)]
struct Document {
    format: Format,
    digest: String,
    value: Value,
}

impl Prepared {
    /// Reads them in the buildpack's directory. Where no format is declared, none has to be there.
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

/// What a build adds.
#[derive(Debug, Serialize)]
pub struct Facts {
    /// The buildpack's id.
    pub buildpack: String,
    /// The buildpack's version.
    pub version: String,
    /// SHA-256 of the host.
    pub host: String,
    /// SHA-256 of the component, as it was compiled for this machine and run.
    pub guest: String,
    /// What is kept of the build as a whole, as JSON.
    pub receipt: String,
    /// What the layers were filled with.
    pub contents: Vec<Content>,
}

/// Content that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The layer.
    pub layer: LayerName,
    /// Whether the layer is in the image.
    #[serde(skip)]
    pub launch: bool,
    /// The way in which the build came by it.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// What it is.
    #[serde(flatten)]
    pub note: ContentNote,
    /// The same in the terms of bills.
    #[serde(skip)]
    pub description: Description,
    /// Its maker, where buildpack.toml says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<SupplierName>,
    /// The repository, where it may be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The way in which a build came by content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Provenance {
    /// Whether the layer of the previous image was kept. Its files were not looked at: the notes of that image say what
    /// they are. Otherwise the content was fetched, and judged.
    pub kept: bool,
    /// The party that says which commit and which tree is the wanted one.
    pub known_from: KnownFrom,
}

/// The party that says which commit and which tree is the wanted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownFrom {
    /// The server, or its mirror, in this build.
    Server,
    /// buildpack.toml, of what the package brings along.
    Package,
    /// The notes of the previous image alone: a full commit id was wanted, and nobody was asked about it.
    PreviousImage,
}

impl fmt::Display for KnownFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Package => "package",
            Self::PreviousImage => "previous-image",
        })
    }
}

/// Writes the image's documents. One without fetched content has none.
pub fn write(layers: &Dir, prepared: Prepared, facts: &Facts) -> Result<(), WriteError> {
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
        layers.replace(file, document.value.to_string().as_bytes(), READ)?;
    }
    Ok(())
}

/// Removes those that an earlier build left: the layers' too, which older hosts wrote.
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

/// Adds to a list that the prepared document has: [`Prepared::read`] has seen to that.
fn push(document: &mut Value, list: &str, item: Value) {
    if let Some(Value::Array(list)) = document.pointer_mut(list) {
        list.push(item);
    }
}

/// A name for a document that no other has, and that the same one has again: a UUID of version 8, made of all that it
/// is made of.
fn urn(prepared: &Document, facts: &Facts) -> String {
    let made_of = json!([prepared.format.media_type(), prepared.digest, facts]);
    let digest = digest_of(made_of.to_string().as_bytes());
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

/// A name for content in a document: the same in each format, for readers that put the formats together, and not that of
/// another buildpack's content.
fn id(n: usize, content: &Content) -> String {
    format!("content-{}-{}", n + 1, content.description.unique)
}

/// The package URL. No ecosystem knows the content, so it is a generic one, with the repository where it may be told.
/// <https://github.com/package-url/purl-spec>
fn purl(content: &Content) -> String {
    let Description { version, vcs, .. } = &content.description;
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
