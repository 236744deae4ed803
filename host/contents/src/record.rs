//! The records of a build's contents and sources, for the build's summary, the receipt and bills of materials.
//!
//! Nothing here fetches or decides. Each kind of source says which of its addresses may be shown.

use serde::Serialize;

use super::remotes::{Fetched, Settled};
use super::{Contents, FolderRecord, PreparedLayer};
use cnb::descriptor::Descriptor;
use cnb::identity::Description;
use cnb::names::{SourceName, SupplierName};
use cnb::reuse::ContentNote;
use cnb::sbom::{BilledContent, KnownFrom, Provenance};
use credential::CredentialPlace;
use fetch::Traffic;

/// The origins of a source's content and of its credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedSource<'a> {
    pub name: &'a SourceName,
    pub from: TakenFrom,
    /// The place of the credential, if one was found.
    pub place: Option<CredentialPlace>,
}

/// The holder of a source's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TakenFrom {
    Package,
    /// A mirror from the operator's policy.
    Mirror,
    Server,
}

impl TakenFrom {
    fn of(is_in_package: bool, is_mirror: bool) -> Self {
        match (is_in_package, is_mirror) {
            (true, _) => Self::Package,
            (false, true) => Self::Mirror,
            (false, false) => Self::Server,
        }
    }
}

impl Contents<'_> {
    /// The contents of all layers, each with the address that the receipt may show.
    #[must_use]
    pub fn billed(&self, descriptor: &Descriptor) -> Vec<BilledContent> {
        let detail = descriptor.receipt;
        let mut billed = Vec::new();
        for layer in &self.ready {
            for (key, note) in layer.contents() {
                let source = &self.sources[key];
                let description = source.description.clone();
                let supplier = source.declared.supplier;
                let address = source.address(detail);
                let note = note.clone();
                billed.push(layer.billed(source.known_from, note, description, supplier, address));
            }
        }
        for folder in &self.folders {
            let mut layers = self.ready.iter();
            let Some(layer) = layers.find(|layer| layer.declared().name == *folder.layer) else {
                continue;
            };
            for (note, description, origin, known_from) in folder.files() {
                let declared = &descriptor.sources.files[&origin.source];
                let supplier = declared.supplier.as_ref();
                let address = origin.address(detail, declared);
                billed.push(layer.billed(known_from, note, description, supplier, address));
            }
        }
        billed
    }

    /// The sources that layers name, each once. A source that asks several servers is described by its first file, and
    /// by the first credential.
    #[must_use]
    pub fn used(&self) -> Vec<UsedSource<'_>> {
        let sources = self.sources.iter().map(|source| {
            let Settled {
                declared, origin, ..
            } = source;
            UsedSource {
                name: declared.name,
                from: TakenFrom::of(declared.is_vendored, origin.is_mirror),
                place: origin.place,
            }
        });
        let mut used: Vec<_> = sources.collect();
        for origin in self.folders.iter().flat_map(FolderRecord::origins) {
            match used.iter_mut().find(|known| *known.name == origin.source) {
                Some(known) => known.place = known.place.or(origin.place),
                None => used.push(UsedSource {
                    name: &origin.source,
                    from: TakenFrom::of(origin.is_in_package, origin.is_mirror),
                    place: origin.place,
                }),
            }
        }
        used
    }

    /// The amounts that were written and received for each source and each folder of files.
    pub(super) fn amounts(&self) -> impl Iterator<Item = (Fetched, Traffic)> {
        let sources = self.sources.iter();
        let sources = sources.map(|source| (source.fetched, source.traffic));
        let folders = self.folders.iter();
        sources.chain(folders.map(|folder| (folder.fetched, folder.traffic)))
    }
}

impl PreparedLayer<'_> {
    fn billed(
        &self,
        known_from: KnownFrom,
        note: ContentNote,
        description: Description,
        supplier: Option<&SupplierName>,
        address: Option<String>,
    ) -> BilledContent {
        let declared = self.declared();
        BilledContent {
            layer: declared.name.clone(),
            launch: declared.types.launch,
            provenance: Provenance {
                kept: self.is_kept(),
                known_from,
            },
            note,
            description,
            supplier: supplier.cloned(),
            address,
        }
    }
}
