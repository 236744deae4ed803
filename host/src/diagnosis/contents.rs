//! The messages for contents that could not be fetched.

mod files;

use super::{AUTHOR, DISK, Diagnosis, buildpack, connection, exit, fixable, limits};
use contents::{ContentOrigin, ContentsError, ServerError};
use credential::{CredentialError, Nameless};
use fetch::{
    AbsentError, AnswerError, ConnectError, FetchError, PackError, ProtocolError, RedirectError,
};
use policy::{Denial, PATH};

/// The likely cause of an answer that is not git's.
const PAGE: &str = "This looks like a sign-in page: the server, or a proxy before it, did not accept the token, or requires another kind of sign-in.";

pub(super) fn contents(error: &ContentsError) -> Diagnosis {
    match error {
        ContentsError::Bindings(error) => fixable("The service bindings can't be used", error)
            .step("Fix the bindings of this build."),
        ContentsError::CertificateFile { .. } | ContentsError::Certificates { .. } => {
            fixable("Certificates can't be used", error)
                .step("A binding of type 'ca-certificates', or SSL_CERT_FILE, holds certificates in PEM form.")
        }
        ContentsError::NotInPackage { .. } | ContentsError::Package { .. } => {
            buildpack("The buildpack's package is incomplete", error)
                .say("None of it was written.")
                .step("Package it again with its content.")
                .name(limits::of_contents(error))
        }
        ContentsError::Denied(denial) => fixable("The operator's policy denies a source", error)
            .say("Nothing was fetched, and no credential was sent.")
            .step(&format!("The policy is {PATH} in the builder image: {}", match **denial {
                Denial::OfMirror { .. } => "its operator can give the mirror a credential in another place.",
                _ => "its operator can grant it there.",
            }))
            .answer(exit::DENIED),
        ContentsError::Server(ServerError::MirrorUrl { .. }) => {
            fixable("A mirror's binding names a server of its own", error)
                .say("The mirror's credential goes only to the mirror. Nothing was fetched, and no credential was sent.")
                .step(&format!("Remove the entry 'url' from the binding. To ask another server, name it in {PATH} of the builder image."))
        }
        ContentsError::Server(ServerError::WholeRepository { origin, .. }) => {
            fixable("The address of a server is the address of a repository", error)
                .say("The host appends the path that buildpack.toml declares.")
                .step(&format!("Set the address of the server only, such as {origin}, or of the folder on it that has the git server."))
        }
        ContentsError::Credential { origin, error } => credential(origin, error),
        ContentsError::Fetch { origin, error } => fetch(origin, error),
        ContentsError::Files(error) => files::contents(error),
        ContentsError::Begin(error) => fixable("The layers can't be written", error).step(DISK),
        ContentsError::Stage { origin, error } => fixable(
            &format!("The files fetched for '{}' can't be written", origin.source),
            error,
        )
        .step(DISK),
    }
}

fn credential(origin: &ContentOrigin, error: &CredentialError) -> Diagnosis {
    let title = match error {
        CredentialError::Missing { .. } => format!("No credential for source '{}'", origin.source),
        _ => format!(
            "The credential for source '{}' can't be used",
            origin.source
        ),
    };
    let mut diagnosis = fixable(&title, error);
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
            let scope = if origin.is_gitlab {
                " A token with the scope read_repository is enough."
            } else {
                ""
            };
            diagnosis.steps.push(format!(
                "With pack: add --env {env}=... to the build.{scope}"
            ));
        }
        if let Some(binding) = binding {
            diagnosis.steps.push(format!(
                "With kpack or Tekton: bind a Secret of type '{binding}' with the key 'token'."
            ));
        }
        return diagnosis;
    }
    diagnosis.step("Fix the binding or the variable that holds the token.")
}

