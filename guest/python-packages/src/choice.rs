//! Chooses one wheel for each package, and gives the reason for each package that has none.

use crate::name::Name;
use wasm_buildpack_sdk::Error;

use crate::address::{self, Address};
use crate::lock::{Locked, LockedFile, PackageOrigin, Place};
use crate::tags::Tags;
use crate::wheel::WheelName;

/// The number of packages, and of kinds of wheels, that a message names.
const MOST_NAMED: usize = 8;

/// The wheel of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) name: Name,
    pub(crate) address: Address,
    /// 64 lower-case hexadecimal digits.
    pub(crate) sha256: String,
}

/// A package without a wheel that the host can fetch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The name and the version.
    package: String,
    reason: Reason,
}

/// The reason why a package has no wheel that the host can fetch.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("it has a source distribution only, which only its own code could build")]
    Source,
    #[error("it comes from a repository, and only its own code could build it")]
    Repository,
    #[error("it comes from a folder, and only its own code could build it")]
    Folder,
    #[error("the lock has no files of it")]
    Nothing,
    #[error("there is none for this platform, but only for {0}")]
    OtherPlatforms(String),
    #[error("{0} is on the machine that made the lock")]
    Local(String),
    #[error("{0} has no address that begins with https:// and has no query")]
    Address(String),
    #[error("{0} has no SHA-256 digest in the lock, because its index gives none")]
    NoDigest(String),
}

/// Chooses a wheel for each package, or names all packages that have none.
pub(crate) fn choose(packages: &[Locked], tags: &Tags) -> Result<Vec<Chosen>, Vec<Refused>> {
    let mut chosen = Vec::new();
    let mut refused = Vec::new();
    for package in packages {
        match wheel(package, tags) {
            Ok(wheel) => chosen.push(wheel),
            Err(reason) => refused.push(Refused {
                package: match &package.version {
                    Some(version) => format!(
                        "{} {}",
                        package.name,
                        version.chars().take(60).collect::<String>()
                    ),
                    None => package.name.to_string(),
                },
                reason,
            }),
        }
    }
    if refused.is_empty() {
        Ok(chosen)
    } else {
        Err(refused)
    }
}

fn wheel(package: &Locked, tags: &Tags) -> Result<Chosen, Reason> {
    match package.origin {
        PackageOrigin::Repository => return Err(Reason::Repository),
        PackageOrigin::Folder => return Err(Reason::Folder),
        PackageOrigin::Files => {}
    }
    let named = package
        .wheels
        .iter()
        .filter_map(|file| Some((file, WheelName::parse(&name_of(file)?)?)));
    let named: Vec<_> = named
        .filter(|(_, wheel)| wheel.name == package.name)
        .collect();
    let ranked = named
        .iter()
        .filter_map(|(file, wheel)| Some((*file, tags.rank(wheel)?, &wheel.build)));
    // The first of equals is taken, by the lock's order.
    let best = ranked.reduce(|best, next| {
        let is_better = next.1 < best.1 || (next.1 == best.1 && next.2 > best.2);
        if is_better { next } else { best }
    });
    let Some((file, ..)) = best else {
        return Err(match named.as_slice() {
            [] if package.has_source => Reason::Source,
            [] => Reason::Nothing,
            named => Reason::OtherPlatforms(kinds(named.iter().map(|(_, wheel)| wheel.shown()))),
        });
    };
    let name = || name_of(file).unwrap_or_default();
    let address = match &file.place {
        Place::Path(_) => return Err(Reason::Local(name())),
        Place::Url(url) if url.starts_with("file:") => return Err(Reason::Local(name())),
        Place::Url(url) => Address::parse(url).ok_or_else(|| Reason::Address(name()))?,
    };
    let digest = file.sha256.clone().filter(|digits| is_digest(digits));
    Ok(Chosen {
        name: package.name.clone(),
        sha256: digest.ok_or_else(|| Reason::NoDigest(name()))?,
        address,
    })
}

fn name_of(file: &LockedFile) -> Option<String> {
    let (Place::Url(text) | Place::Path(text)) = &file.place;
    address::file_name(text)
}

pub(crate) fn is_digest(text: &str) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 64 && text.bytes().all(digit)
}

/// The first of the kinds, sorted, and the number of the others.
fn kinds(all: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = all.collect();
    all.sort_unstable();
    all.dedup();
    listed(&all, ", ")
}

fn listed(all: &[String], between: &str) -> String {
    let (named, others) = all.split_at(all.len().min(MOST_NAMED));
    let mut text = named.join(between);
    if others.is_empty() {
        return text;
    }
    text.push_str(between);
    text + &format!("and {} more", others.len())
}

/// The failure for packages without a wheel.
pub(crate) fn explained(file: &str, platform: &str, refused: &[Refused]) -> Error {
    let title = match refused {
        [one] => format!(
            "There is no wheel of '{}' that can be put into the image",
            one.package
        ),
        _ => format!(
            "There are no wheels of {} packages that can be put into the image",
            refused.len()
        ),
    };
    let lines: Vec<String> = refused
        .iter()
        .map(|one| format!("{}: {}", one.package, one.reason))
        .collect();
    let mut text = format!("For {platform}, {file} has:\n{}\n", listed(&lines, "\n"));
    let mut advice = Vec::new();
    for one in refused {
        let line = one.reason.advice();
        if !advice.contains(&line) {
            advice.push(line);
        }
    }
    text.push_str(&advice.join("\n"));
    Error::application(title, text)
}

impl Reason {
    /// The advice for this reason.
    fn advice(&self) -> &'static str {
        match self {
            Self::Source | Self::Repository | Self::Folder => {
                "No code of a package is run here. Build the wheel once and put it on an index, or use Paketo's buildpacks \
                 for this project."
            }
            Self::Nothing | Self::OtherPlatforms(_) => {
                "Choose a version of the package, or of Python in .python-version, that has a wheel for this platform. Then \
                 lock again, for this platform too."
            }
            Self::Local(_) | Self::Address(_) => {
                "Put the file on a server that is reached by https, such as an index, and lock again."
            }
            Self::NoDigest(_) => {
                "'uv export --format pylock.toml -o pylock.toml' adds the digests, and pylock.toml is preferred."
            }
        }
    }
}

#[cfg(test)]
mod tests;
