//! Dependency markers, and the lists that lock files compare in them.
//!
//! <https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers> and, for the
//! lists, <https://packaging.python.org/en/latest/specifications/pylock-toml/>. Versions are compared by `pep440_rs`.
//! Its companion for markers is not used: it ends the program at some markers, such as one with a local version, and
//! does not know the lists.

mod parser;
mod tokens;

use std::collections::BTreeSet;

use crate::name::Name;
use crate::platform::Platform;
use crate::selection::Selection;

/// The limit on a marker, in bytes.
const LONGEST: usize = 16 * 1024;

/// The limit on nested brackets, each of which is a call.
const DEEPEST: usize = 32;

/// A marker that can't be evaluated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MarkerError {
    #[error("it is longer than 16 KiB, or nested deeper than 32 brackets, or not ASCII")]
    Limit,
    #[error("{0} was expected, and {1} was found")]
    Expected(&'static str, String),
    #[error("'{0}' compares texts, and only versions can be compared so")]
    Operator(String),
}

/// The environment of markers: a platform, and what is installed of the project.
#[derive(Debug)]
pub(crate) struct Markers<'a> {
    platform: &'a Platform,
    /// The members of the lists `extras` and `dependency_groups`.
    lists: Selection,
    /// The values of the variable `extra`.
    extra: BTreeSet<String>,
}

impl<'a> Markers<'a> {
    /// Markers that ask for a platform only: no extra and no dependency group is installed.
    pub(crate) fn new(platform: &'a Platform) -> Self {
        Self {
            platform,
            lists: Selection::default(),
            extra: BTreeSet::new(),
        }
    }

    /// The same with members of the lists `extras` and `dependency_groups`.
    pub(crate) fn with_lists(self, lists: Selection) -> Self {
        Self { lists, ..self }
    }

    /// The same with values of the variable `extra`, each of which is equal to it.
    pub(crate) fn with_extra(self, extra: BTreeSet<String>) -> Self {
        Self { extra, ..self }
    }

    /// Whether a marker is true. A missing one is.
    pub(crate) fn hold(&self, marker: Option<&str>) -> Result<bool, MarkerError> {
        let Some(marker) = marker else {
            return Ok(true);
        };
        let is_short = marker.is_ascii() && marker.len() <= LONGEST;
        if !is_short {
            return Err(MarkerError::Limit);
        }
        parser::evaluate(&tokens::tokens(marker), self)
    }

    /// Whether one of several markers is true, or there are none.
    pub(crate) fn hold_any(&self, markers: &[String]) -> Result<bool, MarkerError> {
        let mut held = markers.is_empty();
        for marker in markers {
            held |= self.hold(Some(marker))?;
        }
        Ok(held)
    }

    /// The value of a variable, also by the names of older specifications.
    fn value(&self, variable: &str) -> Option<String> {
        let python = self.platform.python;
        let value = match variable {
            "os_name" | "os.name" => "posix",
            "sys_platform" | "sys.platform" => "linux",
            "platform_machine" | "platform.machine" => self.platform.tags.machine,
            "platform_python_implementation"
            | "platform.python_implementation"
            | "python_implementation" => "CPython",
            "platform_system" => "Linux",
            "implementation_name" => "cpython",
            "python_version" => return Some(format!("{}.{}", python.major, python.minor)),
            "python_full_version" | "implementation_version" => return Some(python.to_string()),
            // The kernel of the image's host is not known. Any extra is compared by `extra_is`.
            "platform_release" | "platform_version" | "platform.version" | "extra" => "",
            _ => return None,
        };
        Some(value.to_owned())
    }

    /// Whether a list has a name.
    fn list_has(&self, list: &str, name: &str) -> bool {
        let members = match list {
            "extras" => &self.lists.extras,
            _ => &self.lists.groups,
        };
        let name: Option<Name> = name.parse().ok();
        name.is_some_and(|name| members.contains(&name))
    }

    /// Whether the variable `extra` has a value.
    fn extra_is(&self, value: &str) -> bool {
        self.extra.contains(value)
    }
}

#[cfg(test)]
mod tests;
