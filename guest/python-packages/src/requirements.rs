//! `requirements.txt` in which every package has digests, as pip-compile and `uv export` write it.
//!
//! Such a file has no addresses: the host finds each wheel at an index, by its digest and by the tags given here.
//! <https://pip.pypa.io/en/stable/reference/requirements-file-format/>

use pep440_rs::Operator;
use wasm_buildpack_sdk::{Error, IndexedPackages};

use crate::dependency::{Dependency, Range};
use crate::lock::{Lock, Locked, PackageOrigin, Recorded, sorted};
use crate::marker::Markers;
use crate::platform::Platform;
use crate::selection::Selection;
use crate::tags::Tags;

/// The file's name.
pub(crate) const FILE: &str = "requirements.txt";

/// The options that change nothing here: each package has its digests, and no source distribution is built.
const WITHOUT_EFFECT: [&str; 4] = [
    "--require-hashes",
    "--only-binary",
    "--prefer-binary",
    "--pre",
];

/// The spellings of the project's own folder, which `uv export` lists too.
const OWN_FOLDER: [&str; 5] = [".", "./", "-e", "-e.", "--editable"];

/// The packages of a requirements file, for all platforms.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Requirements {
    packages: Vec<Pinned>,
    /// Whether the file names an index.
    pub(crate) has_index: bool,
    /// Whether the file lists the project itself.
    has_own_package: bool,
}

/// A package with its only version.
#[derive(Debug, PartialEq, Eq)]
struct Pinned {
    dependency: Dependency,
    version: String,
    /// Each with 64 lower-case hexadecimal digits.
    sha256: Vec<String>,
}

/// A requirements file that can't be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequirementsError {
    #[error("{FILE} has no packages")]
    Empty,
    #[error("{FILE} has no SHA-256 digest for '{0}'")]
    NoDigest(String),
    #[error("{FILE} does not say which version of '{0}' is meant")]
    NotPinned(String),
    #[error("{FILE} names no index, nor does the operator of this platform")]
    NoIndex,
    #[error("{FILE} has the option {0}, which is not supported here")]
    Option(String),
    #[error("line {0} of {FILE} is not a package with a version")]
    Line(usize),
    #[error(
        "line {0} of {FILE} has a comment that ends with a backslash: pip leaves out the next line, and uv reads it"
    )]
    Comment(usize),
}

/// The packages of one platform, which an index has.
pub(crate) struct Indexed {
    /// The packages without files, to compare them with the project.
    pub(crate) lock: Lock,
    /// The digests, by the position of the package in the lock.
    digests: Vec<(String, Vec<String>)>,
}

impl Requirements {
    pub(crate) fn read(text: &str) -> Result<Self, RequirementsError> {
        let mut all = Self::default();
        for (number, line) in logical_lines(text)? {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                None => {}
                Some(word) if OWN_FOLDER.contains(&word) => {
                    let rest: Vec<_> = words.collect();
                    if !matches!(rest[..], [] | ["." | "./"]) {
                        return Err(RequirementsError::Option(shown(word)));
                    }
                    all.has_own_package = true;
                }
                Some(word) if word.starts_with('-') => all.add_option(word)?,
                Some(_) => all.packages.push(pinned(number, &line)?),
            }
        }
        if all.packages.is_empty() {
            return Err(RequirementsError::Empty);
        }
        Ok(all)
    }

    fn add_option(&mut self, word: &str) -> Result<(), RequirementsError> {
        let name = word.split('=').next().unwrap_or(word);
        if matches!(name, "-i" | "--index-url") {
            self.has_index = true;
            return Ok(());
        }
        if WITHOUT_EFFECT.contains(&name) {
            return Ok(());
        }
        Err(RequirementsError::Option(shown(name)))
    }

    /// Refuses a file for which nobody names an index.
    pub(crate) fn with_index(self, policy_has_index: bool) -> Result<Self, RequirementsError> {
        if self.has_index || policy_has_index {
            Ok(self)
        } else {
            Err(RequirementsError::NoIndex)
        }
    }

    /// The packages that this platform needs.
    pub(crate) fn on(self, platform: &Platform) -> crate::lock::Read<Indexed> {
        let markers = Markers::new(platform);
        let mut digests = Vec::new();
        let mut packages = Vec::new();
        for Pinned {
            dependency,
            version,
            sha256,
        } in self.packages
        {
            let marker = dependency.marker.as_deref();
            let holds = markers.hold(marker);
            let texts: Vec<String> = marker.map(str::to_owned).into_iter().collect();
            if !holds.map_err(|error| crate::error::LockError::marker(FILE, &texts, &error))? {
                continue;
            }
            digests.push((dependency.name.to_string(), sha256));
            packages.push(Locked {
                name: dependency.name,
                version: Some(version),
                origin: PackageOrigin::Files,
                wheels: Vec::new(),
                has_source: false,
            });
        }
        Ok(Indexed {
            lock: Lock {
                packages: sorted(FILE, packages)?,
                recorded: Recorded::Versions,
                has_own_package: self.has_own_package,
                offered: Selection::default(),
            },
            digests,
        })
    }
}