fn fetch(origin: &ContentOrigin, error: &FetchError) -> Diagnosis {
    let diagnosis = fixable(&title(origin, error), error);
    let from = match &origin.credential {
        Some(from) => format!("The token is from {from}."),
        None => "buildpack.toml names no credential for it.".to_owned(),
    };
    let diagnosis = match error {
        FetchError::Answer(AnswerError::NeedsCredential { .. }) => diagnosis.say(&from).step(AUTHOR),
        FetchError::Answer(AnswerError::CredentialRefused { .. }) => {
            refused(origin, without_name(origin.nameless, diagnosis.say(&from)))
        }
        FetchError::Answer(AnswerError::NotFound { .. }) => diagnosis
            .say(&from)
            .say(if origin.is_gitlab {
                "GitLab gives the same answer for a repository that the token may not read."
            } else {
                "Many servers give the same answer for a repository that the token may not read."
            })
            .step("Check the address, and that the token's owner can open the repository."),
        FetchError::Answer(AnswerError::Echo { .. }) => diagnosis
            .say(&from)
            .step("Ask the operator of the server, or of a proxy before it, why it repeats the credential. If it was logged there, replace the token."),
        FetchError::Absent(AbsentError::NoSuchRevision { .. }) => revision(origin, diagnosis),
        FetchError::Absent(AbsentError::NoSuchCommit { .. }) => revision(origin, diagnosis)
            .say("Some servers provide only commits that a branch or tag contains."),
        FetchError::Connect(ConnectError::Tls { source, .. }) => connection::tls(diagnosis, source),
        FetchError::Connect(ConnectError::ProxyCredential { variable, .. }) => connection::proxy(diagnosis, variable),
        FetchError::Connect(ConnectError::ProxyRefused { .. }) => diagnosis
            .step("Ask the operator of the proxy whether it may connect there, or name the host in NO_PROXY if it can be reached directly."),
        FetchError::Connect(ConnectError::Unresolved { .. } | ConnectError::NoConnection { .. }) => diagnosis
            .step("The build must be able to reach that host. The host reads a proxy from https_proxy or HTTPS_PROXY of the lifecycle's own environment."),
        FetchError::Connect(ConnectError::NoAnswer { .. }) => diagnosis
            .say("A proxy or firewall may block git's request, a POST to the path git-upload-pack.")
            .step("Check the server's log, and any proxy before it. The problem may also be temporary."),
        FetchError::Answer(AnswerError::ServerFailed { status: 500, .. }) => diagnosis
            .say("Some git servers fail in this way for a repository, a branch or a commit that they don't have or can't read.")
            .step("Check the address and the requested revision.")
            .step("If both are right, the problem may be temporary: build again later."),
        FetchError::Answer(
            AnswerError::TooManyRequests { .. } | AnswerError::ServerFailed { .. },
        )
        | FetchError::Connect(ConnectError::Cut { .. }) => diagnosis
            .say("The host repeated the request until the time limit or the number of attempts was reached.")
            .step("The problem may be temporary: build again later."),
        FetchError::Deadline { .. } => diagnosis.step("The problem may be temporary: build again later."),
        FetchError::Answer(AnswerError::TooLarge { .. }) => diagnosis,
        FetchError::Unfiltered(limit) => unfiltered(origin, limit, diagnosis),
        FetchError::Redirect(RedirectError::Moved { to, .. }) => diagnosis
            .say(&format!("No token was sent to {to}, because the token is not for that server."))
            .step(&format!("Ask the operator of {} whether that is right. If so, set the new address in buildpack.toml, and use a token that was made there.", origin.host)),
        FetchError::Redirect(RedirectError::WrongRedirect { .. }) => diagnosis
            .say(&from)
            .say(PAGE)
            .step("Check the address and the token. If both are right, ask the operator of the server how git signs in there."),
        FetchError::Answer(AnswerError::NotGit { found, .. }) if found.starts_with("text/html") => diagnosis
            .say(&from)
            .say(PAGE)
            .step("Check the address and the token. If both are right, ask the operator of the server how git signs in there."),
        FetchError::Protocol(ProtocolError::Version) => diagnosis
            .say("The server is git before 2.18 or another program, or a proxy before it does not pass on the header Git-Protocol.")
            .step("Configure the web server to pass that header on: for Apache SetEnvIf Git-Protocol \".*\" GIT_PROTOCOL=$0, for nginx fastcgi_param GIT_PROTOCOL $http_git_protocol.")
            .step("If the server supports no newer protocol, fetch from a copy of the repository on a server that does."),
        FetchError::Protocol(ProtocolError::Refused(_)) => {
            diagnosis.step("Check the revision, the address and the subpath in buildpack.toml.")
        }
        FetchError::Pack(PackError::Checksum) => diagnosis
            .say("It was damaged in transit. None of it was written.")
            .step("Build again. If that fails too, check the proxy and the server."),
        FetchError::Pack(_) | FetchError::Object(_) | FetchError::Tree(_) => diagnosis
            .say("None of it was written.")
            .step("Check the repository's contents at the revision that this build fetched."),
        FetchError::Connect(ConnectError::Setup(_))
        | FetchError::Answer(AnswerError::UnexpectedStatus { .. } | AnswerError::NotGit { .. })
        | FetchError::Redirect(RedirectError::TooManyRedirects { .. })
        | FetchError::Protocol(_)
        | FetchError::Absent(AbsentError::NoSuchSubpath { .. } | AbsentError::NotAFolder { .. }) => {
            diagnosis.step("Check the address and the subpath in buildpack.toml, and the url of the binding if there is one.")
        }
    };
    diagnosis.name(limits::of_fetch(error))
}

