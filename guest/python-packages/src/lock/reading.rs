//! Reads files of the application within limits, and TOML without showing its content in errors.

use serde::de::DeserializeOwned;
use wasm_buildpack_sdk::App;

use crate::error::LockError;

/// The limit on a lock file, which is the host's too.
const LARGEST: u64 = 32 << 20;

/// The text of a file of the application.
pub(crate) fn text(app: &App, file: &'static str) -> Result<String, LockError> {
    let unreadable = |why: String| LockError::Unreadable { file, why };
    let bytes = app.read_or_why(file, LARGEST + 1).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable("it is larger than 32 MiB".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))
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
