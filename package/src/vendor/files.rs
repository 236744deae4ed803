//! Fetches the files that a descriptor lists, or copies the files of a folder, each under its digest.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use cnb::context::Environment;
use cnb::descriptor::{DeclaredFile, Descriptor, FileSource};
use cnb::names::SourceName;
use cnb::sha256::Sha256;
use dir::Dir;
use engine::artifact::sha256;
use fetch::DownloadLimits;
use fetch::files::{FileRequest, FileSettings, Files, Verified};
use lifecycle::folder;
use report::counted;
use serde::Serialize;
use tempfile::TempDir;

use super::server::Access;
use crate::layout;
use crate::say;

/// The files of a source that a package contains.
#[derive(Debug)]
pub struct VendoredFiles {
    /// A folder with the files, each named by its digest.
    folder: TempDir,
    pub digests: BTreeSet<Sha256>,
}

impl VendoredFiles {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("A folder for the files cannot be made")?;
        let digests = BTreeSet::new();
        Ok(Self { folder, digests })
    }

    /// The keys of the table that declares these files.
    pub(super) fn keys(&self) -> anyhow::Result<String> {
        #[derive(Serialize)]
        struct Digests {
            sha256: Vec<String>,
        }
        let sha256 = self.digests.iter().map(Sha256::to_string).collect();
        Ok(toml::to_string(&Digests { sha256 })?)
    }

    /// Copies the files into a buildpack directory.
    pub(super) fn write(&self, folder: &Path, source: &SourceName) -> anyhow::Result<()> {
        for sha256 in &self.digests {
            let to = folder.join(layout::file(source, *sha256));
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::copy(self.folder.path().join(sha256.to_string()), &to)
                .with_context(|| format!("can't write {}", to.display()))?;
        }
        Ok(())
    }
}

/// Fetches all files that the descriptor lists for a source. Each has the limits of a build.
pub(super) fn fetch(
    descriptor: &Descriptor,
    name: &SourceName,
    source: &FileSource,
    files: &[DeclaredFile],
    environment: &Environment,
) -> anyhow::Result<VendoredFiles> {
    let access = Access::find(descriptor, source.credential.as_ref(), environment)?;
    let credential = access.credential.map(Arc::new);
    let mut vendored = VendoredFiles::new()?;
    let mut requests = Vec::new();
    for DeclaredFile { url, sha256, .. } in files {
        if vendored.digests.insert(*sha256) {
            requests.push(FileRequest {
                url: match &access.server {
                    Some(server) => url.with_origin(server),
                    None => url.clone(),
                },
                sha256: *sha256,
                // The descriptor names the server.
                may_be_private: true,
                credential: credential.clone(),
            });
        }
    }
    let count = requests.len();
    let files = counted(count as u64, "file", "files");
    say::step(&format!("fetching {files} of source '{name}'"));
    // A build fetches a few of the files, and here all are fetched.
    let mut limits = DownloadLimits::granted(&descriptor.limits, Duration::ZERO);
    limits.downloads = u64::MAX;
    limits.deadline = limits.deadline.saturating_mul(u32::try_from(count)?);
    let settings = FileSettings {
        certificates: access.trust.certificates,
        proxies: access.proxies,
        redirects_to: source.redirects_to.clone(),
        private: requests
            .iter()
            .map(|request| request.url.origin())
            .collect(),
        connections: usize::try_from(descriptor.limits.fetch_connections)?,
    };
    let scratch = Dir::open_ambient(vendored.folder.path())?;
    let place = |sha256: Sha256| vendored.folder.path().join(sha256.to_string());
    let lengths = Files::open(settings, limits, &scratch).download(
        &requests,
        |index, Verified { mut file, .. }| {
            let mut to = File::create_new(place(requests[index].sha256))?;
            io::copy(&mut file, &mut to)
        },
    )?;
    told(name, &vendored, lengths.iter().sum());
    Ok(vendored)
}

/// Copies all files of a folder and of its folders.
pub(super) fn copy(name: &SourceName, from: &Path) -> anyhow::Result<VendoredFiles> {
    ensure!(from.is_dir(), "This is not a folder: '{}'", from.display());
    let mut vendored = VendoredFiles::new()?;
    let mut total = 0;
    folder::walk(from, &mut |path, meta| {
        if meta.is_file() {
            let sha256: Sha256 = sha256(&mut File::open(path)?)?.parse()?;
            if vendored.digests.insert(sha256) {
                total += fs::copy(path, vendored.folder.path().join(sha256.to_string()))?;
            }
        } else {
            let path = path.display();
            ensure!(
                meta.is_dir(),
                "This is neither a file nor a folder: '{path}'"
            );
        }
        Ok(())
    })?;
    let from = from.display();
    ensure!(
        !vendored.digests.is_empty(),
        "The folder has no files: '{from}'"
    );
    told(name, &vendored, total);
    Ok(vendored)
}

fn told(name: &SourceName, vendored: &VendoredFiles, total: u64) {
    let files = counted(vendored.digests.len() as u64, "file", "files");
    say::line(&format!("source '{name}': {files}, {total} bytes"));
}
