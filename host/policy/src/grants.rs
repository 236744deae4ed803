//! Narrows the declarations of buildpack.toml to what the operator grants. The rest becomes denials.
//!
//! Pure.

use std::collections::BTreeMap;

use super::denial::Denial;
use super::mirrors::take;
use super::operator::{HostGrant, Mirror, OperatorPolicy, PathPattern, RefPattern};
use super::variables::{LaterError, texts};
use super::{mirrors, variables};
use cnb::address::{FileUrl, RemoteUrl, Revision};
use cnb::descriptor::{CredentialDeclaration, Descriptor};
use cnb::names::{CredentialName, SourceName, shown};
use credential::CredentialPlace;

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
        let servers: Vec<_> = servers(&descriptor).collect();
        for GrantedServer {
            source,
            host,
            path,
            reference,
            credential,
        } in servers
        {
            let grant = match host_grant(&operator, &source, &host) {
                Ok(None) => continue,
                Ok(Some(grant)) => grant,
                Err(denial) => {
                    denials.push(denial);
                    continue;
                }
            };
            if let Some(reference) = reference {
                denials.extend(judge_path(grant, &source, &host, &path).err());
                denials.extend(judge_revision(grant, &source, &host, &reference).err());
            }
            let Some(credential) = credential else {
                continue;
            };
            // The declared credential is not used: the mirror has its own.
            if operator.mirrors.contains_key(&host) {
                continue;
            }
            for place in denied_places(grant, &declared[&credential]) {
                if let Some(narrowed) = descriptor.credentials.get_mut(&credential) {
                    take(narrowed, place);
                }
                denials.push(Denial::Place {
                    source: source.clone(),
                    host: host.clone(),
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

    /// Checks that this build may fetch a repository from its declared address and at this revision.
    ///
    /// The caller checks this before it looks for a credential.
    pub fn may_fetch(&self, name: &SourceName, revision: &Revision) -> Result<(), Denial> {
        let declaration = &self.descriptor.sources.git[name];
        self.not_denied(name, declaration.credential.as_ref())?;
        self.may_ask(name, &declaration.git, revision, None)
    }

    /// Checks that the policy denies neither the host nor the credential of a source.
    ///
    /// The caller checks this before it looks for a credential.
    pub fn not_denied(
        &self,
        name: &SourceName,
        credential: Option<&CredentialName>,
    ) -> Result<(), Denial> {
        let denied = self.denials.iter().find(|denial| {
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
        denied.map_or(Ok(()), |denial| Err(denial.clone()))
    }

    /// Whether the certificate authorities of the image's own store are trusted.
    #[must_use]
    pub fn system_authorities(&self) -> bool {
        let operator = self.operator.as_ref();
        operator.is_none_or(|operator| operator.system_authorities.unwrap_or(true))
    }

    /// The operator's mirror for this `host` or `host:port`.
    #[must_use]
    pub fn mirror_of(&self, authority: &str) -> Option<&Mirror> {
        let operator = self.operator.as_ref()?;
        operator.mirrors.get(authority)
    }

    /// The index of packages that the policy names.
    #[must_use]
    pub fn index(&self) -> Option<&RemoteUrl> {
        self.operator.as_ref()?.index.as_ref()
    }

    /// The operator's mirrors, each after the `host` or `host:port` that it replaces.
    pub fn mirrors(&self) -> impl Iterator<Item = (&str, &Mirror)> {
        let operator = self.operator.iter();
        let mirrors = operator.flat_map(|operator| &operator.mirrors);
        mirrors.map(|(host, mirror)| (host.as_str(), mirror))
    }

    /// Whether the policy names this `host` or `host:port` as one that content may come from.
    #[must_use]
    pub fn names_host(&self, authority: &str) -> bool {
        let hosts = self.operator.as_ref();
        let hosts = hosts.and_then(|operator| operator.sources.as_ref());
        hosts.is_some_and(|hosts| hosts.contains_key(authority))
    }

    /// Checks that a file of the source may be fetched from this address, with a credential from this place.
    pub fn may_ask_file(
        &self,
        name: &SourceName,
        url: &FileUrl,
        place: Option<CredentialPlace>,
    ) -> Result<(), Denial> {
        let Some(operator) = &self.operator else {
            return Ok(());
        };
        let host = url.authority();
        let Some(grant) = host_grant(operator, name, &host)? else {
            return Ok(());
        };
        judge_path(grant, name, &host, url.path())?;
        judge_place(grant, name, &host, place)
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
        let host = url.authority();
        let Some(grant) = host_grant(operator, name, &host)? else {
            return Ok(());
        };
        judge_path(grant, name, &host, url.path())?;
        judge_revision(grant, name, &host, revision)?;
        judge_place(grant, name, &host, place)
    }
}

/// A server that buildpack.toml declares for a source whose content is not in the package.
struct GrantedServer {
    source: SourceName,
    /// `host` or `host:port`.
    host: String,
    path: String,
    /// The default revision. Without revisions each part of the content has its own path, which is checked later.
    reference: Option<Revision>,
    credential: Option<CredentialName>,
}

fn servers(descriptor: &Descriptor) -> impl Iterator<Item = GrantedServer> {
    let sources = descriptor.sources.all().into_iter();
    let fetched = sources.filter(|source| !source.is_vendored);
    fetched.filter_map(|source| {
        let server = source.server?;
        Some(GrantedServer {
            source: source.name.clone(),
            host: server.authority(),
            path: server.path().to_owned(),
            reference: source.reference.cloned(),
            credential: source.credential.cloned(),
        })
    })
}

/// Returns the grant for a `host` or `host:port`; `None` if the policy does not restrict hosts.
fn host_grant<'p>(
    operator: &'p OperatorPolicy,
    name: &SourceName,
    host: &str,
) -> Result<Option<&'p HostGrant>, Denial> {
    let Some(hosts) = &operator.sources else {
        return Ok(None);
    };
    match hosts.get(host) {
        Some(grant) => Ok(Some(grant)),
        None => Err(Denial::Host {
            source: name.clone(),
            host: host.to_owned(),
            granted: hosts.keys().cloned().collect(),
        }),
    }
}

fn judge_place(
    grant: &HostGrant,
    name: &SourceName,
    host: &str,
    place: Option<CredentialPlace>,
) -> Result<(), Denial> {
    match place {
        Some(place) if !grants_place(grant, place) => Err(Denial::Place {
            source: name.clone(),
            host: host.to_owned(),
            place,
        }),
        _ => Ok(()),
    }
}

fn judge_path(grant: &HostGrant, name: &SourceName, host: &str, path: &str) -> Result<(), Denial> {
    let covers = |pattern: &PathPattern| pattern.covers(path);
    match denied_by(grant.paths.as_deref(), covers, PathPattern::as_str) {
        Some(granted) => Err(Denial::Path {
            source: name.clone(),
            host: host.to_owned(),
            path: shown(path),
            granted,
        }),
        None => Ok(()),
    }
}

fn judge_revision(
    grant: &HostGrant,
    name: &SourceName,
    host: &str,
    revision: &Revision,
) -> Result<(), Denial> {
    let covers = |pattern: &RefPattern| pattern.covers(revision);
    match denied_by(grant.refs.as_deref(), covers, RefPattern::as_str) {
        Some(granted) => Err(Denial::Revision {
            source: name.clone(),
            host: host.to_owned(),
            revision: revision.clone(),
            granted,
        }),
        None => Ok(()),
    }
}

/// Returns the texts of the patterns, if none of them covers the requested value. `None` as `patterns` allows every
/// value.
fn denied_by<P>(
    patterns: Option<&[P]>,
    covers: impl Fn(&P) -> bool,
    text: impl Fn(&P) -> &str,
) -> Option<Vec<String>> {
    let patterns = patterns.filter(|patterns| !patterns.iter().any(covers))?;
    Some(
        patterns
            .iter()
            .map(|pattern| text(pattern).to_owned())
            .collect(),
    )
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
