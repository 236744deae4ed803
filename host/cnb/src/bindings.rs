//! Service bindings: one directory for each, with the entries as files.
//!
//! See <https://github.com/servicebinding/spec>. The host reads only the entries that it needs, and nothing here knows
//! what a token is. The host skips a binding that it cannot read and remembers it: it may belong to another buildpack,
//! or be the `lost+found` of a volume.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::names::{BindingType, shown};
use super::platform::{LONGEST, Platform, PlatformError};
use text::chain;

/// The limit on bindings, and on the entries of one binding.
const MOST: usize = 256;
/// The limit on a certificate file, in bytes. Some files hold all authorities of a distribution.
const LONGEST_CERTIFICATES: u64 = 1024 * 1024;
/// The limit on the bindings that one message lists.
const MOST_TOLD: usize = 10;
/// The entries that describe a binding. They are not part of its data.
const DESCRIBING: [&str; 2] = ["type", "provider"];

#[derive(Debug, Default)]
pub struct Bindings {
    /// The directory with the bindings.
    root: PathBuf,
    /// Whether `root` comes from the process environment.
    is_named: bool,
    /// The bindings that have a type, sorted by name.
    list: Vec<Binding>,
    /// The name, escaped, of each entry that is not a usable binding, with the reason. A message about a missing
    /// binding shows them.
    pub passed_over: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The name of its directory.
    pub name: String,
    kind: String,
    /// Empty if the binding has no provider.
    provider: String,
    dir: PathBuf,
}

/// A file of certificates, not parsed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The entry and its binding, for messages.
    pub origin: String,
    /// The file, byte for byte.
    pub pem: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum BindingsError {
    #[error("service bindings can't be read")]
    Platform(#[from] PlatformError),
    #[error("'{entry}' of binding '{binding}' is not UTF-8")]
    NotUtf8 { binding: String, entry: String },
    /// More than one binding matches, and exactly one must.
    #[error(
        "there must be one binding of type '{kind}'{}, but there are several: {}",
        .provider.as_ref().map_or(String::new(), |provider| format!(" and provider '{provider}'")),
        .names.join(", ")
    )]
    Several {
        kind: String,
        provider: Option<String>,
        /// Quoted.
        names: Vec<String>,
    },
}

impl Bindings {
    /// Looks for bindings in `root`, or else in the platform directory. Without this directory there are no bindings.
    ///
    /// `root` is `SERVICE_BINDING_ROOT` of the process environment, never of another place.
    pub fn read(platform: &Platform, root: Option<&Path>) -> Result<Self, BindingsError> {
        let mut bindings = Self {
            root: root.map_or_else(|| platform.dir().join("bindings"), Path::to_owned),
            is_named: root.is_some(),
            ..Self::default()
        };
        for name in platform.list(&bindings.root, MOST)?.unwrap_or_default() {
            // The platform itself uses names with a leading dot, such as `..data` in a mounted Secret.
            if name.starts_with('.') {
                continue;
            }
            let dir = bindings.root.join(&name);
            match Binding::read(platform, shown(&name), dir) {
                Ok(binding) => bindings.list.push(binding),
                Err(PassedOver::Refused(error)) => return Err(error),
                Err(why) => bindings.passed_over.push((shown(&name), why.to_string())),
            }
        }
        Ok(bindings)
    }

    pub fn find_all(&self, kind: &str) -> impl Iterator<Item = &Binding> {
        let is = move |binding: &&Binding| binding.kind.eq_ignore_ascii_case(kind);
        self.list.iter().filter(is)
    }

    /// The certificates of authorities to trust besides the built-in ones, by the convention of buildpacks.
    pub fn certificates(&self, platform: &Platform) -> Result<Vec<Certificates>, BindingsError> {
        let mut found = Vec::new();
        let of_type = |binding: &&Binding| binding.kind.eq_ignore_ascii_case("ca-certificates");
        for binding in self.list.iter().filter(of_type) {
            binding.certificates(platform, &mut found)?;
        }
        Ok(found)
    }

    /// The binding of a type, and of a provider if one is given. Several are an error: the host does not guess which
    /// one is meant.
    pub fn find_one(
        &self,
        kind: &BindingType,
        provider: Option<&BindingType>,
    ) -> Result<Option<&Binding>, BindingsError> {
        let found = self.find_all(kind.as_str());
        let found: Vec<_> = found
            .filter(|binding| provider.is_none_or(|wanted| wanted.is(&binding.provider)))
            .collect();
        match found[..] {
            [] => Ok(None),
            [binding] => Ok(Some(binding)),
            _ => Err(BindingsError::Several {
                kind: kind.to_string(),
                provider: provider.map(ToString::to_string),
                names: found.iter().map(|one| format!("'{}'", one.name)).collect(),
            }),
        }
    }
}

