//! Paths followed name by name: a step costs its name alone, however deep it goes and however much there is.
//!
//! Nothing here judges, or touches the disk.

use std::collections::HashMap;

/// Everything beneath a folder, by the folder that it lies in.
pub struct Places<'n, T> {
    within: HashMap<(Place, &'n [u8]), Place>,
    /// The things at all places but the root.
    found: Vec<T>,
}

/// A place by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place(usize);

impl Place {
    /// The folder that all others are beneath.
    pub const ROOT: Self = Self(0);
}

impl<T> Default for Places<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'n, T> Places<'n, T> {
    /// An empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self {
            within: HashMap::new(),
            found: Vec::new(),
        }
    }

    /// Takes what is at this path. The folders above it are there already.
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

    /// The place of this name in a folder, if something is there.
    pub fn step(&self, folder: Place, name: &[u8]) -> Option<Place> {
        #[cfg(debug_assertions)]
        steps::count(name);
        self.within.get(&(folder, name)).copied()
    }

    /// The thing at a place. Nothing is said of the root.
    pub fn at(&self, place: Place) -> Option<&T> {
        self.found.get(place.0.checked_sub(1)?)
    }
}

/// Counts the bytes of names that were looked up, so that a test can tell linear work from other work without a clock.
#[cfg(debug_assertions)]
pub mod steps {
    use std::cell::Cell;

    thread_local! {
        static BYTES: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn count(name: &[u8]) {
        BYTES.set(BYTES.get() + name.len());
    }

    /// The bytes of all names that were looked for on this thread since this was asked last.
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
