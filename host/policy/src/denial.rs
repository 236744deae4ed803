//! The denials of the operator's policy, and their texts. Pure.

use std::fmt;

use cnb::address::Revision;
use cnb::names::{SourceName, VariableName};
use cnb::sandbox::Sandbox;
use credential::CredentialPlace;

/// Something that a buildpack declares or a build requests, and the operator does not grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// A limit that is higher than the granted one.
    Limit {
        /// The key in `[metadata.limits]`.
        key: &'static str,
        /// The declared value, or the default.
        declared: u64,
        /// The value that is used.
        granted: u64,
    },
    /// A weaker sandbox than the operator demands.
    Sandbox {
        /// The declared value, or the default.
        declared: Sandbox,
        /// The value that is used.
        granted: Sandbox,
    },
    /// A source on a host that is not granted.
    Host {
        source: SourceName,
        /// The host of the source, in the form of the policy's keys.
        host: String,
        /// The granted values.
        granted: Vec<String>,
    },
    /// A credential in a place that is not granted for its host.
    Place {
        source: SourceName,
        host: String,
        place: CredentialPlace,
    },
    /// A credential in the same place as a mirror's credential, which goes only to the mirror.
    OfMirror {
        source: SourceName,
        place: CredentialPlace,
        /// The host that the mirror replaces.
        host: String,
    },
    /// A variable that holds a mirror's credential. No component may see it.
    Variable {
        variable: VariableName,
        /// The host that the mirror replaces.
        host: String,
    },
    /// A variable whose name looks like a credential of any buildpack, and that no policy names.
    Unnamed { variable: VariableName },
    /// A variable that is not passed to the component.
    Told {
        variable: VariableName,
        /// The granted values.
        granted: Vec<String>,
    },
    /// A variable that the component may not set for later buildpacks.
    Set {
        variable: VariableName,
        /// The granted values.
        granted: Vec<String>,
    },
    /// A path that is not granted for its host.
    Path {
        source: SourceName,
        host: String,
        path: String,
        /// The granted values.
        granted: Vec<String>,
    },
    /// A revision that is not granted for its host.
    Revision {
        source: SourceName,
        host: String,
        revision: Revision,
        /// The granted values.
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
                "{variable} is not a setting of this buildpack: in the operator's policy it holds the credential for \
                 the mirror of {host}"
            ),
            Self::Unnamed { variable } => write!(
                f,
                "{variable} is not read: its name is like a credential's, and no 'variables' in an operator's policy \
                 names it"
            ),
            Self::Told { variable, granted } => write!(
                f,
                "{variable} is not read: for variables, the operator's policy grants {}",
                list(granted, "none")
            ),
            Self::Set { variable, granted } => write!(
                f,
                "{variable} may not be set for later buildpacks: the operator's policy grants {}",
                list(granted, "no variable")
            ),
            Self::Path {
                source,
                host,
                path,
                granted,
            } => write!(
                f,
                "source '{source}' is to be fetched from the path '{path}'; for {host} the operator's policy grants {}",
                list(granted, "no path")
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
