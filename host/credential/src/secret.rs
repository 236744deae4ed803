//! Holds a credential for the requests that may carry it, and checks whether a text repeats it, so that none is shown.
//!
//! Nothing here finds a credential.

mod echo;

use std::fmt;

/// A token or password. It can't be printed, compared, cloned or serialized; only `expose` returns the text.
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text. For the request that authenticates and for comparisons, never for output.
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

#[derive(Debug)]
pub struct Credential {
    /// The user name, such as `oauth2`.
    pub username: String,
    pub secret: Secret,
}

impl Credential {
    /// Returns whether a text contains the token, or any contiguous half of it, in any form that requests and addresses
    /// use.
    ///
    /// The text must be unchanged: neither cut nor cleaned.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        echo::repeats(text, self)
    }
}
