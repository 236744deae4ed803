//! Fetches a source's folder of a repository at one revision, as a build does.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use cnb::address::Revision;
use cnb::context::Environment;
use cnb::descriptor::{Descriptor, SourceDeclaration, Vendored};
use cnb::names::SourceName;
use contents::VENDOR_FOLDER;
use fetch::{DownloadLimits, Remote, Session};
use serde::Serialize;
use toml::Table;

use super::server::Access;
use crate::layout;
use crate::say;

/// A folder of a repository that a package contains.
#[derive(Debug)]
pub struct VendoredFolder {
    /// Its revision, commit and tree.
    pub ids: Vendored,
    /// The pack as the server sent it.
    pub pack: Vec<u8>,
}

impl VendoredFolder {
    /// The table that declares this folder.
    pub(super) fn table(&self) -> anyhow::Result<Table> {
        #[derive(Serialize)]
        struct Ids {
            revision: String,
            commit: String,
            tree: String,
        }
        Ok(Table::try_from(Ids {
            revision: self.ids.revision.to_string(),
            commit: self.ids.commit.to_string(),
            tree: self.ids.tree.to_string(),
        })?)
    }

    /// Writes the pack into a buildpack directory.
    pub(super) fn write(&self, folder: &Path, source: &SourceName) -> anyhow::Result<()> {
        let pack = folder.join(layout::pack(source));
        fs::create_dir_all(folder.join(VENDOR_FOLDER))?;
        fs::write(&pack, &self.pack).with_context(|| format!("can't write {}", pack.display()))
    }
}

/// Fetches the folder of a source at this revision.
pub(super) fn fetch(
    descriptor: &Descriptor,
    name: &SourceName,
    source: &SourceDeclaration,
    revision: &str,
    environment: &Environment,
) -> anyhow::Result<VendoredFolder> {
    let revision: Revision = revision.parse()?;
    let access = Access::find(descriptor, source.credential.as_ref(), environment)?;
    let remote = Remote {
        url: match &access.server {
            Some(server) => source.git.with_origin(server),
            None => source.git.clone(),
        },
        credential: access.credential,
        certificates: access.trust.certificates,
        proxies: access.proxies,
    };
    say::step(&format!("fetching {} at {revision}", remote.url));
    let limits = DownloadLimits::granted(&descriptor.limits, Duration::ZERO);
    let mut session = Session::open(remote, limits)?;
    let resolved = session.resolve(&revision, &source.subpath)?;
    let pack = session.download_pack(&resolved)?;
    say::line(&format!(
        "source '{name}': the folder {} of commit {}, {} bytes packed",
        source.subpath,
        resolved.commit,
        pack.len()
    ));
    Ok(VendoredFolder {
        ids: Vendored {
            revision,
            commit: resolved.commit.to_string().parse()?,
            tree: resolved.tree.to_string().parse()?,
        },
        pack,
    })
}
