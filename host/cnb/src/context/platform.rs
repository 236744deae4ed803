//! Files of the platform: its variables and the service bindings.
//!
//! The host follows links, because a mounted Secret consists of them. It does not follow them to a place that somebody
//! else controls: the application, and in build the layers.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use crate::names::VariableName;
use text::shown_path;

/// The limit on a variable or an entry of a binding, in bytes.
pub const LONGEST: u64 = 64 * 1024;

/// The limit on links on the path to a file. The kernel has the same limit, see `path_resolution(7)`.
const MOST_LINKS: usize = 40;

/// The platform directory, and the directories that others control.
#[derive(Debug)]
pub struct Platform {
    dir: PathBuf,
    /// The host reads nothing from these directories.
    others: Vec<Zone>,
    /// The directory of the platform's variables, which an application can set. Its files are read only as variables.
    variables: Option<Zone>,
}

/// A directory that someone other than the platform controls.
#[derive(Debug)]
struct Zone {
    /// Without links, for comparisons.
    dir: PathBuf,
    what: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    #[error("can't read {}", shown(path))]
    Read { path: PathBuf, source: io::Error },
    /// The path leads to a place that somebody else controls: the author of the application, or another buildpack.
    #[error("{} lies beneath {zone}, in {}", shown(path), shown(found))]
    Beneath {
        /// The path before links are followed.
        path: PathBuf,
        zone: &'static str,
        /// The path after links are followed.
        found: PathBuf,
    },
    #[error("{} is not a {wanted}", shown(path))]
    Kind { path: PathBuf, wanted: &'static str },
    #[error("{} has more than {longest} bytes", shown(path))]
    TooLong { path: PathBuf, longest: u64 },
}

fn shown(path: &Path) -> String {
    shown_path(path.as_os_str().as_bytes())
}

impl Platform {
    /// Reads nothing from the application directory, which must exist.
    pub fn new(dir: &Path, app_dir: &Path) -> Result<Self, PlatformError> {
        let found = app_dir
            .canonicalize()
            .map_err(|source| PlatformError::Read {
                path: app_dir.to_owned(),
                source,
            })?;
        Ok(Self::beside(dir, &found))
    }

    /// The same for an application directory whose path contains no links.
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

    /// From here on, nothing is read from the layers of any buildpack, and the directory of the platform's variables is
    /// read only for variables. Credentials and certificates may be read after this.
    pub fn keep_apart(&mut self, layers_dir: &Path) -> Result<(), PlatformError> {
        let canonical = |path: &Path| match path.canonicalize() {
            Ok(path) => Ok(path),
            // A zone that does not exist now is compared by its path alone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
            Err(source) => Err(PlatformError::Read {
                path: path.to_owned(),
                source,
            }),
        };
        let layers = canonical(layers_dir)?;
        // A lifecycle gives each buildpack a folder in a directory that contains only layers. Another caller may use a
        // directory that also contains the platform's files.
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

    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The path of the file with a variable.
    #[must_use]
    pub fn variable_path(&self, name: &VariableName) -> PathBuf {
        self.dir.join("env").join(name.as_str())
    }

    /// A variable, byte for byte. `None` if it is not set.
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

    /// The bytes of a trusted file. `None` if it does not exist.
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
        // The path contains no links any more, so one that appears now is refused. The open does not wait for a pipe.
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

    /// The names in a trusted directory, sorted. `None` if it does not exist. At most `most` names.
    ///
    /// Replacement characters stand for bytes that are not UTF-8, so such a name leads to no file.
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

    /// Follows a path. `None` if it leads to nothing.
    ///
    /// Follows each link itself. A link within the application is never followed, not even if it leads out, because the
    /// author of the application would choose the target. The same holds for every other zone and for `besides`.
    fn locate(
        &self,
        path: &Path,
        besides: Option<&Zone>,
    ) -> Result<Option<PathBuf>, PlatformError> {
        let fail = |source: io::Error| PlatformError::Read {
            path: path.to_owned(),
            source,
        };
        // The remaining steps, the next one last.
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

/// The steps of a path, the last one first, without those that have no effect.
fn steps(path: &Path) -> Vec<OsString> {
    path.components()
        .rev()
        .filter(|step| matches!(step, Component::ParentDir | Component::Normal(_)))
        .map(|step| step.as_os_str().to_owned())
        .collect()
}

/// A value without the line end that an editor or `echo` adds. Only one is removed.
#[must_use]
pub fn without_line_end(bytes: &[u8]) -> &[u8] {
    match bytes.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => bytes,
    }
}

#[cfg(test)]
mod tests;