/// Adds the advice for a token that needs its own user name, which a variable can't set.
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

/// The title for an error of a download.
fn title(origin: &ContentOrigin, error: &FetchError) -> String {
    let ContentOrigin { source, host, .. } = origin;
    match error {
        FetchError::Answer(AnswerError::NeedsCredential { .. }) => {
            format!("{host} requires a credential for '{source}'")
        }
        FetchError::Answer(AnswerError::CredentialRefused { status, .. }) => {
            format!("{host} refused the credential for '{source}' ({status})")
        }
        FetchError::Answer(AnswerError::NotFound { said: None, .. }) => {
            format!("{host} has no repository for '{source}' (404)")
        }
        FetchError::Answer(AnswerError::NotFound { .. }) => {
            format!("{host} has no repository for '{source}'")
        }
        FetchError::Connect(ConnectError::NoAnswer { .. }) => {
            format!("{host} does not answer for '{source}'")
        }
        FetchError::Connect(
            ConnectError::Unresolved { .. }
            | ConnectError::NoConnection { .. }
            | ConnectError::ProxyRefused { .. },
        ) => {
            format!("{host} can't be reached for '{source}'")
        }
        FetchError::Connect(ConnectError::Tls { source: fault, .. }) => {
            connection::tls_title(fault, host, source)
        }
        FetchError::Connect(ConnectError::ProxyCredential { given: true, .. }) => {
            format!("The proxy refused its credential for '{source}' (407)")
        }
        FetchError::Connect(ConnectError::ProxyCredential { .. }) => {
            format!("The proxy requires a credential for '{source}' (407)")
        }
        _ => format!("'{source}' could not be fetched from {host}"),
    }
}

/// Adds the advice for a revision that the server does not have, addressed to the one who chose it.
fn revision(origin: &ContentOrigin, diagnosis: Diagnosis) -> Diagnosis {
    diagnosis.step(&match &origin.chosen_by {
        Some(variable) => format!("{variable} asks for it: set that to another branch, tag or full commit id, or leave it unset."),
        None => "buildpack.toml asks for it. Report this to the buildpack's author.".to_owned(),
    })
}

/// Adds the advice for a refused credential. Uses GitLab's terms only for GitLab.
fn refused(origin: &ContentOrigin, diagnosis: Diagnosis) -> Diagnosis {
    if origin.is_gitlab {
        diagnosis
            .say("The token lacks the scope read_repository or has expired, or too many failed sign-ins have blocked this address for a while. The host did not try again, because that could prolong the block.")
            .step("Check the token's scope and expiry, then build again.")
    } else {
        diagnosis
            .say("The token is not for that server, may not read that repository, or has expired. The host did not try again, because that could block this address.")
            .step("Check what the token may read and when it expires, then build again.")
    }
}

