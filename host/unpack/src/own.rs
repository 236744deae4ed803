//! The paths of one archive, compared with each other before anything is written.
//!
//! Paths of several archives are compared in `claims`.

use std::collections::HashMap;

use entry::{NameReason, Names};
use text::shown_path;

/// The reason to refuse a path because of another one of the same archive.
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
    kinds: HashMap<Box<str>, OwnKind>,
    /// The limit for paths, folders that no entry names included.
    most: usize,
    /// The names in each folder.
    names: HashMap<Box<str>, Names>,
    /// The folder of the last path. Most paths lie in the same one.
    last: Option<Box<str>>,
}

impl Own {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            kinds: HashMap::new(),
            most,
            names: HashMap::new(),
            last: None,
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
        if self.last.as_deref() != Some(folder) {
            self.add_parents(folder)?;
            self.last = Some(folder.into());
        }
        match self.kinds.get_mut(path) {
            Some(found @ OwnKind::Parent) if kind == OwnKind::Dir => *found = kind,
            Some(_) => return Err(OwnReason::Twice.into()),
            None => self.insert(path, kind, folder, name)?,
        }
        Ok(())
    }

    fn add_parents(&mut self, folder: &str) -> Result<(), OwnError> {
        let ends = folder.match_indices('/').map(|(at, _)| at);
        let ends = ends.chain((!folder.is_empty()).then_some(folder.len()));
        for end in ends {
            let path = &folder[..end];
            match self.kinds.get(path) {
                Some(OwnKind::Dir | OwnKind::Parent) => {}
                Some(OwnKind::Other) => {
                    let file = shown_path(path.as_bytes());
                    return Err(OwnReason::BeneathFile { file }.into());
                }
                None => {
                    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
                    self.insert(path, OwnKind::Parent, above, name)?;
                }
            }
        }
        Ok(())
    }

    fn insert(
        &mut self,
        path: &str,
        kind: OwnKind,
        folder: &str,
        name: &str,
    ) -> Result<(), OwnError> {
        if self.kinds.len() >= self.most {
            return Err(OwnError::Full);
        }
        self.kinds.insert(path.into(), kind);
        self.add_name(folder, name)?;
        Ok(())
    }

    fn add_name(&mut self, folder: &str, name: &str) -> Result<(), NameReason> {
        if let Some(names) = self.names.get_mut(folder) {
            return names.insert(name.as_bytes());
        }
        let mut names = Names::default();
        names.insert(name.as_bytes())?;
        self.names.insert(folder.into(), names);
        Ok(())
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
    }
}
