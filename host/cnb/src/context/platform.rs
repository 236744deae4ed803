//! Files that the platform gives: its variables, and what service bindings are made of.
//!
//! Links are followed, since a mounted Secret is made of them, but never to where somebody else decides: the application,
//! and in build the layers.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use crate::names::VariableName;
use text::shown_path;

/// The longest variable or entry of a binding, in bytes.
pub const LONGEST: u64 = 64 * 1024;

/// The most links on the way to a file: as many as the kernel follows, see `path_resolution(7)`.
const MOST_LINKS: usize = 40;

/// The platform directory, and where others write, from whom it must keep apart.
#[derive(Debug)]
pub struct Platform {
    dir: PathBuf,
    /// Nothing is read from there.
    others: Vec<Zone>,
    /// The platform's variables, which an application can set: read as variables, and as nothing else.
    variables: Option<Zone>,
}

/// A directory in which somebody else than the platform decides.
#[derive(Debug)]
struct Zone {
    /// Without links, to be compared with.
    dir: PathBuf,
    /// Its name in messages.
    what: &'static str,
}

/// Why something of the platform's was not read.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The kernel refused.
    #[error("can't read {}", shown(path))]
    Read {
        /// The path.
        path: PathBuf,
        /// What the kernel answered.
        source: io::Error,
    },
    /// It lies where somebody else than the platform decides: the application's author, or another buildpack.
    #[error("{} lies beneath {zone}, in {}", shown(path), shown(found))]
    Beneath {
        /// The path as it was asked for.
        path: PathBuf,
        /// The directory beneath which it lies.
        zone: &'static str,
        /// Where it leads.
        found: PathBuf,
    },
    /// It is something else than it must be.
    #[error("{} is no {wanted}", shown(path))]
    Kind {
        /// The path.
        path: PathBuf,
        /// What it must be.
        wanted: &'static str,
    },
    /// It is too long.
    #[error("{} has more than {longest} bytes", shown(path))]
    TooLong {
        /// The path.
        path: PathBuf,
        /// The limit.
        longest: u64,
    },
}

fn shown(path: &Path) -> String {
    shown_path(path.as_os_str().as_bytes())
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
        let app = Zone {
            dir: app_dir.to_owned(),
            what: "the application directory",
        };
        Self {
            dir: dir.to_owned(),
            others: vec![app],
            variables: None,
        }
    }

    /// Keeps apart from the layers as well, those of all buildpacks, and takes nothing but variables from where the
    /// platform has variables. From here on credentials and certificates may be read.
    pub fn keep_apart(&mut self, layers_dir: &Path) -> Result<(), PlatformError> {
        let canonical = |path: &Path| match path.canonicalize() {
            Ok(path) => Ok(path),
            // A zone that isn't there now is not followed later.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
            Err(source) => Err(PlatformError::Read {
                path: path.to_owned(),
                source,
            }),
        };
        let layers = canonical(layers_dir)?;
        // A lifecycle gives each buildpack a folder in one that holds layers alone. Called otherwise, the folder above may
        // hold the platform's own.
        let platform = canonical(&self.dir)?;
        let all = layers.parent().filter(|all| !platform.starts_with(all));
        self.others.push(Zone {
            dir: all.unwrap_or(&layers).to_owned(),
            what: "the layers directory of a build",
        });
        self.variables = Some(Zone {
            dir: canonical(&self.dir.join("env"))?,
            what: "the platform's variables, which an application can set",
        });
        Ok(())
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
        let path = self.variable_path(name);
        Self::read_at(&path, self.locate(&path, None)?, LONGEST)
    }

    /// The names of all variables, sorted. At most `most` of them.
    pub fn variables(&self, most: usize) -> Result<Vec<String>, PlatformError> {
        let path = self.dir.join("env");
        let names = Self::list_at(&path, self.locate(&path, None)?, most)?;
        Ok(names.unwrap_or_default())
    }

    /// The bytes of a file that is to be believed, or `None` if there is nothing of that name.
    pub fn read(&self, path: &Path, longest: u64) -> Result<Option<Vec<u8>>, PlatformError> {
        Self::read_at(path, self.locate(path, self.variables.as_ref())?, longest)
    }

    fn read_at(
        path: &Path,
        found: Option<PathBuf>,
        longest: u64,
    ) -> Result<Option<Vec<u8>>, PlatformError> {
        let Some(found) = found else {
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

    /// The names in a directory that is to be believed, sorted, or `None` if there is none. At most `most` of them.
    ///
    /// One that is no UTF-8 comes with other characters instead, and so leads nowhere.
    pub fn list(&self, path: &Path, most: usize) -> Result<Option<Vec<String>>, PlatformError> {
        Self::list_at(path, self.locate(path, self.variables.as_ref())?, most)
    }

    fn list_at(
        path: &Path,
        found: Option<PathBuf>,
        most: usize,
    ) -> Result<Option<Vec<String>>, PlatformError> {
        let Some(found) = found else {
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
            names.push(name.to_string_lossy().into_owned());
        }
        names.sort();
        Ok(Some(names))
    }

    /// Where a path leads, or `None` if there is nothing.
    ///
    /// Each link is followed by itself: one in the application must lead nowhere, not even outside of it, for its
    /// author would choose where. The same holds for every other zone, and for `besides`.
    fn locate(
        &self,
        path: &Path,
        besides: Option<&Zone>,
    ) -> Result<Option<PathBuf>, PlatformError> {
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
            let mut zones = self.others.iter().chain(besides);
            if let Some(zone) = zones.find(|zone| found.starts_with(&zone.dir)) {
                found.extend(way.iter().rev());
                return Err(PlatformError::Beneath {
                    path: path.to_owned(),
                    zone: zone.what,
                    found,
                });
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
