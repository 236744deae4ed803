//! Whether a text repeats a credential: as it is, or in a form that requests and addresses give it.
//!
//! Pure. What is compared is a text as it came, whole: what was cut or cleaned before may hide what it still says.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use super::Credential;

/// Of a credential so many characters in a row are too many, if it has that many.
const TELLING: usize = 8;
/// A user name as long as this may be a token itself: some servers take it there.
const LONG_NAME: usize = 20;

/// Whether `text` has the secret in it, or half of it in a row.
///
/// Letters and digits alone are compared, and in no case: a host is put into small letters, an address is encoded, and
/// what is between the letters may be lost on the way. A server that means to tell the secret finds a form that isn't
/// known here; what is told by mistake is found.
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
    // All of both is ASCII.
    let mut runs = (run..=form.len()).filter_map(|end| form.get(end - run..end));
    run > 0 && runs.any(|run| text.contains(run))
}

/// Its letters and digits, small.
fn squeezed(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

/// The text with what an address encodes as `%41` put back.
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
            // A host is put into small letters, an underscore is none for it.
            "https://glpat-example-0123456789.example.com/x.git",
            "/signin?from=glpat%2DExample%5F0123456789",
            "/signin?from=glpat%252DExample%255F0123456789",
            "/%67%6c%70%61%74%2dExample_0123456789/",
            "glpat-\u{200b}Example\u{1b}[1m_0123456789",
            "gl pat-Exam\nple_01234 56789",
            // The request's own head, in both alphabets, and the token alone.
            "Basic b2F1dGgyOmdscGF0LUV4YW1wbGVfMDEyMzQ1Njc4OQ==",
            "Z2xwYXQtRXhhbXBsZV8wMTIzNDU2Nzg5",
            // Most of it.
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
