//! The final record of a source.

use super::RepositorySource;
use crate::error::ContentOrigin;
use cnb::address::RemoteUrl;
use cnb::descriptor::{DeclaredSource, Detail};
use cnb::identity::Description;
use cnb::sbom::KnownFrom;
use fetch::Traffic;

/// The record of a source after the last step.
pub(crate) struct Settled<'a> {
    /// The source in buildpack.toml.
    pub(crate) declared: DeclaredSource<'a>,
    /// The place that was asked, or would be asked.
    pub(crate) origin: ContentOrigin,
    /// The evidence for the content's ids.
    pub(crate) known_from: KnownFrom,
    /// The description of the content for bills of materials.
    pub(crate) description: Description,
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
            declared: source.declaration.named(source.name),
            origin,
            known_from,
            description: source.description(ids),
            traffic,
            fetched: Fetched::default(),
        }
    }

    /// The source's address, if the receipt may contain it: the declared one if the source needs no credential, or the
    /// one that was used.
    pub(crate) fn address(&self, detail: Detail) -> Option<String> {
        address(detail, &self.declared, &self.origin)
    }
}

fn address(
    detail: Detail,
    declared: &DeclaredSource<'_>,
    origin: &ContentOrigin,
) -> Option<String> {
    match (detail, declared.credential) {
        (Detail::Full, _) => Some(origin.url.clone()),
        (Detail::Standard, None) => declared.server.map(RemoteUrl::to_string),
        (Detail::Standard, Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cnb::descriptor::Descriptor;

    const BUILDPACK: &str = "api = \"0.10\"\n\
        [buildpack]\nid = \"a/b.c\"\nversion = \"1\"\nclear-env = true\n\
        [metadata.sources.private]\ngit = \"https://git.example/x.git\"\nref = \"main\"\nsubpath = \"a\"\ncredential = \"c\"\n\
        [metadata.sources.open]\ngit = \"https://open.example/z.git\"\nref = \"main\"\nsubpath = \"a\"\n\
        [metadata.credentials.c]\nenv = \"BP_TOKEN\"\n";

    #[test]
    fn a_private_address_is_told_only_where_everything_is() {
        let origin = |source: &str| ContentOrigin {
            source: source.to_owned(),
            url: "https://asked.example/x.git".to_owned(),
            host: "asked.example".to_owned(),
            credential: None,
            place: None,
            nameless: None,
            chosen_by: None,
            is_mirror: true,
            is_gitlab: false,
        };
        let descriptor = Descriptor::parse(BUILDPACK, "buildpack.toml").unwrap();
        let told = |detail, source: &str| {
            let mut sources = descriptor.sources.all().into_iter();
            let declared = sources.find(|declared| declared.name.as_str() == source);
            address(detail, &declared.unwrap(), &origin(source))
        };
        assert_eq!(told(Detail::Standard, "private"), None);
        let open = told(Detail::Standard, "open");
        assert_eq!(open.as_deref(), Some("https://open.example/z.git"));
        for source in ["private", "open"] {
            let full = told(Detail::Full, source);
            assert_eq!(full.as_deref(), Some("https://asked.example/x.git"));
        }
    }
}
