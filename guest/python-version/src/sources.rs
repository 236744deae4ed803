//! The places of an application that can ask for a Python version, in their order.
//!
//! Detection reads them too, so a lock file of any size costs the same: only its beginning is read.

use toml::{Table, Value};
use wasm_buildpack_sdk::{App, Entry};

use crate::error::VersionError;
use crate::origin::{Origin, PROJECT_FILE, VERSION_FILE};
use crate::request::Request;

/// The lock files that may ask for a version, the preferred one first.
pub const LOCKS: [&str; 2] = ["pylock.toml", "uv.lock"];

/// The limit on `.python-version`.
const LARGEST_VERSION_FILE: u64 = 4096;

/// The limit on `pyproject.toml`.
const LARGEST_PROJECT: u64 = 1 << 20;

/// The part of a lock file that is read. Its own keys come before its packages.
const HEAD: u64 = 16 * 1024;

/// A request and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub request: Request,
    pub origin: Origin,
}

/// The request of an application: of the variable, `.python-version`, `pyproject.toml` or its lock, in this order.
pub fn wanted(app: &App, variable: Option<&str>) -> Result<Wanted, VersionError> {
    if let Some(text) = variable.map(str::trim).filter(|text| !text.is_empty()) {
        return request(Origin::Variable, text, Request::parse);
    }
    if let Some(text) = read(app, Origin::VersionFile, VERSION_FILE, LARGEST_VERSION_FILE)? {
        let mut lines = text.lines().map(str::trim);
        if let Some(line) = lines.find(|line| !line.is_empty() && !line.starts_with('#')) {
            return request(Origin::VersionFile, line, Request::parse);
        }
    }
    if let Some(text) = read(app, Origin::Project, PROJECT_FILE, LARGEST_PROJECT)? {
        let table: Table = text.parse().map_err(|_| VersionError::Unreadable {
            origin: Origin::Project,
            why: "it is not valid TOML".to_owned(),
        })?;
        let range = table
            .get("project")
            .and_then(|one| one.get("requires-python"));
        if let Some(range) = range {
            return self::range(Origin::Project, range);
        }
    }
    for name in LOCKS {
        let origin = Origin::Lock(name);
        let Some(text) = read_head(app, origin, name)? else {
            continue;
        };
        // Only the first of the lock files is used.
        return match head(&text).get("requires-python") {
            Some(range) => self::range(origin, range),
            None => Ok(Wanted::default()),
        };
    }
    Ok(Wanted::default())
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            request: Request::Any,
            origin: Origin::Default,
        }
    }
}

fn range(origin: Origin, value: &Value) -> Result<Wanted, VersionError> {
    match value {
        Value::String(text) => request(origin, text, Request::range),
        _ => Err(VersionError::Unclear {
            origin,
            text: value.to_string().chars().take(40).collect(),
        }),
    }
}

fn request(
    origin: Origin,
    text: &str,
    parse: impl FnOnce(&str) -> Option<Request>,
) -> Result<Wanted, VersionError> {
    match parse(text) {
        Some(request) => Ok(Wanted { request, origin }),
        None => Err(VersionError::Unclear {
            origin,
            text: text.chars().take(40).collect(),
        }),
    }
}

/// The text of a file, or `None` if there is no such file.
fn read(app: &App, origin: Origin, name: &str, most: u64) -> Result<Option<String>, VersionError> {
    let unreadable = |why: String| VersionError::Unreadable { origin, why };
    if app.entry(name) == Entry::Absent {
        return Ok(None);
    }
    let bytes = app.read_or_why(name, most + 1).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(unreadable(format!("it is larger than {most} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    Ok(Some(text.trim_start_matches('\u{feff}').to_owned()))
}

/// The beginning of a file, or `None` if there is no such file.
fn read_head(app: &App, origin: Origin, name: &str) -> Result<Option<String>, VersionError> {
    if app.entry(name) == Entry::Absent {
        return Ok(None);
    }
    let bytes = app.read_or_why(name, HEAD);
    let bytes = bytes.map_err(|why| VersionError::Unreadable { origin, why })?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The keys before the first table of a TOML text; none if they are not valid TOML.
fn head(text: &str) -> Table {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with('[') {
            break;
        }
        end += line.len();
    }
    text[..end].parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keys_before_the_first_table_of_a_lock_are_read() {
        let text = "version = 1\nrequires-python = \">=3.11\"\nmarkers = [\n  \"a\",\n]\n\n[[package]]\nname = \"a\"\n\
                    requires-python = \">=3.13\"\nbroken";
        assert_eq!(head(text)["requires-python"].as_str(), Some(">=3.11"));
        assert!(head("[package]\nrequires-python = \">=3.13\"").is_empty());
        assert!(head("= broken\n").is_empty());
    }
}
