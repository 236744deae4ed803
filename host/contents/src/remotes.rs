//! The sources of one build. Each step turns a source into a value of another type: granted, signed in, resolved,
//! downloaded.
//!
//! A step takes the value of the step before, so no step can be left out or repeated. The host reads all credentials
//! before it asks any server, because its sandbox then denies it to open files.

mod downloaded;
mod granted;
mod resolved;
mod server;
mod settled;
mod signed_in;

use std::collections::BTreeMap;
use std::time::Instant;

use super::error::ContentsError;
use super::files::{FileSettings, FileSources, GrantedFolder};
use super::sources::Wanted;
use super::trust::Trust;
use cnb::bindings::Bindings;
use cnb::check::CheckedLayer;
use cnb::context::{BuildContext, ChosenRevision, Unheeded};
use cnb::descriptor::Descriptor;
use cnb::descriptor::source::GitSource;
use cnb::identity::{Description, Identity};
use cnb::names::SourceName;
use dir::Dir;
use fetch::{self, DownloadLimits};
use policy::Grants;
use report::Report;

pub use self::downloaded::Looked;
pub use self::signed_in::{Route, SignedIn};

pub(crate) use self::resolved::ResolvedSource;
pub(crate) use self::settled::{Fetched, Settled};

use self::granted::Granted;

/// The data of a build that all its sources share.
#[derive(Clone, Copy)]
pub struct Remotes<'a> {
    context: &'a BuildContext,
    grants: &'a Grants,
    buildpack: &'a Dir,
    report: Report,
    /// The directory for spill files, if they are allowed.
    scratch: Option<&'a Dir>,
    began: Instant,
}

/// A source that a layer names, before the policy is checked.
#[derive(Clone, Copy)]
struct RepositorySource<'a> {
    remotes: Remotes<'a>,
    name: &'a SourceName,
    declaration: &'a GitSource,
    chosen: &'a ChosenRevision,
}

/// The sources that layers name, each with its credential.
pub struct SignedInAll<'a> {
    pub(super) repositories: Wanted<'a, SignedIn<'a>>,
    pub(super) folders: Vec<GrantedFolder<'a>>,
    pub(super) settings: FileSettings,
}

/// The platform's files that signing in needs, read once for all sources.
pub(super) struct PlatformFiles {
    pub(super) bindings: Bindings,
    pub(super) trust: Trust,
}

impl<'a> Remotes<'a> {
    /// Reads nothing yet. `buildpack` is the directory of the package, which may contain sources.
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
            report,
            scratch: Some(&context.layers),
            began: Instant::now(),
        }
    }

    /// Keeps every download in memory: writes no spill file.
    #[must_use]
    pub fn in_memory(self) -> Self {
        Self {
            scratch: None,
            ..self
        }
    }

    /// Reads the credentials of all sources that these layers name. Later steps need no file of the platform.
    pub fn sign_in(
        &self,
        layers: &'a [CheckedLayer],
        app: &'a Dir,
    ) -> Result<SignedInAll<'a>, ContentsError> {
        let mut files = None;
        let repositories = Wanted::by(layers, |name| {
            let source = self.source(name);
            if let Some(vendored) = &source.declaration.vendored {
                return source.open_in_package(vendored);
            }
            let files = match &mut files {
                Some(files) => files,
                none => none.insert(self.read_files()?),
            };
            Granted::of(source)?.sign_in(files)
        })?;
        let mut folders = Vec::new();
        let mut settings = FileSettings::default();
        if layers.iter().any(|layer| !layer.folders.is_empty()) {
            let files = match &files {
                Some(files) => files,
                None => &self.read_files()?,
            };
            settings = FileSettings::of(files);
            let mut sources = FileSources::new(*self, app);
            for layer in layers {
                folders.extend(sources.grant(layer, files)?);
            }
        }
        Ok(SignedInAll {
            repositories,
            folders,
            settings,
        })
    }

    /// Signs in to each declared repository. A failure does not stop the others.
    pub fn sign_in_to_all(
        &self,
    ) -> Result<BTreeMap<&'a SourceName, Result<SignedIn<'a>, ContentsError>>, ContentsError> {
        let descriptor = self.descriptor();
        let mut declared = descriptor.sources.git.values();
        let files = if declared.any(|source| source.vendored.is_none()) {
            self.read_files()?
        } else {
            PlatformFiles {
                bindings: self.bindings()?,
                trust: Trust::default(),
            }
        };
        let signed_in = descriptor.sources.git.keys().map(|name| {
            let source = self.source(name);
            let signed_in = match &source.declaration.vendored {
                Some(vendored) => source.open_in_package(vendored),
                None => Granted::of(source).and_then(|granted| granted.sign_in(&files)),
            };
            (name, signed_in)
        });
        Ok(signed_in.collect())
    }

    pub(super) fn context(&self) -> &'a BuildContext {
        self.context
    }

    pub(super) fn grants(&self) -> &'a Grants {
        self.grants
    }

    pub(super) fn buildpack(&self) -> &'a Dir {
        self.buildpack
    }

    pub(super) fn report(&self) -> Report {
        self.report
    }

    pub(super) fn descriptor(&self) -> &'a Descriptor {
        &self.grants.descriptor
    }

    /// Returns a declared repository. `cnb::check` has refused layers that name an undeclared one.
    fn source(&self, name: &'a SourceName) -> RepositorySource<'a> {
        RepositorySource {
            remotes: *self,
            name,
            declaration: &self.descriptor().sources.git[name],
            chosen: &self.context.revisions[name],
        }
    }

    fn read_files(&self) -> Result<PlatformFiles, ContentsError> {
        let bindings = self.bindings()?;
        let common = &self.context.common;
        let file = common.settings.ssl_cert_file.as_deref();
        let system = self.grants.system_authorities();
        let trust = Trust::read(&common.platform, &bindings, file, system)?;
        for what in &trust.passed_over {
            self.report.debug(&format!("Not trusted: {what}"));
        }
        Ok(PlatformFiles { bindings, trust })
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

    /// The limits of a download that begins now, with the time that is left.
    pub(super) fn limits(&self) -> DownloadLimits {
        DownloadLimits::granted(&self.descriptor().limits, self.began.elapsed())
    }
}

impl Remotes<'_> {
    /// Reports ignored variables, the proxy, and trusted certificates that are not built in.
    pub(super) fn say_connection(
        &self,
        name: &SourceName,
        proxy: Option<&str>,
        trusted: &[String],
    ) {
        let say = |text: &str| self.report.line(&format!("Source '{name}': {text}"));
        for Unheeded { names, instead } in &self.context.unheeded {
            let names = names.join(", ");
            say(&format!(
                "ignoring {names} among the platform's variables, because an application can set them. {instead}"
            ));
        }
        if let Some(proxy) = proxy {
            say(&format!("through the proxy {proxy}"));
        }
        if !trusted.is_empty() {
            let from = trusted.join(", ");
            say(&format!(
                "trusted in addition to the built-in authorities: {from}"
            ));
        }
    }
}

impl RepositorySource<'_> {
    fn identity(&self, ids: &fetch::Resolved) -> Identity {
        ids.identity(&self.chosen.revision, &self.declaration.subpath)
    }

    fn description(&self, ids: &fetch::Resolved) -> Description {
        ids.description(&self.chosen.revision, &self.declaration.subpath)
    }

    fn say(&self, text: &str) {
        let Self { remotes, name, .. } = self;
        remotes.report.line(&format!("Source '{name}': {text}"));
    }
}

#[cfg(test)]
mod tests;
