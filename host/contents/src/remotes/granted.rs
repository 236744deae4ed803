//! A source that the operator grants, and the step that signs in to it.
//!
//! Nothing here connects. A credential is used only for the one destination for which it was found.

use super::signed_in::SignedIn;
use super::{PlatformFiles, RepositorySource};
use crate::error::{ContentOrigin, ContentsError, ServerError};
use cnb::address::RemoteUrl;
use cnb::descriptor::CredentialDeclaration;
use credential::{self, Credential, Found};
use fetch::{Proxies, Remote};
use policy::Denial;

/// A source whose host and revision the operator's policy grants.
pub(super) struct Granted<'a>(RepositorySource<'a>);

/// The address of a repository, and the credential that is declared for it.
struct Destination<'a> {
    url: RemoteUrl,
    wanted: Option<&'a CredentialDeclaration>,
    origin: ContentOrigin,
}

impl<'a> Granted<'a> {
    pub(super) fn of(source: RepositorySource<'a>) -> Result<Self, ContentsError> {
        let revision = &source.chosen.revision;
        let granted = source.remotes.grants.may_fetch(source.name, revision);
        granted.map_err(denied)?;
        Ok(Self(source))
    }

    /// Finds the credential and decides its destination.
    pub(super) fn sign_in(self, files: &PlatformFiles) -> Result<SignedIn<'a>, ContentsError> {
        let declared = self.destination()?;
        let (destination, credential) = match self.credential(&declared, files)? {
            Some(found) => {
                let (destination, credential) = self.bound(declared, found)?;
                (destination, Some(credential))
            }
            None => (declared, None),
        };
        let Destination {
            url, mut origin, ..
        } = destination;
        let source = self.0;
        origin.chosen_by.clone_from(&source.chosen.variable);
        let settings = &source.remotes.context.common.settings;
        let remote = Remote {
            url,
            credential,
            certificates: files.trust.certificates.clone(),
            proxies: Proxies {
                https: settings.https_proxy.clone(),
                no_proxy: settings.no_proxy.clone(),
            },
        };
        Ok(SignedIn::at_server(
            source,
            origin,
            remote,
            &files.trust.from,
        ))
    }

    /// The operator's mirror, or else the declared address, each with its own credential.
    fn destination(&self) -> Result<Destination<'a>, ContentsError> {
        let RepositorySource {
            remotes,
            name,
            declaration,
            ..
        } = self.0;
        let Some(mirror) = remotes.grants.mirror_of(&declaration.git.authority()) else {
            let own = declaration.credential.as_ref();
            let wanted = own.map(|name| &remotes.descriptor().credentials[name]);
            return Ok(Destination {
                url: declaration.git.clone(),
                wanted,
                origin: ContentOrigin::of(name, &declaration.git, wanted),
            });
        };
        let from = "the mirror of the operator's policy";
        self.refuse_repository(&mirror.url, || from.to_owned())?;
        let url = declaration.git.with_origin(&mirror.url);
        let wanted = mirror.credential.as_ref();
        let origin = ContentOrigin {
            is_mirror: true,
            ..ContentOrigin::of(name, &url, wanted)
        };
        Ok(Destination {
            url,
            wanted,
            origin,
        })
    }

    fn credential(
        &self,
        destination: &Destination<'_>,
        files: &PlatformFiles,
    ) -> Result<Option<Found>, ContentsError> {
        let platform = &self.0.remotes.context.common.platform;
        let found = destination
            .wanted
            .map(|credential| credential::find(credential, platform, &files.bindings));
        found
            .transpose()
            .map_err(|error| ContentsError::Credential {
                origin: Box::new(destination.origin.clone()),
                error,
            })
    }

    /// Applies the server that a binding names, and checks it. A binding may name a server other than the one in
    /// buildpack.toml, but not in place of a mirror.
    fn bound(
        &self,
        declared: Destination<'a>,
        found: Found,
    ) -> Result<(Destination<'a>, Credential), ContentsError> {
        let RepositorySource {
            remotes,
            name,
            declaration,
            chosen,
        } = self.0;
        let Found {
            credential,
            url: server,
            place,
            from,
            nameless,
        } = found;
        let mut destination = declared;
        if let Some(server) = server {
            if destination.origin.is_mirror {
                return Err(ServerError::MirrorUrl { from }.into());
            }
            self.refuse_repository(&server, || format!("the url of {from}"))?;
            let url = declaration.git.with_origin(&server);
            destination.origin = ContentOrigin::of(name, &url, destination.wanted);
            destination.url = url;
        }
        // The operator has chosen the mirror and its credential, so they need no grant.
        if !destination.origin.is_mirror {
            let (url, revision) = (&destination.url, &chosen.revision);
            let granted = remotes.grants.may_ask(name, url, revision, Some(place));
            granted.map_err(denied)?;
        }
        let origin = &mut destination.origin;
        origin.credential = Some(from);
        origin.place = Some(place);
        origin.nameless = nameless;
        Ok((destination, credential))
    }

    /// Refuses an address that names the whole repository instead of a server.
    fn refuse_repository(
        &self,
        server: &RemoteUrl,
        from: impl FnOnce() -> String,
    ) -> Result<(), ContentsError> {
        if server.is_repository(&self.0.declaration.git) {
            return Err(ServerError::WholeRepository {
                from: from(),
                origin: server.origin(),
            }
            .into());
        }
        Ok(())
    }
}

fn denied(denial: Denial) -> ContentsError {
    ContentsError::Denied(Box::new(denial))
}
