//! The reasons why no version could be chosen, and their messages.

use wasm_buildpack_sdk::Error;

use crate::origin::{Origin, VARIABLE};

/// No version could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// The request has a form that is not known here.
    #[error("{origin} asks for Python '{text}', which is not understood")]
    Unclear { origin: Origin, text: String },
    /// No release of the list satisfies the request.
    #[error("There is no Python {wanted} here, which {origin} asks for")]
    Unknown {
        wanted: String,
        origin: Origin,
        known: String,
    },
    /// A file with a request can't be read.
    #[error("{origin} cannot be read because {why}")]
    Unreadable { origin: Origin, why: String },
    /// The list of releases in this component is broken.
    #[error("The list of Python releases is broken: {0}")]
    List(String),
}

impl VersionError {
    /// The failure for the host, with what to do.
    #[must_use]
    pub fn explained(self) -> Error {
        let title = self.to_string();
        match self {
            Self::Unclear { origin, .. } => {
                let text = "The supported forms are 3.12, 3.12.4, cpython-3.12 and ranges such as >=3.11,<3.14. Other \
                            implementations than CPython, and builds without the global lock, are not supported.";
                by_origin(origin, title, text.to_owned())
            }
            Self::Unknown { origin, known, .. } => {
                let text = format!(
                    "The versions are {known}. Ask for one of them, or for a minor version such as 3.12, of which the \
                     newest is taken."
                );
                by_origin(origin, title, text)
            }
            Self::Unreadable { origin, .. } => {
                let text =
                    "The Python version depends on it. Make it a plain text file that can be read.";
                by_origin(origin, title, text.to_owned())
            }
            Self::List(_) => {
                let text = "This is a fault of the buildpack. Please report it to its author.";
                Error::internal(title, text)
            }
        }
    }
}

/// A fault of the platform if it set the variable, and else of the application.
fn by_origin(origin: Origin, title: String, text: String) -> Error {
    match origin {
        Origin::Variable => Error::platform(title, format!("{text} The platform sets {VARIABLE}.")),
        _ => Error::application(title, text),
    }
}
