//! Reads the operator's policy, with which a builder image restricts the buildpacks that run in it.
//!
//! Its path is compiled in. `grants` applies the policy.

use std::collections::BTreeMap;
use std::path::Path;

use cnb::address::{RemoteUrl, Revision};
use cnb::descriptor::{CredentialDeclaration, DescriptorError, LimitValues, Section, credential};
use cnb::names::{VariableName, shown};
use cnb::sandbox::Sandbox;
use credential::CredentialPlace;
use dir::{Dir, DirError, Kind, Stat};

/// The folders above the policy. No variable or argument sets another path.
const FOLDERS: [&str; 2] = ["etc", "wasm-buildpacks"];
/// The policy's file name.
const NAME: &str = "policy.toml";
/// The policy's path, for messages.
pub const PATH: &str = "/etc/wasm-buildpacks/policy.toml";

/// The limit for the policy's size, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// The user who must own it.
const ROOT: u32 = 0;
/// The write permissions of the group and of others.
const OTHERS_WRITE: u32 = 0o022;

/// The operator's policy. Everything that it does not mention is granted as the buildpack declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorPolicy {
    /// The weakest sandbox that is allowed.
    pub sandbox: Option<Sandbox>,
    /// Whether the certificate authorities of the image's own store are trusted. They are by default.
    pub system_authorities: Option<bool>,
    /// The allowed hosts of content, as `host` or `host:port`. Without this table, all are allowed.
    pub sources: Option<BTreeMap<String, HostGrant>>,
    /// The mirrors, by the `host` or `host:port` that they replace.
    pub mirrors: BTreeMap<String, Mirror>,
    /// The index of packages, in place of the one that a list of the application names.
    pub index: Option<RemoteUrl>,
    /// The platform's variables that may be passed to components. Without this list, all whose name does not look like
    /// a credential.
    pub variables: Option<Vec<VariableName>>,
    /// The variables that components may set for later buildpacks. Without this list, all that are declared.
    pub build_variables: Option<Vec<VariableName>>,
    /// The highest limits of a build.
    pub limits: LimitValues,
}

/// A server with the same repositories as another one, at the same paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Its address: the beginning of each repository's address.
    pub url: RemoteUrl,
    /// The mirror's credential, if it is not public. The mirror never gets the credential for the original host.
    pub credential: Option<CredentialDeclaration>,
}

/// The grant for one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostGrant {
    /// The allowed revisions; `None` allows all.
    pub refs: Option<Vec<RefPattern>>,
    /// The allowed paths of repositories and files; `None` allows all.
    pub paths: Option<Vec<PathPattern>>,
    /// The allowed places of a credential; `None` allows all.
    pub credentials: Option<Vec<CredentialPlace>>,
}

/// A revision, or the beginning of revisions, written with a `*` at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefPattern(String);

impl RefPattern {
    /// Whether the pattern matches this revision.
    #[must_use]
    pub fn covers(&self, revision: &Revision) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => revision.as_str().starts_with(beginning),
            None => revision.as_str() == self.0,
        }
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path of an address, or the beginning of paths, written with a `*` at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern(String);

impl PathPattern {
    /// Whether the pattern matches this path of a parsed address.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == self.0,
        }
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A policy that exists and can't be applied. Then nothing is built, because a build without the policy would ignore
/// its restrictions.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("the operator's policy can't be read")]
    Read(#[source] DirError),
    /// Users other than root could have written it.
    #[error(
        "{path} can be changed by users other than root ({found}), so they could have written the operator's policy"
    )]
    NotRoots {
        /// The file, or a folder above it.
        path: String,
        /// Its owner and permissions.
        found: String,
    },
    #[error("this build runs as root, who could have written the operator's policy {PATH}")]
    AsRoot,
    /// Its content is invalid.
    #[error(transparent)]
    Content(#[from] DescriptorError),
}

impl OperatorPolicy {
    /// Reads the policy of this machine, if it exists.
    pub fn read() -> Result<Option<Self>, PolicyError> {
        let root = Dir::open_ambient(Path::new("/")).map_err(PolicyError::Read)?;
        Self::read_beneath(root, rustix::process::geteuid().as_raw())
    }

    /// Like `read`, for any root directory and any user.
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
                // Without access to the folder, it is unknown whether it contains a policy.
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
        // The folders are checked even without a file, because whoever can write them could have removed the file.
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

    /// Parses a policy. Every key must be known: a misspelled key would grant what it should deny.
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
            index: root.parsed("index")?,
            variables: variables(&mut root, "variables")?,
            build_variables: variables(&mut root, "build-variables")?,
            limits: LimitValues::read(root.section("limits")?)?,
        };
        root.finish()?;
        Ok(policy)
    }
}

/// Reads a list of variables. An empty list grants none, which differs from a missing list.
fn variables(
    root: &mut Section<'_>,
    key: &str,
) -> Result<Option<Vec<VariableName>>, DescriptorError> {
    let is_there = root.has(key);
    let listed = root.parsed_list(key)?;
    Ok(is_there.then_some(listed))
}

/// Reads a table whose keys are hosts.
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
    let paths = section.texts("paths")?;
    if let Some(path) = paths.iter().flatten().find(|path| !path.starts_with('/')) {
        let text = format!("'{}' must begin with '/'", shown(path));
        return Err(section.conflict_at("paths", text));
    }
    let paths = paths.map(|paths| paths.into_iter().map(PathPattern).collect());
    let credentials = section.texts("credentials")?;
    let credentials =
        credentials.map(|places| places.iter().map(|text| place(&section, text)).collect());
    let credentials = credentials.transpose()?;
    section.finish()?;
    Ok(HostGrant {
        refs,
        paths,
        credentials,
    })
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

/// Whether a text has the form in which addresses give their host and port.
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

/// Checks that only root can write a file. The error describes its owner and permissions.
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
