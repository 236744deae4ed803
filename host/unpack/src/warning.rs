//! Warnings about a folder that is unpacked all the same.
//!
//! Nothing here decides what is refused.

use std::fmt;

use entry::EntryPath;
use text::shown;

use super::archive::shown_name;

/// A message names at most this many paths, and gives the number of the others.
const NAMED: usize = 4;

/// A surprise in a folder. Lists are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// `.pth` files. Python reads these in its own folders only, and not in those of `PYTHONPATH`.
    Pth {
        archive: String,
        paths: Vec<EntryPath>,
    },
    /// Files for the prefix of an installation, where programs may look for them.
    Prefix {
        archive: String,
        /// The files' names at the top of the folder.
        tops: Vec<String>,
    },
    /// Names at the top of the folder that the application may have too.
    Shadow { archive: String, tops: Vec<String> },
    /// Compiled files, which are not unpacked.
    Compiled { archive: String, count: usize },
    /// Two wheels that have different bytes at the same paths, where that is not an error.
    Collision {
        paths: Vec<EntryPath>,
        /// The archive whose files are there.
        winner: String,
        loser: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pth { archive, paths } => write!(
                f,
                "{} of {} does nothing: Python runs no .pth file of a folder in PYTHONPATH",
                named(paths),
                shown_name(archive)
            ),
            Self::Prefix { archive, tops } => write!(
                f,
                "{} has files for the prefix of Python; they are in the folder of packages, in {}, and a program that looks in sys.prefix does not find them",
                shown_name(archive),
                named(tops.iter().map(|top| shown(top)))
            ),
            Self::Shadow { archive, tops } => write!(
                f,
                "{} brings {} to the top of the folder of packages, where they can hide packages of the same names in the application",
                shown_name(archive),
                named(tops.iter().map(|top| shown(top)))
            ),
            Self::Compiled { archive, count } => write!(
                f,
                "compiled files (.pyc) of {} are left out: {count}",
                shown_name(archive)
            ),
            Self::Collision {
                paths,
                winner,
                loser,
            } => write!(
                f,
                "{} and {} differ in {}; the files of {} are taken, because its name comes first",
                shown_name(winner),
                shown_name(loser),
                named(paths),
                shown_name(winner)
            ),
        }
    }
}

fn named(all: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let mut all = all.into_iter();
    let mut named: Vec<_> = all
        .by_ref()
        .take(NAMED)
        .map(|one| format!("'{one}'"))
        .collect();
    match all.count() {
        0 => {}
        more => named.push(format!("{more} more")),
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_to_its_first_names() {
        let tops = |count: usize| {
            let tops = (0..count).map(|number| format!("t{number}")).collect();
            let archive = "a.whl".to_owned();
            Warning::Shadow { archive, tops }.to_string()
        };
        assert!(
            tops(4).contains(" 't0', 't1', 't2', 't3' to the top "),
            "{}",
            tops(4)
        );
        assert!(
            tops(9).contains(" 't0', 't1', 't2', 't3', 5 more to the top "),
            "{}",
            tops(9)
        );
    }
}