/// Adds the advice for a limit that content outside the folder has reached.
fn unfiltered(origin: &ContentOrigin, limit: &FetchError, diagnosis: Diagnosis) -> Diagnosis {
    let diagnosis = diagnosis
        .say("The build needs one folder only, but the server also sends the files outside it.")
        .step("The operator of a git server can let clients leave such files out: git config uploadpack.allowFilter true.");
    let Diagnosis { steps, .. } = fetch(origin, limit);
    steps
        .iter()
        .fold(diagnosis, |diagnosis, step| diagnosis.step(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(is_gitlab: bool) -> ContentOrigin {
        ContentOrigin {
            source: "job".to_owned(),
            url: "https://git.example.com/a.git".to_owned(),
            host: "git.example.com".to_owned(),
            credential: Some("binding 'git'".to_owned()),
            place: None,
            nameless: None,
            chosen_by: None,
            is_mirror: false,
            is_gitlab,
        }
    }

    fn one_line(diagnosis: &Diagnosis) -> String {
        let text = diagnosis.to_string();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The message on one line.
    fn told(is_gitlab: bool, error: FetchError) -> String {
        let error = ContentsError::Fetch {
            origin: Box::new(origin(is_gitlab)),
            error: Box::new(error),
        };
        one_line(&contents(&error))
    }

    fn refused() -> FetchError {
        FetchError::Answer(AnswerError::CredentialRefused {
            origin: "https://git.example.com".to_owned(),
            status: 403,
            given: true,
        })
    }

    fn not_found(said: Option<&str>) -> FetchError {
        FetchError::Answer(AnswerError::NotFound {
            url: "https://git.example.com/a.git".to_owned(),
            said: said.map(Into::into),
        })
    }

    #[test]
    fn words_that_only_gitlabs_users_know_are_for_gitlab_alone() {
        let missing = |is_gitlab| {
            let error = CredentialError::Missing {
                env: Some("BP_TOKEN".parse().unwrap()),
                binding: None,
                bindings: String::new(),
            };
            let origin = Box::new(origin(is_gitlab));
            let error = ContentsError::Credential { origin, error };
            one_line(&contents(&error))
        };
        for text in [
            told(false, refused()),
            told(false, not_found(None)),
            missing(false),
        ] {
            assert!(!text.contains("read_repository"), "{text}");
            assert!(!text.contains("GitLab"), "{text}");
            assert!(!text.contains("blocked"), "{text}");
        }
        assert!(told(true, refused()).contains("the scope read_repository"));
        assert!(told(true, not_found(None)).contains("GitLab"));
        assert!(missing(true).contains("the scope read_repository"));
    }

    #[test]
    fn a_moved_repository_is_told_from_a_page_to_sign_in_and_neither_sends_a_token_away() {
        let there = || "https://new.example.com".to_owned();
        let moved = FetchError::Redirect(RedirectError::Moved {
            from: "https://git.example.com".to_owned(),
            to: there(),
        });
        let moved = told(false, moved);
        assert!(moved.contains("No token was sent to https://new.example.com"));
        assert!(moved.contains("use a token that was made there"), "{moved}");
        let page = FetchError::Redirect(RedirectError::WrongRedirect {
            url: "https://git.example.com/a.git".to_owned(),
            to: Some(there()),
        });
        let page = told(false, page);
        assert!(page.contains("This looks like a sign-in page"), "{page}");
        assert!(page.contains("at https://new.example.com"), "{page}");
        for text in [&moved, &page] {
            assert!(!text.contains("url of the binding"), "{text}");
        }
        assert!(!moved.contains("sign in looks so"), "{moved}");
        let html = |found: &str| {
            FetchError::Answer(AnswerError::NotGit {
                url: "https://git.example.com/a.git".to_owned(),
                found: found.into(),
            })
        };
        let page = told(false, html("text/html; charset=utf-8"));
        assert!(page.contains("This looks like a sign-in page"), "{page}");
        let other = told(false, html("text/plain"));
        assert!(!other.contains("sign in"), "{other}");
    }

    #[test]
    fn a_limit_that_is_reached_by_what_is_not_wanted_names_it_and_the_servers_setting() {
        let limit = || FetchError::Answer(AnswerError::TooLarge { most: 100 });
        let text = told(false, FetchError::Unfiltered(Box::new(limit())));
        for words in [
            "larger than 100 bytes",
            "uploadpack.allowFilter",
            "fetch-mib",
        ] {
            assert!(text.contains(words), "{text}");
        }
        let text = told(false, limit());
        assert!(!text.contains("uploadpack.allowFilter"), "{text}");
    }

    #[test]
    fn each_way_of_a_server_to_fail_says_what_can_be_done() {
        let failed = |status| {
            FetchError::Answer(AnswerError::ServerFailed {
                origin: "https://git.example.com".to_owned(),
                status,
                retry_after: None,
                said: None,
            })
        };
        let table = [
            (FetchError::Protocol(ProtocolError::Version), "Git-Protocol"),
            (failed(500), "a commit that they don't have"),
            (failed(503), "until the time limit"),
            (
                FetchError::Connect(ConnectError::NoAnswer {
                    host: "git.example.com".to_owned(),
                    source: None,
                }),
                "git-upload-pack",
            ),
            (not_found(Some("R any a b DENIED")), "(R any a b DENIED)"),
            (not_found(None), "(404)"),
        ];
        for (error, words) in table {
            let text = told(false, error);
            assert!(text.contains(words), "{words}: {text}");
        }
        let once = told(false, failed(500));
        assert!(
            !once.contains("until the time limit"),
            "it may be final: {once}"
        );
    }
}
