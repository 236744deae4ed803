//! The records of a build's contents and sources, for the build's summary, the receipt and bills of materials.
//!
//! Nothing here fetches or decides. Each kind of source says which of its addresses may be shown.

use std::collections::BTreeMap;

use serde::Serialize;

use super::remotes::Fetched;
use super::{Contents, FolderRecord, PreparedLayer};
use cnb::descriptor::Descriptor;
use cnb::identity::Description;
use cnb::names::SupplierName;
use cnb::reuse::ContentNote;
use cnb::sbom::{BilledContent, KnownFrom, Provenance};
use credential::CredentialPlace;
use fetch::Traffic;

/// The origins of a source's content and of its credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedSource {
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
        let wholes = self.ready.iter().flat_map(|layer| {
            layer.contents().map(move |(key, note)| {
                let source = &self.sources[key];
                let description = source.description.clone();
                let supplier = source.declared.supplier;
                let address = source.address(detail);
                let note = note.clone();
                layer.billed(source.known_from, note, description, supplier, address)
            })
        });
        let folders = self.folders.iter().filter_map(|folder| {
            let mut layers = self.ready.iter();
            let layer = layers.find(|layer| layer.declared().name == *folder.layer)?;
            Some(
                folder
                    .files()
                    .map(|(note, description, origin, known_from)| {
                        let declared = &descriptor.sources.files[&origin.source];
                        let supplier = declared.supplier.as_ref();
                        let address = origin.address(detail, declared);
                        layer.billed(known_from, note, description, supplier, address)
                    }),
            )
        });
        wholes.chain(folders.flatten()).collect()
    }

    /// The sources that layers name. A source that asks several servers is described by its first file, and by the
    /// first credential.
    #[must_use]
    pub fn used(&self) -> BTreeMap<&str, UsedSource> {
        let sources = self.sources.iter().map(|source| {
            let (declared, origin) = (&source.declared, &source.origin);
            let from = TakenFrom::of(declared.is_vendored, origin.is_mirror);
            (declared.name, from, origin.place)
        });
        let files = self.folders.iter().flat_map(FolderRecord::origins);
        let files = files.map(|origin| {
            let from = TakenFrom::of(origin.is_in_package, origin.is_mirror);
            (&origin.source, from, origin.place)
        });
        let mut used = BTreeMap::new();
        for (name, from, place) in sources.chain(files) {
            let known = used.entry(name.as_str());
            let known = known.or_insert(UsedSource { from, place });
            known.place = known.place.or(place);
        }
        used
    }

    /// What was written and received for each source and each folder of files.
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
