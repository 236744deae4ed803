//! The variables that buildpack.toml names: the use of each, and the names that are refused.

use super::Descriptor;
use crate::names::VariableName;
use crate::steering::{folder_of, steers};

/// Returns the key of the first name that is refused, and the reason.
pub(super) fn judge(descriptor: &Descriptor) -> Option<(String, String)> {
    told(descriptor)
        .or_else(|| revisions(descriptor))
        .or_else(|| set(descriptor))
}

/// Whether a variable holds a token. Such a variable has no other use: the component and messages show the values of
/// the others.
fn is_secret(descriptor: &Descriptor, variable: &VariableName) -> bool {
    let mut credentials = descriptor.credentials.values();
    credentials.any(|credential| credential.env.as_ref() == Some(variable))
}

fn told(descriptor: &Descriptor) -> Option<(String, String)> {
    let variables = &descriptor.variables;
    let secret = variables.iter().find(|name| is_secret(descriptor, name));
    let why = match secret {
        Some(name) => format!("{name} holds a credential, which the component must not see"),
        None => twice(variables)?,
    };
    Some(("metadata.variables".to_owned(), why))
}

fn revisions(descriptor: &Descriptor) -> Option<(String, String)> {
    let mut sources = descriptor.sources.all().into_iter();
    sources.find_map(|source| {
        let name = source.ref_variable?;
        let key = format!("metadata.sources.{}.ref-variable", source.name);
        is_secret(descriptor, name).then(|| (key, format!("{name} holds a credential already")))
    })
}

fn set(descriptor: &Descriptor) -> Option<(String, String)> {
    let variables = &descriptor.build_variables;
    let others = |name: &&VariableName| steers(name.as_str()) && folder_of(name.as_str()).is_none();
    let why = match variables.iter().find(others) {
        Some(name) => format!("{name} steers other programs, so no component may set it"),
        None => twice(variables)?,
    };
    Some(("metadata.build-variables".to_owned(), why))
}

fn twice(variables: &[VariableName]) -> Option<String> {
    let mut names = variables.iter().enumerate();
    let (_, name) = names.find(|(index, name)| variables[..*index].contains(name))?;
    Some(format!("{name} is listed twice"))
}
