//! The paths of one archive, compared with each other before anything is written.
//!
//! Paths of several archives are compared in `claims`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use entry::{NameReason, folded};
use text::shown_path;

/// The reason to refuse a path because of another path of the same archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnReason {
    #[error("the archive has it twice")]
    Twice,
    /// A path beneath a file or link.
    #[error("'{file}' is a file or link, and not a folder")]
    BeneathFile { file: String },
    /// Two paths that are the same to some file system.
    #[error(transparent)]
    Name(#[from] NameReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OwnKind {
    /// A folder that an entry names.
    Dir,
    /// A folder that other paths pass through.
    Parent,
    Other,
}

/// The failure to add a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OwnError {
    Refused(OwnReason),
    /// More files, folders and links than the limit.
    Full,
}

impl<T: Into<OwnReason>> From<T> for OwnError {
    fn from(reason: T) -> Self {
        Self::Refused(reason.into())
    }
}

/// The paths of an archive.
pub(crate) struct Own {
    /// By the index of the folder and the folded name, so that names which are the same to some file system meet. An
    /// archive can name hundreds of thousands of folders, so each takes little memory, however deep it lies.
    paths: HashMap<(usize, Vec<u8>), OwnPath>,
    /// The limit for paths, folders that no entry names included.
    most: usize,
    /// The folder of the last path, with its index. Most paths lie in the same one.
    last: (Box<str>, usize),
}

struct OwnPath {
    kind: OwnKind,
    index: usize,
    /// The name as it is in the archive, if it differs from the folded one.
    spelled: Option<Box<str>>,
}

/// The index of the archive's own folder.
const TOP: usize = 0;

impl Own {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            paths: HashMap::new(),
            most,
            last: (Box::default(), TOP),
        }
    }

    /// Adds a file or link.
    pub(crate) fn add_file(&mut self, path: &str) -> Result<(), OwnError> {
        self.add(path, OwnKind::Other)
    }

    /// Adds a folder that an entry names.
    pub(crate) fn add_dir(&mut self, path: &str) -> Result<(), OwnError> {
        self.add(path, OwnKind::Dir)
    }

    fn add(&mut self, path: &str, kind: OwnKind) -> Result<(), OwnError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if *self.last.0 != *folder {
            self.last = (folder.into(), self.add_parents(folder)?);
        }
        let (found, is_new) = self.find_or_insert(self.last.1, name, kind)?;
        if !is_new {
            if found.kind != OwnKind::Parent || kind != OwnKind::Dir {
                return Err(OwnReason::Twice.into());
            }
            found.kind = kind;
        }
        Ok(())
    }

    /// Adds the folders of a path that are missing. Returns the index of the last one.
    fn add_parents(&mut self, folder: &str) -> Result<usize, OwnError> {
        let (mut at, mut end) = (TOP, 0);
        for name in folder.split('/').filter(|name| !name.is_empty()) {
            end += name.len();
            let (found, _) = self.find_or_insert(at, name, OwnKind::Parent)?;
            if found.kind == OwnKind::Other {
                let file = shown_path(&folder.as_bytes()[..end]);
                return Err(OwnReason::BeneathFile { file }.into());
            }
            at = found.index;
            end += 1;
        }
        Ok(at)
    }

    /// Finds a name in a folder, or adds it, and returns whether it is new. Refuses it if another name is the same after
    /// folding.
    fn find_or_insert(
        &mut self,
        folder: usize,
        name: &str,
        kind: OwnKind,
    ) -> Result<(&mut OwnPath, bool), OwnError> {
        let count = self.paths.len();
        let key = (folder, folded(name.as_bytes()));
        match self.paths.entry(key) {
            Entry::Occupied(found) => {
                let spelled = found.get().spelled.as_deref();
                let spelled = spelled.map_or(&*found.key().1, str::as_bytes);
                if spelled != name.as_bytes() {
                    let other = shown_path(spelled);
                    return Err(NameReason::Collision { other }.into());
                }
                Ok((found.into_mut(), false))
            }
            Entry::Vacant(place) => {
                if count >= self.most {
                    return Err(OwnError::Full);
                }
                let spelled = (place.key().1 != name.as_bytes()).then(|| name.into());
                let index = count + 1;
                let path = OwnPath {
                    kind,
                    index,
                    spelled,
                };
                Ok((place.insert(path), true))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Result<(), OwnReason> {
        let mut own = Own::new(usize::MAX);
        let added = paths.iter().try_for_each(|path| own.add_file(path));
        added.map_err(|error| match error {
            OwnError::Refused(reason) => reason,
            OwnError::Full => unreachable!(),
        })
    }

    #[test]
    fn folders_that_only_paths_name_count_for_the_limit() {
        let mut own = Own::new(4);
        own.add_file("a/b/c/d").unwrap();
        assert_eq!(own.add_file("e"), Err(OwnError::Full));
        let mut own = Own::new(3);
        assert_eq!(own.add_file("a/b/c/d"), Err(OwnError::Full));
    }

    #[test]
    fn an_archive_has_each_path_once() {
        assert_eq!(files(&["a/b", "a/c", "a/b"]), Err(OwnReason::Twice));
        assert_eq!(files(&["a/b", "b/b", "a/c"]), Ok(()));
        assert_eq!(files(&["a/b", "a"]), Err(OwnReason::Twice));
        let mut own = Own::new(9);
        own.add_dir("a").unwrap();
        assert_eq!(own.add_dir("a"), Err(OwnReason::Twice.into()));
    }

    #[test]
    fn a_file_is_no_folder() {
        let refused = files(&["a", "a/b"]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "'a' is a file or link, and not a folder"
        );
        assert_eq!(files(&["a", "ab/b"]), Ok(()));
    }

    #[test]
    fn a_folder_may_be_named_after_what_lies_in_it() {
        let mut own = Own::new(9);
        own.add_file("a/b/c").unwrap();
        own.add_dir("a/b").unwrap();
        own.add_dir("a").unwrap();
        own.add_file("a/d").unwrap();
    }

    #[test]
    fn paths_that_some_file_system_takes_for_one_are_refused() {
        let refused = files(&["a/Read", "b/x", "a/read"]).unwrap_err();
        assert!(refused.to_string().contains("'Read'"), "{refused}");
        files(&["Lib/a", "lib/b"]).unwrap_err();
        assert_eq!(files(&["a/Read", "b/read"]), Ok(()));
        let refused = files(&["A/Read", "A/read"]).unwrap_err();
        assert!(refused.to_string().contains("'Read'"), "{refused}");
        files(&["A", "a/b"]).unwrap_err();
        assert_eq!(files(&["A/Read", "A/Read"]), Err(OwnReason::Twice));
        assert_eq!(files(&["A/Read", "A/Write"]), Ok(()));
    }
}
