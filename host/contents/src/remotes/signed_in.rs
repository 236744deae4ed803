//! A source with its credential or its open package file, and the step that resolves it.
//!
//! No file of the platform is read here.

use std::fs::File;

use super::resolved::{Confirmed, Noted, ResolvedSource};
use super::server::RepositoryServer;
use super::{Looked, RepositorySource};
use crate::error::{ContentOrigin, ContentsError};
use cnb::descriptor::source::{GitSource, VENDOR_FOLDER, Vendored};
use fetch::{self, Remote};

/// A source with its credential, or with the open file of the package. No server was asked yet.
pub struct SignedIn<'a> {
    source: RepositorySource<'a>,
    origin: ContentOrigin,
    holder: FolderHolder<'a>,
}

enum FolderHolder<'a> {
    Server(RepositoryServer),
    Package(File, &'a Vendored),
}

/// The server, credential and proxy of a source, for finding sources that share them. Empty for a source in the package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Scheme, host and port of the server.
    pub origin: String,
    /// The place of the credential, if there is one.
    pub credential: Option<String>,
    /// The proxy without its user and password, if one is used.
    pub proxy: Option<String>,
}

impl<'a> RepositorySource<'a> {
    /// Opens the file of the package now, because the host's sandbox denies that later.
    pub(super) fn open_in_package(
        self,
        vendored: &'a Vendored,
    ) -> Result<SignedIn<'a>, ContentsError> {
        let name = self.name;
        let folder = self.remotes.buildpack.open_dir(VENDOR_FOLDER);
        let file = folder.and_then(|folder| folder.open_file(GitSource::pack(name)));
        let file = file.map_err(|source| ContentsError::NotInPackage {
            source_name: name.clone(),
            source,
        })?;
        Ok(SignedIn {
            source: self,
            origin: ContentOrigin::of(name, &self.declaration.git, None),
            holder: FolderHolder::Package(file, vendored),
        })
    }
}

impl<'a> SignedIn<'a> {
    pub(super) fn at_server(
        source: RepositorySource<'a>,
        origin: ContentOrigin,
        remote: Remote,
        trusted: &[String],
    ) -> Self {
        let remote = Box::new(remote);
        let trusted = trusted.to_vec();
        Self {
            source,
            origin,
            holder: FolderHolder::Server(RepositoryServer { remote, trusted }),
        }
    }

    /// The address that will be asked, and the place of its credential.
    #[must_use]
    pub fn origin(&self) -> &ContentOrigin {
        &self.origin
    }

    /// The server, credential and proxy that this source uses.
    #[must_use]
    pub fn route(&self) -> Route {
        match &self.holder {
            FolderHolder::Package(..) => Route::default(),
            FolderHolder::Server(RepositoryServer { remote, .. }) => Route {
                origin: remote.url.origin(),
                credential: self.origin.credential.clone(),
                proxy: remote.proxies.shown_for(&remote.url),
            },
        }
    }

    /// Finds the ids of the revision and of the folder. Asks no server about a full commit id that is in the previous
    /// image's notes.
    pub(crate) fn resolve(self) -> Result<ResolvedSource<'a>, ContentsError> {
        let Self {
            source,
            origin,
            holder,
        } = self;
        match holder {
            FolderHolder::Package(file, vendored) => {
                let revision = &vendored.revision;
                source.say(&format!(
                    "comes with this package, at {revision}; no server is asked"
                ));
                let confirmed = Confirmed::in_package(source, origin, file, vendored);
                Ok(ResolvedSource::Confirmed(confirmed))
            }
            FolderHolder::Server(server) => {
                source.say_revision(&origin);
                match source.noted() {
                    Some(ids) => Ok(ResolvedSource::Noted(Noted {
                        source,
                        origin,
                        server,
                        ids,
                    })),
                    None => {
                        Confirmed::by_server(source, origin, server).map(ResolvedSource::Confirmed)
                    }
                }
            }
        }
    }

    /// Downloads and checks the folder, then drops it.
    pub fn look(self) -> Result<Looked, ContentsError> {
        Ok(self.resolve()?.download()?.looked())
    }

    #[cfg(test)]
    pub(super) fn trusts(&self) -> (&[String], usize) {
        match &self.holder {
            FolderHolder::Server(server) => (&server.trusted, server.remote.certificates.len()),
            FolderHolder::Package(..) => (&[], 0),
        }
    }
}

impl RepositorySource<'_> {
    fn say_revision(&self, origin: &ContentOrigin) {
        let revision = &self.chosen.revision;
        let by = self.chosen.variable.as_ref();
        let by = by.map_or(String::new(), |variable| format!(", chosen by {variable}"));
        let mirror = if origin.is_mirror {
            ", the mirror of the operator's policy,"
        } else {
            ""
        };
        self.say(&format!("{}{mirror} at {revision}{by}", origin.url));
    }

    /// The ids of the wanted commit from the notes of the previous build, if a layer has them.
    fn noted(&self) -> Option<fetch::Resolved> {
        let commit = self.chosen.revision.commit()?;
        let layers = self.remotes.context.restored.layers.values();
        let notes = layers.flat_map(|layer| &layer.notes.contents);
        let mut notes = notes.filter(|note| note.source == self.name.as_str());
        let subpath = &self.declaration.subpath;
        notes.find_map(|note| fetch::Resolved::noted(&note.identity, commit, subpath))
    }

    /// Reports ignored variables, the proxy, and trusted certificates that are not built in.
    pub(super) fn say_way(&self, server: &RepositoryServer) {
        let remote = &server.remote;
        let proxy = remote.proxies.shown_for(&remote.url);
        let trusted: &[String] = if remote.url.is_https() {
            &server.trusted
        } else {
            &[]
        };
        let (remotes, name) = (&self.remotes, self.name);
        remotes.say_connection(name, proxy.as_deref(), trusted);
    }
}
