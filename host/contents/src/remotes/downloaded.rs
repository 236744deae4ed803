//! A source whose folder was downloaded and checked, and the final record of a source.

use std::fs::File;
use std::io::{BufReader, Read};

use super::RepositorySource;
use super::resolved::{Confirmed, Holder, ResolvedSource};
use super::settled::{Fetched, Settled};
use crate::error::{ContentOrigin, ContentsError, PackageError};
use dir::Dir;
use fetch::{self, DownloadLimits, EntryPath, Tree, tree_of_pack};
use report::{bytes, counted};

/// The read buffer for a package's file, in bytes.
const READ_AT_ONCE: usize = 64 << 10;

/// A source whose folder is checked and counted, and not yet written.
pub(crate) struct Downloaded<'a> {
    source: RepositorySource<'a>,
    origin: ContentOrigin,
    ids: fetch::Resolved,
    holder: Holder<'a>,
    tree: Tree,
}

/// A source's folder that was downloaded, checked and dropped.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Looked {
    pub commit: String,
    /// Git's id of the folder.
    pub tree: String,
    pub files: u64,
    /// The bytes that they hold.
    pub bytes: u64,
    /// Files that are pointers to Git LFS.
    pub lfs_pointers: u64,
}

impl<'a> ResolvedSource<'a> {
    /// Downloads the folder, or reads it from the package, and checks it. Asks the server for the ids first, unless it
    /// was asked before.
    pub(crate) fn download(self) -> Result<Downloaded<'a>, ContentsError> {
        let Confirmed {
            source,
            origin,
            ids,
            mut holder,
        } = self.confirmed()?;
        let tree = match &mut holder {
            Holder::Server(session) => {
                let tree = session.download(&ids);
                tree.map_err(|error| origin.failed(error))
            }
            Holder::Package(file) => {
                let (limits, scratch) = (source.remotes.limits(), source.remotes.scratch);
                let tree = tree_in_package(file, &ids, limits, scratch);
                tree.map_err(|error| origin.failed_in_package(source.name, error))
            }
        }?;
        let downloaded = Downloaded {
            source,
            origin,
            ids,
            holder,
            tree,
        };
        downloaded.say();
        Ok(downloaded)
    }
}

impl<'a> Downloaded<'a> {
    fn size(&self) -> Fetched {
        Fetched {
            files: self.tree.files() as u64,
            bytes: self.tree.bytes(),
        }
    }

    fn say(&self) {
        let (report, name) = (self.source.remotes.report, self.source.name);
        let Fetched { files, bytes: size } = self.size();
        self.source.say(&format!(
            "{}, {}, of commit {}",
            counted(files, "file", "files"),
            bytes(size),
            self.ids.commit,
        ));
        let text = |pointer: &EntryPath| {
            format!(
                "'{pointer}' of source '{name}' is kept in Git LFS, which isn't fetched: the image gets its pointer, a short text."
            )
        };
        let (one, several) = ("more file of it", "more files of it");
        report.warnings(self.tree.lfs_pointers(), text, one, several);
        // Git attributes would make git write some files differently.
        if let Some(first) = self.tree.attributes().first() {
            report.warning(&format!(
                "'{first}' of source '{name}' says how git is to write files (eol, ident, working-tree-encoding or a \
                 filter), and is not obeyed: the image gets them as the repository holds them."
            ));
        }
    }

    /// Writes the folder into a layer's directory under `name`.
    pub(crate) fn stage(&self, dir: &Dir, name: &str) -> Result<(), ContentsError> {
        let staged = self.tree.stage(dir, name);
        staged.map_err(|error| self.origin.unwritten(error))
    }

    /// The record of a source that was written `times` times.
    pub(crate) fn settle(self, times: u64) -> Settled<'a> {
        let Fetched { files, bytes } = self.size();
        let (known_from, traffic) = (self.holder.known_from(), self.holder.traffic());
        Settled {
            fetched: Fetched {
                files: files.saturating_mul(times),
                bytes: bytes.saturating_mul(times),
            },
            ..Settled::of(self.source, self.origin, &self.ids, known_from, traffic)
        }
    }

    pub(super) fn looked(self) -> Looked {
        let Fetched { files, bytes } = self.size();
        Looked {
            commit: self.ids.commit.to_string(),
            tree: self.ids.tree.to_string(),
            files,
            bytes,
            lfs_pointers: self.tree.lfs_pointers().len() as u64,
        }
    }
}

/// Reads a folder from a file of the package.
fn tree_in_package(
    file: &File,
    ids: &fetch::Resolved,
    limits: DownloadLimits,
    scratch: Option<&Dir>,
) -> Result<Tree, PackageError> {
    let most = limits.response;
    if file.metadata()?.len() > most {
        return Err(PackageError::TooLarge { most });
    }
    let pack = BufReader::with_capacity(READ_AT_ONCE, file.take(most));
    Ok(tree_of_pack(pack, ids.tree, limits, scratch)?)
}
