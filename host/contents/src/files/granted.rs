//! Finds the address and the credential of each file that a component names.
//!
//! Nothing here connects. All files of the platform, the application and the package are opened here, because the
//! host's sandbox denies that later.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;

use super::super::error::{ContentsError, ServerError};
use super::super::remotes::{PlatformFiles, Remotes, VENDOR_FOLDER};
use super::error::{FileOrigin, FilesContentsError, ListError, names};
use super::listed::Listing;
use cnb::address::{FileUrl, Origin, RemoteUrl, split_userinfo};
use cnb::check::{CheckedFile, CheckedFolder, CheckedLayer};
use cnb::descriptor::{CredentialDeclaration, FileList, FileSource};
use cnb::names::{FolderName, LayerName, SourceName, shown};
use credential::{self, Credential, CredentialError, CredentialPlace, Found};
use dir::Dir;

/// A folder of a layer whose files are granted.
pub(crate) struct GrantedFolder<'a> {
    pub(super) layer: &'a LayerName,
    pub(super) folder: &'a CheckedFolder,
    /// One for each file of the folder, in the same order.
    pub(super) files: Vec<GrantedFile<'a>>,
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
    pub(super) file: &'a CheckedFile,
    pub(super) declaration: &'a FileSource,
    pub(super) origin: FileOrigin,
    pub(super) holder: FileHolder,
}

/// The holder of a file.
pub(super) enum FileHolder {
    Server {
        url: FileUrl,
        credential: Option<Arc<Credential>>,
        /// Whether the server may be on a private network.
        may_be_private: bool,
    },
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
    bound: Option<Bound>,
    /// The credentials of mirrors that were needed, by the host that each mirror replaces.
    mirrors: BTreeMap<String, Option<Bound>>,
}

