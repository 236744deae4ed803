//! Assumptions about a server before it has sent its capabilities, and the failures that a wrong one can cause.
//!
//! Pure: nothing here sends a request.

use super::protocol::ProtocolError;
use super::{AnswerError, ConnectError, FetchError};

/// The assumptions about a server that are not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guess {
    /// None: the server has sent its capabilities.
    Told,
    /// None: the server's answers have shown its capabilities.
    Nothing,
    /// That the server supports filters. It has answered a request, so the repository exists and protocol 2 works.
    Filter,
    /// That the server supports filters and protocol 2, and that the repository is at the address.
    Everything,
}

impl Guess {
    /// Returns whether a wrong guess may have caused this error. Then the caller requests the server's capabilities.
    ///
    /// Never for a refused credential, because the same one is not sent twice. Never for a busy server, because another
    /// request would not help. Never if the server understood the request, and the branch or commit does not exist.
    pub(super) fn may_be_wrong(self, error: &FetchError) -> bool {
        match error {
            // Git exits at a request that it does not support. Most web servers have begun the answer before, and it
            // stays empty. GitLab has not, and answers 500.
            FetchError::Protocol(ProtocolError::Empty)
            | FetchError::Answer(AnswerError::ServerFailed {
                status: 500,
                retry_after: None,
                ..
            }) => self > Self::Nothing,
            FetchError::Protocol(ProtocolError::CutShort | ProtocolError::TooManyRefs) => false,
            FetchError::Protocol(_)
            | FetchError::Answer(
                AnswerError::ServerFailed { status: 501, .. }
                | AnswerError::NotFound { .. }
                | AnswerError::UnexpectedStatus { .. }
                | AnswerError::NotGit { .. },
            )
            | FetchError::Connect(ConnectError::NoAnswer { .. }) => self == Self::Everything,
            _ => false,
        }
    }

    /// Returns whether the same request would fail again: either the guess may be wrong, or the server has sent its
    /// capabilities and fails at this request. Some servers fail where git says that the commit does not exist.
    pub(super) fn is_final(self, error: &FetchError) -> bool {
        let fails = matches!(
            error,
            FetchError::Answer(AnswerError::ServerFailed {
                status: 500,
                retry_after: None,
                ..
            })
        );
        self.may_be_wrong(error) || self == Self::Told && fails
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::Guess::{Everything, Filter, Nothing, Told};
    use super::*;
    use crate::{AbsentError, RedirectError};

    fn failed(status: u16, patience: Option<u64>) -> FetchError {
        FetchError::Answer(AnswerError::ServerFailed {
            origin: String::new(),
            status,
            retry_after: patience.map(std::time::Duration::from_secs),
            said: None,
        })
    }

    fn refused(status: u16) -> FetchError {
        FetchError::Answer(AnswerError::CredentialRefused {
            origin: String::new(),
            status,
            given: true,
        })
    }

    /// Returns the guesses that may have caused this error.
    fn guesses(error: &FetchError) -> Vec<Guess> {
        let mut guesses = vec![Told, Nothing, Filter, Everything];
        guesses.retain(|guess| guess.may_be_wrong(error));
        guesses
    }

    #[test]
    fn a_git_that_ends_may_have_been_asked_for_too_much() {
        for error in [
            FetchError::Protocol(ProtocolError::Empty),
            failed(500, None),
        ] {
            assert_eq!(guesses(&error), [Filter, Everything], "{error:?}");
        }
    }

    #[test]
    fn who_has_not_answered_yet_may_not_understand_or_be_elsewhere() {
        let url = String::new;
        let source = io::Error::other("noise");
        for error in [
            FetchError::Protocol(ProtocolError::Line),
            FetchError::Protocol(ProtocolError::Read { source }),
            FetchError::Protocol(ProtocolError::Refused("expected want".into())),
            failed(501, None),
            FetchError::Connect(ConnectError::NoAnswer {
                host: String::new(),
                source: None,
            }),
            FetchError::Answer(AnswerError::NotFound {
                url: url(),
                said: None,
            }),
            FetchError::Answer(AnswerError::UnexpectedStatus {
                url: url(),
                status: 301,
            }),
            FetchError::Answer(AnswerError::NotGit {
                url: url(),
                found: "text/html".into(),
            }),
        ] {
            assert_eq!(guesses(&error), [Everything], "{error:?}");
        }
    }

    #[test]
    fn a_refused_credential_and_a_busy_server_are_no_misunderstanding() {
        let origin = String::new();
        for error in [
            refused(401),
            refused(403),
            FetchError::Answer(AnswerError::NeedsCredential { origin }),
            FetchError::Answer(AnswerError::TooManyRequests {
                origin: String::new(),
                retry_after: None,
            }),
            failed(500, Some(60)),
            failed(502, None),
            failed(503, None),
            failed(504, None),
            FetchError::Protocol(ProtocolError::CutShort),
            FetchError::Protocol(ProtocolError::TooManyRefs),
            FetchError::Answer(AnswerError::TooLarge { most: 1 }),
            FetchError::Redirect(RedirectError::Moved {
                from: String::new(),
                to: String::new(),
            }),
            FetchError::Absent(AbsentError::NoSuchRevision {
                url: String::new(),
                revision: "main".to_owned(),
                abbreviated: false,
            }),
        ] {
            assert_eq!(guesses(&error), [], "{error:?}");
        }
    }

    #[test]
    fn a_server_that_fails_at_what_it_offers_would_fail_again() {
        let is_final = |guess: Guess, error| guess.is_final(&error);
        assert!(is_final(Told, failed(500, None)));
        assert!(!is_final(Nothing, failed(500, None)), "it may pass");
        assert!(!is_final(Told, failed(500, Some(60))), "it is busy");
        assert!(!is_final(Told, failed(503, None)), "it is busy");
        assert!(is_final(Everything, failed(500, None)), "it may mean less");
    }
}
