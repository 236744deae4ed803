//! The sources of one build: each resolved once, each with the credential that is for it, or out of the package.
//!
//! Credentials are read for all of them before any is asked for: by then the host may open no more files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::time::Instant;

use gix_hash::ObjectId;

use super::error::{ContentsError, Origin, PackageError};
use super::pace::Pace;
use super::trust::Trust;
use crate::cnb::address::RemoteUrl;
use crate::cnb::bindings::Bindings;
use crate::cnb::check::CheckedLayer;
use crate::cnb::context::{BuildContext, ChosenRevision, Unheeded};
use crate::cnb::descriptor::{Descriptor, SourceDeclaration};
use crate::cnb::names::SourceName;
use crate::cnb::sbom::KnownFrom;
use crate::credential::{self, Found};
use crate::dir::Dir;
use crate::policy::Grants;
use crate::report::{Report, bytes, counted};
use crate::source::{
    DownloadLimits, EntryPath, FetchError, Proxies, Remote, Resolved, Session, StageError, Traffic,
    Tree, tree_of_pack,
};

/// Bytes of a package's file.
const READ_AT_ONCE: usize = 64 << 10;

/// The folder of a package with what it brings along, a pack for each source.
pub const VENDOR_FOLDER: &str = "vendor";

/// The sources of one build.
pub struct Remotes<'a> {
    context: &'a BuildContext,
    grants: &'a Grants,
    buildpack: &'a Dir,
    pub(super) descriptor: &'a Descriptor,
    pub(super) report: Report,
    /// The directory in which what doesn't fit in memory is put aside, if it may be.
    scratch: Option<&'a Dir>,
    began: Instant,
    /// The certificates that are believed, once they were read.
    trust: Trust,
    /// With their credentials, not yet asked anything.
    ready: BTreeMap<SourceName, (Way, Origin)>,
    open: BTreeMap<SourceName, Open<'a>>,
    fetched: Fetched,
}

/// How to get at a source.
enum Way {
    /// A server is asked.
    Server(Box<Remote>),
    /// The package brings it along.
    Package(File),
}

struct Open<'a> {
    contents: Contents<'a>,
    resolved: Resolved,
    origin: Origin,
}

enum Contents<'a> {
    /// Not asked anything: the notes of a previous image say what is wanted. They are not believed for more than to keep
    /// that image's layer.
    Unasked(Box<Remote>),
    Server(Box<Session<'a>>),
    Package(File),
}

/// What was fetched for a build, all sources together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Regular files.
    pub files: u64,
    /// The bytes that they hold.
    pub bytes: u64,
}

/// The parties that a source is asked of, for telling sources of the same ones. Nothing of a package's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Scheme, host and port of the server.
    pub origin: String,
    /// The place where the credential was found, if there is one.
    pub credential: Option<String>,
    /// The proxy, without a user and a password, if one stands between.
    pub proxy: Option<String>,
}

/// A source's folder that was fetched, judged, and not kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Looked {
    /// The commit.
    pub commit: String,
    /// Git's id of the folder.
    pub tree: String,
    /// Regular files in it.
    pub files: u64,
    /// The bytes that they hold.
    pub bytes: u64,
    /// Files that are kept in Git LFS, so that a pointer stands in their place.
    pub lfs_pointers: u64,
}

impl<'a> Remotes<'a> {
    /// Nothing is read yet. `buildpack` is the package, for what it brings along.
    #[must_use]
    pub fn new(
        context: &'a BuildContext,
        grants: &'a Grants,
        buildpack: &'a Dir,
        report: Report,
    ) -> Self {
        Self {
            context,
            grants,
            buildpack,
            descriptor: &grants.descriptor,
            report,
            scratch: Some(&context.layers),
            began: Instant::now(),
            trust: Trust::default(),
            ready: BTreeMap::new(),
            open: BTreeMap::new(),
            fetched: Fetched::default(),
        }
    }

