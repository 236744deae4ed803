//! The reasons why a TLS connection fails, each with its own message.
//!
//! Pure.

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::bound::is_an_authoritys;
use cnb::names::shown;

/// The limit for the shown names of a certificate.
const MOST_NAMES: usize = 5;

/// The reason why a TLS connection fails.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// The certificate has expired.
    #[error("its certificate expired on {end}, and this machine's clock says {now}")]
    Expired {
        /// The end of its validity, in UTC.
        end: String,
        /// The time on this machine.
        now: String,
    },
    /// The certificate is not valid yet.
    #[error("its certificate is not valid before {begin}, and this machine's clock says {now}")]
    NotYetValid {
        /// The begin of its validity, in UTC.
        begin: String,
        /// The time on this machine.
        now: String,
    },
    /// The certificate is for other hosts.
    #[error("its certificate is for {}", names(.0))]
    OtherName(Vec<String>),
    /// No trusted authority has signed the certificate.
    #[error("no trusted authority has signed its certificate")]
    UnknownAuthority,
    /// The server's certificate is an authority's own (CA), and is not one of the given certificates.
    #[error(
        "its certificate is that of an authority (CA:TRUE), and is not one of the certificates that this build was given"
    )]
    Authoritys,
    /// The other end doesn't speak TLS.
    #[error("the server there doesn't speak TLS")]
    NoTls,
    /// The two ends have no TLS version or no cipher in common.
    #[error("it offers no TLS 1.2 or 1.3 with a cipher that is still considered secure")]
    TooOld,
    /// The server requires a client certificate, and this host has none.
    #[error("it requires a client certificate, and this host has none")]
    WantsCertificate,
    #[error(transparent)]
    Other(Error),
}

impl TlsFault {
    /// Returns whether the reason is the server's certificate.
    #[must_use]
    pub fn is_about_the_certificate(&self) -> bool {
        match self {
            Self::NoTls | Self::TooOld | Self::WantsCertificate => false,
            Self::Other(error) => matches!(error, Error::InvalidCertificate(_)),
            _ => true,
        }
    }
}

impl From<Error> for TlsFault {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidCertificate(CertificateError::ExpiredContext { time, not_after }) => {
                Self::Expired {
                    end: date(not_after),
                    now: date(time),
                }
            }
            Error::InvalidCertificate(CertificateError::NotValidYetContext {
                time,
                not_before,
            }) => Self::NotYetValid {
                begin: date(not_before),
                now: date(time),
            },
            Error::InvalidCertificate(CertificateError::NotValidForNameContext {
                presented,
                ..
            }) => Self::OtherName(presented),
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => Self::UnknownAuthority,
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NoTls,
            Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            )
            | Error::AlertReceived(
                AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity,
            ) => Self::TooOld,
            Error::AlertReceived(AlertDescription::CertificateRequired) => Self::WantsCertificate,
            error if is_an_authoritys(&error) => Self::Authoritys,
            error => Self::Other(error),
        }
    }
}

/// Lists a certificate's names for a message. The library's own form is `DnsName("host")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let name = name
            .trim_start_matches("DnsName(")
            .trim_start_matches("IpAddress(");
        format!("'{}'", shown(name.trim_end_matches(')').trim_matches('"')))
    };
    let shown: Vec<_> = presented.iter().take(MOST_NAMES).map(bare).collect();
    match presented.len() {
        0 => "no host at all: it has no subjectAltName".to_owned(),
        count if count > MOST_NAMES => {
            format!("{} and {} more", shown.join(", "), count - MOST_NAMES)
        }
        _ => shown.join(", "),
    }
}

/// Formats a time as a date and time in UTC.
///
/// The Gregorian calendar repeats every 400 years, or 146,097 days. If years begin in March, a leap day is the last day
/// of its year.
fn date(time: UnixTime) -> String {
    let (days, seconds) = (time.as_secs() / 86_400, time.as_secs() % 86_400);
    // Days since 1 March of the year 0.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = 400 * era + year + next;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn a_time_is_shown_as_a_date() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_764_308_538, "2025-11-28 05:42:18 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(date(at(seconds)), text);
        }
    }

    #[test]
    fn each_kind_of_failure_has_its_own_words() {
        use CertificateError as Certificate;
        let certificate = |error| Error::InvalidCertificate(error);
        let names = |names: &[&str]| {
            certificate(Certificate::NotValidForNameContext {
                expected: "host".try_into().unwrap(),
                presented: names.iter().map(ToString::to_string).collect(),
            })
        };
        let (time, other) = (at(951_782_400), at(0));
        for (error, words) in [
            (
                certificate(Certificate::ExpiredContext {
                    time,
                    not_after: other,
                }),
                "expired on 1970-01-01 00:00:00 UTC, and this machine's clock says 2000-02-29",
            ),
            (
                certificate(Certificate::NotValidYetContext {
                    time: other,
                    not_before: time,
                }),
                "not valid before 2000-02-29 00:00:00 UTC, and this machine's clock says 1970-01-01",
            ),
            (
                names(&["DnsName(\"a.example\")", "IpAddress(10.0.0.1)"]),
                "its certificate is for 'a.example', '10.0.0.1'",
            ),
            (names(&["DnsName(\"a\")"; 7]), "'a' and 2 more"),
            (names(&["DnsName(\"\u{1b}[31m\")"]), "'\\u{1b}[31m'"),
            (names(&[]), "no subjectAltName"),
            (
                certificate(Certificate::UnknownIssuer),
                "no trusted authority",
            ),
            (
                Error::InvalidMessage(InvalidMessage::InvalidContentType),
                "doesn't speak TLS",
            ),
            (
                Error::AlertReceived(AlertDescription::ProtocolVersion),
                "no TLS 1.2 or 1.3",
            ),
            (
                Error::AlertReceived(AlertDescription::HandshakeFailure),
                "no TLS 1.2 or 1.3",
            ),
            (
                Error::AlertReceived(AlertDescription::CertificateRequired),
                "requires a client certificate",
            ),
            (certificate(Certificate::BadEncoding), "BadEncoding"),
        ] {
            let text = TlsFault::from(error).to_string();
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}
