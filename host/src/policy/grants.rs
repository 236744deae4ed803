//! Narrows the declarations of buildpack.toml to what the operator grants. The rest becomes denials.
//!
//! Pure.

use std::collections::BTreeMap;

use super::denial::Denial;
use super::mirrors::take;
use super::operator::{HostGrant, Mirror, OperatorPolicy, RefPattern};
use super::variables::{LaterError, texts};
use super::{mirrors, variables};
use crate::credential::CredentialPlace;
use cnb::address::{RemoteUrl, Revision};
use cnb::descriptor::{CredentialDeclaration, Descriptor};
use cnb::names::SourceName;

/// The declarations that hold in a build.
#[derive(Debug)]
pub struct Grants {
    /// The narrowed declarations of the buildpack.
    pub descriptor: Descriptor,
    /// The declarations that do not hold.
    pub denials: Vec<Denial>,
    /// The operator's policy, if it exists.
    pub operator: Option<OperatorPolicy>,
}

impl Grants {
    /// Narrows the declarations of a buildpack to what the operator grants.
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
            // Content in the package comes from no server.
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
            // The declared credential is not used: the mirror has its own.
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

    /// Checks that a build may set these variables for later buildpacks. `variables` maps each name to the layer or
    /// folder that sets it.
    pub fn may_set(&self, variables: &BTreeMap<String, String>) -> Result<(), LaterError> {
        let declared = &self.descriptor.build_variables;
        for (name, by) in variables {
            if declared.iter().any(|one| one.as_str() == name) {
                continue;
            }
            let denied = |denial: &&Denial| matches!(denial, Denial::Set { variable, .. } if variable.as_str() == name);
            return Err(match self.denials.iter().find(denied) {
                Some(denial) => LaterError::Denied(denial.clone()),
                None => LaterError::Undeclared {
                    variable: name.clone(),
                    by: by.clone(),
                    declared: if declared.is_empty() {
                        "none".to_owned()
                    } else {
                        texts(declared).join(", ")
                    },
                },
            });
        }
        Ok(())
    }

    /// Checks that this build may fetch a source from its declared address and at this revision.
    ///
    /// The caller checks this before it looks for a credential.
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

    /// Whether the certificate authorities of the image's own store are trusted.
    #[must_use]
    pub fn system_authorities(&self) -> bool {
        let operator = self.operator.as_ref();
        operator.is_none_or(|operator| operator.system_authorities.unwrap_or(true))
    }

    /// The operator's mirror for the host of this address.
    #[must_use]
    pub fn mirror_of(&self, url: &RemoteUrl) -> Option<&Mirror> {
        let operator = self.operator.as_ref()?;
        operator.mirrors.get(&url.authority())
    }

    /// Checks that this address may be asked for the source, with a credential from this place.
    ///
    /// Checked again if a binding names a server other than the one in buildpack.toml.
    pub fn may_ask(
        &self,
        name: &SourceName,
        url: &RemoteUrl,
        revision: &Revision,
        place: Option<CredentialPlace>,
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

/// Returns the grant for the host of an address; `None` if the policy does not restrict hosts.
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

fn grants_place(grant: &HostGrant, place: CredentialPlace) -> bool {
    grant
        .credentials
        .as_ref()
        .is_none_or(|places| places.contains(&place))
}

/// Lists the declared places of a credential that are not granted.
fn denied_places(grant: &HostGrant, declared: &CredentialDeclaration) -> Vec<CredentialPlace> {
    let places = [
        (CredentialPlace::Binding, declared.binding.is_some()),
        (CredentialPlace::Variable, declared.env.is_some()),
    ];
    let denied = places
        .into_iter()
        .filter(|(place, is_declared)| *is_declared && !grants_place(grant, *place));
    denied.map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests;
