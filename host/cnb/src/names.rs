//! Names. Each kind is a type that parses once, so an invalid name cannot be passed on.
//!
//! Nothing here touches a file.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

pub use text::{shown, shown_os};

/// The limit on a name, in bytes.
const LONGEST: usize = 64;
/// The limit on the name of a variable, in bytes.
const LONGEST_VARIABLE: usize = 128;

/// Folders at the root of a layer that the lifecycle or the launcher reads, besides all that begin with `env`.
const RESERVED_FOLDERS: [&str; 9] = [
    "bin",
    "exec.d",
    "include",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "pkgconfig",
    "profile.d",
];

/// An invalid name. `what` tells the use of the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("the {what} can't be empty")]
    Empty { what: Named },
    #[error("the {what} '{name}' has more than {longest} bytes")]
    TooLong {
        what: Named,
        /// Escaped and cut.
        name: String,
        longest: usize,
    },
    #[error("the {what} '{name}' is refused: {allowed}")]
    Characters {
        what: Named,
        /// Escaped and cut.
        name: String,
        allowed: &'static str,
    },
    /// The name may be a secret, so it is not shown.
    #[error("the {what}, which may hold a token and so isn't shown, is refused: {allowed}")]
    Hidden { what: Named, allowed: &'static str },
    /// The lifecycle or the launcher gives the name a meaning.
    #[error("the {what} '{name}' is refused: {reader}")]
    Reserved {
        what: Named,
        /// Escaped and cut.
        name: String,
        reader: &'static str,
    },
}

/// The use of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Layer,
    Folder,
    Source,
    Credential,
    ProcessType,
    ExecEnv,
    ExecDProgram,
    Variable,
    User,
    Supplier,
    BindingType,
    LockFile,
    Package,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Layer => "layer name",
            Self::Folder => "folder name",
            Self::Source => "source name",
            Self::Credential => "credential name",
            Self::ProcessType => "process type",
            Self::ExecEnv => "execution environment",
            Self::ExecDProgram => "exec.d program",
            Self::Variable => "variable name",
            Self::User => "user name",
            Self::Supplier => "supplier",
            Self::BindingType => "binding type",
            Self::LockFile => "file name",
            Self::Package => "package name",
        })
    }
}

impl NameError {
    #[must_use]
    pub fn what(&self) -> Named {
        match self {
            Self::Empty { what }
            | Self::TooLong { what, .. }
            | Self::Characters { what, .. }
            | Self::Hidden { what, .. }
            | Self::Reserved { what, .. } => *what,
        }
    }
}

