//! What is told where contents could not be had.

use super::{AUTHOR, DISK, Diagnosis, buildpack, connection, exit, limits, mendable};
use crate::contents::{ContentsError, Origin};
use crate::credential::{CredentialError, Nameless};
use crate::policy::PATH;
use crate::source::FetchError;

pub(super) fn contents(error: &ContentsError) -> Diagnosis {
    match error {
        ContentsError::Digest(_) => {
            buildpack("The host's own file can't be read", error).step(AUTHOR)
        }
        ContentsError::Bindings(error) => mendable("The service bindings can't be used", error)
            .step("Look at the bindings of this build; the message names the file."),
        ContentsError::CertificateFile { .. } | ContentsError::Certificates { .. } => {
            mendable("Certificates can't be used", error)
                .step("A binding of type 'ca-certificates', or SSL_CERT_FILE, holds certificates in PEM form.")
        }
        ContentsError::NotInPackage { .. } | ContentsError::Package { .. } => {
            buildpack("The buildpack's package is not whole", error)
                .say("Nothing of it was written.")
                .step("Package it again: cargo xtask package --vendor REF.")
                .name(limits::of_contents(error))
        }
        ContentsError::Denied(_) => mendable("The operator's policy denies a source", error)
            .say("Nothing was fetched, and no credential was sent.")
            .step(&format!("The policy is {PATH} in the builder image: its operator can grant it there."))
            .answer(exit::DENIED),
        ContentsError::WholeRepository { origin, .. } => {
            mendable("An address of a server is that of a repository", error)
                .say("The path that buildpack.toml declares is put behind it.")
                .step(&format!("Give the server alone, such as {origin}, or the folder of it in which the git server lives."))
        }
        ContentsError::Credential { origin, error } => credential(origin, error),
        ContentsError::Fetch { origin, error } => fetch(origin, error),
        ContentsError::Begin(error) => mendable("The layers can't be written", error).step(DISK),
        ContentsError::Stage { origin, error } => mendable(
            &format!("What was fetched for '{}' can't be written", origin.source),
            error,
        )
        .step(DISK),
    }
}

fn credential(origin: &Origin, error: &CredentialError) -> Diagnosis {
    let title = match error {
        CredentialError::Missing { .. } => format!("No credential for source '{}'", origin.source),
        _ => format!(
            "The credential for source '{}' can't be used",
            origin.source
        ),
    };
    let mut diagnosis = mendable(&title, error);
    if let CredentialError::Missing {
        env,
        binding,
        bindings,
    } = error
    {
        diagnosis.text.push(format!(
            "buildpack.toml says that {} needs a credential.",
            origin.url
        ));
        if !bindings.is_empty() {
            diagnosis.text.push(format!("{bindings}."));
        }
        if let Some(env) = env {
            diagnosis.steps.push(format!(
                "With pack: add --env {env}=... to the build. For GitLab, a token with the scope read_repository is enough."
            ));
        }
        if let Some(binding) = binding {
            diagnosis.steps.push(format!(
                "With kpack or Tekton: bind a Secret of type '{binding}' with the key 'token'."
            ));
        }
    }
    diagnosis
}

