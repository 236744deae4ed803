//! The known good files, with which the host and the component of a package are compared.

use std::fs;

use anyhow::Context;
use cnb::sbom::Format;

use super::Digests;
use crate::arch::Arch;
use crate::cargo::Profile;
use crate::layout::DETECT;
use crate::programs::{Checkout, Programs};
use crate::{aot, build, sbom};

/// The source of the known good files.
#[derive(Clone, Copy)]
pub enum Known<'a> {
    /// The build of this checkout, with the host in this profile.
    Checkout(Profile),
    /// The programs that a tool brings along. It knows no component.
    Brought(&'a dyn Programs),
    /// The files in a list of digests.
    Released(&'a Digests),
}

impl Known<'_> {
    /// Decides whether a host with this digest is the right one for an architecture. Either text says why.
    pub(super) fn host(
        &self,
        arch: Arch,
        digest: &str,
    ) -> anyhow::Result<Result<&'static str, String>> {
        let (host, same, other) = match self {
            Self::Released(list) => {
                let path = format!("linux/{}/{DETECT}", arch.name());
                return Ok(if list.lists(&path, digest) {
                    Ok("in the list")
                } else {
                    Err(format!("its digest is not listed for {path}"))
                });
            }
            Self::Checkout(profile) => {
                let host = Checkout(*profile).host(arch).context(
                    "can't build a host to compare with; --digests FILE compares with a list instead",
                );
                (
                    host,
                    "the one that this checkout builds",
                    "this checkout builds",
                )
            }
            Self::Brought(programs) => (
                programs.host(arch),
                "the one that this tool packages",
                "this tool packages",
            ),
        };
        let own = aot::sha256(&fs::read(host?)?);
        Ok(if own == digest {
            Ok(same)
        } else {
            Err(format!("{other} a host with {own}"))
        })
    }

    /// Whether these bytes are the bill of materials of the right host.
    pub(super) fn bill(&self, arch: Arch, format: Format, bytes: &[u8]) -> anyhow::Result<bool> {
        let place = sbom::place(format);
        let documents = match self {
            Self::Checkout(profile) => Checkout(*profile).bills(arch)?,
            Self::Brought(programs) => programs.bills(arch)?,
            Self::Released(list) => {
                let path = format!("linux/{}/{}", arch.name(), place.display());
                return Ok(list.lists(&path, &aot::sha256(bytes)));
            }
        };
        Ok(documents
            .iter()
            .any(|(path, document)| *path == place && document.as_bytes() == bytes))
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
            Self::Brought(_) => "the host trusts no component",
            Self::Released(list) if list.lists("guest.wasm", digest) => "in the list",
            Self::Released(_) => "not in the list; the host trusts no component",
        })
    }
}
