//! Service bindings: a directory for each, its entries as files.
//!
//! By <https://github.com/servicebinding/spec>. Only what is asked for is read; nothing here knows what a token is. What
//! can't be read is passed over and remembered: it may be another buildpack's, or a volume's `lost+found`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::names::{BindingType, shown};
use super::platform::{LONGEST, Platform, PlatformError};
use text::chain;

/// The most bindings, and the most entries of one.
const MOST: usize = 256;
/// The longest certificate file, in bytes: some hold a whole distribution's authorities.
const LONGEST_CERTIFICATES: u64 = 1024 * 1024;
/// The most bindings that are told to one who misses one.
const MOST_TOLD: usize = 10;
/// The entries that describe a binding and are no data of it.
const DESCRIBING: [&str; 2] = ["type", "provider"];

/// The bindings of this build.
#[derive(Debug, Default)]
pub struct Bindings {
    /// The place where they were looked for.
    root: PathBuf,
    /// Whether the process environment says so.
    is_named: bool,
    /// Those that say their type, sorted by name.
    list: Vec<Binding>,
    /// Each thing that is not a usable binding, by its name, escaped, and why: worth a word to one who misses one.
    pub passed_over: Vec<(String, String)>,
}

/// A service binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Its name: that of its directory.
    pub name: String,
    kind: String,
    /// Empty where none is named.
    provider: String,
    dir: PathBuf,
}

/// A file of certificates. Nobody has parsed it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// Which entry of which binding, for messages.
    pub origin: String,
    /// The file, byte for byte.
    pub pem: Vec<u8>,
}

/// Why service bindings could not be used.
#[derive(Debug, thiserror::Error)]
pub enum BindingsError {
    /// Something of them can't be read.
    #[error("service bindings can't be read")]
    Platform(#[from] PlatformError),
    /// An entry is no UTF-8.
    #[error("'{entry}' of binding '{binding}' is no UTF-8")]
    NotUtf8 {
        /// The binding's name.
        binding: String,
        /// The entry.
        entry: String,
    },
    /// Several bindings have the type of which one is wanted.
    #[error(
        "there must be one binding of type '{kind}'{}, and there are {}",
        .provider.as_ref().map_or(String::new(), |provider| format!(" and provider '{provider}'")),
        .names.join(", ")
    )]
    Several {
        /// The type.
        kind: String,
        /// The provider, if one is asked for.
        provider: Option<String>,
        /// The bindings' names, quoted.
        names: Vec<String>,
    },
}

impl Bindings {
    /// Looks for bindings in `root`, or else in the platform directory. No such directory: no bindings.
    ///
    /// `root` is `SERVICE_BINDING_ROOT` of the process environment, and of nowhere else.
    pub fn read(platform: &Platform, root: Option<&Path>) -> Result<Self, BindingsError> {
        let mut bindings = Self {
            root: root.map_or_else(|| platform.dir().join("bindings"), Path::to_owned),
            is_named: root.is_some(),
            ..Self::default()
        };
        for name in platform.list(&bindings.root, MOST)?.unwrap_or_default() {
            // Names with a dot in front are the platform's own, such as `..data` of a mounted Secret.
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

    /// All bindings of a type.
    pub fn find_all(&self, kind: &str) -> impl Iterator<Item = &Binding> {
        let is = move |binding: &&Binding| binding.kind.eq_ignore_ascii_case(kind);
        self.list.iter().filter(is)
    }

    /// The certificates of authorities to believe in besides the built-in ones, by the custom of buildpacks.
    pub fn certificates(&self, platform: &Platform) -> Result<Vec<Certificates>, BindingsError> {
        let mut found = Vec::new();
        let of_type = |binding: &&Binding| binding.kind.eq_ignore_ascii_case("ca-certificates");
        for binding in self.list.iter().filter(of_type) {
            binding.certificates(platform, &mut found)?;
        }
        Ok(found)
    }

    /// The binding of a type, and of a provider if one is asked for. Several are an error: which one is meant is not
    /// the host's to guess.
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
    /// The bindings that there are, for one who misses a binding. Empty where nobody bound anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = self.root.display();
        let typed = self
            .list
            .iter()
            .map(|one| format!("'{}' is of type '{}'", one.name, shown(&one.kind)));
        let others = self.passed_over.iter();
        let others = others.map(|(name, why)| format!("'{name}' is none: {why}"));
        let told: Vec<_> = typed.chain(others).take(MOST_TOLD).collect();
        match &told[..] {
            [] if self.is_named => {
                write!(f, "SERVICE_BINDING_ROOT names {root}, where no binding is")
            }
            [] => Ok(()),
            told => write!(f, "Of what is in {root}, {}", told.join("; ")),
        }
    }
}

/// The reason why a name in the folder of bindings is not a usable binding.
#[derive(Debug, thiserror::Error)]
enum PassedOver {
    #[error("it is no folder that can be opened")]
    NoFolder,
    #[error("it has no file 'type'")]
    NoType,
    #[error("{0}")]
    Unreadable(String),
    /// Somebody led it to where others decide. That is no accident.
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
    /// Only what describes it is read.
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

    /// An entry, byte for byte, or `None` if there is no such entry.
    pub fn entry(&self, platform: &Platform, key: &str) -> Result<Option<Vec<u8>>, BindingsError> {
        Ok(platform.read(&self.dir.join(key), LONGEST)?)
    }

    /// An entry as text without white space at its ends, which other buildpacks' libraries drop as well, or `None` if
    /// there is none or nothing is left.
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
