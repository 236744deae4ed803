//! buildpack.toml: what the buildpack's author declares, and what a build is held to.
//!
//! The host's own tables are read to the last key; every other key of `[metadata]` is the guest's.

mod bills;
mod limits;
mod section;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{RemoteUrl, RemoteUrlError, Revision, RevisionError, Subpath, SubpathError};
use crate::api::Api;
use crate::git_id::{GitId, GitIdError};
use crate::names::{
    BindingType, CredentialName, NameError, SourceName, SupplierName, UserName, VariableName, shown,
};
use crate::sandbox::Sandbox;
use crate::sbom::format::Format;
use dir::{Dir, DirError};

pub use self::bills::Detail;
pub use self::limits::LimitValues;
pub use self::limits::Limits;
pub use self::section::Section;

/// The descriptor's name in the buildpack directory.
pub const FILE: &str = "buildpack.toml";
/// The largest descriptor that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// What variables must begin with that the application may set and the host reads.
const PREFIX: &str = "BP_";

/// buildpack.toml, read.
#[derive(Debug)]
pub struct Descriptor {
    /// The Buildpack API that the buildpack was written for.
    pub api: Api,
    /// The buildpack's id.
    pub id: String,
    /// The buildpack's version.
    pub version: String,
    /// The buildpack's name for people.
    pub name: Option<String>,
    /// Whether the lifecycle keeps the platform's variables out of the process environment.
    pub clear_env: bool,
    /// The formats of bills of materials that the lifecycle takes.
    pub sbom_formats: BTreeSet<Format>,
    /// Where content comes from, by name.
    pub sources: BTreeMap<SourceName, SourceDeclaration>,
    /// Who signs in, by name.
    pub credentials: BTreeMap<CredentialName, CredentialDeclaration>,
    /// The platform's variables that the guest may see. None of them is a credential's.
    pub variables: Vec<VariableName>,
    /// The variables that the guest may set for the buildpacks behind this one. One that steers programs of others is
    /// among them only where the lifecycle makes it of a layer's folder: it allows that folder, and no change.
    pub build_variables: Vec<VariableName>,
    /// How the names of the buildpack's own settings begin: one that is unknown is likely misspelt.
    pub settings_prefix: Option<VariableName>,
    /// What a build may use.
    pub limits: Limits,
    /// What is asked of the kernel.
    pub sandbox: Sandbox,
    /// How much the receipt tells.
    pub receipt: Detail,
    /// `[metadata]` without the host's tables.
    pub guest_metadata: toml::Table,
}

/// A source of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDeclaration {
    /// The repository.
    pub git: RemoteUrl,
    /// The branch, tag or commit that is taken if nothing else is asked for.
    pub reference: Revision,
    /// The platform's variable that can name another one.
    pub ref_variable: Option<VariableName>,
    /// The folder of the repository that is taken.
    pub subpath: Subpath,
    /// Who signs in, if the repository is not public.
    pub credential: Option<CredentialName>,
    /// The maker of what is there, for the bills of materials.
    pub supplier: Option<SupplierName>,
    /// What came with the package. Then nothing is fetched.
    pub vendored: Option<Vendored>,
}

/// A source's folder that the package brings along, as the pack `vendor/<source>.pack`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendored {
    /// The branch, tag or commit at which it was packaged.
    pub revision: Revision,
    /// The commit that this was then.
    pub commit: GitId,
    /// The folder's tree in it. What the pack holds is known by this id.
    pub tree: GitId,
}

impl Vendored {
    /// Whether an application that asks for this revision gets it.
    #[must_use]
    pub fn is(&self, revision: &Revision) -> bool {
        *revision == self.revision || revision.commit() == Some(self.commit)
    }
}

/// Where a token may come from. At least one of the two is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialDeclaration {
    /// The platform's variable that holds the token.
    pub env: Option<VariableName>,
    /// The type of the service binding that holds it.
    pub binding: Option<BindingType>,
    /// The provider that this binding must name, where there are several of its type.
    pub provider: Option<BindingType>,
    /// The user name, where a binding gives none.
    pub username: UserName,
}

