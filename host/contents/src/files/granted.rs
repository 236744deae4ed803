//! Finds the address of each file that a component names, and the page of each package.
//!
//! Nothing here connects. All files of the application and the package are opened here, because the host's sandbox
//! denies that later.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;

use super::super::error::ContentsError;
use super::super::remotes::{PlatformFiles, Remotes};
use super::error::{FileOrigin, ListError, names};
use super::listed::Listing;
use super::servers::{Asked, Listed, SourceServers};
use cnb::address::{FileUrl, FileUrlError, split_userinfo};
use cnb::check::{CheckedFile, CheckedFolder, CheckedLayer, CheckedPackage, CheckedPackages};
use cnb::descriptor::source::{FileList, FileSource, VENDOR_FOLDER};
use cnb::names::{FolderName, LayerName, SourceName, shown};
use dir::Dir;

/// A folder of a layer whose files are granted.
pub(crate) struct GrantedFolder<'a> {
    pub(super) layer: &'a LayerName,
    pub(super) folder: &'a CheckedFolder,
    /// One for each file of the folder, in the same order.
    pub(super) files: Vec<GrantedFile<'a>>,
    /// One for each list of packages of the folder, in the same order.
    pub(super) packages: Vec<GrantedPackages<'a>>,
}

impl GrantedFolder<'_> {
    /// The layer of the folder.
    pub(crate) fn layer(&self) -> &LayerName {
        self.layer
    }

    /// The folder's name.
    pub(crate) fn name(&self) -> &FolderName {
        &self.folder.into
    }
}

/// A file with its address and its credential.
pub(super) struct GrantedFile<'a> {
    /// Owned if it was found at an index.
    pub(super) file: Cow<'a, CheckedFile>,
    pub(super) declaration: &'a FileSource,
    pub(super) origin: FileOrigin,
    pub(super) holder: FileHolder,
}

/// Packages of one source, each with its page at the index.
pub(super) struct GrantedPackages<'a> {
    pub(super) wanted: &'a CheckedPackages,
    /// For the files that the pages list.
    pub(super) servers: Arc<SourceServers<'a>>,
    /// One for each package, in the same order.
    pub(super) pages: Vec<GrantedPage<'a>>,
}

/// The page of a package.
pub(super) struct GrantedPage<'a> {
    pub(super) package: &'a CheckedPackage,
    /// `file` is the package's name.
    pub(super) origin: FileOrigin,
    pub(super) asked: Asked,
}

/// The holder of a file.
pub(super) enum FileHolder {
    Server(Asked),
    Package(File),
}

/// The settings of connections for files.
#[derive(Default)]
pub(crate) struct FileSettings {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// The origins of the certificates, for the log.
    pub(super) told: Vec<String>,
}

impl FileSettings {
    pub(crate) fn of(files: &PlatformFiles) -> Self {
        Self {
            certificates: files.trust.certificates.clone(),
            told: files.trust.from.clone(),
        }
    }
}

/// The sources of files in a build. Each is opened once, for its first file.
pub(crate) struct FileSources<'a> {
    remotes: Remotes<'a>,
    app: &'a Dir,
    open: BTreeMap<&'a SourceName, FilesSource<'a>>,
}

/// A source whose list and credentials were read.
struct FilesSource<'a> {
    name: &'a SourceName,
    declaration: &'a FileSource,
    listing: Option<Listing>,
    /// The folder of the package with the files.
    package: Option<Dir>,
    /// `None` if the package has the files.
    servers: Option<Arc<SourceServers<'a>>>,
    /// The target's architecture, by Go's name.
    arch: &'a str,
}

impl<'a> FileSources<'a> {
    pub(crate) fn new(remotes: Remotes<'a>, app: &'a Dir) -> Self {
        Self {
            remotes,
            app,
            open: BTreeMap::new(),
        }
    }

