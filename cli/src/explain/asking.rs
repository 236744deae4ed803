//! Asks for sources as a build does, one after the other. Sends a refused credential only once.
//!
//! A build ends with the first refusal. Here each source gets an answer, so one credential could be refused many times.
//! That could lock the account, or make the server block this machine.

use std::collections::BTreeMap;

use super::source::AskedAnswer;
use cnb::names::SourceName;
use contents::{ContentsError, Looked, Route};
use fetch::{AnswerError, ConnectError, FetchError};
use host::diagnosis::diagnose;
use host::phase::PhaseError;

/// A server or a proxy that refused a credential.
enum Refusal {
    /// The server that refused the credential, and the place of the credential.
    Server { origin: String, credential: String },
    /// The proxy. It blocks every server behind it.
    Proxy(String),
}

/// Returns the answer for each source. `look` asks for one.
pub(super) fn ask<S>(
    sources: Vec<(SourceName, Route, S)>,
    mut look: impl FnMut(S) -> Result<Looked, ContentsError>,
) -> BTreeMap<SourceName, AskedAnswer> {
    let mut refusals: Vec<(Refusal, SourceName)> = Vec::new();
    let mut answers = BTreeMap::new();
    for (name, route, source) in sources {
        let refused = refusals
            .iter()
            .find(|(refusal, _)| refusal.is_met_on(&route));
        let answer = if let Some((refusal, first)) = refused {
            AskedAnswer::Unasked(refusal.told_of(first))
        } else {
            match look(source) {
                Ok(looked) => AskedAnswer::Taken(looked),
                Err(error) => {
                    let refusal = Refusal::of(&error, route);
                    refusals.extend(refusal.map(|refusal| (refusal, name.clone())));
                    let error = PhaseError::Contents(error);
                    AskedAnswer::Refused(diagnose(&error).to_string())
                }
            }
        };
        answers.insert(name, answer);
    }
    answers
}

impl Refusal {
    fn of(error: &ContentsError, route: Route) -> Option<Self> {
        let ContentsError::Fetch { error, .. } = error else {
            return None;
        };
        match **error {
            FetchError::Answer(AnswerError::CredentialRefused { .. }) => Some(Self::Server {
                origin: route.origin,
                credential: route.credential?,
            }),
            FetchError::Connect(ConnectError::ProxyCredential { .. }) => {
                Some(Self::Proxy(route.proxy?))
            }
            _ => None,
        }
    }

    fn is_met_on(&self, route: &Route) -> bool {
        match self {
            Self::Server { origin, credential } => {
                *origin == route.origin && route.credential.as_ref() == Some(credential)
            }
            Self::Proxy(proxy) => route.proxy.as_ref() == Some(proxy),
        }
    }

    fn told_of(&self, first: &SourceName) -> String {
        let refused = match self {
            Self::Server { origin, credential } => {
                format!("{origin} refused the credential from {credential}")
            }
            Self::Proxy(proxy) => format!("the proxy {proxy} wants another credential"),
        };
        format!(
            "{refused} for source '{first}' just now, and more refusals could close the account or shut this machine out"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contents::ContentOrigin;

    const SERVER: &str = "https://git.example";
    const PROXY: &str = "http://proxy.example:3128 (HTTPS_PROXY)";

    fn name(name: &str) -> SourceName {
        name.parse().unwrap()
    }

    fn route(origin: &str, credential: Option<&str>, proxy: Option<&str>) -> Route {
        Route {
            origin: origin.to_owned(),
            credential: credential.map(str::to_owned),
            proxy: proxy.map(str::to_owned),
        }
    }

    fn failed(error: FetchError) -> ContentsError {
        ContentsError::Fetch {
            origin: Box::new(ContentOrigin {
                source: "a".to_owned(),
                url: format!("{SERVER}/a.git"),
                host: "git.example".to_owned(),
                credential: None,
                place: None,
                nameless: None,
                chosen_by: None,
                is_mirror: false,
                is_gitlab: false,
            }),
            error: Box::new(error),
        }
    }

    fn server(status: u16) -> FetchError {
        FetchError::Answer(AnswerError::CredentialRefused {
            origin: SERVER.to_owned(),
            status,
            given: true,
        })
    }

    fn proxy() -> FetchError {
        FetchError::Connect(ConnectError::ProxyCredential {
            proxy: PROXY.to_owned(),
            variable: "HTTPS_PROXY",
            given: true,
        })
    }

    /// The reason why the second source was not asked after this error of the first. `None` if it was asked.
    fn second(first: Route, error: fn() -> FetchError, second: Route) -> Option<String> {
        let mut asked = Vec::new();
        let sources = vec![(name("a"), first, "a"), (name("b"), second, "b")];
        let answers = ask(sources, |source| {
            asked.push(source);
            Err(failed(error()))
        });
        assert!(matches!(answers[&name("a")], AskedAnswer::Refused(_)));
        if let AskedAnswer::Unasked(why) = &answers[&name("b")] {
            assert_eq!(asked, ["a"]);
            Some(why.clone())
        } else {
            assert_eq!(asked, ["a", "b"]);
            None
        }
    }

    #[test]
    fn what_a_server_refused_is_not_shown_it_for_another_source() {
        let same = || route(SERVER, Some("binding 'git'"), None);
        for error in [|| server(401), || server(403)] {
            let why = second(same(), error, same()).unwrap();
            let words = "https://git.example refused the credential from binding 'git' for source 'a' just now";
            assert!(why.starts_with(words), "{why}");
        }
    }

    #[test]
    fn a_proxy_that_refused_its_credential_is_asked_for_no_other_source() {
        let other = route("https://other.example", None, Some(PROXY));
        let why = second(route(SERVER, None, Some(PROXY)), proxy, other).unwrap();
        assert!(why.starts_with(&format!("the proxy {PROXY} ")), "{why}");
        assert!(why.contains("for source 'a'"), "{why}");
    }

    #[test]
    fn another_server_credential_or_route_is_asked_and_so_it_is_after_another_error() {
        let (git, other) = (Some("binding 'git'"), Some("binding 'other'"));
        let refused = || server(401);
        for next in [
            route("https://other.example", git, None),
            route(SERVER, other, None),
            route(SERVER, None, None),
        ] {
            assert_eq!(second(route(SERVER, git, None), refused, next), None);
        }
        let without = route(SERVER, None, None);
        assert_eq!(second(without, refused, route(SERVER, None, None)), None);
        let direct = route(SERVER, git, None);
        assert_eq!(second(route(SERVER, git, Some(PROXY)), proxy, direct), None);
        let missing = || {
            FetchError::Answer(AnswerError::NotFound {
                url: format!("{SERVER}/a.git"),
                said: None,
            })
        };
        let same = || route(SERVER, git, Some(PROXY));
        assert_eq!(second(same(), missing, same()), None);
    }
}