/// A credential that was found, and its only destination.
#[derive(Clone)]
struct Bound {
    credential: Arc<Credential>,
    /// The server that the binding names.
    server: Option<RemoteUrl>,
    place: CredentialPlace,
    from: String,
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
            let granted = folder.files.iter().map(|file| self.file(file, files));
            Ok(GrantedFolder {
                layer: &layer.name,
                folder,
                files: granted.collect::<Result<_, _>>()?,
            })
        });
        folders.collect()
    }

    fn file(
        &mut self,
        file: &'a CheckedFile,
        files: &PlatformFiles,
    ) -> Result<GrantedFile<'a>, ContentsError> {
        let (remotes, app) = (self.remotes, self.app);
        let source = match self.open.entry(&file.source) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(new) => new.insert(FilesSource::open(&file.source, remotes, app, files)?),
        };
        source.grant(file, remotes, files)
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
        let declaration = &descriptor.file_sources[name];
        let listing = match &declaration.list {
            FileList::Declared { .. } => None,
            FileList::InApplication(locks) => Some(read_list(name, app, locks, remotes)?),
        };
        let mut source = Self {
            name,
            declaration,
            listing,
            package: None,
            bound: None,
            mirrors: BTreeMap::new(),
        };
        if declaration.vendored.is_some() {
            source.package = Some(package_folder(name, remotes)?);
            return Ok(source);
        }
        let credential = declaration.credential.as_ref();
        let denied = remotes.grants().not_denied(name, credential);
        denied.map_err(|denial| ContentsError::Denied(Box::new(denial)))?;
        // A mirror has its own credential.
        let server = declaration.server().map(RemoteUrl::authority);
        let mirror = server.and_then(|server| remotes.grants().mirror_of(&server));
        if let (Some(credential), None) = (credential, mirror) {
            let declared = &descriptor.credentials[credential];
            source.bound = source.find(declared, remotes, files)?;
        }
        Ok(source)
    }

    /// Finds a credential. Where the application lists the files, a missing one is none, because only some of its
    /// servers may need one.
    fn find(
        &self,
        declared: &CredentialDeclaration,
        remotes: Remotes<'a>,
        files: &PlatformFiles,
    ) -> Result<Option<Bound>, ContentsError> {
        let platform = &remotes.context().common.platform;
        let Found {
            credential,
            url,
            place,
            from,
            nameless: _,
        } = match credential::find(declared, platform, &files.bindings) {
            Ok(found) => found,
            Err(CredentialError::Missing { .. }) if self.listing.is_some() => return Ok(None),
            Err(error) => {
                return Err(FilesContentsError::Credential {
                    source_name: self.name.clone(),
                    error,
                }
                .into());
            }
        };
        Ok(Some(Bound {
            credential: Arc::new(credential),
            server: url,
            place,
            from,
        }))
    }

    fn grant(
        &mut self,
        file: &'a CheckedFile,
        remotes: Remotes<'a>,
        files: &PlatformFiles,
    ) -> Result<GrantedFile<'a>, ContentsError> {
        let listed = self.listed(file, remotes)?;
        let mut origin = FileOrigin {
            source: self.name.clone(),
            file: listed.file_name(),
            url: listed.to_string(),
            credential: None,
            place: None,
            is_in_package: self.package.is_some(),
            is_mirror: false,
        };
        let holder = match &self.package {
            Some(package) => {
                let opened = package.open_file(file.sha256.to_string());
                let opened = opened.map_err(|source| ContentsError::NotInPackage {
                    source_name: self.name.clone(),
                    source,
                })?;
                FileHolder::Package(opened)
            }
            None => self.at_server(listed, &mut origin, remotes, files)?,
        };
        Ok(GrantedFile {
            file,
            declaration: self.declaration,
            origin,
            holder,
        })
    }

    /// Returns the address of the file in the source's list.
    fn listed(&self, file: &CheckedFile, remotes: Remotes<'_>) -> Result<FileUrl, ContentsError> {
        let not_listed = |list: String| {
            ContentsError::from(ListError::NotListed {
                source_name: self.name.clone(),
                path: shown(&split_userinfo(&file.path).0),
                list,
            })
        };
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
        let wanted = &remotes.context().common.target.arch;
        match &declared.arch {
            Some(arch) if arch != wanted => Err(ContentsError::from(ListError::Arch {
                source_name: self.name.clone(),
                path: shown(&file.path),
                arch: shown(arch),
                wanted: wanted.clone(),
            })),
            _ => Ok(declared.url.clone()),
        }
    }

    /// Decides which server is asked, and with which credential.
    fn at_server(
        &mut self,
        listed: FileUrl,
        origin: &mut FileOrigin,
        remotes: Remotes<'a>,
        files: &PlatformFiles,
    ) -> Result<FileHolder, ContentsError> {
        let grants = remotes.grants();
        let denied = |denial| ContentsError::Denied(Box::new(denial));
        grants
            .may_ask_file(self.name, &listed, None)
            .map_err(denied)?;
        let authority = listed.authority();
        if let Some(mirror) = grants.mirror_of(&authority) {
            let found = if let Some(found) = self.mirrors.get(&authority) {
                found.clone()
            } else {
                let wanted = mirror.credential.as_ref();
                let found = wanted.map(|wanted| self.find(wanted, remotes, files));
                found.transpose()?.flatten()
            };
            self.mirrors.insert(authority, found.clone());
            if let Some(Bound {
                server: Some(_),
                from,
                ..
            }) = found
            {
                return Err(ServerError::MirrorUrl { from }.into());
            }
            let url = listed.with_origin(&mirror.url);
            origin.is_mirror = true;
            return Ok(to_server(url, found.as_ref(), true, origin));
        }
        let (url, bound) = match (&self.bound, self.declaration.server()) {
            (None, _) => (listed, None),
            // A binding may name a server other than the declared one.
            (Some(bound), Some(_)) => match &bound.server {
                Some(server) => (listed.with_origin(server), Some(bound)),
                None => (listed, Some(bound)),
            },
            // A credential goes to the server that its binding names, and to no other that the application lists.
            (Some(bound), None) => match &bound.server {
                Some(server) if Origin::from(server) == listed.origin() => (listed, Some(bound)),
                Some(_) => (listed, None),
                None => {
                    return Err(ContentsError::from(ListError::NoServer {
                        source_name: self.name.clone(),
                        from: bound.from.clone(),
                    }));
                }
            },
        };
        let place = bound.map(|bound| bound.place);
        grants
            .may_ask_file(self.name, &url, place)
            .map_err(denied)?;
        let may_be_private =
            self.listing.is_none() || bound.is_some() || grants.names_host(&url.authority());
        if !may_be_private && url.is_private_host() {
            return Err(ContentsError::from(ListError::Private {
                source_name: self.name.clone(),
                file: url.file_name(),
                host: url.host().to_owned(),
            }));
        }
        Ok(to_server(url, bound, may_be_private, origin))
    }
}

fn to_server(
    url: FileUrl,
    bound: Option<&Bound>,
    may_be_private: bool,
    origin: &mut FileOrigin,
) -> FileHolder {
    origin.url = url.to_string();
    origin.credential = bound.map(|bound| bound.from.clone());
    origin.place = bound.map(|bound| bound.place);
    FileHolder::Server {
        url,
        credential: bound.map(|bound| Arc::clone(&bound.credential)),
        may_be_private,
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
