//! Decides which server is asked for a file of a source, and with which credential.
//!
//! Nothing here connects. All credentials are found when a source is opened, because the host's sandbox denies that
//! later, when an index has named the addresses of files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::error::{ContentsError, ServerError};
use super::super::remotes::{PlatformFiles, Remotes};
use super::error::{FileOrigin, FilesContentsError, ListError};
use cnb::address::{FileUrl, Origin, RemoteUrl};
use cnb::descriptor::CredentialDeclaration;
use cnb::descriptor::source::FileSource;
use cnb::names::SourceName;
use credential::{self, Credential, CredentialError, CredentialPlace, Found};
use fetch::files::{Expected, FileRequest};
use policy::Grants;

/// A server that is asked for a file.
pub(super) struct Asked {
    pub(super) url: FileUrl,
    pub(super) credential: Option<Arc<Credential>>,
    /// Whether the server may be on a private network.
    pub(super) may_be_private: bool,
    /// The place of the credential by its name, and its kind.
    pub(super) from: Option<(String, CredentialPlace)>,
    /// Whether the server is a mirror from the operator's policy.
    pub(super) is_mirror: bool,
}

/// The place in which an address stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// The list of buildpack.toml or of the application.
    InList,
    /// The policy or the application names the index, or a page of it has the file.
    AtIndex,
}

impl Asked {
    pub(super) fn request(&self, expected: Expected) -> FileRequest {
        FileRequest {
            url: self.url.clone(),
            expected,
            may_be_private: self.may_be_private,
            credential: self.credential.clone(),
        }
    }

    /// The origin with the server that is asked.
    pub(super) fn marked(&self, origin: FileOrigin) -> FileOrigin {
        let (credential, place) = self.from.clone().unzip();
        FileOrigin {
            url: self.url.to_string(),
            credential,
            place,
            is_mirror: self.is_mirror,
            ..origin
        }
    }
}

/// The servers that a source may ask.
pub(super) struct SourceServers<'a> {
    name: &'a SourceName,
    pub(super) declaration: &'a FileSource,
    grants: &'a Grants,
    bound: Option<Bound>,
    /// The credentials of mirrors, by the host that each mirror replaces. An error counts only if the mirror is asked.
    mirrors: BTreeMap<&'a str, Result<Option<Bound>, Arc<CredentialError>>>,
}

/// A credential that was found, and its only destination.
struct Bound {
    credential: Arc<Credential>,
    /// The server that the binding names.
    server: Option<RemoteUrl>,
    place: CredentialPlace,
    from: String,
}

impl<'a> SourceServers<'a> {
    /// Finds the credentials of a source. `files` are the platform's files, which were read before.
    pub(super) fn open(
        name: &'a SourceName,
        remotes: Remotes<'a>,
        files: &PlatformFiles,
    ) -> Result<Self, ContentsError> {
        let (descriptor, grants) = (remotes.descriptor(), remotes.grants());
        let declaration = &descriptor.sources.files[name];
        let credential = declaration.credential.as_ref();
        let denied = grants.not_denied(name, credential);
        denied.map_err(|denial| ContentsError::Denied(Box::new(denial)))?;
        let mut servers = Self {
            name,
            declaration,
            grants,
            bound: None,
            mirrors: BTreeMap::new(),
        };
        let server = declaration.server().map(RemoteUrl::authority);
        for (host, mirror) in grants.mirrors() {
            // A source with only one server needs no mirror of another server.
            if server.as_ref().is_some_and(|server| server != host) {
                continue;
            }
            let wanted = mirror.credential.as_ref();
            let found = wanted.map(|wanted| servers.find(wanted, remotes, files));
            let found = found.transpose().map(Option::flatten).map_err(Arc::new);
            servers.mirrors.insert(host, found);
        }
        // A mirror has its own credential.
        let is_mirrored = server.is_some_and(|server| grants.mirror_of(&server).is_some());
        if let (Some(credential), false) = (credential, is_mirrored) {
            let declared = &descriptor.credentials[credential];
            let found = servers.find(declared, remotes, files);
            servers.bound = found.map_err(|error| servers.no_credential(Arc::new(error)))?;
        }
        Ok(servers)
    }

    /// Finds a credential. Where the application lists the files, a missing credential is not an error, because perhaps
    /// only some of its servers need one.
    fn find(
        &self,
        declared: &CredentialDeclaration,
        remotes: Remotes<'_>,
        files: &PlatformFiles,
    ) -> Result<Option<Bound>, CredentialError> {
        let platform = &remotes.context().common.platform;
        let Found {
            credential,
            url,
            place,
            from,
            nameless: _,
        } = match credential::find(declared, platform, &files.bindings) {
            Ok(found) => found,
            Err(CredentialError::Missing { .. }) if self.is_listed_by_application() => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        Ok(Some(Bound {
            credential: Arc::new(credential),
            server: url,
            place,
            from,
        }))
    }

    fn no_credential(&self, error: Arc<CredentialError>) -> ContentsError {
        let source_name = self.name.clone();
        FilesContentsError::Credential { source_name, error }.into()
    }

    fn is_listed_by_application(&self) -> bool {
        self.declaration.server().is_none()
    }

    /// The index of packages that the policy names, which counts before that of a list.
    pub(super) fn index(&self) -> Option<&RemoteUrl> {
        self.grants.index()
    }

    /// Decides which server is asked for a listed address, and with which credential. `file` is for messages.
    pub(super) fn ask(
        &self,
        listed: FileUrl,
        place: Listed,
        file: &str,
    ) -> Result<Asked, ContentsError> {
        let grants = self.grants;
        let denied = |denial| ContentsError::Denied(Box::new(denial));
        grants
            .may_ask_file(self.name, &listed, None)
            .map_err(denied)?;
        let authority = listed.authority();
        if let Some(mirror) = grants.mirror_of(&authority) {
            let bound = match self.mirrors.get(authority.as_str()) {
                Some(Ok(bound)) => bound.as_ref(),
                Some(Err(error)) => return Err(self.no_credential(Arc::clone(error))),
                None => None,
            };
            if let Some(Bound {
                server: Some(_),
                from,
                ..
            }) = bound
            {
                return Err(ServerError::MirrorUrl { from: from.clone() }.into());
            }
            let url = listed.with_origin(&mirror.url);
            return Ok(Asked {
                is_mirror: true,
                ..asked(url, bound, true)
            });
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
        let granted = grants.may_ask_file(self.name, &url, bound.map(|bound| bound.place));
        granted.map_err(denied)?;
        let index = grants.index().filter(|_| place == Listed::AtIndex);
        let is_operators = index.map(Origin::from) == Some(url.origin());
        let may_be_private = !self.is_listed_by_application()
            || bound.is_some()
            || is_operators
            || grants.names_host(&url.authority());
        if !may_be_private && url.is_private_host() {
            return Err(ContentsError::from(ListError::Private {
                source_name: self.name.clone(),
                file: file.to_owned(),
                host: url.host().to_owned(),
            }));
        }
        Ok(asked(url, bound, may_be_private))
    }
}

fn asked(url: FileUrl, bound: Option<&Bound>, may_be_private: bool) -> Asked {
    Asked {
        url,
        credential: bound.map(|bound| Arc::clone(&bound.credential)),
        may_be_private,
        from: bound.map(|bound| (bound.from.clone(), bound.place)),
        is_mirror: false,
    }
}
