//! The path and the type of an entry.
//!
//! Nothing here checks them.

use std::fmt;

use text::shown_path;

/// The type of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Dir,
    /// A regular file.
    File {
        executable: bool,
    },
    /// A symbolic link.
    Link,
}

/// An entry's path, relative to the fetched folder. Displayed without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPath(Vec<u8>);

impl EntryPath {
    /// The path of the fetched folder itself.
    #[must_use]
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// Returns the path of this name in this folder.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut path = self.0.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        Self(path)
    }

    /// Returns the path's names, the outermost first. The fetched folder itself has none.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
    }

    /// Returns the last name, or an empty one for the fetched folder itself.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.parts().last().unwrap_or_default()
    }

    /// Returns the whole path, with `/` between the names. Names need not be UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown_path(&self.0))
    }
}
