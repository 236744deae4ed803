//! Sources of files: fetches the files that a descriptor lists or takes those of a folder, and checks and describes
//! what a package has. A package has each file under its digest.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use cnb::context::Environment;
use cnb::descriptor::Descriptor;
use cnb::descriptor::source::{DeclaredFile, FileList, FileSource};
use cnb::names::{LockFileName, SourceName};
use cnb::sha256::Sha256;
use dir::Dir;
use fetch::DownloadLimits;
use fetch::files::{Expected, FileRequest, FileSettings, Files, Verified};
use lifecycle::folder;
use report::counted;
use serde::Serialize;
use tempfile::TempDir;
use toml::Table;

use super::Judged;
use super::server::Access;
use crate::layout::DESCRIPTOR;
use crate::say;

/// The files of a source that a package contains.
#[derive(Debug, Default)]
pub struct VendoredFiles {
    /// A file with each content, by its digest.
    paths: BTreeMap<Sha256, PathBuf>,
    /// The folder of fetched files. It is removed when this is dropped.
    _fetched: Option<TempDir>,
}

impl VendoredFiles {
    /// Reads all files of a folder and of its folders. Links are passed over.
    pub(super) fn beneath(folder: &Path) -> anyhow::Result<Self> {
        Self::of(files_of(folder, |_other| Ok(()))?)
    }

    /// Reads files, which stay where they are. Files with the same content count as one.
    fn of(files: impl IntoIterator<Item = PathBuf>) -> anyhow::Result<Self> {
        let mut paths = BTreeMap::new();
        for file in files {
            paths.insert(sha256(&file)?, file);
        }
        Ok(Self {
            paths,
            _fetched: None,
        })
    }

    /// The table that declares these files.
    pub(super) fn table(&self) -> anyhow::Result<Table> {
        #[derive(Serialize)]
        struct Digests {
            sha256: Vec<String>,
        }
        let sha256 = self.paths.keys().map(Sha256::to_string).collect();
        Ok(Table::try_from(Digests { sha256 })?)
    }

    /// Copies the files into the source's folder in a buildpack directory. Refuses a file that has changed since it was
    /// read.
    pub(super) fn write(&self, buildpack: &Path, source: &SourceName) -> anyhow::Result<()> {
        fs::create_dir_all(buildpack.join(FileSource::package_folder(source)))?;
        for (digest, from) in &self.paths {
            let to = buildpack.join(FileSource::package_file(source, *digest));
            let copied =
                File::open(from).and_then(|mut from| io::copy(&mut from, &mut File::create(&to)?));
            copied.with_context(|| format!("can't copy '{}'", from.display()))?;
            ensure!(
                sha256(&to)? == *digest,
                "The file has changed since it was read: '{}'\nPackage again when nothing writes to it.",
                from.display()
            );
        }
        Ok(())
    }
}

fn sha256(file: &Path) -> anyhow::Result<Sha256> {
    let digest = File::open(file).and_then(|mut file| Sha256::of_file(&mut file));
    digest.with_context(|| format!("The file can't be read: '{}'", file.display()))
}

/// Fetches the files of a source, or takes those in the folder `what` if an application lists them.
pub(super) fn bring(
    descriptor: &Descriptor,
    name: &SourceName,
    source: &FileSource,
    what: Option<&str>,
    environment: &Environment,
) -> anyhow::Result<VendoredFiles> {
    match (&source.list, what) {
        (FileList::Declared { files, .. }, None) => {
            fetch(descriptor, name, source, files, environment)
        }
        (FileList::Declared { .. }, Some(_)) => bail!(
            "{DESCRIPTOR} lists its files, and all of them are packaged.\nWrite: --vendor {name}"
        ),
        (FileList::InApplication(_), Some(folder)) => in_folder(name, Path::new(folder)),
        (FileList::InApplication(_), None) => bail!(
            "An application lists its files, so they are not known here.\n\
             Name a folder that has them: --vendor {name}=DIR"
        ),
    }
}

