//! The operator's policy: what a builder image grants to the buildpacks that run in it.
//!
//! One path, compiled in. What holds is decided in `grants`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::credential::CredentialPlace;
use cnb::address::{RemoteUrl, Revision};
use cnb::descriptor::{CredentialDeclaration, DescriptorError, LimitValues, Section, credential};
use cnb::names::VariableName;
use cnb::sandbox::Sandbox;
use dir::{Dir, DirError, Kind, Stat};

/// Where the policy is, if there is one. No variable and no argument names another place.
const FOLDERS: [&str; 2] = ["etc", "wasm-buildpacks"];
/// Its name there.
const NAME: &str = "policy.toml";
/// The same as one path, for messages.
pub const PATH: &str = "/etc/wasm-buildpacks/policy.toml";

/// The largest policy that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// Who may own it.
const ROOT: u32 = 0;
/// Permissions to write that others than the owner have.
const OTHERS_WRITE: u32 = 0o022;

/// What an operator grants. What it doesn't mention is granted as the buildpack declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorPolicy {
    /// The least that is asked of the kernel.
    pub sandbox: Option<Sandbox>,
    /// Whether the authorities of the image's own store are believed, which they are if nothing is said.
    pub system_authorities: Option<bool>,
    /// The hosts from which content may come, as `host` or `host:port`. Without this table, any.
    pub sources: Option<BTreeMap<String, HostGrant>>,
    /// Where to fetch from instead of a host, by `host` or `host:port`.
    pub mirrors: BTreeMap<String, Mirror>,
    /// The platform's variables that components may be told. Without this list, those with no name like a credential's.
    pub variables: Option<Vec<VariableName>>,
    /// The variables that components may set for the buildpacks behind them, or what is declared.
    pub build_variables: Option<Vec<VariableName>>,
    /// The most that a build may use.
    pub limits: LimitValues,
}

/// A server that has the same repositories as another one, at the same paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Its address: the front of each repository's.
    pub url: RemoteUrl,
    /// Who signs in there, if the mirror is not public. The credential for the other host does not go there.
    pub credential: Option<CredentialDeclaration>,
}

/// What may come from one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostGrant {
    /// The revisions, or any.
    pub refs: Option<Vec<RefPattern>>,
    /// Where a credential for it may be found, or anywhere.
    pub credentials: Option<Vec<CredentialPlace>>,
}

/// A revision, or how it must begin, written with a `*` at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefPattern(String);

impl RefPattern {
    /// Whether it stands for this revision.
    #[must_use]
    pub fn covers(&self, revision: &Revision) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => revision.as_str().starts_with(beginning),
            None => revision.as_str() == self.0,
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why there is a policy and it can't be honoured. Then nothing is built: to go on would be to go without it.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It can't be read.
    #[error("the operator's policy can't be read")]
    Read(#[source] DirError),
    /// Others than root could have written it.
    #[error(
        "{path} is not root's alone ({found}), so anyone could have written the operator's policy"
    )]
    NotRoots {
        /// The file, or a folder above it.
        path: String,
        /// Its owner and permissions.
        found: String,
    },
    /// The build's user is root.
    #[error("this build runs as root, who could have written the operator's policy {PATH}")]
    AsRoot,
    /// It says what means nothing.
    #[error(transparent)]
    Content(#[from] DescriptorError),
}

impl OperatorPolicy {
    /// Reads the policy of this machine, if there is one.
    pub fn read() -> Result<Option<Self>, PolicyError> {
        let root = Dir::open_ambient(Path::new("/")).map_err(PolicyError::Read)?;
        Self::read_beneath(root, rustix::process::geteuid().as_raw())
    }

    /// The same beneath another root directory and for another user.
    fn read_beneath(root: Dir, user: u32) -> Result<Option<Self>, PolicyError> {
        let mut path = String::new();
        let mut dir = root;
        let mut folders = Vec::new();
        for name in FOLDERS {
            let Some(stat) = dir.stat(name).map_err(PolicyError::Read)? else {
                return Ok(None);
            };
            path = format!("{path}/{name}");
            folders.push((path.clone(), stat, Kind::Dir));
            dir = match dir.open_dir(name) {
                Ok(dir) => dir,
                // A policy could be there as well as not.
                Err(error) => return Err(PolicyError::Read(error)),
            };
        }
        let file = dir.stat(NAME).map_err(PolicyError::Read)?;
        if user == ROOT {
            return match file {
                None => Ok(None),
                Some(_) => Err(PolicyError::AsRoot),
            };
        }
        folders.extend(file.map(|stat| (PATH.to_owned(), stat, Kind::File)));
        // The folders count without a file, too: whoever can write one could have taken it away.
        for (path, stat, kind) in folders {
            is_roots(&stat, kind).map_err(|found| PolicyError::NotRoots { path, found })?;
        }
        if file.is_none() {
            return Ok(None);
        }
        let bytes = dir.read(NAME, LARGEST).map_err(PolicyError::Read)?;
        let text = String::from_utf8(bytes).map_err(|_| DescriptorError::Utf8 {
            file: PATH.to_owned(),
        })?;
        Ok(Some(Self::parse(&text)?))
    }

