//! Names, each a type of its own that parses once. A wrong one can't be passed on.
//!
//! Nothing here touches a file.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

pub use text::{shown, shown_os};

/// The longest name, in bytes.
const LONGEST: usize = 64;
/// The longest name of a variable, in bytes.
const LONGEST_VARIABLE: usize = 128;

/// Folders at a layer's root that the lifecycle or the launcher reads, besides all that begin with `env`.
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

/// Why a name was refused. `what` says what it was to name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty.
    #[error("the {what} can't be empty")]
    Empty {
        /// The thing that it was to name.
        what: Named,
    },
    /// It is too long.
    #[error("the {what} '{name}' has more than {longest} bytes")]
    TooLong {
        /// The thing that it was to name.
        what: Named,
        /// The name, escaped and cut.
        name: String,
        /// The limit.
        longest: usize,
    },
    /// It has a character that it must not have.
    #[error("the {what} '{name}' is refused: {allowed}")]
    Characters {
        /// The thing that it was to name.
        what: Named,
        /// The name, escaped and cut.
        name: String,
        /// The rule.
        allowed: &'static str,
    },
    /// It may hold a secret, and so isn't shown.
    #[error("the {what}, which may hold a token and so isn't shown, is refused: {allowed}")]
    Hidden {
        /// The thing that it was to name.
        what: Named,
        /// The rule.
        allowed: &'static str,
    },
    /// It means something to the lifecycle or the launcher.
    #[error("the {what} '{name}' is refused: {reader}")]
    Reserved {
        /// The thing that it was to name.
        what: Named,
        /// The name, escaped and cut.
        name: String,
        /// Who reads it.
        reader: &'static str,
    },
}

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A layer.
    Layer,
    /// A folder of a layer.
    Folder,
    /// A source of buildpack.toml.
    Source,
    /// A credential of buildpack.toml.
    Credential,
    /// A process of the image.
    ProcessType,
    /// An execution environment.
    ExecEnv,
    /// A program in `exec.d`.
    ExecDProgram,
    /// An environment variable.
    Variable,
    /// A user that signs in.
    User,
    /// The maker of a source's content.
    Supplier,
    /// A type of service bindings.
    BindingType,
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
        })
    }
}

impl NameError {
    /// What the name is for.
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
            /// The name as text.
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
    /// A layer's name, and that of its directory. Never one whose file means something else to the lifecycle.
    LayerName,
    Named::Layer,
    layer
);
name!(
    /// The folder of a layer that fetched content becomes. Never one that the lifecycle or the launcher reads.
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
    /// A process type, such as `web`. It can name a folder in `env.launch` and `exec.d`.
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
    /// The file of a program in `exec.d`.
    ExecDName,
    Named::ExecDProgram,
    plain
);
name!(
    /// An environment variable. Without a dot: in a layer's `env` folders what follows one is the mode.
    VariableName,
    Named::Variable,
    variable
);
name!(
    /// A user name for signing in. Without a colon, which ends it in HTTP's basic authentication.
    UserName,
    Named::User,
    user
);
name!(
    /// The maker of what a source gives, for the bills of materials.
    SupplierName,
    Named::Supplier,
    supplier
);
name!(
    /// The type of a service binding. Types that differ in case alone are the same type.
    BindingType,
    Named::BindingType,
    plain
);

impl BindingType {
    /// Whether a binding that names its type so is of this type.
    #[must_use]
    pub fn is(&self, found: &str) -> bool {
        self.0.eq_ignore_ascii_case(found)
    }
}

/// Whether the lifecycle or the launcher reads this name at a layer's root as something to obey.
///
/// `bin` and `lib` are not among them: a guest may fill them in its own layers, but not have them fetched.
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
    let allowed =
        "only letters, digits, '.', '_' and '-' may be in it, and a letter or digit is first";
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
    let allowed = "only letters, digits and '_' may be in it, and no digit is first";
    Err(characters(what, name, allowed))
}

/// One that is refused is not shown: some write the token there, as `user:token` or by itself.
fn user(what: Named, name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what });
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    if name.len() <= LONGEST_VARIABLE && name.bytes().all(allowed) {
        return Ok(());
    }
    let allowed = "only printable ASCII without spaces and ':' may be in it, and at most 128 bytes";
    Err(NameError::Hidden { what, allowed })
}

fn supplier(what: Named, name: &str) -> Result<(), NameError> {
    sized(what, name, LONGEST_VARIABLE)?;
    let allowed = |c: char| c.is_alphanumeric() || " &'+,-._".contains(c);
    if name.chars().all(allowed) && name.trim() == name {
        return Ok(());
    }
    let allowed = "only letters, digits, spaces between them and `&'+,-._` may be in it";
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
