//! Where in the output something stands, and the rules that hold everywhere.
//!
//! Nothing here knows what a layer or a process is.

use std::collections::BTreeSet;
use std::str::FromStr;

use toml::Table;

use super::{CheckError, LONGEST_TEXT, Rule};
use crate::names::{NameError, shown};
use crate::{metadata, written};

/// Where in the output, for messages, and the rules that hold everywhere.
pub(super) struct Place(pub(super) String);

impl Place {
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

    /// A text that ends up in a file or in a process: no NUL, not too long.
    pub(super) fn text(&self, what: &'static str, text: String) -> Result<String, CheckError> {
        self.size(what, text.len(), LONGEST_TEXT)?;
        if text.contains('\0') {
            let place = self.0.clone();
            return Err(CheckError::NulCharacter { place, what });
        }
        Ok(text)
    }

    /// The same, and not empty.
    pub(super) fn some_text(&self, what: &'static str, text: String) -> Result<String, CheckError> {
        if text.is_empty() {
            let place = self.0.clone();
            return Err(CheckError::Empty { place, what });
        }
        self.text(what, text)
    }

    /// A name that is free otherwise: one line that can be printed.
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

/// The keys above free data in the files that it gets into, such as `or.requires.metadata`: how long they are, with what
/// stands around them, and how many.
const ABOVE: usize = 64;
const DEPTH: usize = 3;

/// The room that is left in a file. Counted before anything of it is made.
pub(super) struct Room {
    what: &'static str,
    left: usize,
}

impl Room {
    pub(super) fn new(what: &'static str) -> Self {
        let left = written::MOST;
        Self { what, left }
    }

    pub(super) fn take(&mut self, place: &Place, bytes: usize) -> Result<(), CheckError> {
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

/// Names that were there already.
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

    /// For names of files and folders: not every file system tells capitals from small letters.
    pub(super) fn folding_case() -> Self {
        Self {
            names: BTreeSet::new(),
            fold: true,
        }
    }

    pub(super) fn add(&mut self, place: &Place, what: &str, name: &str) -> Result<(), CheckError> {
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
