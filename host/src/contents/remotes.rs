//! The sources of one build: each resolved once, each with the credential that is for it.
//!
//! Credentials are read for all of them before any is asked for: by then the host may open no more files.

use std::collections::BTreeMap;
use std::time::Instant;

use rustls::pki_types::CertificateDer;

use super::error::{ContentsError, Origin};
use crate::cnb::bindings::Bindings;
use crate::cnb::check::CheckedLayer;
use crate::cnb::context::BuildContext;
use crate::cnb::descriptor::{Descriptor, SourceDeclaration};
use crate::cnb::names::SourceName;
use crate::credential::{self, Found};
use crate::policy::{self, Grants};
use crate::report::Report;
use crate::source::{Proxies, Remote, Resolved, Session, StageError, Tree, certificates_from_pem};

/// The largest file of certificates, in bytes: a distribution's bundle has about 200 KiB.
const LARGEST_BUNDLE: u64 = 4 << 20;

/// The sources of one build.
pub struct Remotes<'a> {
    context: &'a BuildContext,
    grants: &'a Grants,
    pub(super) descriptor: &'a Descriptor,
    pub(super) report: Report,
    began: Instant,
    /// With their credentials, not yet asked anything.
    ready: BTreeMap<SourceName, (Remote, Origin)>,
    open: BTreeMap<SourceName, Open>,
}

struct Open {
    session: Session,
    resolved: Resolved,
    origin: Origin,
}

