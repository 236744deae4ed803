//! Parses certificates in PEM (RFC 7468). Returns each, valid or not, with the line in which it begins.
//!
//! Nothing here knows whether a certificate is trusted.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};

use cnb::names::shown;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
const LABEL: &[u8] = b"CERTIFICATE";
const FIRST: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The defect of a text that begins like a certificate.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// The first line has other text as well.
    #[error("its first line must be '-----BEGIN CERTIFICATE-----' and nothing else")]
    Begin,
    /// The last line is missing, or is not on a line of its own.
    #[error("its last line, '-----END CERTIFICATE-----', is missing")]
    End,
    /// The text between the first and the last line can't be decoded.
    #[error("the lines between its first and its last are not base64")]
    Base64,
    /// The label is not `CERTIFICATE`.
    #[error("it is a '{0}', and only a 'CERTIFICATE' is read")]
    Kind(String),
    /// The decoded bytes are not a certificate.
    #[error("it is not an X.509 certificate")]
    Content(#[source] rustls::Error),
}

/// Finds the certificates in a text, each with the number of its first line, counted from one. Skips keys and
/// revocation lists.
///
/// A `BEGIN` counts at the start of a line, and directly after another certificate's `END`, where files were joined
/// without a line end between them.
pub(super) fn certificates(
    text: &[u8],
) -> impl Iterator<Item = (usize, Result<CertificateDer<'static>, PemError>)> {
    let begins = begins(text);
    let ends: Vec<_> = begins.iter().map(|(at, _)| *at).skip(1).collect();
    let ends = ends.into_iter().chain([text.len()]);
    let parts = begins.into_iter().zip(ends);
    parts.filter_map(|((at, line), end)| Some((line, certificate(&text[at..end])?)))
}

/// Returns the offset and the line of each `BEGIN`.
fn begins(text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut line, mut start) = (1, 0);
    for (at, byte) in text.iter().enumerate() {
        let ends = match byte {
            b'\r' => text.get(at + 1) != Some(&b'\n'),
            byte => *byte == b'\n',
        };
        if ends {
            line += 1;
            start = at + 1;
        } else if text[at..].starts_with(BEGIN) && is_start(&text[start..at]) {
            found.push((at, line));
        }
    }
    found
}

/// Returns whether a `BEGIN` counts after this text in its line.
fn is_start(before: &[u8]) -> bool {
    let byte_order_mark = "\u{feff}".as_bytes();
    let before = before.strip_prefix(byte_order_mark).unwrap_or(before);
    let before = before.trim_ascii();
    before.is_empty() || before.ends_with(b"-")
}

/// Parses the certificate at the start of this text. `None` if the label names something else, such as a key.
fn certificate(part: &[u8]) -> Option<Result<CertificateDer<'static>, PemError>> {
    let mut lines = part.split(|byte| matches!(byte, b'\n' | b'\r'));
    let first = lines.next().unwrap_or_default().trim_ascii();
    if first == FIRST {
        return Some(CertificateDer::from_pem_slice(part).map_err(|error| reason(&error)));
    }
    let label = first.strip_prefix(BEGIN).unwrap_or_default();
    let end = label.windows(DASHES.len()).position(|part| part == DASHES);
    let label = label[..end.unwrap_or(label.len())].trim_ascii();
    let is_certificate = label.windows(LABEL.len()).any(|part| part == LABEL);
    is_certificate.then(|| match label {
        LABEL => Err(PemError::Begin),
        label => Err(PemError::Kind(shown(&String::from_utf8_lossy(label)))),
    })
}

fn reason(error: &pem::Error) -> PemError {
    match error {
        pem::Error::Base64Decode(_) => PemError::Base64,
        _ => PemError::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Result<Vec<u8>, String>)> {
        let found = certificates(text.as_bytes());
        let found = found.map(|(line, one)| {
            let one = one.map(|one| one.to_vec());
            (line, one.map_err(|error| error.to_string()))
        });
        found.collect()
    }

    fn good(content: &str) -> String {
        format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----")
    }

    #[test]
    fn each_certificate_is_found_with_its_line() {
        let text = format!("# one\n{}\r\n\n  {}\n", good("AAAA"), good("AAEC"));
        let expected = [(2, Ok(vec![0, 0, 0])), (6, Ok(vec![0, 1, 2]))];
        assert_eq!(read(&text), expected.clone());
        let text = text.replace("\r\n", "\n").replace('\n', "\r");
        assert_eq!(read(&text), expected);
        assert_eq!(read(""), []);
    }

    #[test]
    fn one_that_is_glued_to_the_one_before_is_not_lost() {
        for glue in ["", " ", "\t", "\n"] {
            let text = [good("AAAA"), good("AAEC"), good("AAED")].join(glue);
            let found: Vec<_> = read(&text).into_iter().map(|(_, one)| one).collect();
            let expected = [Ok(vec![0, 0, 0]), Ok(vec![0, 1, 2]), Ok(vec![0, 1, 3])];
            assert_eq!(found, expected, "{glue:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_hides_nothing() {
        let text = format!("\u{feff}{}", good("AAAA"));
        assert_eq!(read(&text), [(1, Ok(vec![0, 0, 0]))]);
    }

    #[test]
    fn what_begins_and_can_not_be_read_is_told_with_its_line_and_reason() {
        let whole = good("AAAA");
        for (bad, why) in [
            ("-----BEGIN CERTIFICATE-----\nAAAA\n", "its last line"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA-----END CERTIFICATE-----",
                "its last line",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAA!A\n-----END CERTIFICATE-----",
                "not base64",
            ),
            (
                "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----",
                "nothing else",
            ),
            (
                "-----BEGIN CERTIFICATE-----\u{a0}\nAAAA\n-----END CERTIFICATE-----",
                "nothing else",
            ),
            (
                "-----BEGIN CERTIFICATE----\nAAAA\n-----END CERTIFICATE-----",
                "CERTIFICATE",
            ),
            (
                "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----",
                "it is a 'TRUSTED CERTIFICATE'",
            ),
        ] {
            let found = read(&format!("{whole}\n{bad}\n{whole}"));
            assert_eq!(found.len(), 3, "{bad}: {found:?}");
            assert!(found[0].1.is_ok() && found[2].1.is_ok(), "{bad}: {found:?}");
            let (line, error) = &found[1];
            let error = error.as_ref().unwrap_err();
            assert!(*line == 4 && error.contains(why), "{bad}: {line}, {error}");
        }
    }

    #[test]
    fn a_key_and_a_comment_are_no_certificates() {
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let comment = good("AAAA").replace("-----B", "# -----B");
        assert_eq!(read(&format!("{key}{comment}\n-----BEGIN ")), []);
    }
}
