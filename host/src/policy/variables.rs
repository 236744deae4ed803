//! Variables: which of the platform's a component is told, and which it may set for the buildpacks behind this one.
//!
//! Pure.

use super::denial::Denial;
use super::operator::OperatorPolicy;
use cnb::descriptor::Descriptor;
use cnb::names::VariableName;

/// Words of a credential's name, wherever they stand in it.
const WORDS: &str = "CREDENTIAL PASSPHRASE PASSWD PASSWORD SECRET TOKEN";
/// The same where one is a whole part of it. A proxy's address can hold a password, and so can a database's.
const PARTS: &str = "AUTH COOKIE DSN JWT KEYS NETRC PASS PAT PRIVATE PROXY PWD";

/// Whether a variable's name is like that of a credential, which may be another buildpack's.
#[must_use]
pub fn is_like_a_credential(variable: &VariableName) -> bool {
    let name = variable.as_str().to_ascii_uppercase();
    let mut parts = name.split('_');
    WORDS.split_whitespace().any(|word| name.contains(word))
        || parts.any(|part| {
            part.ends_with("KEY") || PARTS.split_whitespace().any(|known| known == part)
        })
}

/// Why a build may not set a variable for the buildpacks behind this one.
#[derive(Debug, thiserror::Error)]
pub enum LaterError {
    /// buildpack.toml doesn't declare it.
    #[error(
        "{by} sets {variable} for the buildpacks behind this one, and of such variables buildpack.toml declares {declared}"
    )]
    Undeclared {
        /// The variable.
        variable: String,
        /// The layer that changes it, or the folder of a layer of which the lifecycle makes it.
        by: String,
        /// Those that are declared.
        declared: String,
    },
    /// The operator doesn't grant it.
    #[error("{0}")]
    Denied(Denial),
}

/// Takes away the variables that are not granted.
pub(super) fn narrow(
    descriptor: &mut Descriptor,
    operator: Option<&OperatorPolicy>,
) -> Vec<Denial> {
    let mut denials = operator.map_or_else(Vec::new, |operator| withhold(descriptor, operator));
    let granted = operator.and_then(|operator| operator.variables.as_ref());
    let is_named = |variable: &VariableName| granted.is_some_and(|named| named.contains(variable));
    let unnamed = |variable: &VariableName| is_like_a_credential(variable) && !is_named(variable);
    descriptor.variables.retain(|variable| {
        let denial = match granted {
            _ if is_named(variable) => return true,
            Some(granted) => Denial::Told {
                variable: variable.clone(),
                granted: texts(granted),
            },
            None if unnamed(variable) => Denial::Unnamed {
                variable: variable.clone(),
            },
            None => return true,
        };
        denials.push(denial);
        false
    });
    // A server is asked for what one holds, and it is shown.
    for source in descriptor.sources.values_mut() {
        if let Some(variable) = source.ref_variable.take_if(|variable| unnamed(variable)) {
            denials.push(Denial::Unnamed { variable });
        }
    }
    if let Some(granted) = operator.and_then(|operator| operator.build_variables.as_ref()) {
        descriptor.build_variables.retain(|variable| {
            let is_granted = granted.contains(variable);
            if !is_granted {
                denials.push(Denial::Set {
                    variable: variable.clone(),
                    granted: texts(granted),
                });
            }
            is_granted
        });
    }
    denials
}

/// Takes a mirror's credential away from the guest, and from where it would be shown.
fn withhold(descriptor: &mut Descriptor, operator: &OperatorPolicy) -> Vec<Denial> {
    let mut denials = Vec::new();
    for (host, mirror) in &operator.mirrors {
        let credential = mirror.credential.as_ref();
        let Some(secret) = credential.and_then(|credential| credential.env.as_ref()) else {
            continue;
        };
        let shown = descriptor.variables.len();
        descriptor.variables.retain(|variable| variable != secret);
        let mut taken = descriptor.variables.len() < shown;
        for source in descriptor.sources.values_mut() {
            taken |= source
                .ref_variable
                .take_if(|variable| variable == secret)
                .is_some();
        }
        if taken {
            denials.push(Denial::Variable {
                variable: secret.clone(),
                host: host.clone(),
            });
        }
    }
    denials
}

pub(super) fn texts(variables: &[VariableName]) -> Vec<String> {
    variables.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests;
