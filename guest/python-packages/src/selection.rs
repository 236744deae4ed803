//! The extras and dependency groups of the project that somebody chose for the image.
//!
//! A lock names the ones that it was made for. Any other name is a mistake, and not an empty extra.

use std::collections::BTreeSet;

use wasm_buildpack_sdk::{BuildContext, Error};

use crate::name::Name;

/// The platform's variable with the names of extras.
pub(crate) const EXTRAS: &str = "BP_PYTHON_EXTRAS";
/// The platform's variable with the names of dependency groups.
pub(crate) const GROUPS: &str = "BP_PYTHON_GROUPS";

/// Names of extras and of dependency groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) extras: BTreeSet<Name>,
    pub(crate) groups: BTreeSet<Name>,
}

/// A choice that a lock cannot follow.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SelectionError {
    #[error("'{text}' in {variable} is not a name")]
    Name {
        variable: &'static str,
        text: String,
    },
    #[error("{file} has no {kind} '{name}', which {variable} names")]
    Unknown {
        file: &'static str,
        /// An extra or a dependency group.
        kind: &'static str,
        name: String,
        variable: &'static str,
        /// The names that the file has, with commas.
        known: String,
    },
    /// A file of this kind was made for one selection.
    #[error("{file} has neither extras nor dependency groups, and {variable} names one")]
    Fixed {
        file: &'static str,
        variable: &'static str,
    },
}

impl Selection {
    /// Reads the variables: names with spaces or commas between them.
    pub(crate) fn of(context: &BuildContext) -> Result<Self, SelectionError> {
        let names = |variable| names(variable, context.variable(variable).unwrap_or_default());
        Ok(Self {
            extras: names(EXTRAS)?,
            groups: names(GROUPS)?,
        })
    }

    /// Refuses a name that a file does not offer.
    pub(crate) fn check(&self, file: &'static str, offered: &Self) -> Result<(), SelectionError> {
        known(file, ("extra", EXTRAS), &self.extras, &offered.extras)?;
        known(file, ("group", GROUPS), &self.groups, &offered.groups)
    }

    /// Refuses any name for a file that was made for one selection.
    pub(crate) fn check_fixed(&self, file: &'static str) -> Result<(), SelectionError> {
        let variable = match self {
            Self { extras, .. } if !extras.is_empty() => EXTRAS,
            Self { groups, .. } if !groups.is_empty() => GROUPS,
            _ => return Ok(()),
        };
        Err(SelectionError::Fixed { file, variable })
    }

    /// The selection for a log, if there is any.
    pub(crate) fn shown(&self) -> Option<String> {
        let extras = self.extras.iter().map(|name| format!("extra '{name}'"));
        let groups = self.groups.iter().map(|name| format!("group '{name}'"));
        let all: Vec<_> = extras.chain(groups).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

fn names(variable: &'static str, text: &str) -> Result<BTreeSet<Name>, SelectionError> {
    let words = text.split([' ', ',']).filter(|word| !word.is_empty());
    let names = words.map(|word| {
        word.parse().map_err(|_| SelectionError::Name {
            variable,
            text: word.chars().take(60).collect(),
        })
    });
    names.collect()
}

fn known(
    file: &'static str,
    (kind, variable): (&'static str, &'static str),
    chosen: &BTreeSet<Name>,
    offered: &BTreeSet<Name>,
) -> Result<(), SelectionError> {
    let Some(name) = chosen.difference(offered).next() else {
        return Ok(());
    };
    let offered: Vec<_> = offered.iter().map(Name::to_string).collect();
    Err(SelectionError::Unknown {
        file,
        kind,
        name: name.to_string(),
        variable,
        known: offered.join(", "),
    })
}

impl SelectionError {
    /// The failure for the host, with what to do.
    pub(crate) fn explained(self) -> Error {
        let text = match &self {
            Self::Name { variable, .. } => {
                format!(
                    "Names have letters and digits, with '-', '_' and '.' between them. Correct {variable}."
                )
            }
            Self::Unknown {
                variable, known, ..
            } if known.is_empty() => {
                format!(
                    "The file has none. Unset {variable}, or lock the project again with what it names."
                )
            }
            Self::Unknown {
                variable, known, ..
            } => {
                format!(
                    "The file has these: {known}. Correct {variable}, or lock the project again."
                )
            }
            Self::Fixed { variable, .. } => {
                format!(
                    "Unset {variable}. Export the file with what it names, such as with 'uv export --extra NAME', or put \
                     uv.lock beside the project in place of it."
                )
            }
        };
        Error::platform(self.to_string(), text)
    }
}

#[cfg(test)]
mod tests;
