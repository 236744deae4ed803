//! Places in the output, for messages, and the rules that apply everywhere.
//!
//! Nothing here knows layers or processes.

use std::collections::BTreeSet;
use std::str::FromStr;

use toml::Table;

use super::{CheckError, LONGEST_TEXT, Rule};
use crate::names::{NameError, shown};
use crate::{metadata, written};

/// A place in the output, and the rules that apply to every place.
pub(super) struct OutputPlace(pub(super) String);

impl OutputPlace {
    pub(super) fn new(place: String) -> Self {
        Self(place)
    }

    pub(super) fn within(&self, part: &str) -> Self {
        Self(format!("{}, {part}", self.0))
    }

    pub(super) fn name<N: FromStr<Err = NameError>>(&self, name: &str) -> Result<N, CheckError> {
        name.parse().map_err(|source| CheckError::Name {
            place: self.0.clone(),
            source,
        })
    }

    pub(super) fn metadata(&self, text: &str, room: &mut Room) -> Result<Table, CheckError> {
        let table = metadata::from_json(text).map_err(|source| CheckError::Metadata {
            place: self.0.clone(),
            source,
        })?;
        room.take(self, written::table(&table, ABOVE, DEPTH))?;
        Ok(table)
    }

    pub(super) fn count(
        &self,
        what: &'static str,
        found: usize,
        most: usize,
    ) -> Result<(), CheckError> {
        if found <= most {
            return Ok(());
        }
        let place = self.0.clone();
        Err(CheckError::TooMany {
            place,
            what,
            found,
            most,
        })
    }

    pub(super) fn size(
        &self,
        what: &'static str,
        found: usize,
        most: usize,
    ) -> Result<(), CheckError> {
        if found <= most {
            return Ok(());
        }
        let place = self.0.clone();
        Err(CheckError::TooLong {
            place,
            what,
            found,
            most,
        })
    }

    /// Checks a text for a file or a process: it has no NUL and is not too long.
    pub(super) fn text(&self, what: &'static str, text: String) -> Result<String, CheckError> {
        self.size(what, text.len(), LONGEST_TEXT)?;
        if text.contains('\0') {
            let place = self.0.clone();
            return Err(CheckError::NulCharacter { place, what });
        }
        Ok(text)
    }

    /// Checks a text as [`Place::text`] does. It must not be empty.
    pub(super) fn some_text(&self, what: &'static str, text: String) -> Result<String, CheckError> {
        if text.is_empty() {
            let place = self.0.clone();
            return Err(CheckError::Empty { place, what });
        }
        self.text(what, text)
    }

    /// Checks a name without a type of its own: it is one line of printable characters.
    pub(super) fn line(&self, what: &'static str, name: String) -> Result<String, CheckError> {
        let name = self.some_text(what, name)?;
        if name.contains(char::is_control) {
            let place = self.0.clone();
            return Err(CheckError::ControlCharacter { place, what });
        }
        Ok(name)
    }

    pub(super) fn rule(&self, broken: Rule, rule: &str) -> CheckError {
        CheckError::Rule {
            place: self.0.clone(),
            broken,
            rule: rule.to_owned(),
        }
    }
}

/// The keys above free data in the files, such as `or.requires.metadata`: their length in bytes with the characters
/// around them, and their number.
const ABOVE: usize = 64;
const DEPTH: usize = 3;

/// The space that is left in a file. Counted before any of its TOML exists.
pub(super) struct Room {
    what: &'static str,
    left: usize,
}

impl Room {
    pub(super) fn new(what: &'static str) -> Self {
        let left = written::MOST;
        Self { what, left }
    }

    pub(super) fn take(&mut self, place: &OutputPlace, bytes: usize) -> Result<(), CheckError> {
        let Some(left) = self.left.checked_sub(bytes) else {
            return Err(CheckError::Full {
                place: place.0.clone(),
                what: self.what,
            });
        };
        self.left = left;
        Ok(())
    }
}

/// The names that have occurred.
pub(super) struct Seen {
    names: BTreeSet<String>,
    fold: bool,
}

impl Seen {
    pub(super) fn exact() -> Self {
        Self {
            names: BTreeSet::new(),
            fold: false,
        }
    }

    /// For names of files and folders: some file systems do not distinguish upper and lower case.
    pub(super) fn folding_case() -> Self {
        Self {
            names: BTreeSet::new(),
            fold: true,
        }
    }

    pub(super) fn add(
        &mut self,
        place: &OutputPlace,
        what: &str,
        name: &str,
    ) -> Result<(), CheckError> {
        let key = if self.fold {
            name.to_ascii_lowercase()
        } else {
            name.to_owned()
        };
        if self.names.insert(key) {
            return Ok(());
        }
        Err(CheckError::Twice {
            place: place.0.clone(),
            what: format!("{what} '{}'", shown(name)),
        })
    }
}