impl CredentialDeclaration {
    /// Whether one binding could be for both.
    #[must_use]
    pub fn may_share_a_binding_with(&self, other: &Self) -> bool {
        let same = |one: &Option<BindingType>, other: &Option<BindingType>| match (one, other) {
            (Some(one), Some(other)) => Some(one.is(other.as_str())),
            _ => None,
        };
        same(&self.binding, &other.binding) == Some(true)
            && same(&self.provider, &other.provider) != Some(false)
    }
}

/// Why buildpack.toml was refused.
#[derive(Debug, thiserror::Error)]
pub enum DescriptorError {
    /// It can't be read.
    #[error("buildpack.toml can't be read")]
    Read(#[from] DirError),
    /// It is no UTF-8.
    #[error("{file} is no UTF-8")]
    Utf8 {
        /// The file.
        file: String,
    },
    /// It is no TOML.
    #[error("{file} is no TOML")]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says.
        source: toml::de::Error,
    },
    /// A key is absent.
    #[error("{file} lacks the key {key}")]
    Missing {
        /// The file.
        file: String,
        /// The key, with its tables.
        key: String,
    },
    /// A key has a value of another type.
    #[error("{key} in {file} must be {wanted}")]
    Type {
        /// The file.
        file: String,
        /// The key, with its tables.
        key: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// A table of the host's has a key that means nothing.
    #[error("{key} in {file} means nothing to the host; is it misspelt?")]
    UnknownKey {
        /// The file.
        file: String,
        /// The key, with its tables.
        key: String,
    },
    /// A value breaks a rule.
    #[error("{key} in {file} is refused")]
    Value {
        /// The file.
        file: String,
        /// The key, with its tables.
        key: String,
        /// The rule.
        source: ValueError,
    },
    /// A value is at odds with another one.
    #[error("{key} in {file}: {conflict}")]
    Conflict {
        /// The file.
        file: String,
        /// The key, with its tables.
        key: String,
        /// What is at odds.
        conflict: String,
    },
    /// The Buildpack API is not served.
    #[error("{file} asks for Buildpack API '{found}'; this host serves 0.10, 0.11 and 0.12")]
    Api {
        /// The file.
        file: String,
        /// What it asks for.
        found: String,
    },
    /// A limit is beyond what the host allows.
    #[error("{key} in {file} is {found}; it must be from {least} to {most}")]
    Limit {
        /// The file.
        file: String,
        /// The key, with its tables.
        key: String,
        /// What it says.
        found: i64,
        /// The least that works.
        least: u64,
        /// The most that is allowed.
        most: u64,
    },
}

/// The rule that a value breaks.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    /// A rule of names.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A rule of addresses.
    #[error(transparent)]
    Url(#[from] RemoteUrlError),
    /// A rule of revisions.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// A rule of paths.
    #[error(transparent)]
    Subpath(#[from] SubpathError),
}

impl Descriptor {
    /// Reads buildpack.toml in the buildpack directory.
    pub fn read(buildpack_dir: &Dir) -> Result<Self, DescriptorError> {
        let file = buildpack_dir.path().join(FILE).display().to_string();
        let bytes = buildpack_dir.read(FILE, LARGEST)?;
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(&text, &file),
            Err(_) => Err(DescriptorError::Utf8 { file }),
        }
    }

    /// Reads a descriptor's text. `file` is for messages.
    pub fn parse(text: &str, file: &str) -> Result<Self, DescriptorError> {
        let mut root = Section::parse(file, text)?;
        let api = api(&mut root)?;
        let mut buildpack = root.section("buildpack")?;
        let mut metadata = root.section("metadata")?;
        let descriptor = Self {
            api,
            id: buildpack.required_text("id")?,
            version: buildpack.required_text("version")?,
            name: buildpack.text("name")?,
            clear_env: buildpack.flag("clear-env")?.unwrap_or(false),
            sbom_formats: bills::formats(&mut buildpack)?,
            sources: metadata.named("sources", source)?,
            credentials: metadata.named("credentials", credential)?,
            variables: metadata.parsed_list("variables")?,
            build_variables: metadata.parsed_list("build-variables")?,
            settings_prefix: platform_variable(&mut metadata, "settings-prefix")?,
            limits: Limits::read(metadata.section("limits")?)?,
            sandbox: metadata.sandbox("sandbox")?.unwrap_or_default(),
            receipt: bills::detail(&mut metadata)?,
            guest_metadata: metadata.rest(),
        };
        descriptor.judge(file)?;
        Ok(descriptor)
    }

    /// The platform's variables that mean something: for the guest, as a revision, as a credential.
    pub fn settings(&self) -> impl Iterator<Item = &VariableName> {
        let revisions = self
            .sources
            .values()
            .filter_map(|source| source.ref_variable.as_ref());
        let credentials = self.credentials.values();
        let credentials = credentials.filter_map(|credential| credential.env.as_ref());
        self.variables.iter().chain(revisions).chain(credentials)
    }

    /// What no key can say about itself.
    fn judge(&self, file: &str) -> Result<(), DescriptorError> {
        let conflict = |key: String, conflict: String| {
            let file = file.to_owned();
            Err(DescriptorError::Conflict {
                file,
                key,
                conflict,
            })
        };
        // Otherwise an application's project.toml sets proxies and certificates, which the credential goes through.
        if !self.credentials.is_empty() && !self.clear_env {
            let text = "it must be true where there are credentials";
            return conflict("buildpack.clear-env".to_owned(), text.to_owned());
        }
        for (name, source) in &self.sources {
            let Some(wanted) = &source.credential else {
                continue;
            };
            let key = format!("metadata.sources.{name}.credential");
            if !self.credentials.contains_key(wanted) {
                return conflict(key, format!("no credential '{wanted}' is declared"));
            }
            let other = self.sources.iter().find(|(_, other)| {
                other.credential.as_ref() == Some(wanted)
                    && other.git.origin() != source.git.origin()
            });
            if let Some((other, _)) = other {
                let text = format!(
                    "source '{other}' uses '{wanted}' too, for another origin; a credential is for one alone"
                );
                return conflict(key, text);
            }
        }
        for (name, credential) in &self.credentials {
            let twin = self.credentials.iter().find(|(other, twin)| {
                *other != name
                    && (same(twin.env.as_ref(), credential.env.as_ref())
                        || twin.may_share_a_binding_with(credential))
            });
            if let Some((twin, _)) = twin {
                let key = format!("metadata.credentials.{name}");
                return conflict(key, format!("credential '{twin}' takes the same token"));
            }
        }
        variables::judge(self).map_or(Ok(()), |(key, text)| conflict(key, text))
    }
}

fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.is_some() && one == other
}

