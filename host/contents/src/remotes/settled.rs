//! The final record of a source.

use super::RepositorySource;
use crate::error::ContentOrigin;
use cnb::descriptor::SourceDeclaration;
use cnb::identity::Description;
use cnb::names::SourceName;
use cnb::sbom::KnownFrom;
use fetch::Traffic;

/// The record of a source after the last step.
pub struct Settled<'a> {
    pub name: &'a SourceName,
    /// The source's declaration in buildpack.toml.
    pub declaration: &'a SourceDeclaration,
    /// The place that was asked, or would be asked.
    pub origin: ContentOrigin,
    /// The evidence for the content's ids.
    pub known_from: KnownFrom,
    /// The description of the content for bills of materials.
    pub description: Description,
    pub(crate) traffic: Traffic,
    pub(crate) fetched: Fetched,
}

/// The amount of content that was written into layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fetched {
    pub files: u64,
    /// The bytes that they hold.
    pub bytes: u64,
}

impl<'a> Settled<'a> {
    /// The record of a source from which nothing was written.
    pub(super) fn of(
        source: RepositorySource<'a>,
        origin: ContentOrigin,
        ids: &fetch::Resolved,
        known_from: KnownFrom,
        traffic: Traffic,
    ) -> Self {
        Self {
            name: source.name,
            declaration: source.declaration,
            origin,
            known_from,
            description: source.description(ids),
            traffic,
            fetched: Fetched::default(),
        }
    }
}