fn fetch(origin: &Origin, error: &FetchError) -> Diagnosis {
    let Origin {
        source,
        host,
        credential,
        nameless,
        chosen_by,
        ..
    } = origin;
    let title = match error {
        FetchError::NeedsCredential { .. } => format!("{host} wants a credential for '{source}'"),
        FetchError::CredentialRefused { status, .. } => {
            format!("{host} refused the credential for '{source}' ({status})")
        }
        FetchError::NotFound { .. } => format!("{host} has no repository for '{source}' (404)"),
        FetchError::Unresolved { .. }
        | FetchError::NoConnection { .. }
        | FetchError::ProxyRefused { .. } => format!("{host} can't be reached for '{source}'"),
        FetchError::Tls { source: fault, .. } => connection::tls_title(fault, host, source),
        FetchError::ProxyCredential { given: true, .. } => {
            format!("The proxy refused its credential for '{source}' (407)")
        }
        FetchError::ProxyCredential { .. } => {
            format!("The proxy wants a credential for '{source}' (407)")
        }
        _ => format!("'{source}' could not be fetched from {host}"),
    };
    let diagnosis = mendable(&title, error);
    let from = match credential {
        Some(from) => format!("The token is from {from}."),
        None => "buildpack.toml names no credential for it.".to_owned(),
    };
    let diagnosis = match error {
        FetchError::NeedsCredential { .. } => diagnosis.say(&from).step(AUTHOR),
        FetchError::CredentialRefused { .. } => without_name(*nameless, diagnosis.say(&from))
            .say("It lacks the scope read_repository, has expired, or too many failed sign-ins have blocked this address for a while. Nothing was tried again, so that it gets no worse.")
            .step("Check the token's scope and expiry, then build again."),
        FetchError::NotFound { .. } => diagnosis
            .say(&from)
            .say("GitLab answers the same for a repository that the token may not see.")
            .step("Check that the token's owner can open the repository."),
        FetchError::Echo { .. } => diagnosis
            .say(&from)
            .step("Ask whoever runs the server, or a proxy before it, why it repeats what signs in. If that went into a log there, replace the token."),
        FetchError::NoSuchRevision { .. } | FetchError::NoSuchCommit { .. } => {
            diagnosis.step(&match chosen_by {
                Some(variable) => format!("{variable} asks for it: set that to another branch, tag or full commit id, or leave it unset."),
                None => "buildpack.toml asks for it: this is for the buildpack's author to mend.".to_owned(),
            })
        }
        FetchError::Tls { source, .. } => connection::tls(diagnosis, source),
        FetchError::ProxyCredential { variable, .. } => connection::proxy(diagnosis, variable),
        FetchError::ProxyRefused { .. } => diagnosis
            .step("Ask whoever runs the proxy whether it may connect there, or name the host in NO_PROXY if there is another way."),
        FetchError::Unresolved { .. } | FetchError::NoConnection { .. } => diagnosis
            .step("The build needs a way to that host. A proxy is read from https_proxy or HTTPS_PROXY of the lifecycle's own environment."),
        FetchError::TooManyRequests { .. }
        | FetchError::ServerFailed { .. }
        | FetchError::Cut { .. } => diagnosis
            .say("It was tried until the time or the number of tries was used up.")
            .step("This may pass by itself: build again later."),
        FetchError::Deadline { .. } => diagnosis.step("This may pass by itself: build again later."),
        FetchError::AnswerTooLarge { .. } => diagnosis,
        FetchError::Moved { .. } => {
            diagnosis.step("If the new place is right, it belongs into buildpack.toml, or into the url of the binding that carries the token.")
        }
        FetchError::Pack(_) | FetchError::Object(_) | FetchError::Tree(_) => diagnosis
            .say("Nothing of it was written.")
            .step("Look at the repository's contents at that revision."),
        FetchError::Setup(_)
        | FetchError::UnexpectedStatus { .. }
        | FetchError::WrongRedirect { .. }
        | FetchError::TooManyRedirects { .. }
        | FetchError::NotGit { .. }
        | FetchError::Protocol(_)
        | FetchError::NoSuchSubpath { .. }
        | FetchError::NotAFolder { .. } => {
            diagnosis.step("Check the address and the subpath in buildpack.toml, and the url of the binding if there is one.")
        }
    };
    diagnosis.name(limits::of_fetch(error))
}

/// Some tokens sign in as somebody of their own alone, which a variable can't say.
fn without_name(nameless: Option<Nameless>, diagnosis: Diagnosis) -> Diagnosis {
    let (what, name) = match nameless {
        None => return diagnosis,
        Some(Nameless::DeployToken) => ("deploy token", "the user name that GitLab showed with it"),
        Some(Nameless::JobToken) => ("token of a CI job", "gitlab-ci-token"),
    };
    diagnosis.step(&format!(
        "It is a {what}, which needs a user name: give it as a binding with the entry 'username', {name}."
    ))
}
