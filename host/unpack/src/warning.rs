//! Warnings about a folder that is unpacked all the same.
//!
//! Nothing here decides what is refused.

use std::fmt;

use entry::EntryPath;
use text::shown;

/// A surprise in a folder. The order of the variants is the order in which they are reported for an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A `.pth` file. Python reads these in its own folders only, and not in those of `PYTHONPATH`.
    Pth { archive: String, path: EntryPath },
    /// Files for the prefix of an installation, where programs may look for them.
    Prefix {
        archive: String,
        /// The files' names at the top of the folder, sorted.
        tops: Vec<String>,
    },
    /// A name at the top of the folder that the application may have too.
    Shadow { archive: String, top: String },
    /// Compiled files, which are not unpacked.
    Compiled { archive: String, count: usize },
    /// Archives that have other bytes for a path.
    Collision {
        path: EntryPath,
        /// The archive whose file is there.
        winner: String,
        loser: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pth { archive, path } => write!(
                f,
                "'{path}' of {} does nothing: Python runs no .pth file of a folder in PYTHONPATH",
                shown(archive)
            ),
            Self::Prefix { archive, tops } => {
                let tops: Vec<_> = tops.iter().map(|top| format!("'{}'", shown(top))).collect();
                write!(
                    f,
                    "{} has files for the prefix of Python; they are in the folder of packages, in {}, and a program that looks in sys.prefix does not find them",
                    shown(archive),
                    tops.join(", ")
                )
            }
            Self::Shadow { archive, top } => write!(
                f,
                "{} brings '{}' to the top of the folder of packages, where it can hide a package of this name in the application",
                shown(archive),
                shown(top)
            ),
            Self::Compiled { archive, count } => write!(
                f,
                "{count} compiled files (.pyc) of {} are left out",
                shown(archive)
            ),
            Self::Collision {
                path,
                winner,
                loser,
            } => write!(
                f,
                "'{path}' is in {} and, with other bytes, in {}; the one of {} is taken, because its name comes first",
                shown(winner),
                shown(loser),
                shown(winner)
            ),
        }
    }
}
