//! Takes one table of the descriptor apart, key by key. The keys that are left over at the end are unknown.
//!
//! Nothing here knows the meaning of a key.

use std::collections::BTreeMap;
use std::str::FromStr;

use toml::{Table, Value};

use super::{DescriptorError, ValueError};
use crate::sandbox::Sandbox;

/// A table and its path in the file.
pub struct Section<'f> {
    file: &'f str,
    path: String,
    table: Table,
}

impl<'f> Section<'f> {
    /// Parses the whole text of a file. `file` is for messages.
    pub fn parse(file: &'f str, text: &str) -> Result<Self, DescriptorError> {
        let table = text.parse::<Table>();
        let table = table.map_err(|source| DescriptorError::Syntax {
            file: file.to_owned(),
            source,
        })?;
        Ok(Self::root(file, table))
    }

    #[must_use]
    pub fn root(file: &'f str, table: Table) -> Self {
        let path = String::new();
        Self { file, path, table }
    }

    #[must_use]
    pub fn file(&self) -> &'f str {
        self.file
    }

    /// The keys that were not taken, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.table.keys().cloned().collect();
        keys.sort();
        keys
    }

    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Takes a table. A missing one is empty.
    pub fn section(&mut self, key: &str) -> Result<Self, DescriptorError> {
        let table = match self.table.remove(key) {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(_) => return Err(self.type_error(key, "a table")),
        };
        Ok(Self {
            file: self.file,
            path: self.at(key),
            table,
        })
    }

    /// Takes a table of tables, each under a name.
    pub fn named<N, T>(
        &mut self,
        key: &str,
        read: fn(Self) -> Result<T, DescriptorError>,
    ) -> Result<BTreeMap<N, T>, DescriptorError>
    where
        N: FromStr + Ord,
        ValueError: From<N::Err>,
    {
        let mut section = self.section(key)?;
        let mut named = BTreeMap::new();
        for key in section.keys() {
            let name = section.value(&key, key.parse::<N>())?;
            named.insert(name, read(section.section(&key)?)?);
        }
        Ok(named)
    }

    /// Takes a list of tables. A missing one is empty.
    pub fn tables(&mut self, key: &str) -> Result<Vec<Self>, DescriptorError> {
        let list = match self.table.remove(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.type_error(key, "a list of tables")),
        };
        let items = list.into_iter().enumerate();
        let items = items.map(|(index, item)| match item {
            Value::Table(table) => Ok(Self {
                file: self.file,
                path: format!("{}[{index}]", self.at(key)),
                table,
            }),
            _ => Err(self.type_error(key, "a list of tables")),
        });
        items.collect()
    }

    pub fn text(&mut self, key: &str) -> Result<Option<String>, DescriptorError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.type_error(key, "a string")),
        }
    }

    /// Takes a string that must exist and must not be empty.
    pub fn required_text(&mut self, key: &str) -> Result<String, DescriptorError> {
        match self.text(key)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.missing(key)),
        }
    }

    pub fn flag(&mut self, key: &str) -> Result<Option<bool>, DescriptorError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.type_error(key, "true or false")),
        }
    }

    pub fn number(&mut self, key: &str) -> Result<Option<i64>, DescriptorError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::Integer(number)) => Ok(Some(number)),
            Some(_) => Err(self.type_error(key, "a whole number")),
        }
    }

    pub fn parsed<T>(&mut self, key: &str) -> Result<Option<T>, DescriptorError>
    where
        T: FromStr,
        ValueError: From<T::Err>,
    {
        let text = self.text(key)?;
        text.map(|text| self.value(key, text.parse())).transpose()
    }

    pub fn required<T>(&mut self, key: &str) -> Result<T, DescriptorError>
    where
        T: FromStr,
        ValueError: From<T::Err>,
    {
        self.parsed(key)?.ok_or_else(|| self.missing(key))
    }

    pub fn parsed_list<T>(&mut self, key: &str) -> Result<Vec<T>, DescriptorError>
    where
        T: FromStr,
        ValueError: From<T::Err>,
    {
        let texts = self.texts(key)?.unwrap_or_default();
        let items = texts.iter().map(|text| self.value(key, text.parse()));
        items.collect()
    }

    pub fn texts(&mut self, key: &str) -> Result<Option<Vec<String>>, DescriptorError> {
        let list = match self.table.remove(key) {
            None => return Ok(None),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.type_error(key, "a list of strings")),
        };
        let items = list.into_iter().map(|item| match item {
            Value::String(text) => Ok(text),
            _ => Err(self.type_error(key, "a list of strings")),
        });
        items.collect::<Result<_, _>>().map(Some)
    }

    pub fn sandbox(&mut self, key: &str) -> Result<Option<Sandbox>, DescriptorError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        let all = [Sandbox::Require, Sandbox::Prefer, Sandbox::Off];
        match all.into_iter().find(|sandbox| sandbox.to_string() == text) {
            Some(sandbox) => Ok(Some(sandbox)),
            None => Err(self.type_error(key, "\"require\", \"prefer\" or \"off\"")),
        }
    }

    /// Adds the key to the error of a parsed value.
    pub fn value<T, E>(&self, key: &str, parsed: Result<T, E>) -> Result<T, DescriptorError>
    where
        ValueError: From<E>,
    {
        parsed.map_err(|error| DescriptorError::Value {
            file: self.file.to_owned(),
            key: self.at(key),
            source: error.into(),
        })
    }

    /// Returns the keys that were not taken.
    #[must_use]
    pub fn rest(self) -> Table {
        self.table
    }

    /// Refuses keys that were not taken.
    pub fn finish(self) -> Result<(), DescriptorError> {
        match self.keys().first() {
            None => Ok(()),
            Some(key) => Err(DescriptorError::UnknownKey {
                file: self.file.to_owned(),
                key: self.at(key),
            }),
        }
    }

    /// An error about this table as a whole.
    #[must_use]
    pub fn conflict(&self, conflict: String) -> DescriptorError {
        DescriptorError::Conflict {
            file: self.file.to_owned(),
            key: self.path.clone(),
            conflict,
        }
    }

    /// An error about a key of this table.
    #[must_use]
    pub fn conflict_at(&self, key: &str, conflict: String) -> DescriptorError {
        DescriptorError::Conflict {
            file: self.file.to_owned(),
            key: self.at(key),
            conflict,
        }
    }

    /// A key with its tables, as TOML writes it.
    #[must_use]
    pub fn at(&self, key: &str) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let key = if !key.is_empty() && key.bytes().all(plain) {
            key.to_owned()
        } else {
            format!("\"{}\"", crate::names::shown(key))
        };
        if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn missing(&self, key: &str) -> DescriptorError {
        DescriptorError::Missing {
            file: self.file.to_owned(),
            key: self.at(key),
        }
    }

    fn type_error(&self, key: &str, wanted: &'static str) -> DescriptorError {
        DescriptorError::Type {
            file: self.file.to_owned(),
            key: self.at(key),
            wanted,
        }
    }
}
