//! What holds in a build: what buildpack.toml declares, as far as the operator grants it. The rest is a denial.
//!
//! Pure.

use std::fmt;

use super::operator::{HostGrant, Mirror, OperatorPolicy, RefPattern};
use super::{mirrors, variables};
use crate::cnb::address::{RemoteUrl, Revision};
use crate::cnb::descriptor::{CredentialDeclaration, Descriptor};
use crate::cnb::names::{SourceName, VariableName};
use crate::cnb::sandbox::Sandbox;
use crate::credential::Place;

/// What holds in a build.
#[derive(Debug)]
pub struct Grants {
    /// The buildpack's declarations, narrowed.
    pub descriptor: Descriptor,
    /// What was declared and does not hold.
    pub denials: Vec<Denial>,
    /// The operator's policy, if there is one.
    pub operator: Option<OperatorPolicy>,
}

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
        place: Place,
    },
    /// A credential in the place of a mirror's, which goes to the mirror alone.
    OfMirror {
        /// The source.
        source: SourceName,
        /// The place.
        place: Place,
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

impl Grants {
    /// Narrows what a buildpack declares to what the operator grants.
    #[must_use]
    pub fn of(mut descriptor: Descriptor, operator: Option<OperatorPolicy>) -> Self {
        let mut denials = variables::narrow(&mut descriptor, operator.as_ref());
        let Some(operator) = operator else {
            return Self {
                descriptor,
                denials,
                operator,
            };
        };
        for (key, declared, granted) in operator.limits.lower(&mut descriptor.limits) {
            denials.push(Denial::Limit {
                key,
                declared,
                granted,
            });
        }
        if let Some(least) = operator.sandbox
            && least.is_stricter_than(descriptor.sandbox)
        {
            denials.push(Denial::Sandbox {
                declared: descriptor.sandbox,
                granted: least,
            });
            descriptor.sandbox = least;
        }
        denials.extend(mirrors::keep_apart(&mut descriptor, &operator));
        let declared = descriptor.credentials.clone();
        for (name, source) in &descriptor.sources {
            // What the package brings along comes from nowhere.
            if source.vendored.is_some() {
                continue;
            }
            let grant = match host_grant(&operator, name, &source.git) {
                Ok(None) => continue,
                Ok(Some(grant)) => grant,
                Err(denial) => {
                    denials.push(denial);
                    continue;
                }
            };
            denials.extend(judge_revision(grant, name, &source.git, &source.reference).err());
            let Some(credential) = &source.credential else {
                continue;
            };
            // It stays where it is: the mirror has a credential of its own.
            if operator.mirrors.contains_key(&source.git.authority()) {
                continue;
            }
            for place in denied_places(grant, &declared[credential]) {
                if let Some(narrowed) = descriptor.credentials.get_mut(credential) {
                    take(narrowed, place);
                }
                denials.push(Denial::Place {
                    source: name.clone(),
                    host: source.git.authority(),
                    place,
                });
            }
        }
        Self {
            descriptor,
            denials,
            operator: Some(operator),
        }
    }

    /// Whether this build may fetch this source, from where it is declared and at this revision.
    ///
    /// Asked before a credential is looked for.
    pub fn may_fetch(&self, name: &SourceName, revision: &Revision) -> Result<(), Denial> {
        let declaration = &self.descriptor.sources[name];
        let denied = self.denials.iter().find(|denial| {
            let credential = declaration.credential.as_ref();
            let without = credential.is_some_and(|name| {
                let credential = &self.descriptor.credentials[name];
                credential.env.is_none() && credential.binding.is_none()
            });
            match denial {
                Denial::Host { source, .. } => source == name,
                Denial::Place { source, .. } | Denial::OfMirror { source, .. } => {
                    source == name && without
                }
                _ => false,
            }
        });
        if let Some(denial) = denied {
            return Err(denial.clone());
        }
        self.may_ask(name, &declaration.git, revision, None)
    }

    /// Whether the authorities of the image's own store are believed.
    #[must_use]
    pub fn system_authorities(&self) -> bool {
        let operator = self.operator.as_ref();
        operator.is_none_or(|operator| operator.system_authorities.unwrap_or(true))
    }

    /// Where to fetch from instead of this address, by the operator's policy.
    #[must_use]
    pub fn mirror_of(&self, url: &RemoteUrl) -> Option<&Mirror> {
        let operator = self.operator.as_ref()?;
        operator.mirrors.get(&url.authority())
    }

    /// Whether this address may be asked for it, with a credential from this place.
    ///
    /// Asked again when a binding has named another server than buildpack.toml.
    pub fn may_ask(
        &self,
        name: &SourceName,
        url: &RemoteUrl,
        revision: &Revision,
        place: Option<Place>,
    ) -> Result<(), Denial> {
        let Some(operator) = &self.operator else {
            return Ok(());
        };
        let Some(grant) = host_grant(operator, name, url)? else {
            return Ok(());
        };
        judge_revision(grant, name, url, revision)?;
        match place {
            Some(place) if !grants_place(grant, place) => Err(Denial::Place {
                source: name.clone(),
                host: url.authority(),
                place,
            }),
            _ => Ok(()),
        }
    }
}

/// What is granted for the host of an address; `None` where the policy says nothing of hosts.
fn host_grant<'p>(
    operator: &'p OperatorPolicy,
    name: &SourceName,
    url: &RemoteUrl,
) -> Result<Option<&'p HostGrant>, Denial> {
    let Some(hosts) = &operator.sources else {
        return Ok(None);
    };
    let host = url.authority();
    match hosts.get(&host) {
        Some(grant) => Ok(Some(grant)),
        None => Err(Denial::Host {
            source: name.clone(),
            host,
            granted: hosts.keys().cloned().collect(),
        }),
    }
}

fn judge_revision(
    grant: &HostGrant,
    name: &SourceName,
    url: &RemoteUrl,
    revision: &Revision,
) -> Result<(), Denial> {
    match &grant.refs {
        Some(refs) if !refs.iter().any(|pattern| pattern.covers(revision)) => {
            Err(Denial::Revision {
                source: name.clone(),
                host: url.authority(),
                revision: revision.clone(),
                granted: refs
                    .iter()
                    .map(RefPattern::as_str)
                    .map(str::to_owned)
                    .collect(),
            })
        }
        _ => Ok(()),
    }
}

fn grants_place(grant: &HostGrant, place: Place) -> bool {
    grant
        .credentials
        .as_ref()
        .is_none_or(|places| places.contains(&place))
}

/// Takes a place away from a credential.
pub(super) fn take(credential: &mut CredentialDeclaration, place: Place) {
    match place {
        Place::Variable => credential.env = None,
        Place::Binding => credential.binding = None,
    }
}

/// The declared places of a credential that are not granted.
fn denied_places(grant: &HostGrant, declared: &CredentialDeclaration) -> Vec<Place> {
    let places = [
        (Place::Binding, declared.binding.is_some()),
        (Place::Variable, declared.env.is_some()),
    ];
    let denied = places
        .into_iter()
        .filter(|(place, is_declared)| *is_declared && !grants_place(grant, *place));
    denied.map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests;
