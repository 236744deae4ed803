//! Formats of bills of materials.

/// A format of bills of materials. The lifecycle accepts only formats that buildpack.toml declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Version 1.6
    CycloneDx,
    /// Version 2.3
    Spdx,
}

impl Format {
    /// The formats that this host writes.
    pub const ALL: [Self; 2] = [Self::CycloneDx, Self::Spdx];

    /// The media type, as `sbom-formats` in buildpack.toml declares it.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::CycloneDx => "application/vnd.cyclonedx+json",
            Self::Spdx => "application/spdx+json",
        }
    }

    /// The name of the prepared document, and the end of the name of the written document.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::CycloneDx => "cdx.json",
            Self::Spdx => "spdx.json",
        }
    }
}