/// Fetches all files that the descriptor lists for a source. Each has the limits of a build.
fn fetch(
    descriptor: &Descriptor,
    name: &SourceName,
    source: &FileSource,
    files: &[DeclaredFile],
    environment: &Environment,
) -> anyhow::Result<VendoredFiles> {
    let access = Access::find(descriptor, source.credential.as_ref(), environment)?;
    let credential = access.credential.map(Arc::new);
    let folder = tempfile::tempdir().context("The folder for fetched files can't be made")?;
    let place = |sha256: Sha256| folder.path().join(sha256.to_string());
    let mut paths = BTreeMap::new();
    let mut requests = Vec::new();
    for DeclaredFile { url, sha256, .. } in files {
        if paths.insert(*sha256, place(*sha256)).is_none() {
            requests.push(FileRequest {
                url: match &access.server {
                    Some(server) => url.with_origin(server),
                    None => url.clone(),
                },
                expected: Expected::Sha256(*sha256),
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
    let scratch = Dir::open_ambient(folder.path())?;
    Files::open(settings, limits, &scratch).download(
        &requests,
        |_,
         Verified {
             mut file, sha256, ..
         }| {
            let mut to = File::create_new(place(sha256))?;
            io::copy(&mut file, &mut to)
        },
    )?;
    let vendored = VendoredFiles {
        paths,
        _fetched: Some(folder),
    };
    told(name, &vendored)?;
    Ok(vendored)
}

/// Takes all files of a folder and of its folders.
fn in_folder(name: &SourceName, from: &Path) -> anyhow::Result<VendoredFiles> {
    ensure!(from.is_dir(), "This is not a folder: '{}'", from.display());
    let files = files_of(from, |other| {
        let path = other.display();
        bail!("This is neither a file nor a folder: '{path}'")
    })?;
    let from = from.display();
    ensure!(!files.is_empty(), "The folder has no files: '{from}'");
    let vendored = VendoredFiles::of(files)?;
    told(name, &vendored)?;
    Ok(vendored)
}

/// Lists the files of a folder and of its folders. `other` judges each link and other entry.
fn files_of(
    folder: &Path,
    other: impl Fn(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    folder::walk(folder, &mut |path, meta| {
        if meta.is_file() {
            files.push(path.to_owned());
        } else if !meta.is_dir() {
            other(path)?;
        }
        Ok(())
    })?;
    Ok(files)
}

fn told(name: &SourceName, vendored: &VendoredFiles) -> anyhow::Result<()> {
    let mut total = 0;
    for path in vendored.paths.values() {
        total += fs::metadata(path)?.len();
    }
    let files = counted(vendored.paths.len() as u64, "file", "files");
    say::line(&format!("source '{name}': {files}, {total} bytes"));
    Ok(())
}

/// Checks that each file has the digest that the descriptor declares.
pub(super) fn judge<'p>(
    name: &SourceName,
    source: &FileSource,
    read: impl Fn(&str) -> Option<&'p [u8]>,
) -> Vec<Judged> {
    let Some(vendored) = &source.vendored else {
        return Vec::new();
    };
    let mut bytes = 0;
    let mut judged = Vec::new();
    for sha256 in vendored {
        let path = FileSource::package_file(name, *sha256);
        let path = path.display().to_string();
        let Some(file) = read(&path) else {
            continue;
        };
        bytes += file.len();
        if Sha256::of(file) != *sha256 {
            let text = format!("{path} has another digest than its name says");
            judged.push(Judged::Fault(text));
        }
    }
    let files = counted(vendored.len() as u64, "file", "files");
    let text = format!("  source '{name}': {files}, {bytes} bytes");
    judged.push(Judged::Sound(text));
    judged
}

pub(super) fn describe(source: &FileSource) -> String {
    let FileSource {
        list,
        redirects_to,
        credential: _,
        supplier: _,
        vendored,
    } = source;
    let redirects: Vec<_> = redirects_to.iter().map(ToString::to_string).collect();
    let redirects = if redirects.is_empty() {
        String::new()
    } else {
        format!("; redirects may lead to {}", redirects.join(", "))
    };
    if let Some(vendored) = vendored {
        let files = counted(vendored.len() as u64, "file", "files");
        return format!("{files} in the package; nothing is fetched");
    }
    match list {
        FileList::Declared { base, files } => {
            format!("{} files by digest, beneath {base}{redirects}", files.len())
        }
        FileList::InApplication(files) => {
            let has_index = files.iter().any(LockFileName::is_requirements);
            let files: Vec<_> = files.iter().map(ToString::to_string).collect();
            format!(
                "files by digest, from the public addresses that the application's {} lists{}{redirects}",
                files.join(" or "),
                if has_index {
                    ", or from an index that it or the operator's policy names"
                } else {
                    ""
                }
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_are_written_once_under_their_digest() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, content) in [("one", "same"), ("two", "same"), ("three", "other")] {
            fs::write(at(name), content).unwrap();
        }
        let files = VendoredFiles::of(["one", "two", "three"].map(at)).unwrap();
        let source = "data".parse().unwrap();
        files.write(&at("buildpack"), &source).unwrap();
        let mut digests: Vec<_> = ["same", "other"]
            .map(|content| Sha256::of(content.as_bytes()).to_string())
            .into();
        digests.sort();
        assert_eq!(files.table().unwrap()["sha256"], digests.clone().into());
        let written = folder::snapshot(&at("buildpack/vendor/data")).unwrap();
        assert_eq!(folder::paths(&written), digests);
    }

    #[test]
    fn a_file_that_has_changed_since_it_was_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "before").unwrap();
        let files = VendoredFiles::of([file.clone()]).unwrap();
        fs::write(&file, "after!").unwrap();
        let error = files.write(&folder.path().join("buildpack"), &"data".parse().unwrap());
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("The file has changed since"), "{error}");
    }
}