    /// Reads the credentials of all sources that these layers name. Afterwards no file of the platform's is needed.
    pub fn sign_in(&mut self, layers: &[CheckedLayer]) -> Result<(), ContentsError> {
        let mut bindings = None;
        let mut trust = Trust::default();
        for content in layers.iter().flat_map(|layer| &layer.contents) {
            let name = &content.source;
            if self.ready.contains_key(name) {
                continue;
            }
            let declaration = &self.descriptor.sources[name];
            let ready = if declaration.vendored.is_some() {
                self.package(name, declaration)?
            } else {
                let bindings = match &mut bindings {
                    Some(bindings) => bindings,
                    none => {
                        let bindings = none.insert(self.bindings()?);
                        trust = self.read_trust(bindings)?;
                        bindings
                    }
                };
                self.remote(name, declaration, bindings, &trust)?
            };
            self.ready.insert(name.clone(), ready);
        }
        self.trust = trust;
        Ok(())
    }

    /// The origin of each declared source, or why it can't be fetched. Their credentials are at hand now.
    pub fn origins(
        &mut self,
    ) -> Result<BTreeMap<SourceName, Result<Origin, ContentsError>>, ContentsError> {
        let bindings = self.bindings()?;
        let mut sources = self.descriptor.sources.values();
        let trust = if sources.any(|source| source.vendored.is_none()) {
            self.read_trust(&bindings)?
        } else {
            Trust::default()
        };
        let mut origins = BTreeMap::new();
        for (name, declaration) in &self.descriptor.sources {
            let ready = match declaration.vendored {
                Some(_) => self.package(name, declaration),
                None => self.remote(name, declaration, &bindings, &trust),
            };
            let origin = ready.map(|(way, origin)| {
                self.ready.insert(name.clone(), (way, origin.clone()));
                origin
            });
            origins.insert(name.clone(), origin);
        }
        self.trust = trust;
        Ok(origins)
    }

    /// The sources that [`Remotes::origins`] has found a way to, and that way.
    #[must_use]
    pub fn routes(&self) -> Vec<(SourceName, Route)> {
        let routes = self.ready.iter().map(|(name, (way, origin))| {
            let route = match way {
                Way::Package(_) => Route::default(),
                Way::Server(remote) => Route {
                    origin: remote.url.origin(),
                    credential: origin.credential.clone(),
                    proxy: remote.proxies.shown_for(&remote.url),
                },
            };
            (name.clone(), route)
        });
        routes.collect()
    }

    /// Asks for a source as a build does, and judges what comes, in memory. [`Remotes::origins`] has found a way to it.
    pub fn look(&mut self, name: &SourceName) -> Result<Looked, ContentsError> {
        self.scratch = None;
        let Resolved { commit, tree } = self.resolve(name)?;
        let folder = self.download(name)?;
        Ok(Looked {
            commit: commit.to_string(),
            tree: tree.to_string(),
            files: folder.files() as u64,
            bytes: folder.bytes(),
            lfs_pointers: folder.lfs_pointers().len() as u64,
        })
    }

    fn bindings(&self) -> Result<Bindings, ContentsError> {
        let common = &self.context.common;
        let root = common.settings.service_binding_root.as_deref();
        let bindings = Bindings::read(&common.platform, root)?;
        for (name, why) in &bindings.passed_over {
            let text = format!("Binding '{name}' is passed over: {why}");
            self.report.debug(&text);
        }
        Ok(bindings)
    }

    fn read_trust(&self, bindings: &Bindings) -> Result<Trust, ContentsError> {
        let common = &self.context.common;
        let file = common.settings.ssl_cert_file.as_deref();
        let system = self.grants.system_authorities();
        let trust = Trust::read(&common.platform, bindings, file, system)?;
        for what in &trust.passed_over {
            self.report.debug(&format!("Not believed, {what}"));
        }
        Ok(trust)
    }

    /// What was fetched so far, and what went over the network for it.
    #[must_use]
    pub fn totals(&self) -> (Fetched, Traffic) {
        let sessions = self.open.values().filter_map(|open| match &open.contents {
            Contents::Server(session) => Some(session.traffic()),
            Contents::Unasked(_) | Contents::Package(_) => None,
        });
        let traffic = sessions.fold(Traffic::default(), |all, one| Traffic {
            requests: all.requests.saturating_add(one.requests),
            bytes_received: all.bytes_received.saturating_add(one.bytes_received),
        });
        (self.fetched, traffic)
    }

