//! Decides whether and when a failed request is repeated. Pure: the caller waits.
//!
//! Nothing here sends, reads a clock or knows the request.

use std::time::Duration;

/// The limit for attempts of one request.
pub(super) const MOST_TRIES: u32 = 4;
/// The first wait. Each later one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The kind of a failure, which decides whether another attempt can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The connection failed, or broke before an answer began.
    NoConnection,
    /// The answer ended too early.
    CutShort,
    /// The server answered with an error status.
    Status {
        code: u16,
        /// The wait that the server asks for.
        retry_after: Option<Duration>,
    },
    /// Any other failure: the answer is wrong, and would be wrong again.
    Final,
}

/// Returns the wait before the next attempt, or `None` if another attempt can't help.
///
/// Only temporary failures are repeated: no connection, a cut answer, 429, 5xx. A refused credential (401, 403) is
/// final, because GitLab can block the whole address after repeated refusals. If the server asks for a wait longer than
/// the time left, there is no other attempt, because it would come too early.
pub(super) fn wait(failure: Failure, tries: u32, time_left: Duration) -> Option<Duration> {
    if tries >= MOST_TRIES {
        return None;
    }
    let backoff = FIRST_WAIT * 2_u32.pow(tries.saturating_sub(1));
    let wait = match failure {
        Failure::NoConnection | Failure::CutShort => backoff,
        Failure::Status { code, retry_after } if code == 429 || (500..=599).contains(&code) => {
            retry_after.map_or(backoff, |asked| asked.max(backoff))
        }
        Failure::Status { .. } | Failure::Final => return None,
    };
    (wait < time_left).then_some(wait)
}

/// Parses a `Retry-After` header. Ignores its other form, a date, because this machine's clock may differ from the
/// server's.
pub(super) fn retry_after(header: &str) -> Option<Duration> {
    let header = header.trim();
    // Only digits: `parse` would accept a sign as well.
    if header.is_empty() || !header.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn status(code: u16) -> Failure {
        let retry_after = None;
        Failure::Status { code, retry_after }
    }

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        let passing = [Failure::NoConnection, Failure::CutShort];
        for failure in passing
            .into_iter()
            .chain([429, 500, 502, 503, 504, 599].map(status))
        {
            assert_eq!(
                wait(failure, 1, HOUR),
                Some(Duration::from_secs(1)),
                "{failure:?}"
            );
        }
        for failure in [200, 301, 400, 401, 403, 404, 407, 410, 418, 600]
            .map(status)
            .into_iter()
            .chain([Failure::Final])
        {
            assert_eq!(wait(failure, 1, HOUR), None, "{failure:?}");
        }
    }

    #[test]
    fn each_wait_is_twice_as_long_and_the_tries_end() {
        let waits: Vec<_> = (1..=5)
            .map(|tries| wait(status(503), tries, HOUR).map(|wait| wait.as_secs()))
            .collect();
        assert_eq!(waits, [Some(1), Some(2), Some(4), None, None]);
    }

    #[test]
    fn the_server_may_ask_for_more_patience_but_not_for_more_than_there_is() {
        let asked = |seconds| Failure::Status {
            code: 429,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let left = Duration::from_mins(1);
        assert_eq!(wait(asked(59), 1, left), Some(Duration::from_secs(59)));
        assert_eq!(wait(asked(60), 1, left), None);
        assert_eq!(wait(asked(u64::MAX), 1, left), None);
        assert_eq!(
            wait(asked(0), 2, left),
            Some(Duration::from_secs(2)),
            "never faster than without the header"
        );
        assert_eq!(
            wait(status(503), 1, Duration::from_secs(1)),
            None,
            "no time left"
        );
    }

    #[test]
    fn retry_after_counts_in_seconds_and_nothing_else() {
        let valid = [("0", 0), ("7", 7), (" 120 ", 120), ("007", 7)];
        for (header, seconds) in valid {
            assert_eq!(
                retry_after(header),
                Some(Duration::from_secs(seconds)),
                "{header}"
            );
        }
        let huge = "9".repeat(40);
        assert_eq!(retry_after(&huge), Some(Duration::from_secs(u64::MAX)));
        let invalid = [
            "",
            " ",
            "-1",
            "+1",
            "1.5",
            "1e3",
            "soon",
            "Wed, 21 Oct 2026 07:28:00 GMT",
        ];
        for header in invalid {
            assert_eq!(retry_after(header), None, "{header}");
        }
    }
}