    /// Grants all files of a layer. `files` are the platform's files, which were read before.
    pub(crate) fn grant(
        &mut self,
        layer: &'a CheckedLayer,
        files: &PlatformFiles,
    ) -> Result<Vec<GrantedFolder<'a>>, ContentsError> {
        let folders = layer.folders.iter().map(|folder| {
            let granted = folder.files.iter();
            let granted = granted.map(|file| self.source(&file.source, files)?.grant(file));
            let granted = granted.collect::<Result<_, _>>()?;
            let packages = folder.packages.iter();
            let packages = packages.map(|wanted| {
                let source = self.source(&wanted.source, files)?;
                source.grant_packages(wanted)
            });
            Ok(GrantedFolder {
                layer: &layer.name,
                folder,
                files: granted,
                packages: packages.collect::<Result<_, _>>()?,
            })
        });
        folders.collect()
    }

    fn source(
        &mut self,
        name: &'a SourceName,
        files: &PlatformFiles,
    ) -> Result<&FilesSource<'a>, ContentsError> {
        let (remotes, app) = (self.remotes, self.app);
        Ok(match self.open.entry(name) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(new) => new.insert(FilesSource::open(name, remotes, app, files)?),
        })
    }
}

impl<'a> FilesSource<'a> {
    fn open(
        name: &'a SourceName,
        remotes: Remotes<'a>,
        app: &Dir,
        files: &PlatformFiles,
    ) -> Result<Self, ContentsError> {
        let descriptor = remotes.descriptor();
        let declaration = &descriptor.sources.files[name];
        let listing = match &declaration.list {
            FileList::Declared { .. } => None,
            FileList::InApplication(locks) => Some(read_list(name, app, locks, remotes)?),
        };
        let (package, servers) = if declaration.vendored.is_some() {
            (Some(package_folder(name, remotes)?), None)
        } else {
            let servers = SourceServers::open(name, remotes, files)?;
            (None, Some(Arc::new(servers)))
        };
        Ok(Self {
            name,
            declaration,
            listing,
            package,
            servers,
            arch: &remotes.context().common.target.arch,
        })
    }

    fn grant(&self, file: &'a CheckedFile) -> Result<GrantedFile<'a>, ContentsError> {
        let listed = self.listed(file)?;
        let mut origin = FileOrigin::at(self.name, listed.file_name(), &listed);
        let holder = match (&self.package, &self.servers) {
            (Some(package), _) => {
                origin.is_in_package = true;
                let opened = package.open_file(file.sha256.to_string());
                let opened = opened.map_err(|source| ContentsError::NotInPackage {
                    source_name: self.name.clone(),
                    source,
                })?;
                FileHolder::Package(opened)
            }
            (None, Some(servers)) => {
                let asked = servers.ask(listed, Listed::InList, &origin.file)?;
                origin = asked.marked(origin);
                FileHolder::Server(asked)
            }
            (None, None) => return Err(self.not_listed(&file.path, "no list".to_owned())),
        };
        Ok(GrantedFile {
            file: Cow::Borrowed(file),
            declaration: self.declaration,
            origin,
            holder,
        })
    }

    /// Finds the page of each package at the index.
    fn grant_packages(
        &self,
        wanted: &'a CheckedPackages,
    ) -> Result<GrantedPackages<'a>, ContentsError> {
        let source_name = || self.name.clone();
        let Some(listing) = &self.listing else {
            return Err(ListError::NoPackages {
                source_name: source_name(),
            }
            .into());
        };
        let Some(servers) = &self.servers else {
            return Err(ListError::PackagesInPackage {
                source_name: source_name(),
            }
            .into());
        };
        if let Some(error) = &listing.unread {
            return Err(ListError::Listing {
                source_name: source_name(),
                error: Arc::clone(error),
            }
            .into());
        }
        for package in &wanted.packages {
            let mut digests = package.sha256.iter();
            if !digests.all(|digest| listing.has_package(&package.name, *digest)) {
                return Err(self.not_listed(package.name.as_str(), names(&listing.read)));
            }
        }
        let index = match (servers.index(), &listing.index) {
            (Some(index), _) | (None, Some(Ok(index))) => index,
            (None, Some(Err(reason))) => return Err(self.bad_index(listing, (*reason).into())),
            (None, None) => {
                return Err(ListError::NoIndex {
                    source_name: source_name(),
                    list: names(&listing.read),
                }
                .into());
            }
        };
        let pages = wanted.packages.iter().map(|package| {
            let url = FileUrl::of_page(index, &package.name);
            let url = url.map_err(|reason| self.bad_index(listing, reason))?;
            let origin = FileOrigin {
                is_of_policy: servers.index().is_some(),
                ..FileOrigin::at(self.name, package.name.to_string(), &url)
            };
            let asked = servers.ask(url, Listed::AtIndex, &origin.file)?;
            Ok::<_, ContentsError>(GrantedPage {
                package,
                origin: asked.marked(origin),
                asked,
            })
        });
        Ok(GrantedPackages {
            wanted,
            servers: Arc::clone(servers),
            pages: pages.collect::<Result<_, _>>()?,
        })
    }