    /// The sources that were asked, and where.
    pub(crate) fn asked(&self) -> impl Iterator<Item = (&SourceName, &Origin)> {
        self.open.iter().map(|(name, open)| (name, &open.origin))
    }

    /// The ids of a source's revision and folder.
    pub(super) fn resolve(&mut self, name: &SourceName) -> Result<Resolved, ContentsError> {
        if let Some(open) = self.open.get(name) {
            return Ok(open.resolved);
        }
        let Some((way, origin)) = self.ready.remove(name) else {
            unreachable!("each source of a layer was signed in to");
        };
        let (contents, resolved) = match way {
            Way::Package(file) => (Contents::Package(file), self.resolve_in_package(name)),
            Way::Server(remote) => self.resolve_at_server(name, remote, &origin)?,
        };
        let open = Open {
            contents,
            resolved,
            origin,
        };
        self.open.insert(name.clone(), open);
        Ok(resolved)
    }

    /// Asks the server after all, if nobody was asked: by whose word a layer is made. Whether it was asked just now.
    pub(super) fn confirm(&mut self, name: &SourceName) -> Result<bool, ContentsError> {
        let open = match self.open.remove(name) {
            Some(Open {
                contents: Contents::Unasked(remote),
                origin,
                ..
            }) => {
                let (contents, resolved) = self.ask(name, *remote, &origin)?;
                Open {
                    contents,
                    resolved,
                    origin,
                }
            }
            Some(asked) => {
                self.open.insert(name.clone(), asked);
                return Ok(false);
            }
            None => unreachable!("a source that was resolved is open"),
        };
        self.open.insert(name.clone(), open);
        Ok(true)
    }

    /// The party that says what a source's revision and folder are. It was resolved.
    pub(super) fn known_from(&self, name: &SourceName) -> KnownFrom {
        match self.open.get(name).map(|open| &open.contents) {
            Some(Contents::Server(_)) => KnownFrom::Server,
            Some(Contents::Package(_)) => KnownFrom::Package,
            Some(Contents::Unasked(_)) | None => KnownFrom::PreviousImage,
        }
    }

    fn resolve_in_package(&self, name: &SourceName) -> Resolved {
        let Some(vendored) = &self.descriptor.sources[name].vendored else {
            unreachable!("what is taken out of the package is declared to be in it");
        };
        self.report.line(&format!(
            "Source '{name}': comes with this package, at {}; no server is asked",
            vendored.revision
        ));
        Resolved {
            commit: vendored.commit,
            tree: vendored.tree,
        }
    }

    fn resolve_at_server(
        &self,
        name: &SourceName,
        remote: Box<Remote>,
        origin: &Origin,
    ) -> Result<(Contents<'a>, Resolved), ContentsError> {
        let ChosenRevision { revision, variable } = &self.context.revisions[name];
        let by = variable.as_ref();
        let by = by.map_or(String::new(), |variable| format!(", chosen by {variable}"));
        let mirror = if origin.is_mirror {
            ", the mirror of the operator's policy,"
        } else {
            ""
        };
        self.report.line(&format!(
            "Source '{name}': {}{mirror} at {revision}{by}",
            origin.url
        ));
        match revision
            .commit()
            .and_then(|commit| self.noted(name, commit))
        {
            Some(noted) => Ok((Contents::Unasked(remote), noted)),
            None => self.ask(name, *remote, origin),
        }
    }

    /// The folder of this commit that a layer of the previous build has, by its notes.
    fn noted(&self, name: &SourceName, commit: ObjectId) -> Option<Resolved> {
        let layers = self.context.restored.layers.values();
        let notes = layers.flat_map(|layer| &layer.notes.contents);
        let subpath = self.descriptor.sources[name].subpath.as_str();
        let mut notes = notes.filter(|note| {
            let is_commit = note.commit.parse::<ObjectId>().is_ok_and(|id| id == commit);
            is_commit && note.source == name.as_str() && note.subpath == subpath
        });
        let tree = notes.find_map(|note| note.tree.parse().ok())?;
        Some(Resolved { commit, tree })
    }

