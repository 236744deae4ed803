//! What is taken for granted of a server before it has said what it offers, and which failure may come of that.
//!
//! Pure: nothing here asks.

use super::protocol::ProtocolError;
use super::{AnswerError, ConnectError, FetchError};

/// What a server is believed to do without having said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guess {
    /// Nothing: it has said what it offers.
    Told,
    /// Nothing: it has shown what it offers.
    Nothing,
    /// That it can leave objects out. It has answered a question, so it is there and speaks protocol 2.
    Filter,
    /// That too, that it speaks protocol 2, and that the repository is where it is looked for.
    Everything,
}

impl Guess {
    /// Whether the server may have answered so because the guess is wrong. Then what it offers is asked for.
    ///
    /// Never where it refused the credential: the same one isn't shown twice. Nor where it is busy, for one more
    /// request wouldn't help it; nor where it understood, and has no such branch or commit.
    pub(super) fn may_be_wrong(self, error: &FetchError) -> bool {
        match error {
            // Git ends when it is asked for what it can't. Most web servers have begun the answer by then, and it
            // stays empty; GitLab has not, and answers 500.
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

    /// Whether the same request would get the same answer again: it was a misunderstanding, or it was none, and the
    /// server fails at what it was asked for. Some do where git says that it has no such commit.
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

    /// The guesses that this error may come of.
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
