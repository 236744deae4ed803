//! The known good files, with which the host and the component of a package are compared.

use std::fs;

use anyhow::Context;
use cnb::sbom::Format;

use super::Digests;
use crate::arch::Arch;
use crate::cargo::Profile;
use crate::layout::DETECT;
use crate::{aot, build, sbom};

/// The source of the known good files.
#[derive(Debug)]
pub enum Known {
    /// The build of this checkout, with the host in this profile.
    Checkout(Profile),
    /// The files in a list of digests.
    Released(Digests),
}

impl Known {
    /// Decides whether a host with this digest is the right one for an architecture. Either text says why.
    pub(super) fn host(
        &self,
        arch: Arch,
        digest: &str,
    ) -> anyhow::Result<Result<&'static str, String>> {
        let own = match self {
            Self::Released(list) => {
                let path = format!("linux/{}/{DETECT}", arch.name());
                return Ok(if list.lists(&path, digest) {
                    Ok("in the list")
                } else {
                    Err(format!("its digest is not listed for {path}"))
                });
            }
            Self::Checkout(profile) => {
                let host = build::host(arch, *profile);
                let host = host.context(
                    "can't build a host to compare with; --digests FILE compares with a list instead",
                )?;
                aot::sha256(&fs::read(host)?)
            }
        };
        Ok(if own == digest {
            Ok("the one that this checkout builds")
        } else {
            Err(format!("this checkout builds a host with {own}"))
        })
    }

    /// Whether these bytes are the bill of materials of the right host.
    pub(super) fn bill(&self, arch: Arch, format: Format, bytes: &[u8]) -> anyhow::Result<bool> {
        let place = sbom::place(format);
        Ok(match self {
            Self::Checkout(_) => sbom::documents(arch)?
                .iter()
                .any(|(path, document)| *path == place && document.as_bytes() == bytes),
            Self::Released(list) => {
                let path = format!("linux/{}/{}", arch.name(), place.display());
                list.lists(&path, &aot::sha256(bytes))
            }
        })
    }

    /// Describes the component with this digest. Any component is allowed, because the host trusts none.
    pub(super) fn component(&self, digest: &str) -> anyhow::Result<&'static str> {
        Ok(match self {
            Self::Checkout(_) if aot::sha256(&build::component()?) == digest => {
                "the one that this checkout builds"
            }
            Self::Checkout(_) => {
                "not the one that this checkout builds; the host trusts no component"
            }
            Self::Released(list) if list.lists("guest.wasm", digest) => "in the list",
            Self::Released(_) => "not in the list; the host trusts no component",
        })
    }
}