    fn bad_index(&self, listing: &Listing, reason: FileUrlError) -> ContentsError {
        let of_policy = self
            .servers
            .as_ref()
            .is_some_and(|servers| servers.index().is_some());
        ListError::IndexAddress {
            source_name: self.name.clone(),
            list: if of_policy {
                "the operator's policy".to_owned()
            } else {
                names(&listing.read)
            },
            reason,
        }
        .into()
    }

    fn not_listed(&self, path: &str, list: String) -> ContentsError {
        ListError::NotListed {
            source_name: self.name.clone(),
            path: shown(&split_userinfo(path).0),
            list,
        }
        .into()
    }

    /// Returns the address of the file in the source's list.
    fn listed(&self, file: &CheckedFile) -> Result<FileUrl, ContentsError> {
        let not_listed = |list: String| self.not_listed(&file.path, list);
        if let Some(listing) = &self.listing {
            let url = file.path.parse::<FileUrl>();
            let url = url.ok().filter(|url| listing.has(url, file.sha256));
            return url.ok_or_else(|| not_listed(names(&listing.read)));
        }
        let FileList::Declared { files, .. } = &self.declaration.list else {
            return Err(not_listed("no list".to_owned()));
        };
        let mut files = files.iter();
        let declared = files.find(|one| one.path == file.path && one.sha256 == file.sha256);
        let declared = declared.ok_or_else(|| not_listed("buildpack.toml".to_owned()))?;
        match &declared.arch {
            Some(arch) if arch != self.arch => Err(ContentsError::from(ListError::Arch {
                source_name: self.name.clone(),
                path: shown(&file.path),
                arch: shown(arch),
                wanted: self.arch.to_owned(),
            })),
            _ => Ok(declared.url.clone()),
        }
    }
}

fn read_list(
    name: &SourceName,
    app: &Dir,
    locks: &[cnb::names::LockFileName],
    remotes: Remotes<'_>,
) -> Result<Listing, ContentsError> {
    let listing = ListError::reading(name.clone(), app, locks);
    let listing = listing.map_err(ContentsError::from)?;
    for file in &listing.with_password {
        remotes.report().warning(&format!(
            "'{file}' holds a user name or a password in an address. It is not used: whoever can read the \
             application can read it. Remove it, change the password, and give the credential to the platform."
        ));
    }
    Ok(listing)
}

fn package_folder(name: &SourceName, remotes: Remotes<'_>) -> Result<Dir, ContentsError> {
    let folder = remotes.buildpack().open_dir(VENDOR_FOLDER);
    let folder = folder.and_then(|folder| folder.open_dir(name));
    folder.map_err(|source| ContentsError::NotInPackage {
        source_name: name.clone(),
        source,
    })
}
