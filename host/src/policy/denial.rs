//! What the operator does not grant, and the text for it. Pure.

use std::fmt;

use crate::credential::CredentialPlace;
use cnb::address::Revision;
use cnb::names::{SourceName, VariableName};
use cnb::sandbox::Sandbox;

/// Something that a buildpack declares or a build asks for, and the operator doesn't grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// More of something than is granted.
    Limit {
        /// Its key in `[metadata.limits]`.
        key: &'static str,
        /// What is declared, or the default.
        declared: u64,
        /// What holds.
        granted: u64,
    },
    /// Less confinement than is asked for.
    Sandbox {
        /// What is declared, or the default.
        declared: Sandbox,
        /// What holds.
        granted: Sandbox,
    },
    /// A source on a host that is not granted.
    Host {
        /// The source.
        source: SourceName,
        /// Its host, as the policy would name it.
        host: String,
        /// Those that are granted.
        granted: Vec<String>,
    },
    /// A credential in a place that is not granted for its host.
    Place {
        /// The source.
        source: SourceName,
        /// Its host.
        host: String,
        /// The place.
        place: CredentialPlace,
    },
    /// A credential in the place of a mirror's, which goes to the mirror alone.
    OfMirror {
        /// The source.
        source: SourceName,
        /// The place.
        place: CredentialPlace,
        /// The host whose mirror it is for.
        host: String,
    },
    /// A variable that holds a mirror's credential, which nobody else may see.
    Variable {
        /// The variable.
        variable: VariableName,
        /// The host whose mirror it is for.
        host: String,
    },
    /// A variable that looks like a credential, of whatever buildpack, and that no policy names.
    Unnamed {
        /// The variable.
        variable: VariableName,
    },
    /// A variable that the guest is not told.
    Told {
        /// The variable.
        variable: VariableName,
        /// Those that are granted.
        granted: Vec<String>,
    },
    /// A variable that the guest may not set for the buildpacks behind this one.
    Set {
        /// The variable.
        variable: VariableName,
        /// Those that are granted.
        granted: Vec<String>,
    },
    /// A revision that is not granted for its host.
    Revision {
        /// The source.
        source: SourceName,
        /// Its host.
        host: String,
        /// The revision.
        revision: Revision,
        /// Those that are granted.
        granted: Vec<String>,
    },
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit {
                key,
                declared,
                granted,
            } => write!(
                f,
                "{key} is {granted}, not {declared}: the operator's policy grants no more"
            ),
            Self::Sandbox { declared, granted } => {
                write!(
                    f,
                    "sandbox is \"{granted}\", not \"{declared}\": the operator's policy asks for it"
                )
            }
            Self::Host {
                source,
                host,
                granted,
            } => write!(
                f,
                "source '{source}' is on {host}; the operator's policy grants {}",
                list(granted, "no host")
            ),
            Self::Place {
                source,
                host,
                place,
            } => write!(
                f,
                "the credential for source '{source}' may not come from a {place}: the operator's policy doesn't \
                 grant that for {host}"
            ),
            Self::OfMirror {
                source,
                place,
                host,
            } => write!(
                f,
                "source '{source}' may not sign in with a {place} that, in the operator's policy, holds the credential \
                 for the mirror of {host}"
            ),
            Self::Variable { variable, host } => write!(
                f,
                "{variable} is no setting of this buildpack: in the operator's policy it holds the credential for \
                 the mirror of {host}"
            ),
            Self::Unnamed { variable } => write!(
                f,
                "{variable} is not read: its name is like a credential's, and no 'variables' in an operator's policy \
                 names it"
            ),
            Self::Told { variable, granted } => write!(
                f,
                "{variable} is not read: of variables the operator's policy grants {}",
                list(granted, "none")
            ),
            Self::Set { variable, granted } => write!(
                f,
                "{variable} may not be set for the buildpacks behind this one: the operator's policy grants {}",
                list(granted, "no variable")
            ),
            Self::Revision {
                source,
                host,
                revision,
                granted,
            } => write!(
                f,
                "source '{source}' is to be fetched at '{revision}'; for {host} the operator's policy grants {}",
                list(granted, "no revision")
            ),
        }
    }
}

fn list(granted: &[String], none: &str) -> String {
    if granted.is_empty() {
        none.to_owned()
    } else {
        granted.join(", ")
    }
}
