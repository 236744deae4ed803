//! Git repositories, one folder of which becomes content.

use std::path::PathBuf;

use super::super::{DescriptorError, Section, platform_variable};
use super::{ContentForm, DeclaredSource, SourceKind, in_package};
use crate::address::{RemoteUrl, Revision, Subpath};
use crate::git_id::{GitId, GitIdError};
use crate::names::{CredentialName, SourceName, SupplierName, VariableName};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitSource {
    pub git: RemoteUrl,
    /// The branch, tag or commit that is the default.
    pub reference: Revision,
    /// The platform's variable that can choose another branch, tag or commit.
    pub ref_variable: Option<VariableName>,
    /// The folder of the repository that becomes the content.
    pub subpath: Subpath,
    /// The credential, if the repository is not public.
    pub credential: Option<CredentialName>,
    /// The supplier of the content, for the bills of materials.
    pub supplier: Option<SupplierName>,
    /// The content in the package. If it is set, the host fetches nothing.
    pub vendored: Option<Vendored>,
}

/// The content of a source that is part of the package, as a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendored {
    /// The branch, tag or commit at the time of packaging.
    pub revision: Revision,
    /// The commit of `revision` at the time of packaging.
    pub commit: GitId,
    /// The tree id of the folder. It identifies the content of the pack.
    pub tree: GitId,
}

impl Vendored {
    /// Whether the package has this revision.
    #[must_use]
    pub fn is(&self, revision: &Revision) -> bool {
        *revision == self.revision || revision.commit() == Some(self.commit)
    }
}

impl GitSource {
    pub const FORM: ContentForm = ContentForm::Folder("a git repository");

    /// The file name of a source's pack in a package.
    #[must_use]
    pub fn pack(source: &SourceName) -> String {
        format!("{source}.pack")
    }

    /// The path of a source's pack in a package.
    #[must_use]
    pub fn package_file(source: &SourceName) -> PathBuf {
        in_package(&Self::pack(source))
    }

    pub(super) fn package_files(&self, name: &SourceName) -> impl Iterator<Item = PathBuf> {
        self.vendored.iter().map(|_| Self::package_file(name))
    }

    /// The view of this declaration under its name.
    #[must_use]
    pub fn named<'d>(&'d self, name: &'d SourceName) -> DeclaredSource<'d> {
        DeclaredSource {
            name,
            kind: SourceKind::Git(self),
            form: Self::FORM,
            server: Some(&self.git),
            reference: Some(&self.reference),
            ref_variable: self.ref_variable.as_ref(),
            credential: self.credential.as_ref(),
            supplier: self.supplier.as_ref(),
            is_vendored: self.vendored.is_some(),
        }
    }
}

pub(super) fn read(mut section: Section<'_>) -> Result<GitSource, DescriptorError> {
    let source = GitSource {
        git: section.required("git")?,
        reference: section.required("ref")?,
        ref_variable: platform_variable(&mut section, "ref-variable")?,
        subpath: section.required("subpath")?,
        credential: section.parsed("credential")?,
        supplier: section.parsed("supplier")?,
        vendored: vendored(&mut section)?,
    };
    section.finish()?;
    Ok(source)
}

fn vendored(source: &mut Section<'_>) -> Result<Option<Vendored>, DescriptorError> {
    if !source.has("vendored") {
        return Ok(None);
    }
    let mut section = source.section("vendored")?;
    let vendored = Vendored {
        revision: section.required("revision")?,
        commit: object_id(&mut section, "commit")?,
        tree: object_id(&mut section, "tree")?,
    };
    section.finish()?;
    Ok(Some(vendored))
}

fn object_id(section: &mut Section<'_>, key: &str) -> Result<GitId, DescriptorError> {
    let text = section.required_text(key)?;
    text.parse()
        .map_err(|error: GitIdError| section.conflict_at(key, error.to_string()))
}
