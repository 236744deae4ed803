//! The reasons why a lock file cannot be used, and their messages.
//!
//! Packages without a usable wheel are in `choice`, since all of them are named in one message.

use wasm_buildpack_sdk::Error;

use crate::marker::MarkerError;
use crate::selection::{EXTRAS, GROUPS};

/// A lock file whose text cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("it is larger than {most} MiB, which is the host's limit for a list of files")]
    Large { most: u64 },
    #[error("it is not UTF-8")]
    NotUtf8,
    /// The text of the operation that failed.
    #[error("{0}")]
    File(String),
}

/// A lock file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("{file} cannot be read because {why}")]
    Unreadable { file: &'static str, why: ReadError },
    #[error("{file} is not a lock file that is known here: line {line}")]
    Syntax { file: &'static str, line: usize },
    #[error("{file} has the unknown version '{version}'")]
    Version { file: &'static str, version: String },
    #[error("{file} has a marker that cannot be evaluated: {why}")]
    Marker {
        file: &'static str,
        marker: String,
        why: String,
    },
    #[error("{file} needs '{name}', and has no such package for this platform")]
    Missing { file: &'static str, name: String },
    #[error("{file} has '{name}' in the versions {} and {} for one platform", .versions[0], .versions[1])]
    TwoVersions {
        file: &'static str,
        name: String,
        versions: [String; 2],
    },
    #[error("{file} was made for other platforms")]
    Environment { file: &'static str },
    #[error("{} Python {range}, and the chosen one is {python}", made_for(file, name.as_deref()))]
    Python {
        file: &'static str,
        /// The package that has this range, or `None` for that of the whole file.
        name: Option<String>,
        range: String,
        python: String,
    },
    #[error("{file} declares that {} and {} exclude each other", .names[0], .names[1])]
    Conflict {
        file: &'static str,
        /// Two extras, groups or projects.
        names: [String; 2],
    },
    #[error("{file} has packages, but not the project that needs them")]
    NoProject { file: &'static str },
    #[error("{file} is older than pyproject.toml: {why}")]
    Stale { file: &'static str, why: String },
    #[error("{file} has no packages, and pyproject.toml has dependencies")]
    Empty { file: &'static str },
}

fn made_for(file: &str, name: Option<&str>) -> String {
    match name {
        None => format!("{file} was made for"),
        Some(name) => format!("'{name}' in {file} needs"),
    }
}

impl LockError {
    /// The error for one of several markers.
    pub(crate) fn marker(file: &'static str, markers: &[String], error: &MarkerError) -> Self {
        Self::Marker {
            file,
            marker: markers.join(" | ").chars().take(200).collect(),
            why: error.to_string(),
        }
    }

    /// The failure for the host, with what to do.
    pub(crate) fn explained(self) -> Error {
        let anew = match self.file() {
            "uv.lock" => "Run 'uv lock'",
            _ => "Make it anew, such as with 'uv export --format pylock.toml -o pylock.toml'",
        };
        let text = match &self {
            Self::Unreadable {
                why: ReadError::Large { .. },
                ..
            } => {
                format!(
                    "{anew} for fewer platforms, such as with 'environments' in [tool.uv] of pyproject.toml, or without \
                     packages that the job does not need."
                )
            }
            Self::Unreadable { .. } => {
                format!("{anew}, and check that the file is in the application.")
            }
            Self::Syntax { .. } => {
                format!("The file is damaged, or was not made by the tool of its name. {anew}.")
            }
            Self::Version { .. } => {
                format!(
                    "Version 1 of uv.lock and version 1.x of pylock.toml are supported. {anew} with a tool that writes it."
                )
            }
            Self::Marker { marker, .. } => format!("The marker is: {marker}\n{anew}."),
            Self::Missing { .. } => format!("The file is damaged, or was edited by hand. {anew}."),
            Self::TwoVersions { .. } => {
                format!(
                    "Python can import one version of a package only. {anew}, without conflicting extras or groups."
                )
            }
            Self::Environment { .. } => {
                format!(
                    "Its list of environments does not allow the image's platform. Add Linux to the list, such as to \
                         'environments' in [tool.uv] of pyproject.toml. Then: {anew}."
                )
            }
            Self::Conflict { .. } => {
                format!(
                    "Choose one of them only. {EXTRAS} and {GROUPS} choose extras and groups, and a chosen one may bring \
                     another."
                )
            }
            Self::Python { .. } => {
                format!(
                    "Write a fitting version into .python-version, or: {anew} for the version there."
                )
            }
            Self::NoProject { .. } => {
                format!(
                    "The packages that an image needs are found by starting from the project. {anew} in the folder of \
                         the project's pyproject.toml."
                )
            }
            Self::Stale { .. } => format!("{anew}, and commit the result."),
            Self::Empty { .. } => {
                format!(
                    "Some tools write an empty file if the project was not locked before. {anew}, and look at the result."
                )
            }
        };
        Error::application(self.to_string(), text)
    }

    fn file(&self) -> &'static str {
        match self {
            Self::Unreadable { file, .. }
            | Self::Syntax { file, .. }
            | Self::Version { file, .. }
            | Self::Marker { file, .. }
            | Self::Missing { file, .. }
            | Self::TwoVersions { file, .. }
            | Self::Environment { file }
            | Self::Python { file, .. }
            | Self::Conflict { file, .. }
            | Self::NoProject { file }
            | Self::Stale { file, .. }
            | Self::Empty { file } => file,
        }
    }
}
