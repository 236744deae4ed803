//! Describes what a descriptor lets a buildpack do.

use cnb::descriptor::{
    CredentialDeclaration, Descriptor, FileList, FileSource, SourceDeclaration, Vendored,
};
use cnb::names::{LockFileName, VariableName};
use cnb::steering;
use policy::is_like_a_credential;
use report::counted;

/// Returns a line for each right that the descriptor grants.
pub(super) fn lines(descriptor: &Descriptor) -> Vec<String> {
    let mut lines = vec![
        "the component: the application to read, its layers to write; no network, no environment"
            .to_owned(),
        format!("sandbox: {}", descriptor.sandbox),
    ];
    lines.push(format!(
        "platform variables that are passed to the component: {}",
        list(descriptor.variables.iter().map(read))
    ));
    let set = descriptor.build_variables.iter();
    lines.push(format!(
        "variables that it may set for later buildpacks: {}",
        list(set.map(|name| steering::told(name.as_str())))
    ));
    for (name, declaration) in &descriptor.sources {
        lines.push(format!("source '{name}': {}", source(declaration)));
        if let Some(credential) = &declaration.credential
            && declaration.vendored.is_none()
        {
            let places = places(&descriptor.credentials[credential]);
            let to = declaration.git.origin();
            lines.push(format!(
                "  credential '{credential}': from {places}; sent to {to}, or to the server that its binding names"
            ));
        }
    }
    for (name, declaration) in &descriptor.file_sources {
        lines.push(format!("source '{name}': {}", files(declaration)));
        if let Some(credential) = &declaration.credential
            && declaration.vendored.is_none()
        {
            let places = places(&descriptor.credentials[credential]);
            let to = match declaration.server() {
                Some(server) => {
                    format!(
                        "to {}, or to the server that its binding names",
                        server.origin()
                    )
                }
                None => "to the server that its binding names".to_owned(),
            };
            lines.push(format!(
                "  credential '{credential}': from {places}; sent {to}"
            ));
        }
    }
    if descriptor.source_names().next().is_none() {
        lines.push("sources: none, so the host needs no network".to_owned());
    }
    let limits = descriptor
        .limits
        .rows()
        .map(|(key, value)| format!("{key} {value}"));
    lines.push(format!("limits: {}", limits.collect::<Vec<_>>().join(", ")));
    lines
}

/// A variable of the platform, with a note if an operator's policy must name it.
fn read(variable: &VariableName) -> String {
    if is_like_a_credential(variable) {
        format!("{variable} (named like a credential's, so only if an operator's policy names it)")
    } else {
        variable.to_string()
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn source(declaration: &SourceDeclaration) -> String {
    let SourceDeclaration {
        git,
        reference,
        ref_variable,
        subpath,
        credential: _,
        supplier: _,
        vendored,
    } = declaration;
    if let Some(vendored) = vendored {
        let Vendored {
            revision,
            commit,
            tree,
        } = vendored;
        return format!(
            "comes with the package: {git}, the folder {subpath} at {revision} (commit {commit}, tree {tree}); nothing is fetched"
        );
    }
    let chosen = ref_variable.as_ref().map_or(String::new(), |variable| {
        format!(", or at the revision in {}", read(variable))
    });
    format!("{git}, the folder {subpath} at {reference}{chosen}")
}

/// Describes where the files of a source come from.
pub fn files(declaration: &FileSource) -> String {
    let FileSource {
        list,
        redirects_to,
        credential: _,
        supplier: _,
        vendored,
    } = declaration;
    let redirects: Vec<_> = redirects_to.iter().map(ToString::to_string).collect();
    let redirects = if redirects.is_empty() {
        String::new()
    } else {
        format!("; redirects may lead to {}", redirects.join(", "))
    };
    if let Some(vendored) = vendored {
        let files = counted(vendored.len() as u64, "file", "files");
        return format!("{files} in the package; nothing is fetched");
    }
    match list {
        FileList::Declared { base, files } => {
            format!("{} files by digest, beneath {base}{redirects}", files.len())
        }
        FileList::InApplication(files) => {
            let has_index = files.iter().any(LockFileName::is_requirements);
            let files: Vec<_> = files.iter().map(ToString::to_string).collect();
            format!(
                "files by digest, from the public addresses that the application's {} lists{}{redirects}",
                files.join(" or "),
                if has_index {
                    ", or from an index that it or the operator's policy names"
                } else {
                    ""
                }
            )
        }
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