    /// Reads a policy's text. Every key must be known: one that is misspelt would grant what it was to deny.
    pub fn parse(text: &str) -> Result<Self, DescriptorError> {
        let mut root = Section::parse(PATH, text)?;
        let policy = Self {
            sandbox: root.sandbox("sandbox")?,
            system_authorities: root.flag("system-authorities")?,
            sources: if root.has("sources") {
                Some(by_host(root.section("sources")?, host_grant)?)
            } else {
                None
            },
            mirrors: by_host(root.section("mirrors")?, mirror)?,
            variables: variables(&mut root, "variables")?,
            build_variables: variables(&mut root, "build-variables")?,
            limits: LimitValues::read(root.section("limits")?)?,
        };
        root.finish()?;
        Ok(policy)
    }
}

/// A list of variables. One that is empty grants none, and is not as good as no list.
fn variables(
    root: &mut Section<'_>,
    key: &str,
) -> Result<Option<Vec<VariableName>>, DescriptorError> {
    let is_there = root.has(key);
    let listed = root.parsed_list(key)?;
    Ok(is_there.then_some(listed))
}

/// A table for each host.
fn by_host<'f, T>(
    mut section: Section<'f>,
    read: fn(Section<'f>) -> Result<T, DescriptorError>,
) -> Result<BTreeMap<String, T>, DescriptorError> {
    let mut hosts = BTreeMap::new();
    for host in section.keys() {
        if !is_authority(&host) {
            return Err(section.conflict_at(
                &host,
                "it must be host or host:port, in lower case".to_owned(),
            ));
        }
        let table = section.section(&host)?;
        hosts.insert(host, read(table)?);
    }
    Ok(hosts)
}

fn host_grant(mut section: Section<'_>) -> Result<HostGrant, DescriptorError> {
    let refs = section.texts("refs")?;
    let refs = refs.map(|refs| refs.into_iter().map(RefPattern).collect());
    let credentials = section.texts("credentials")?;
    let credentials =
        credentials.map(|places| places.iter().map(|text| place(&section, text)).collect());
    let credentials = credentials.transpose()?;
    section.finish()?;
    Ok(HostGrant { refs, credentials })
}

fn mirror(mut section: Section<'_>) -> Result<Mirror, DescriptorError> {
    let url = section.required("url")?;
    let signs_in = ["env", "binding", "provider", "username"]
        .iter()
        .any(|key| section.has(key));
    let credential = if signs_in {
        Some(credential(section)?)
    } else {
        section.finish()?;
        None
    };
    Ok(Mirror { url, credential })
}

/// As it stands in the addresses that it is compared with.
fn is_authority(text: &str) -> bool {
    let address = format!("https://{text}/x");
    let origin = address
        .parse()
        .map(|url: cnb::address::RemoteUrl| url.authority());
    origin.is_ok_and(|authority| authority == text)
}

fn place(section: &Section<'_>, text: &str) -> Result<CredentialPlace, DescriptorError> {
    match text {
        "binding" => Ok(CredentialPlace::Binding),
        "variable" => Ok(CredentialPlace::Variable),
        _ => Err(section.conflict_at(
            "credentials",
            "a credential's place is \"binding\" or \"variable\"".to_owned(),
        )),
    }
}

/// What it is instead, if others could write it.
fn is_roots(stat: &Stat, kind: Kind) -> Result<(), String> {
    let one = stat.kind == kind && stat.user == ROOT && stat.mode & OTHERS_WRITE == 0;
    if one {
        return Ok(());
    }
    Err(format!(
        "{:?} of user {}, permissions {:o}",
        stat.kind,
        stat.user,
        stat.mode & 0o7777
    ))
}

#[cfg(test)]
mod tests;