impl fmt::Display for Bindings {
    /// Lists the bindings, for a message about a missing one. Empty if there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = self.root.display();
        let typed = self
            .list
            .iter()
            .map(|one| format!("'{}' is of type '{}'", one.name, shown(&one.kind)));
        let others = self.passed_over.iter();
        let others = others.map(|(name, why)| format!("'{name}' is not a binding: {why}"));
        let told: Vec<_> = typed.chain(others).take(MOST_TOLD).collect();
        match &told[..] {
            [] if self.is_named => {
                write!(
                    f,
                    "SERVICE_BINDING_ROOT is {root}, which contains no bindings"
                )
            }
            [] => Ok(()),
            told => write!(f, "In {root}, {}", told.join("; ")),
        }
    }
}

/// The reason why an entry of the bindings directory is not a usable binding.
#[derive(Debug, thiserror::Error)]
enum PassedOver {
    #[error("it is not a folder that can be opened")]
    NoFolder,
    #[error("it has no file 'type'")]
    NoType,
    #[error("{0}")]
    Unreadable(String),
    /// A link leads to a directory that somebody else controls. This cannot be an accident, so the build fails.
    #[error(transparent)]
    Refused(BindingsError),
}

impl From<BindingsError> for PassedOver {
    fn from(error: BindingsError) -> Self {
        match error {
            BindingsError::Platform(
                error @ (PlatformError::Read { .. }
                | PlatformError::Kind { .. }
                | PlatformError::TooLong { .. }),
            ) => Self::Unreadable(chain(&error)),
            error @ BindingsError::NotUtf8 { .. } => Self::Unreadable(error.to_string()),
            error => Self::Refused(error),
        }
    }
}

impl Binding {
    /// Reads only the entries that describe the binding.
    fn read(platform: &Platform, name: String, dir: PathBuf) -> Result<Self, PassedOver> {
        if !dir.is_dir() {
            return Err(PassedOver::NoFolder);
        }
        let describing = |entry: &str| -> Result<Option<String>, BindingsError> {
            let bytes = platform.read(&dir.join(entry), LONGEST)?;
            let text = bytes.map(|bytes| text(&name, entry, bytes)).transpose()?;
            Ok(text.map(|text| text.trim().to_owned()))
        };
        Ok(Self {
            kind: describing("type")?.ok_or(PassedOver::NoType)?,
            provider: describing("provider")?.unwrap_or_default(),
            name,
            dir,
        })
    }

    fn certificates(
        &self,
        platform: &Platform,
        found: &mut Vec<Certificates>,
    ) -> Result<(), BindingsError> {
        for key in platform.list(&self.dir, MOST)?.unwrap_or_default() {
            if key.starts_with('.') || DESCRIBING.contains(&key.as_str()) {
                continue;
            }
            let path = self.dir.join(&key);
            let Some(pem) = platform.read(&path, LONGEST_CERTIFICATES)? else {
                let source = io::ErrorKind::NotFound.into();
                return Err(PlatformError::Read { path, source }.into());
            };
            let origin = format!("'{}' of binding '{}'", shown(&key), self.name);
            found.push(Certificates { origin, pem });
        }
        Ok(())
    }

    /// An entry, byte for byte. `None` if it does not exist.
    pub fn entry(&self, platform: &Platform, key: &str) -> Result<Option<Vec<u8>>, BindingsError> {
        Ok(platform.read(&self.dir.join(key), LONGEST)?)
    }

    /// An entry as text, without white space at its ends: the libraries of other buildpacks drop it too. `None` if the
    /// entry does not exist or is empty.
    pub fn line(&self, platform: &Platform, key: &str) -> Result<Option<String>, BindingsError> {
        let Some(bytes) = self.entry(platform, key)? else {
            return Ok(None);
        };
        let line = text(&self.name, key, bytes)?;
        Ok(Some(line.trim().to_owned()).filter(|line| !line.is_empty()))
    }
}

fn text(binding: &str, entry: &str, bytes: Vec<u8>) -> Result<String, BindingsError> {
    String::from_utf8(bytes).map_err(|_| BindingsError::NotUtf8 {
        binding: binding.to_owned(),
        entry: entry.to_owned(),
    })
}

#[cfg(test)]
mod tests;
