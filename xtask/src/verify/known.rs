//! With what a package's host and component are compared.

use std::fs;

use super::Digests;
use crate::arch::Arch;
use crate::layout::DETECT;
use crate::{aot, build};

/// What is known to be good.
#[derive(Debug)]
pub enum Known {
    /// What this checkout builds.
    Checkout,
    /// What a list of digests names.
    Released(Digests),
}

impl Known {
    /// Why a host with this digest is the right one for an architecture, or why not.
    pub(super) fn host(
        &self,
        arch: Arch,
        digest: &str,
    ) -> anyhow::Result<Result<&'static str, String>> {
        let own = match self {
            Self::Released(list) => {
                let path = format!("linux/{}/{DETECT}", arch.name());
                return Ok(if list.lists(&path, digest) {
                    Ok("one of the list")
                } else {
                    Err(format!("its digest is not listed for {path}"))
                });
            }
            Self::Checkout => aot::sha256(&fs::read(build::host(arch)?)?),
        };
        Ok(if own == digest {
            Ok("the one that this checkout builds")
        } else {
            Err(format!("this checkout builds one with {own}"))
        })
    }

    /// Which component one with this digest is. Any will do: the host trusts none.
    pub(super) fn component(&self, digest: &str) -> anyhow::Result<&'static str> {
        Ok(match self {
            Self::Checkout if aot::sha256(&build::component()?) == digest => {
                "the one that this checkout builds"
            }
            Self::Checkout => "another than this checkout builds; the host trusts none",
            Self::Released(list) if list.lists("guest.wasm", digest) => "one of the list",
            Self::Released(_) => "not one of the list; the host trusts none",
        })
    }
}