impl Indexed {
    /// The packages for the host, with the tags of wheels that fit.
    pub(crate) fn into_packages(self, tags: &Tags) -> IndexedPackages {
        let packages = IndexedPackages::new(tags.all());
        let digests = self.digests.into_iter();
        digests.fold(packages, |packages, (name, sha256)| {
            packages.package(name, sha256)
        })
    }
}

impl RequirementsError {
    /// The reason for which the buildpack does not take part, with what to do.
    pub(crate) fn reason(&self) -> String {
        format!(
            "{self}. {} Or make uv.lock or pylock.toml by 'uv lock', or 'uv export --format pylock.toml -o pylock.toml'. \
             Or use Paketo's buildpack for this project",
            self.advice()
        )
    }

    /// The failure of a build, with what to do.
    pub(crate) fn explained(self) -> Error {
        let advice = self.advice();
        Error::application(self.to_string(), advice)
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Empty | Self::NoDigest(_) | Self::NotPinned(_) | Self::Line(_) => {
                "Let 'pip-compile --generate-hashes' or 'uv export' write it, with '--index-url' in it."
            }
            Self::NoIndex => {
                "Add a line to it, such as '--index-url https://packages.example.com/simple/'."
            }
            Self::Comment(_) => "Remove the backslash.",
            Self::Option(_) => "Let one index have all packages, and leave the option out.",
        }
    }
}

/// Reads a line with a package.
fn pinned(number: usize, line: &str) -> Result<Pinned, RequirementsError> {
    let (requirement, options) = line.split_at(line.find(" --").unwrap_or(line.len()));
    let dependency: Dependency = requirement
        .parse()
        .map_err(|_| RequirementsError::Line(number))?;
    let name = || dependency.name.to_string();
    let not_pinned = || RequirementsError::NotPinned(name());
    let Range::Versions(range) = &dependency.range else {
        return Err(not_pinned());
    };
    let mut parts = range.iter();
    let version = match (parts.next(), parts.next()) {
        (Some(one), None) if matches!(one.operator(), Operator::Equal | Operator::ExactEqual) => {
            one.version().to_string()
        }
        _ => return Err(not_pinned()),
    };
    let mut sha256 = Vec::new();
    let mut words = options.split_ascii_whitespace();
    while let Some(word) = words.next() {
        let hash = match word.split_once('=') {
            Some(("--hash", hash)) => hash,
            None if word == "--hash" => words.next().unwrap_or_default(),
            _ => return Err(RequirementsError::Option(shown(word))),
        };
        let digest = hash.strip_prefix("sha256:").map(str::to_ascii_lowercase);
        sha256.extend(digest.filter(|digits| crate::choice::is_digest(digits)));
    }
    if sha256.is_empty() {
        return Err(RequirementsError::NoDigest(name()));
    }
    Ok(Pinned {
        dependency,
        version,
        sha256,
    })
}

/// The lines with the number of the first one of each, without comments. A backslash at the end of a line joins the next.
/// A comment behind something may not end with one, because installers do not agree on the next line then.
fn logical_lines(text: &str) -> Result<Vec<(usize, String)>, RequirementsError> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (at, line) in text.lines().enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        let (line, continues) = match line.strip_suffix('\\') {
            Some(line) if !is_comment => (line, true),
            _ => (line, false),
        };
        // A comment begins at the start of a line, or after a space.
        let line = if is_comment { "" } else { line };
        let line = match line.split_once(" #") {
            Some(_) if continues => return Err(RequirementsError::Comment(at + 1)),
            Some((before, _)) => before,
            None => line,
        };
        match all.last_mut() {
            Some((_, before)) if goes_on => before.push_str(line),
            _ => all.push((at + 1, line.to_owned())),
        }
        goes_on = continues;
    }
    Ok(all)
}

/// A word of the file for a message. It is not the value of an option, which may hold a password.
fn shown(word: &str) -> String {
    let word = word.split('=').next().unwrap_or(word);
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
