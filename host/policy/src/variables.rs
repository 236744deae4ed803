//! Decides which of the platform's variables a component gets, and which variables it may set for later buildpacks.
//!
//! Pure.

use super::denial::Denial;
use super::operator::OperatorPolicy;
use cnb::descriptor::Descriptor;
use cnb::names::VariableName;

/// Words that mark a name as a credential's, anywhere in it.
const WORDS: &str = "CREDENTIAL PASSPHRASE PASSWD PASSWORD SECRET TOKEN";
/// Words that mark a name as a credential's if they are a whole part of it. The address of a proxy or a database can
/// contain a password.
const PARTS: &str = "AUTH COOKIE DSN JWT KEYS NETRC PASS PAT PRIVATE PROXY PWD";

/// Whether a variable's name looks like a credential's. The credential may be another buildpack's.
#[must_use]
pub fn is_like_a_credential(variable: &VariableName) -> bool {
    let name = variable.as_str().to_ascii_uppercase();
    let mut parts = name.split('_');
    WORDS.split_whitespace().any(|word| name.contains(word))
        || parts.any(|part| {
            part.ends_with("KEY") || PARTS.split_whitespace().any(|known| known == part)
        })
}

/// A variable that a build may not set for later buildpacks.
#[derive(Debug, thiserror::Error)]
pub enum LaterError {
    #[error(
        "{by} sets {variable} for later buildpacks; in build-variables, buildpack.toml declares {declared}"
    )]
    Undeclared {
        variable: String,
        /// The layer that changes it, or the folder of a layer from which the lifecycle makes it.
        by: String,
        /// The declared variables.
        declared: String,
    },
    #[error("{0}")]
    Denied(Denial),
}

/// Removes the variables that are not granted.
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
    // The value of a revision's variable is sent to a server and shown in the log.
    for declared in descriptor.sources.ref_variables_mut() {
        if let Some(variable) = declared.take_if(|variable| unnamed(variable)) {
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

/// Removes a mirror's credential from the variables that the component would get or the log would show.
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
        for declared in descriptor.sources.ref_variables_mut() {
            taken |= declared.take_if(|variable| variable == secret).is_some();
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
