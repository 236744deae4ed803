//! The error of detect and of build, which the host shows to the user.

use alloc::format;
use alloc::string::{String, ToString};
use core::any::Any;
use core::fmt;

use crate::{Explanation, Failure};

/// The result of a buildpack's function.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// The reason why a phase failed. `?` makes one from any error: a `std::io::Error` becomes [`Failure::Io`], all others
/// become [`Failure::Internal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Failure);

impl Error {
    /// The application does not meet this buildpack's requirements. Its author can fix it.
    #[must_use]
    pub fn application(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Failure::Application(Explanation::new(title, text)))
    }

    /// The platform's input does not meet this buildpack's requirements, such as a variable's value.
    #[must_use]
    pub fn platform(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Failure::Platform(Explanation::new(title, text)))
    }

    /// A file could not be read or written.
    #[must_use]
    pub fn io(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Failure::Io(Explanation::new(title, text)))
    }

    /// The fault is in this buildpack.
    #[must_use]
    pub fn internal(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Failure::Internal(Explanation::new(title, text)))
    }

    /// The failure that the host gets.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.0
    }

    /// A file that could not be `done`, such as "read", for this reason.
    pub(crate) fn file(done: &str, path: &str, why: &str) -> Self {
        Self::io(
            format!("The file '{path}' cannot be {done}"),
            format!("The reason is: {why}."),
        )
    }

    fn explanation(&self) -> &Explanation {
        let (Failure::Application(said)
        | Failure::Platform(said)
        | Failure::Io(said)
        | Failure::Internal(said)) = &self.0;
        said
    }
}

impl Explanation {
    /// A message of one line, and the reason with what to do.
    #[must_use]
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            text: text.into(),
        }
    }
}

// It is not an `Error` of the library, so that every such error can be converted into it.
impl<E: core::error::Error + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let any: &dyn Any = &error;
        if let Some(failure) = any.downcast_ref::<Failure>() {
            return Self(failure.clone());
        }
        #[cfg(not(all(feature = "small", target_family = "wasm")))]
        if any.is::<std::io::Error>() {
            return Self::io("A file cannot be read or written", causes(&error));
        }
        Self::internal("The buildpack failed", causes(&error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Explanation { title, text } = self.explanation();
        write!(f, "{title}: {text}")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text of an error and of its causes.
fn causes(error: &dyn core::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_converts_errors_by_their_kind() {
        fn io() -> Result<()> {
            std::fs::read("/nonexistent/file")?;
            Ok(())
        }
        fn number() -> Result<u8> {
            Ok("300".parse::<u8>()?)
        }
        fn failure() -> Result<()> {
            Err(Failure::from(Error::platform("a", "b")))?
        }
        assert!(matches!(io().unwrap_err().failure(), Failure::Io(_)));
        let error = number().unwrap_err();
        assert!(matches!(error.failure(), Failure::Internal(_)));
        assert!(error.to_string().contains("too large"), "{error}");
        assert_eq!(failure().unwrap_err(), Error::platform("a", "b"));
    }

    #[test]
    fn an_error_of_a_file_names_it_and_the_reason() {
        let error = Error::file("listed", "src", "it is not there");
        let expected = "The file 'src' cannot be listed: The reason is: it is not there.";
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error.failure(), Failure::Io(_)));
    }
}
