//! Paths followed name by name. The cost of a step depends only on its name, not on the depth or on the number of
//! entries.
//!
//! Nothing here decides anything or touches the disk.

use std::collections::HashMap;

/// All entries beneath a folder. The key is the parent folder with the name in it.
pub struct Places<'n, T> {
    within: HashMap<(Place, &'n [u8]), Place>,
    /// The entries at all places except the root.
    found: Vec<T>,
}

/// A place, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place(usize);

impl Place {
    /// The folder that contains all other places.
    pub const ROOT: Self = Self(0);
}

impl<T> Default for Places<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'n, T> Places<'n, T> {
    #[must_use]
    pub fn new() -> Self {
        Self {
            within: HashMap::new(),
            found: Vec::new(),
        }
    }

    /// Adds an entry at this path. All folders above it must have been added before: otherwise nothing is added.
    pub fn insert(&mut self, path: impl IntoIterator<Item = &'n [u8]>, what: T) {
        let mut names = path.into_iter().peekable();
        let mut folder = Place::ROOT;
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                self.found.push(what);
                let place = Place(self.found.len());
                self.within.insert((folder, name), place);
                return;
            }
            let Some(next) = self.step(folder, name) else {
                return;
            };
            folder = next;
        }
    }

    /// The place of this name in a folder, if it has an entry.
    #[must_use]
    pub fn step(&self, folder: Place, name: &[u8]) -> Option<Place> {
        #[cfg(debug_assertions)]
        steps::count(name);
        self.within.get(&(folder, name)).copied()
    }

    /// The entry at a place. The root has none.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<&T> {
        self.found.get(place.0.checked_sub(1)?)
    }
}

/// Counts the bytes of all names that were looked up, so that a test can prove linear work without a clock.
#[cfg(debug_assertions)]
pub mod steps {
    use std::cell::Cell;

    thread_local! {
        static BYTES: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn count(name: &[u8]) {
        BYTES.set(BYTES.get() + name.len());
    }

    /// The bytes of all names that this thread has looked up since the last call.
    #[must_use]
    pub fn take() -> usize {
        BYTES.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> impl Iterator<Item = &[u8]> {
        path.split('/').map(str::as_bytes)
    }

    #[test]
    fn what_was_put_somewhere_is_found_there_and_nowhere_else() {
        let mut places = Places::new();
        for path in ["a", "a/b", "a/b/c", "b"] {
            places.insert(names(path), path);
        }
        let find = |path: &'static str| {
            let mut names = names(path);
            let place = names.try_fold(Place::ROOT, |at, name| places.step(at, name))?;
            places.at(place).copied()
        };
        for path in ["a", "a/b", "a/b/c", "b"] {
            assert_eq!(find(path), Some(path));
        }
        for path in ["c", "b/b", "a/b/c/c", "a/c", ""] {
            assert_eq!(find(path), None, "{path}");
        }
        assert_eq!(places.at(Place::ROOT), None);
    }

    #[test]
    fn what_lies_in_no_folder_is_not_taken() {
        let mut places = Places::new();
        places.insert(names("a/b"), ());
        places.insert([], ());
        assert_eq!(places.step(Place::ROOT, b"a"), None);
        assert_eq!(places.step(Place::ROOT, b"b"), None);
    }
}
