//! The declared sources of content: all kinds of them, and what the rest of the host asks of a source of any kind.
//!
//! Each kind reads its own keys, in a file of its own.

mod files;
mod git;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{DescriptorError, Section};
use crate::address::{RemoteUrl, Revision};
use crate::names::{CredentialName, SourceName, SupplierName, VariableName};

pub use self::files::{DeclaredFile, FileList, FileSource};
pub use self::git::{GitSource, Vendored};

/// The folder of a package that contains the contents of sources.
pub const VENDOR_FOLDER: &str = "vendor";

/// The declared sources, by kind and name. No two of them have the same name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredSources {
    pub git: BTreeMap<SourceName, GitSource>,
    pub files: BTreeMap<SourceName, FileSource>,
}

/// A declared source of any kind.
#[derive(Debug, Clone, Copy)]
pub struct DeclaredSource<'d> {
    pub name: &'d SourceName,
    pub kind: SourceKind<'d>,
    pub form: ContentForm,
    /// The declared server. `None` if only a lock file or the credential's binding names servers.
    pub server: Option<&'d RemoteUrl>,
    /// The default revision, if the content has revisions.
    pub reference: Option<&'d Revision>,
    /// The platform's variable that can choose another revision.
    pub ref_variable: Option<&'d VariableName>,
    pub credential: Option<&'d CredentialName>,
    pub supplier: Option<&'d SupplierName>,
    /// Whether the content is in the package. Then nothing is fetched, and nobody uses the credential.
    pub is_vendored: bool,
}

/// The declaration of a source.
#[derive(Debug, Clone, Copy)]
pub enum SourceKind<'d> {
    Git(&'d GitSource),
    Files(&'d FileSource),
}

/// The form in which a component names content of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentForm {
    /// One folder, which has no name but the source's. The text says what the source is, for messages.
    Folder(&'static str),
    /// Files, each with its path and digest.
    Files,
}

impl DeclaredSources {
    /// Reads `[metadata.sources]`.
    pub(super) fn read(metadata: &mut Section<'_>) -> Result<Self, DescriptorError> {
        enum Declared {
            Git(GitSource),
            Files(FileSource),
        }
        let declared = metadata.named("sources", |section| {
            if FileSource::KEYS.iter().any(|key| section.has(key)) {
                files::read(section).map(Declared::Files)
            } else {
                git::read(section).map(Declared::Git)
            }
        })?;
        let mut sources = Self::default();
        for (name, declared) in declared {
            match declared {
                Declared::Git(source) => {
                    sources.git.insert(name, source);
                }
                Declared::Files(source) => {
                    sources.files.insert(name, source);
                }
            }
        }
        Ok(sources)
    }

    /// All sources, ordered by kind and then by name. A list, because an iterator over several maps would be compiled
    /// anew for each caller.
    #[must_use]
    pub fn all(&self) -> Vec<DeclaredSource<'_>> {
        let git = self.git.iter().map(|(name, source)| source.named(name));
        let files = self.files.iter().map(|(name, source)| source.named(name));
        git.chain(files).collect()
    }

    /// The variables that can choose revisions. Without its variable a source has its default revision only.
    pub fn ref_variables_mut(&mut self) -> impl Iterator<Item = &mut Option<VariableName>> {
        self.git.values_mut().map(|source| &mut source.ref_variable)
    }
}

impl DeclaredSource<'_> {
    /// The files of a package that hold the content, as paths in the package.
    #[must_use]
    pub fn package_files(&self) -> Vec<PathBuf> {
        match self.kind {
            SourceKind::Git(source) => source.package_files(self.name).collect(),
            SourceKind::Files(source) => source.package_files(self.name).collect(),
        }
    }
}

/// The path in a package of a source's own entry in [`VENDOR_FOLDER`].
fn in_package(entry: &str) -> PathBuf {
    Path::new(VENDOR_FOLDER).join(entry)
}