macro_rules! name {
    ($(#[doc = $doc:literal])+ $type:ident, $what:expr, $rule:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let rule: fn(Named, &str) -> Result<(), NameError> = $rule;
                rule($what, text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl AsRef<OsStr> for $type {
            fn as_ref(&self) -> &OsStr {
                self.0.as_ref()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($type), self.0)
            }
        }
    };
}

name!(
    /// The name of a layer and of its directory. A name whose TOML file has another meaning for the lifecycle is
    /// refused.
    LayerName,
    Named::Layer,
    layer
);
name!(
    /// The name of a folder of a layer with fetched content. A name that the lifecycle or the launcher reads is
    /// refused.
    FolderName,
    Named::Folder,
    folder
);
name!(
    /// A source in `[metadata.sources]` of buildpack.toml.
    SourceName,
    Named::Source,
    plain
);
name!(
    /// A credential in `[metadata.credentials]` of buildpack.toml.
    CredentialName,
    Named::Credential,
    plain
);
name!(
    /// A process type, such as `web`. It can be the name of a folder in `env.launch` and `exec.d`.
    ProcessType,
    Named::ProcessType,
    plain
);
name!(
    /// An execution environment, such as `production`.
    ExecEnvName,
    Named::ExecEnv,
    plain
);
name!(
    /// The file name of a program in `exec.d`.
    ExecDName,
    Named::ExecDProgram,
    plain
);
name!(
    /// An environment variable. A name with a dot is refused: in the `env` folders of a layer, the text after a dot is
    /// the mode.
    VariableName,
    Named::Variable,
    variable
);
name!(
    /// A user name for HTTP basic authentication. A name with a colon is refused, because a colon ends the user name
    /// there.
    UserName,
    Named::User,
    user
);
name!(
    /// The supplier of the content of a source, for the bills of materials.
    SupplierName,
    Named::Supplier,
    supplier
);
name!(
    /// The type of a service binding. Types that differ only in case are equal.
    BindingType,
    Named::BindingType,
    plain
);
name!(
    /// A file at the root of the application that lists other files with their digests.
    LockFileName,
    Named::LockFile,
    plain
);

name!(
    /// The name of a package at an index of Python packages, in normal form.
    /// <https://packaging.python.org/en/latest/specifications/name-normalization/>
    PackageName,
    Named::Package,
    package
);

impl LockFileName {
    /// Whether the file is read as pip's requirements, which list packages with digests and without addresses. Every
    /// other file is read as TOML.
    #[must_use]
    pub fn is_requirements(&self) -> bool {
        has_suffix(&self.0, ".txt")
    }
}

impl BindingType {
    /// Whether a binding with this type matches.
    #[must_use]
    pub fn is(&self, found: &str) -> bool {
        self.0.eq_ignore_ascii_case(found)
    }
}

/// Whether the lifecycle or the launcher obeys an entry of this name at the root of a layer.
///
/// `bin` and `lib` are not among them: a component may write them in its own layers, but fetched content may not become
/// one.
#[must_use]
pub fn is_obeyed_at_layer_root(name: &[u8]) -> bool {
    name.starts_with(b"env") || name == b"exec.d" || name == b"profile.d"
}

fn plain(what: Named, name: &str) -> Result<(), NameError> {
    sized(what, name, LONGEST)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.bytes().all(allowed) && name.as_bytes()[0].is_ascii_alphanumeric() {
        return Ok(());
    }
    let allowed = "it may contain only letters, digits, '.', '_' and '-', and must begin with a letter or digit";
    Err(characters(what, name, allowed))
}

fn layer(what: Named, name: &str) -> Result<(), NameError> {
    plain(what, name)?;
    let reader = if matches!(name, "build" | "launch" | "store") {
        "the lifecycle reads its TOML file as something else"
    } else if has_suffix(name, ".toml") {
        "the lifecycle reads names that end in '.toml' as files"
    } else if format!("{}.", name.to_ascii_lowercase()).contains(".sbom.") {
        "the lifecycle reads files with '.sbom.' in their name as bills of materials"
    } else {
        return Ok(());
    };
    Err(reserved(what, name, reader))
}

fn folder(what: Named, name: &str) -> Result<(), NameError> {
    plain(what, name)?;
    let folded = name.to_ascii_lowercase();
    if is_obeyed_at_layer_root(folded.as_bytes()) || RESERVED_FOLDERS.contains(&folded.as_str()) {
        let reader = "the lifecycle or the launcher reads it";
        return Err(reserved(what, name, reader));
    }
    Ok(())
}

fn variable(what: Named, name: &str) -> Result<(), NameError> {
    sized(what, name, LONGEST_VARIABLE)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.bytes().all(allowed) && !name.as_bytes()[0].is_ascii_digit() {
        return Ok(());
    }
    let allowed = "it may contain only letters, digits and '_', and can't begin with a digit";
    Err(characters(what, name, allowed))
}

/// A refused user name is not shown: some people write the token there, as `user:token` or by itself.
fn user(what: Named, name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what });
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    if name.len() <= LONGEST_VARIABLE && name.bytes().all(allowed) {
        return Ok(());
    }
    let allowed =
        "it may contain only printable ASCII without spaces and ':', and at most 128 bytes";
    Err(NameError::Hidden { what, allowed })
}

fn package(what: Named, name: &str) -> Result<(), NameError> {
    sized(what, name, LONGEST_VARIABLE)?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if name
        .split('-')
        .all(|part| !part.is_empty() && part.bytes().all(allowed))
    {
        return Ok(());
    }
    let allowed =
        "it must be in normal form: lower-case letters and digits, with one '-' between its parts";
    Err(characters(what, name, allowed))
}

fn supplier(what: Named, name: &str) -> Result<(), NameError> {
    sized(what, name, LONGEST_VARIABLE)?;
    let allowed = |c: char| c.is_alphanumeric() || " &'+,-._".contains(c);
    if name.chars().all(allowed) && name.trim() == name {
        return Ok(());
    }
    let allowed = "it may contain only letters, digits, spaces between them and `&'+,-._`";
    Err(characters(what, name, allowed))
}

fn sized(what: Named, name: &str, longest: usize) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what });
    }
    if name.len() > longest {
        return Err(NameError::TooLong {
            what,
            name: shown(name),
            longest,
        });
    }
    Ok(())
}

fn characters(what: Named, name: &str, allowed: &'static str) -> NameError {
    let name = shown(name);
    NameError::Characters {
        what,
        name,
        allowed,
    }
}

fn reserved(what: Named, name: &str, reader: &'static str) -> NameError {
    let name = shown(name);
    NameError::Reserved { what, name, reader }
}

fn has_suffix(name: &str, suffix: &str) -> bool {
    name.to_ascii_lowercase().ends_with(suffix)
}

#[cfg(test)]
mod tests;