    /// Asks a server what the wanted revision and its folder are, whatever the previous image says.
    fn ask(
        &self,
        name: &SourceName,
        remote: Remote,
        origin: &Origin,
    ) -> Result<(Contents<'a>, Resolved), ContentsError> {
        let revision = &self.context.revisions[name].revision;
        let subpath = &self.descriptor.sources[name].subpath;
        let asked = self.open_session(name, remote, origin);
        let asked = asked.and_then(|mut session| {
            let resolved = session.resolve(revision, subpath)?;
            if let Some(address) = session.new_address() {
                self.report.warning(&format!(
                    "The repository of source '{name}' has a new address, {address}. The server leads there from {}, in each \
                     build anew, and no longer once someone takes the old name: buildpack.toml should name the new one.",
                    origin.url
                ));
            }
            Ok((Contents::Server(Box::new(session)), resolved))
        });
        asked.map_err(|error| origin.failed(error))
    }

    /// Opens the conversation with a server.
    fn open_session(
        &self,
        name: &SourceName,
        remote: Remote,
        origin: &Origin,
    ) -> Result<Session<'a>, FetchError> {
        if let Some(from) = &origin.credential {
            self.report.line(&format!(
                "Source '{name}': signing in with the token from {from}"
            ));
        }
        self.say_way(name, &remote);
        let limits = DownloadLimits::granted(&self.descriptor.limits, self.began.elapsed());
        let session = Session::open(remote, limits)?;
        let session = session.with_progress(self.progress(name));
        Ok(match self.scratch {
            Some(dir) => session.with_scratch(dir),
            None => session,
        })
    }

    /// Says through whom a server is asked and by whose word it is believed, as far as that is not built in.
    fn say_way(&self, name: &SourceName, remote: &Remote) {
        let say = |text: &str| self.report.line(&format!("Source '{name}': {text}"));
        for Unheeded { names, instead } in &self.context.unheeded {
            let names = names.join(", ");
            say(&format!(
                "ignoring {names} among the platform's variables, because an application can set them. {instead}"
            ));
        }
        if let Some(proxy) = remote.proxies.shown_for(&remote.url) {
            say(&format!("through the proxy {proxy}"));
        }
        if remote.url.is_https() && !self.trust.from.is_empty() {
            let from = self.trust.from.join(", ");
            say(&format!(
                "believed besides the built-in authorities: {from}"
            ));
        }
    }

    /// Says how much has come, if it takes long.
    fn progress(&self, name: &SourceName) -> Box<dyn Fn(u64)> {
        let (report, began, name) = (self.report, Instant::now(), name.clone());
        let pace = RefCell::new(Pace::default());
        Box::new(move |received| {
            let elapsed = began.elapsed();
            if pace.borrow_mut().is_due(elapsed) {
                report.line(&format!(
                    "Source '{name}': {} received in {} s, going on",
                    bytes(received),
                    elapsed.as_secs()
                ));
            }
        })
    }

    /// The folder of a source, judged and counted.
    pub(super) fn download(&mut self, name: &SourceName) -> Result<Tree, ContentsError> {
        self.confirm(name)?;
        let limits = DownloadLimits::granted(&self.descriptor.limits, self.began.elapsed());
        let Some(open) = self.open.get_mut(name) else {
            unreachable!("a source that was confirmed is open");
        };
        let resolved = open.resolved;
        let tree = match &mut open.contents {
            Contents::Server(session) => {
                let tree = session.download(&resolved);
                tree.map_err(|error| open.origin.failed(error))
            }
            Contents::Package(file) => tree_in_package(file, resolved.tree, limits, self.scratch)
                .map_err(|error| open.origin.failed_in_package(name, error)),
            Contents::Unasked(_) => unreachable!("what a server confirmed was asked"),
        }?;
        let (files, size) = (tree.files() as u64, tree.bytes());
        self.fetched.files = self.fetched.files.saturating_add(files);
        self.fetched.bytes = self.fetched.bytes.saturating_add(size);
        self.report.line(&format!(
            "Source '{name}': {}, {}, of commit {}",
            counted(files, "file", "files"),
            bytes(size),
            resolved.commit,
        ));
        let text = |pointer: &EntryPath| {
            format!(
                "'{pointer}' of source '{name}' is kept in Git LFS, which isn't fetched: the image gets its pointer, a short text."
            )
        };
        let (one, several) = ("more file of it", "more files of it");
        let report = self.report;
        report.warnings(tree.lfs_pointers(), text, one, several);
        Ok(tree)
    }

    /// An error of writing what a source gave.
    pub(super) fn stage_error(&self, name: &SourceName, error: StageError) -> ContentsError {
        let Some(open) = self.open.get(name) else {
            unreachable!("a source that was downloaded is open");
        };
        open.origin.unwritten(error)
    }

    /// Opens what the package brings along, which can't be opened any more when it is read.
    fn package(
        &self,
        name: &SourceName,
        declaration: &SourceDeclaration,
    ) -> Result<(Way, Origin), ContentsError> {
        let file = self
            .buildpack
            .open_dir(VENDOR_FOLDER)
            .and_then(|folder| folder.open_file(format!("{name}.pack")));
        let file = file.map_err(|source| ContentsError::NotInPackage {
            source_name: name.clone(),
            source,
        })?;
        Ok((Way::Package(file), Origin::of(name, &declaration.git, None)))
    }

    fn remote(
        &self,
        name: &SourceName,
        declaration: &SourceDeclaration,
        bindings: &Bindings,
        trust: &Trust,
    ) -> Result<(Way, Origin), ContentsError> {
        let common = &self.context.common;
        let denied = |denial| ContentsError::Denied(Box::new(denial));
        let ChosenRevision { revision, variable } = &self.context.revisions[name];
        self.grants.may_fetch(name, revision).map_err(denied)?;
        let whole = |server: &RemoteUrl, from: String| {
            if server.is_repository(&declaration.git) {
                let origin = server.origin();
                return Err(ContentsError::WholeRepository { from, origin });
            }
            Ok(())
        };
        let mirror = self.grants.mirror_of(&declaration.git);
        let (mut url, wanted) = if let Some(mirror) = mirror {
            whole(
                &mirror.url,
                "the mirror of the operator's policy".to_owned(),
            )?;
            let url = declaration.git.with_origin(&mirror.url);
            (url, mirror.credential.as_ref())
        } else {
            let own = declaration.credential.as_ref();
            let own = own.map(|name| &self.descriptor.credentials[name]);
            (declaration.git.clone(), own)
        };
        let mut origin = Origin {
            is_mirror: mirror.is_some(),
            ..Origin::of(name, &url, wanted)
        };
        let found = wanted
            .map(|credential| credential::find(credential, &common.platform, bindings))
            .transpose()
            .map_err(|error| ContentsError::Credential {
                origin: Box::new(origin.clone()),
                error,
            })?;
        let mut credential = None;
        if let Some(found) = found {
            let Found {
                credential: own,
                url: server,
                place,
                from,
                nameless,
            } = found;
            if let Some(server) = server {
                if mirror.is_some() {
                    return Err(ContentsError::MirrorUrl { from });
                }
                whole(&server, format!("the url of {from}"))?;
                url = declaration.git.with_origin(&server);
                origin = Origin::of(name, &url, wanted);
            }
            // The mirror, and who signs in there, are the operator's own choice.
            if !origin.is_mirror {
                let granted = self.grants.may_ask(name, &url, revision, Some(place));
                granted.map_err(denied)?;
            }
            credential = Some(own);
            origin.credential = Some(from);
            origin.place = Some(place);
            origin.nameless = nameless;
        }
        origin.chosen_by.clone_from(variable);
        let remote = Remote {
            url,
            credential,
            certificates: trust.certificates.clone(),
            proxies: Proxies {
                https: common.settings.https_proxy.clone(),
                no_proxy: common.settings.no_proxy.clone(),
            },
        };
        Ok((Way::Server(Box::new(remote)), origin))
    }
}

/// The folder that a file of the package brings along.
fn tree_in_package(
    mut file: &File,
    tree: ObjectId,
    limits: DownloadLimits,
    scratch: Option<&Dir>,
) -> Result<Tree, PackageError> {
    let most = limits.response;
    if file.metadata()?.len() > most {
        return Err(PackageError::TooLarge { most });
    }
    // It may be in two layers.
    file.rewind()?;
    let pack = BufReader::with_capacity(READ_AT_ONCE, file.take(most));
    Ok(tree_of_pack(pack, tree, limits, scratch)?)
}

#[cfg(test)]
mod tests;