fn api(root: &mut Section<'_>) -> Result<Api, DescriptorError> {
    let found = root.required_text("api")?;
    match found.as_str() {
        "0.10" => Ok(Api::V0_10),
        "0.11" => Ok(Api::V0_11),
        "0.12" => Ok(Api::V0_12),
        _ => Err(DescriptorError::Api {
            file: root.file().to_owned(),
            found: shown(&found),
        }),
    }
}

fn source(mut section: Section<'_>) -> Result<SourceDeclaration, DescriptorError> {
    let declaration = SourceDeclaration {
        git: section.required("git")?,
        reference: section.required("ref")?,
        ref_variable: platform_variable(&mut section, "ref-variable")?,
        subpath: section.required("subpath")?,
        credential: section.parsed("credential")?,
        supplier: section.parsed("supplier")?,
        vendored: vendored(&mut section)?,
    };
    section.finish()?;
    Ok(declaration)
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

pub fn credential(mut section: Section<'_>) -> Result<CredentialDeclaration, DescriptorError> {
    let username = section.parsed("username")?;
    let declaration = CredentialDeclaration {
        env: platform_variable(&mut section, "env")?,
        binding: section.parsed("binding")?,
        provider: section.parsed("provider")?,
        username: match username {
            Some(username) => username,
            None => section.value("username", "oauth2".parse())?,
        },
    };
    if declaration.env.is_none() && declaration.binding.is_none() {
        return Err(section.conflict("it names neither env nor binding".to_owned()));
    }
    if declaration.provider.is_some() && declaration.binding.is_none() {
        return Err(section.conflict_at("provider", "it goes with binding".to_owned()));
    }
    section.finish()?;
    Ok(declaration)
}

fn platform_variable(
    section: &mut Section<'_>,
    key: &str,
) -> Result<Option<VariableName>, DescriptorError> {
    let variable: Option<VariableName> = section.parsed(key)?;
    match variable {
        Some(name) if !name.as_str().starts_with(PREFIX) => {
            Err(section.conflict_at(key, format!("{name} must begin with {PREFIX}")))
        }
        variable => Ok(variable),
    }
}

#[cfg(test)]
mod tests;