impl<'a> Remotes<'a> {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(context: &'a BuildContext, grants: &'a Grants, report: Report) -> Self {
        Self {
            context,
            grants,
            descriptor: &grants.descriptor,
            report,
            began: Instant::now(),
            ready: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    /// Reads the credentials of all sources that these layers name. Afterwards no file of the platform's is needed.
    pub fn sign_in(&mut self, layers: &[CheckedLayer]) -> Result<(), ContentsError> {
        let common = &self.context.common;
        let root = common.settings.service_binding_root.as_deref();
        let mut bindings = None;
        for content in layers.iter().flat_map(|layer| &layer.contents) {
            let name = &content.source;
            if self.ready.contains_key(name) {
                continue;
            }
            let bindings = match &mut bindings {
                Some(bindings) => bindings,
                none => none.insert(Bindings::read(&common.platform, root)?),
            };
            let remote = self.remote(name, &self.descriptor.sources[name], bindings)?;
            self.ready.insert(name.clone(), remote);
        }
        Ok(())
    }

    /// Where each declared source would be fetched from, or why it can't be. Nothing is kept.
    pub fn origins(
        &self,
    ) -> Result<BTreeMap<SourceName, Result<Origin, ContentsError>>, ContentsError> {
        let common = &self.context.common;
        let root = common.settings.service_binding_root.as_deref();
        let bindings = Bindings::read(&common.platform, root)?;
        let origins = self.descriptor.sources.iter().map(|(name, declaration)| {
            let remote = self.remote(name, declaration, &bindings);
            (name.clone(), remote.map(|(_, origin)| origin))
        });
        Ok(origins.collect())
    }

    /// The ids of a source's revision and folder.
    pub(super) fn resolve(&mut self, name: &SourceName) -> Result<Resolved, ContentsError> {
        if let Some(open) = self.open.get(name) {
            return Ok(open.resolved);
        }
        let declaration = &self.descriptor.sources[name];
        let Some((remote, origin)) = self.ready.remove(name) else {
            unreachable!("each source of a layer was signed in to");
        };
        let chosen = &self.context.revisions[name];
        let by = chosen.variable.as_ref();
        let by = by.map_or(String::new(), |variable| format!(", chosen by {variable}"));
        self.report.step(&format!(
            "Source '{name}': {} at {}{by}",
            origin.url, chosen.revision
        ));
        if let Some(from) = &origin.credential {
            self.report.step(&format!(
                "Source '{name}': signing in with the token from {from}"
            ));
        }
        let limits = policy::download(&self.descriptor.limits, self.began.elapsed());
        let opened = Session::open(remote, limits).and_then(|mut session| {
            let resolved = session.resolve(&chosen.revision, &declaration.subpath)?;
            Ok((session, resolved))
        });
        let (session, resolved) = opened.map_err(|error| ContentsError::Fetch {
            origin: Box::new(origin.clone()),
            error: Box::new(error),
        })?;
        self.open.insert(
            name.clone(),
            Open {
                session,
                resolved,
                origin,
            },
        );
        Ok(resolved)
    }

    /// The folder of a source, judged and counted.
    pub(super) fn download(&mut self, name: &SourceName) -> Result<Tree, ContentsError> {
        let resolved = self.resolve(name)?;
        let report = self.report;
        let Some(open) = self.open.get_mut(name) else {
            unreachable!("a source that was resolved is open");
        };
        let tree = open
            .session
            .download(&resolved)
            .map_err(|error| ContentsError::Fetch {
                origin: Box::new(open.origin.clone()),
                error: Box::new(error),
            })?;
        let traffic = open.session.traffic();
        report.step(&format!(
            "Source '{name}': {} files, {} bytes of commit {}; {} requests, {} bytes received",
            tree.files(),
            tree.bytes(),
            resolved.commit,
            traffic.requests,
            traffic.bytes_received
        ));
        for pointer in tree.lfs_pointers() {
            report.warning(&format!(
                "'{pointer}' of source '{name}' is kept in Git LFS, which isn't fetched: the image gets its pointer, a short text."
            ));
        }
        Ok(tree)
    }

    /// An error of writing what a source gave.
    pub(super) fn stage_error(&self, name: &SourceName, error: StageError) -> ContentsError {
        let Some(open) = self.open.get(name) else {
            unreachable!("a source that was downloaded is open");
        };
        ContentsError::Stage {
            origin: Box::new(open.origin.clone()),
            error,
        }
    }

    fn remote(
        &self,
        name: &SourceName,
        declaration: &SourceDeclaration,
        bindings: &Bindings,
    ) -> Result<(Remote, Origin), ContentsError> {
        let common = &self.context.common;
        let denied = |denial| ContentsError::Denied(Box::new(denial));
        let revision = &self.context.revisions[name].revision;
        self.grants.may_fetch(name, revision).map_err(denied)?;
        let mut origin = Origin {
            source: name.to_string(),
            url: declaration.git.to_string(),
            host: declaration.git.host().to_owned(),
            credential: None,
        };
        let credential = declaration.credential.as_ref();
        let credential = credential.map(|name| &self.descriptor.credentials[name]);
        let found = credential
            .map(|credential| credential::find(credential, &common.platform, bindings))
            .transpose()
            .map_err(|error| ContentsError::Credential {
                origin: Box::new(origin.clone()),
                error,
            })?;
        let mut url = declaration.git.clone();
        let mut credential = None;
        if let Some(found) = found {
            let Found {
                credential: own,
                url: server,
                place,
                from,
            } = found;
            if let Some(server) = server {
                url = url.with_origin(&server);
            }
            self.grants
                .may_ask(name, &url, revision, Some(place))
                .map_err(denied)?;
            credential = Some(own);
            origin = Origin {
                url: url.to_string(),
                host: url.host().to_owned(),
                credential: Some(from),
                ..origin
            };
        }
        let remote = Remote {
            url,
            credential,
            certificates: certificates(self.context, bindings)?,
            proxies: Proxies {
                https: common.settings.https_proxy.clone(),
                no_proxy: common.settings.no_proxy.clone(),
            },
        };
        Ok((remote, origin))
    }
}

/// What is believed besides the roots that are built in: bindings, and the file that the process environment names.
fn certificates(
    context: &BuildContext,
    bindings: &Bindings,
) -> Result<Vec<CertificateDer<'static>>, ContentsError> {
    let platform = &context.common.platform;
    let mut certificates = Vec::new();
    let mut add = |from: String, pem: &[u8]| match certificates_from_pem(pem) {
        Ok(more) => {
            certificates.extend(more);
            Ok(())
        }
        Err(source) => Err(ContentsError::Certificates { from, source }),
    };
    if let Some(path) = &context.common.settings.ssl_cert_file {
        let from = format!("SSL_CERT_FILE ({})", path.display());
        let pem = platform.read(path, LARGEST_BUNDLE);
        let pem = pem.map_err(|source| ContentsError::CertificateFile {
            from: from.clone(),
            source,
        })?;
        if let Some(pem) = pem {
            add(from, &pem)?;
        }
    }
    for found in bindings.certificates(platform)? {
        add(found.origin, &found.pem)?;
    }
    Ok(certificates)
}
