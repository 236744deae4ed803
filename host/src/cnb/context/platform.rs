//! Files that the platform gives: its variables, and what service bindings are made of.
//!
//! Links are followed, since a mounted Secret is made of them, but never to what the application brought along.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use crate::cnb::names::VariableName;

/// The longest variable or entry of a binding, in bytes.
pub const LONGEST: u64 = 64 * 1024;

/// The most links on the way to a file: as many as the kernel follows, see `path_resolution(7)`.
const MOST_LINKS: usize = 40;

/// The platform directory, and the application that it must keep apart from.
#[derive(Debug)]
pub struct Platform {
    dir: PathBuf,
    /// Without links, to be compared with.
    app_dir: PathBuf,
}

/// Why something of the platform's was not read.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The kernel refused.
    #[error("can't read {}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// What the kernel answered.
        source: io::Error,
    },
    /// It lies in the application, whose author is not the platform.
    #[error("{} lies beneath the application directory, in {}", path.display(), found.display())]
    BeneathApplication {
        /// The path as it was asked for.
        path: PathBuf,
        /// Where it leads.
        found: PathBuf,
    },
    /// It is something else than it must be.
    #[error("{} is no {wanted}", path.display())]
    Kind {
        /// The path.
        path: PathBuf,
        /// What it must be.
        wanted: &'static str,
    },
    /// It is too long.
    #[error("{} has more than {longest} bytes", path.display())]
    TooLong {
        /// The path.
        path: PathBuf,
        /// The limit.
        longest: u64,
    },
}

impl Platform {
    /// Keeps the two directories; the application's must be there.
    pub fn new(dir: &Path, app_dir: &Path) -> Result<Self, PlatformError> {
        let found = app_dir
            .canonicalize()
            .map_err(|source| PlatformError::Read {
                path: app_dir.to_owned(),
                source,
            })?;
        Ok(Self::beside(dir, &found))
    }

    /// The same where the path of the application's directory has no links.
    #[must_use]
    pub fn beside(dir: &Path, app_dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            app_dir: app_dir.to_owned(),
        }
    }

    /// The platform directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of a variable.
    #[must_use]
    pub fn variable_path(&self, name: &VariableName) -> PathBuf {
        self.dir.join("env").join(name.as_str())
    }

    /// A variable, byte for byte, or `None` if it is not set.
    pub fn variable(&self, name: &VariableName) -> Result<Option<Vec<u8>>, PlatformError> {
        self.read(&self.variable_path(name), LONGEST)
    }

    /// A file's bytes, or `None` if there is nothing of that name.
    pub fn read(&self, path: &Path, longest: u64) -> Result<Option<Vec<u8>>, PlatformError> {
        let Some(found) = self.locate(path)? else {
            return Ok(None);
        };
        let fail = |source| PlatformError::Read {
            path: path.to_owned(),
            source,
        };
        // The path has no links left: one that appears now is refused. A pipe is not waited for.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(flags.bits().cast_signed());
        let file = options.open(&found).map_err(fail)?;
        if !file.metadata().map_err(fail)?.is_file() {
            return Err(PlatformError::Kind {
                path: path.to_owned(),
                wanted: "regular file",
            });
        }
        let mut bytes = Vec::new();
        file.take(longest + 1)
            .read_to_end(&mut bytes)
            .map_err(fail)?;
        if bytes.len() as u64 > longest {
            let path = path.to_owned();
            return Err(PlatformError::TooLong { path, longest });
        }
        Ok(Some(bytes))
    }

    /// The names in a directory, sorted, or `None` if there is no such directory. At most `most` of them.
    pub fn list(&self, path: &Path, most: usize) -> Result<Option<Vec<String>>, PlatformError> {
        let Some(found) = self.locate(path)? else {
            return Ok(None);
        };
        let fail = |source| PlatformError::Read {
            path: path.to_owned(),
            source,
        };
        if !found.is_dir() {
            return Err(PlatformError::Kind {
                path: path.to_owned(),
                wanted: "directory",
            });
        }
        let mut names = Vec::new();
        for entry in found.read_dir().map_err(fail)? {
            if names.len() == most {
                return Err(fail(io::Error::other(format!(
                    "it holds more than {most} names"
                ))));
            }
            let name = entry.map_err(fail)?.file_name();
            match name.into_string() {
                Ok(name) => names.push(name),
                Err(_) => return Err(fail(io::Error::other("a name in it is no UTF-8"))),
            }
        }
        names.sort();
        Ok(Some(names))
    }

    /// Where a path leads, or `None` if there is nothing.
    ///
    /// Each link is followed by itself: one in the application must lead nowhere, not even outside of it, for its
    /// author would choose where.
    fn locate(&self, path: &Path) -> Result<Option<PathBuf>, PlatformError> {
        let fail = |source: io::Error| PlatformError::Read {
            path: path.to_owned(),
            source,
        };
        // The way that is left, its next step last.
        let mut way = steps(path);
        let mut found = PathBuf::from("/");
        let mut links = 0;
        while let Some(step) = way.pop() {
            match &*step {
                step if step == ".." => {
                    found.pop();
                    continue;
                }
                step => found.push(step),
            }
            if found.starts_with(&self.app_dir) {
                let path = path.to_owned();
                found.extend(way.iter().rev());
                return Err(PlatformError::BeneathApplication { path, found });
            }
            let meta = match found.symlink_metadata() {
                Ok(meta) => meta,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(fail(source)),
            };
            if meta.is_symlink() {
                links += 1;
                if links > MOST_LINKS {
                    return Err(fail(io::Error::from(rustix::io::Errno::LOOP)));
                }
                let target = found.read_link().map_err(fail)?;
                found.pop();
                if target.has_root() {
                    found = PathBuf::from("/");
                }
                way.extend(steps(&target));
            }
        }
        Ok(Some(found))
    }
}

/// The steps of a path without those that lead nowhere, last one first.
fn steps(path: &Path) -> Vec<OsString> {
    path.components()
        .rev()
        .filter(|step| matches!(step, Component::ParentDir | Component::Normal(_)))
        .map(|step| step.as_os_str().to_owned())
        .collect()
}

/// A value without the line end that an editor or `echo` leaves: one, not several.
#[must_use]
pub fn without_line_end(bytes: &[u8]) -> &[u8] {
    match bytes.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => bytes,
    }
}

#[cfg(test)]
mod tests;
