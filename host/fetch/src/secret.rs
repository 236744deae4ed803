//! A credential, as it is held for the one request that may carry it.
//!
//! Nothing here finds a credential, prints or writes. Whether a text repeats one is judged here, so that none is shown.

mod echo;

use std::fmt;

/// A token or password. It can't be printed, compared, cloned or serialized; `expose` is the one way in.
pub struct Secret(String);

impl Secret {
    /// Takes over a secret's text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself. For the request that authenticates, and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Who signs in, and with what.
#[derive(Debug)]
pub struct Credential {
    /// The user name, such as `oauth2`.
    pub username: String,
    /// The token.
    pub secret: Secret,
}

impl Credential {
    /// Whether a text has the token in it, or most of it, in any form that requests and addresses give it.
    ///
    /// The text is to be as it came: neither cut nor cleaned.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        echo::repeats(text, self)
    }
}
