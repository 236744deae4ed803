//! Git repositories: fetches a source's folder at one revision as a build does, makes a pack of a plain folder, and
//! checks and describes what a package has.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use cnb::address::Revision;
use cnb::context::Environment;
use cnb::descriptor::source::{GitSource, VENDOR_FOLDER, Vendored};
use cnb::descriptor::{Descriptor, Limits};
use cnb::names::SourceName;
use fetch::{DownloadLimits, Remote, Session};
use serde::Serialize;
use toml::{Table, Value};

use super::server::Access;
use super::{Judged, variable};
use crate::{packed, say};

/// An id that no object has, for a folder that is missing.
const NOTHING: &str = "0000000000000000000000000000000000000000";

/// A folder of a repository that a package contains.
#[derive(Debug)]
pub struct VendoredFolder {
    /// Its revision, commit and tree.
    pub ids: Vendored,
    /// The pack as the server sent it. `None` if the package does not have it.
    pub pack: Option<Vec<u8>>,
}

impl VendoredFolder {
    /// Makes a pack of a folder. `source` is the declaration in the descriptor, which names the revision.
    pub(super) fn of(source: &Value, folder: &Path) -> anyhow::Result<Self> {
        let packed = packed::folder(folder)?;
        Self::declared(source, &packed.commit, &packed.tree, Some(packed.pack))
    }

    /// A folder that the package does not have.
    pub(super) fn missing(source: &Value) -> anyhow::Result<Self> {
        Self::declared(source, NOTHING, NOTHING, None)
    }

    fn declared(
        source: &Value,
        commit: &str,
        tree: &str,
        pack: Option<Vec<u8>>,
    ) -> anyhow::Result<Self> {
        let revision = source.get("ref").and_then(Value::as_str);
        let revision = revision.context("The source has no 'ref' in buildpack.toml.")?;
        let ids = Vendored {
            revision: revision.parse()?,
            commit: commit.parse()?,
            tree: tree.parse()?,
        };
        Ok(Self { ids, pack })
    }

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
        let Some(pack) = &self.pack else {
            return Ok(());
        };
        let file = folder.join(GitSource::package_file(source));
        fs::create_dir_all(folder.join(VENDOR_FOLDER))?;
        fs::write(&file, pack).with_context(|| format!("can't write {}", file.display()))
    }
}

/// Fetches the folder of a source at the revision `what`.
pub(super) fn fetch(
    descriptor: &Descriptor,
    name: &SourceName,
    source: &GitSource,
    what: Option<&str>,
    environment: &Environment,
) -> anyhow::Result<VendoredFolder> {
    let revision = what.with_context(|| {
        format!("It is a folder of a repository.\nName the revision: --vendor {name}=REF")
    })?;
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
        pack: Some(pack),
    })
}

/// Checks that the pack is the tree whose id is in the descriptor.
pub(super) fn judge<'p>(
    name: &SourceName,
    source: &GitSource,
    limits: &Limits,
    read: impl Fn(&str) -> Option<&'p [u8]>,
) -> Vec<Judged> {
    let Some(Vendored { tree: wanted, .. }) = source.vendored else {
        return Vec::new();
    };
    let path = GitSource::package_file(name).display().to_string();
    let Some(pack) = read(&path) else {
        return Vec::new();
    };
    let limits = DownloadLimits::granted(limits, Duration::ZERO);
    let tree = fetch::tree_of_pack(pack, fetch::object_id(wanted), limits, None);
    vec![match tree {
        Ok(tree) => Judged::Sound(format!(
            "  {path}: {} files, {} bytes, the tree {wanted}",
            tree.files(),
            tree.bytes(),
        )),
        Err(error) => {
            let error = anyhow::Error::new(error);
            Judged::Fault(format!("{path} is not the tree {wanted}: {error:#}"))
        }
    }]
}

pub(super) fn describe(source: &GitSource) -> String {
    let GitSource {
        git,
        reference,
        ref_variable,
        subpath,
        credential: _,
        supplier: _,
        vendored,
    } = source;
    if let Some(vendored) = vendored {
        let Vendored {
            revision,
            commit,
            tree,
        } = vendored;
        return format!(
            "comes with the package: {git}, the folder {subpath} at {revision} (commit {commit}, tree {tree}); nothing is fetched"
        );
    }
    let chosen = ref_variable.as_ref().map_or(String::new(), |name| {
        format!(", or at the revision in {}", variable(name))
    });
    format!("{git}, the folder {subpath} at {reference}{chosen}")
}
