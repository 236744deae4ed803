//! The settings of buildpack.toml for bills of materials and receipts.

use std::collections::BTreeSet;
use std::fmt;

use super::{DescriptorError, Section};
use crate::names::shown;
use crate::sbom::format::Format;

/// The amount of detail about the origin of content, for everybody who can read the image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Leaves out the address of a repository that needs a credential, and the names of servers that an operator
    /// grants.
    #[default]
    Standard,
    /// Leaves out only secrets.
    Full,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::Full => "full",
        })
    }
}

/// Reads `sbom-formats` of `[buildpack]`. A format that the host does not write is an error.
pub(super) fn formats(buildpack: &mut Section<'_>) -> Result<BTreeSet<Format>, DescriptorError> {
    const KEY: &str = "sbom-formats";
    let declared = buildpack.texts(KEY)?.unwrap_or_default();
    let formats = declared.iter().map(|declared| {
        // A media type can have parameters, such as a version.
        let media_type = declared.split(';').next().unwrap_or_default().trim();
        let mut known = Format::ALL.into_iter();
        known
            .find(|format| format.media_type() == media_type)
            .ok_or_else(|| {
                let known = Format::ALL.map(Format::media_type).join(" and ");
                let text = format!(
                    "'{}' is not a format that this host writes; it writes {known}",
                    shown(declared)
                );
                buildpack.conflict_at(KEY, text)
            })
    });
    formats.collect()
}

/// Reads `receipt` of `[metadata]`.
pub(super) fn detail(metadata: &mut Section<'_>) -> Result<Detail, DescriptorError> {
    const KEY: &str = "receipt";
    match metadata.text(KEY)?.as_deref() {
        None => Ok(Detail::default()),
        Some("standard") => Ok(Detail::Standard),
        Some("full") => Ok(Detail::Full),
        Some(_) => Err(metadata.conflict_at(KEY, "it must be \"standard\" or \"full\"".to_owned())),
    }
}
