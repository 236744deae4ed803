//! Describes what a descriptor lets a buildpack do.

use cnb::descriptor::{CredentialDeclaration, Descriptor};
use cnb::steering;

use crate::vendor;

/// Returns a line for each right that the descriptor grants.
pub(super) fn lines(descriptor: &Descriptor) -> Vec<String> {
    let mut lines = vec![
        "the component: the application to read, its layers to write; no network, no environment"
            .to_owned(),
        format!("sandbox: {}", descriptor.sandbox),
    ];
    lines.push(format!(
        "platform variables that are passed to the component: {}",
        list(descriptor.variables.iter().map(vendor::variable))
    ));
    let set = descriptor.build_variables.iter();
    lines.push(format!(
        "variables that it may set for later buildpacks: {}",
        list(set.map(|name| steering::told(name.as_str())))
    ));
    let sources = descriptor.sources.all();
    for source in &sources {
        lines.push(format!(
            "source '{}': {}",
            source.name,
            vendor::describe(source)
        ));
        if let Some(credential) = source.credential
            && !source.is_vendored
        {
            let places = places(&descriptor.credentials[credential]);
            let declared = source.server.map_or(String::new(), |server| {
                format!("to {}, or ", server.origin())
            });
            lines.push(format!(
                "  credential '{credential}': from {places}; sent {declared}to the server that its binding names"
            ));
        }
    }
    if sources.is_empty() {
        lines.push("sources: none, so the host needs no network".to_owned());
    }
    let limits = descriptor
        .limits
        .rows()
        .map(|(key, value)| format!("{key} {value}"));
    lines.push(format!("limits: {}", limits.collect::<Vec<_>>().join(", ")));
    lines
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn places(credential: &CredentialDeclaration) -> String {
    let CredentialDeclaration {
        env,
        binding,
        provider,
        username,
    } = credential;
    let provider = provider
        .as_ref()
        .map_or(String::new(), |name| format!(" and provider '{name}'"));
    let binding = binding
        .iter()
        .map(|kind| format!("a binding of type '{kind}'{provider}"));
    let variable = env.iter().map(|name| format!("variable {name}"));
    let places: Vec<_> = binding.chain(variable).collect();
    format!("{} (as {username})", places.join(" or "))
}
