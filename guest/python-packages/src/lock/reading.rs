//! Reads files of the application within limits, and TOML without showing its content in errors.

use serde::de::DeserializeOwned;
use wasm_buildpack_sdk::App;

use crate::error::{LockError, ReadError};

/// The limit on a lock file, in bytes. The host has the same one, and a test of the host compares them.
const LARGEST: u64 = 8 << 20;

/// The text of a file of the application.
pub(crate) fn text(app: &App, file: &'static str) -> Result<String, LockError> {
    let unreadable = |why| LockError::Unreadable { file, why };
    let bytes = app.read_or_why(file, LARGEST + 1);
    let bytes = bytes.map_err(|why| unreadable(ReadError::File(why)))?;
    if bytes.len() as u64 > LARGEST {
        let most = LARGEST >> 20;
        return Err(unreadable(ReadError::Large { most }));
    }
    String::from_utf8(bytes).map_err(|_| unreadable(ReadError::NotUtf8))
}

/// Reads TOML. The error has the line and the reason, but not the text, which may contain a password.
pub(crate) fn toml<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, LockError> {
    toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        LockError::Syntax {
            file,
            line: before.matches('\n').count() + 1,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use wasm_buildpack_sdk::testing::Sample;

    use super::*;

    /// The error for a lock file of this many spaces.
    fn refused(length: u64) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let spaces = " ".repeat(usize::try_from(length).unwrap());
        fs::write(folder.path().join("uv.lock"), spaces).unwrap();
        let app = Sample::new(folder.path()).context().app();
        let error = text(&app, "uv.lock").err()?;
        Some(error.explained().to_string())
    }

    #[test]
    fn a_lock_file_that_is_larger_than_the_limit_is_refused_with_the_limit() {
        assert_eq!(refused(LARGEST), None);
        let error = refused(LARGEST + 1).unwrap();
        for part in [
            "uv.lock",
            "larger than 8 MiB",
            "host's limit",
            "fewer platforms",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
}
