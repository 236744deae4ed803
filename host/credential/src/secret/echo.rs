//! Searches a text for a credential: unchanged, or in a form that requests and addresses use.
//!
//! Pure. The text must be whole and unchanged: cutting or cleaning could hide a credential that a reader still finds.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use super::Credential;

/// The smallest number of a credential's consecutive characters that is a match. A shorter credential must occur whole.
const TELLING: usize = 8;
/// The minimum length of a user name that may be a token: some servers accept a token as the user name.
const LONG_NAME: usize = 20;

/// Returns whether `text` contains the secret, or any contiguous half of it.
///
/// Compares only letters and digits, without case: hosts are in lowercase, addresses are encoded, and other characters
/// may be lost on the way. This finds a secret that a server repeats by mistake. A server that wants to reveal the
/// secret can use a form that is not known here.
pub(super) fn repeats(text: &str, credential: &Credential) -> bool {
    let Credential { username, secret } = credential;
    let secret = secret.expose();
    let mut forms = vec![
        squeezed(secret),
        squeezed(&BASE64_STANDARD_NO_PAD.encode(secret)),
        squeezed(&BASE64_STANDARD_NO_PAD.encode(format!("{username}:{secret}"))),
    ];
    if username.len() >= LONG_NAME {
        forms.push(squeezed(username));
    }
    let once = decoded(text);
    let twice = decoded(&once);
    text.contains(secret)
        || [text, &once, &twice].into_iter().any(|text| {
            let text = squeezed(text);
            forms.iter().any(|form| has_most_of(&text, form))
        })
}

fn has_most_of(text: &str, form: &str) -> bool {
    let run = (form.len() / 2).max(TELLING).min(form.len());
    // Both texts are ASCII.
    let mut runs = (run..=form.len()).filter_map(|end| form.get(end - run..end));
    run > 0 && runs.any(|run| text.contains(run))
}

/// Returns the text's letters and digits, in lowercase.
fn squeezed(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

/// Decodes the text's percent-encoded ASCII, such as `%41`.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(u8::is_ascii) {
            Some(byte) => decoded.extend([char::from(byte).to_string().as_str(), &part[2..]]),
            None => decoded.extend(["%", part]),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::super::{Credential, Secret};
    use super::*;

    const TOKEN: &str = "glpat-Example_0123456789";

    fn of(username: &str, token: &str) -> Credential {
        Credential {
            username: username.to_owned(),
            secret: Secret::new(token.to_owned()),
        }
    }

    #[test]
    fn a_token_is_found_in_every_form_that_it_usually_has() {
        let credential = of("oauth2", TOKEN);
        for text in [
            TOKEN,
            "no such user: glpat-Example_0123456789!",
            // A host is in lowercase, and can't have an underscore.
            "https://glpat-example-0123456789.example.com/x.git",
            "/signin?from=glpat%2DExample%5F0123456789",
            "/signin?from=glpat%252DExample%255F0123456789",
            "/%67%6c%70%61%74%2dExample_0123456789/",
            "glpat-\u{200b}Example\u{1b}[1m_0123456789",
            "gl pat-Exam\nple_01234 56789",
            // The request's own header in base64, and the token by itself.
            "Basic b2F1dGgyOmdscGF0LUV4YW1wbGVfMDEyMzQ1Njc4OQ==",
            "Z2xwYXQtRXhhbXBsZV8wMTIzNDU2Nzg5",
            // More than half of the token.
            "the token glpat-Example_012... is wrong",
            "...ple_0123456789",
        ] {
            assert!(repeats(text, &credential), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not_withheld() {
        let credential = of("oauth2", TOKEN);
        for text in [
            "",
            "oauth2 may not do that",
            "glpat- is how tokens begin",
            "an example of 0123 things",
            "the commit 0123456789abcdef0123456789abcdef01234567",
            "b2F1dGgyOg==",
            "100% of it, %zz, %",
        ] {
            assert!(!repeats(text, &credential), "{text}");
        }
    }

    #[test]
    fn a_short_secret_is_looked_for_as_a_whole() {
        for secret in ["abc", "t0ken", "-_-", "%"] {
            let credential = of("u", secret);
            assert!(repeats(&format!("a {secret} b"), &credential), "{secret}");
            assert!(!repeats("nothing", &credential), "{secret}");
        }
    }

    #[test]
    fn a_user_name_that_may_be_a_token_is_looked_for_too() {
        let long = of("ghp_0123456789abcdefghij", "x-oauth-basic");
        assert!(repeats("user ghp_0123456789abcdefghij", &long));
        assert!(!repeats("user alice", &of("alice", TOKEN)));
    }
}
