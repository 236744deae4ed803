//! The formats of bills of materials.

/// A format of bills of materials. The lifecycle takes none that buildpack.toml doesn't declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// CycloneDX 1.6
    CycloneDx,
    /// SPDX 2.3
    Spdx,
}

impl Format {
    /// Those that this host writes.
    pub const ALL: [Self; 2] = [Self::CycloneDx, Self::Spdx];

    /// As `sbom-formats` in buildpack.toml declares it.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::CycloneDx => "application/vnd.cyclonedx+json",
            Self::Spdx => "application/spdx+json",
        }
    }

    /// The prepared document, and what ends the name of the one that is written.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::CycloneDx => "cdx.json",
            Self::Spdx => "spdx.json",
        }
    }
}
