//! buildpack.toml: the declarations of the buildpack's author, and the limits of a build.
//!
//! The host reads its own tables completely and refuses unknown keys there. Every other key of `[metadata]` belongs to
//! the component.

mod bills;
mod limits;
mod section;
pub mod source;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{
    FileUrlError, OriginError, RemoteUrl, RemoteUrlError, RevisionError, SubpathError,
};
use crate::api::Api;
use crate::names::{BindingType, CredentialName, NameError, UserName, VariableName, shown};
use crate::sandbox::Sandbox;
use crate::sbom::format::Format;
use crate::sha256::Sha256Error;
use dir::{Dir, DirError};

pub use self::bills::Detail;
pub use self::limits::LimitValues;
pub use self::limits::Limits;
pub use self::section::Section;
pub use self::source::{DeclaredSource, DeclaredSources};

/// The file name of the descriptor in the buildpack directory.
pub const FILE: &str = "buildpack.toml";
/// The limit on the descriptor, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// The prefix of the variables that the application may set and the host reads.
const PREFIX: &str = "BP_";

/// The parsed buildpack.toml.
#[derive(Debug)]
pub struct Descriptor {
    /// The Buildpack API that the buildpack was written for.
    pub api: Api,
    pub id: String,
    pub version: String,
    /// The buildpack's name for people.
    pub name: Option<String>,
    /// Whether the lifecycle keeps the platform's variables out of the process environment.
    pub clear_env: bool,
    /// The declared formats of bills of materials. The lifecycle accepts no others.
    pub sbom_formats: BTreeSet<Format>,
    pub sources: DeclaredSources,
    /// The credentials, by name.
    pub credentials: BTreeMap<CredentialName, CredentialDeclaration>,
    /// The platform's variables that the component may see. None of them is a credential's.
    pub variables: Vec<VariableName>,
    /// The variables that the component may set for the buildpacks after this one. A variable that steers other
    /// programs is among them only if the lifecycle sets it from a folder of a layer. It then allows that folder, but
    /// no change of the environment.
    pub build_variables: Vec<VariableName>,
    /// The prefix of the buildpack's own settings. An unknown variable with this prefix is likely misspelt.
    pub settings_prefix: Option<VariableName>,
    pub limits: Limits,
    pub sandbox: Sandbox,
    /// The amount of detail in the receipt.
    pub receipt: Detail,
    /// `[metadata]` without the host's own tables.
    pub guest_metadata: toml::Table,
}

/// The places of a token. At least one of `env` and `binding` is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialDeclaration {
    /// The platform's variable that holds the token.
    pub env: Option<VariableName>,
    pub binding: Option<BindingType>,
    /// The provider that this binding must have, if there are several bindings of its type.
    pub provider: Option<BindingType>,
    /// The user name, if the binding does not contain one.
    pub username: UserName,
}

impl CredentialDeclaration {
    /// Whether the same binding could match both.
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

#[derive(Debug, thiserror::Error)]
pub enum DescriptorError {
    #[error("buildpack.toml can't be read")]
    Read(#[from] DirError),
    #[error("{file} is not UTF-8")]
    Utf8 { file: String },
    #[error("{file} is not valid TOML")]
    Syntax {
        file: String,
        source: toml::de::Error,
    },
    #[error("{file} lacks the key {key}")]
    Missing {
        file: String,
        /// The key with its tables.
        key: String,
    },
    #[error("the key {key} in {file} must be {wanted}")]
    Type {
        file: String,
        /// The key with its tables.
        key: String,
        wanted: &'static str,
    },
    /// A table of the host has an unknown key.
    #[error("the key {key} in {file} is unknown; is it misspelt?")]
    UnknownKey {
        file: String,
        /// The key with its tables.
        key: String,
    },
    #[error("the key {key} in {file} is refused")]
    Value {
        file: String,
        /// The key with its tables.
        key: String,
        source: ValueError,
    },
    /// A value contradicts another value.
    #[error("the key {key} in {file}: {conflict}")]
    Conflict {
        file: String,
        /// The key with its tables.
        key: String,
        conflict: String,
    },
    #[error("{file} asks for Buildpack API '{found}'; this host supports 0.10, 0.11 and 0.12")]
    Api { file: String, found: String },
    #[error("the key {key} in {file} is {found}; it must be from {least} to {most}")]
    Limit {
        file: String,
        /// The key with its tables.
        key: String,
        found: i64,
        least: u64,
        most: u64,
    },
}

/// The rule that a value breaks.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Url(#[from] RemoteUrlError),
    #[error(transparent)]
    Revision(#[from] RevisionError),
    #[error(transparent)]
    Subpath(#[from] SubpathError),
    #[error(transparent)]
    FileUrl(#[from] FileUrlError),
    #[error(transparent)]
    Origin(#[from] OriginError),
    #[error(transparent)]
    Sha256(#[from] Sha256Error),
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

    /// Parses the text of a descriptor. `file` is for messages.
    pub fn parse(text: &str, file: &str) -> Result<Self, DescriptorError> {
        let mut root = Section::parse(file, text)?;
        let api = api(&mut root)?;
        let mut buildpack = root.section("buildpack")?;
        let mut metadata = root.section("metadata")?;
        let sources = DeclaredSources::read(&mut metadata)?;
        let descriptor = Self {
            api,
            id: buildpack.required_text("id")?,
            version: buildpack.required_text("version")?,
            name: buildpack.text("name")?,
            clear_env: buildpack.flag("clear-env")?.unwrap_or(false),
            sbom_formats: bills::formats(&mut buildpack)?,
            sources,
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

    /// The platform's variables with a meaning: for the component, as a revision or as a credential.
    pub fn settings(&self) -> impl Iterator<Item = &VariableName> {
        let revisions = self.sources.all().into_iter();
        let revisions = revisions.filter_map(|source| source.ref_variable);
        let credentials = self.credentials.values();
        let credentials = credentials.filter_map(|credential| credential.env.as_ref());
        self.variables.iter().chain(revisions).chain(credentials)
    }

    /// Checks the rules that involve more than one key.
    fn judge(&self, file: &str) -> Result<(), DescriptorError> {
        let conflict = |key: String, conflict: String| {
            let file = file.to_owned();
            Err(DescriptorError::Conflict {
                file,
                key,
                conflict,
            })
        };
        // Otherwise the project.toml of an application could set proxies and certificates for the connection that
        // carries the credential.
        if !self.credentials.is_empty() && !self.clear_env {
            let text = "it must be true if there are credentials";
            return conflict("buildpack.clear-env".to_owned(), text.to_owned());
        }
        let users = self.sources.all().into_iter();
        let users = users.filter_map(|source| Some((source, source.credential?)));
        let users: Vec<_> = users.collect();
        for (source, wanted) in &users {
            let key = format!("metadata.sources.{}.credential", source.name);
            if !self.credentials.contains_key(*wanted) {
                return conflict(key, format!("no credential '{wanted}' is declared"));
            }
            let origin = source.server.map(RemoteUrl::origin);
            let other = users.iter().find(|(other, credential)| {
                other.name != source.name
                    && credential == wanted
                    && (origin.is_none() || other.server.map(RemoteUrl::origin) != origin)
            });
            if let Some((DeclaredSource { name: other, .. }, _)) = other {
                let text = format!(
                    "source '{other}' uses '{wanted}' too, for another origin; a credential is for one origin only"
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
                return conflict(key, format!("credential '{twin}' uses the same token"));
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
        return Err(section.conflict_at("provider", "it can't be set without 'binding'".to_owned()));
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
