//! Finds the file of each package at an index: asks for its page, and chooses one of the files there.
//!
//! A page decides nothing but the address. The file must have a digest that the application lists, and a name that the
//! component's tags fit.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Mutex;

use super::super::error::ContentsError;
use super::connections::{Connections, not_fetched};
use super::error::{FilesContentsError, IndexReason};

use super::granted::{FileHolder, GrantedFile, GrantedPackages};
use cnb::check::{CheckedFile, CheckedFolder, CheckedPackage, Unpack};
use cnb::names::{SourceName, shown};
use cnb::reuse::ChosenFile;
use cnb::sha256::Sha256;
use fetch::files::{Expected, FilesError, IndexFile, PageError, Verified, read_page};
use report::counted;
use unpack::wheel::name::{WheelName, normalized};

/// The number of kinds of wheels that a message names.
const MOST_NAMED: usize = 8;

/// The preference of a wheel: the position of its first tag, and its build tag.
type Rank<'a> = (usize, std::cmp::Reverse<(u64, &'a str)>);

/// Finds the file of each package.
pub(super) fn find<'a>(
    granted: GrantedPackages<'a>,
    connections: &mut Connections<'_>,
) -> Result<Vec<GrantedFile<'a>>, ContentsError> {
    let GrantedPackages {
        wanted,
        servers,
        pages,
    } = granted;
    let source = &wanted.source;
    let Some(first) = pages.first() else {
        return Ok(Vec::new());
    };
    connections.remotes.report().line(&format!(
        "Source '{source}': {} from the index {}{}",
        counted(pages.len() as u64, "package", "packages"),
        first.asked.url.origin(),
        if first.origin.is_of_policy {
            " (of the operator's policy)"
        } else {
            ""
        }
    ));
    let requests: Vec<_> = pages
        .iter()
        .map(|page| page.asked.request(Expected::Page))
        .collect();
    let session = connections.session(source, servers.declaration, &requests);
    // A page is in memory as a whole, so one is read after the other.
    let reading = Mutex::new(());
    let found = session.download(&requests, |at, mut page: Verified| {
        let _alone = reading.lock();
        read_page(&mut page.file, &page.from, &pages[at].package.sha256)
    });
    connections.end(source, &session);
    let refused = |at: usize, reason: IndexReason| {
        let page = Box::new(pages[at].origin.clone());
        ContentsError::from(FilesContentsError::Index { page, reason })
    };
    let found = found.map_err(|error| match error {
        FilesError::Take { index, source, .. } => refused(index, PageError::into(source)),
        FilesError::Download(error) => not_fetched(source, first.origin.credential.clone(), error),
    })?;
    let tags = wanted.tags.iter().enumerate();
    let tags: HashMap<&str, usize> = tags.map(|(at, tag)| (tag.as_str(), at)).rev().collect();
    let mut files = Vec::new();
    for (at, (page, found)) in pages.iter().zip(found).enumerate() {
        // No server but its own gets the credential, nor does the log.
        let credential = page.asked.credential.as_deref();
        let is_plain = |file: &IndexFile| {
            let url = file
                .url
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            !credential
                .is_some_and(|credential| credential.is_in(&url) || credential.is_in(&file.name))
        };
        let found: Vec<_> = found.into_iter().filter(is_plain).collect();
        let chosen = choose(page.package, &found, &tags);
        let (file, url) = chosen.map_err(|reason| refused(at, reason))?;
        let mut origin = page.origin.of_file(&file.name);
        let asked = servers.ask(url.clone(), &mut origin)?;
        origin.url.clone_from(&page.origin.url);
        files.push(GrantedFile {
            file: Cow::Owned(wheel(source, file.name.clone(), file.sha256)),
            declaration: servers.declaration,
            origin,
            holder: FileHolder::Server(asked),
        });
    }
    Ok(files)
}
/// Chooses the file of a package: the wheel with the earliest tag and, of several, the one with the highest build tag.
fn choose<'f>(
    package: &CheckedPackage,
    found: &'f [IndexFile],
    tags: &HashMap<&str, usize>,
) -> Result<(&'f IndexFile, &'f cnb::address::FileUrl), IndexReason> {
    let Some(first) = found.first() else {
        return Err(IndexReason::Digest);
    };
    let named = found
        .iter()
        .filter_map(|file| Some((file, wheel_of(package, &file.name)?)));
    let named: Vec<_> = named.collect();
    let ranked = named.iter().filter_map(|(file, wheel)| {
        let first = wheel
            .tags()
            .filter_map(|tag| tags.get(tag.as_str()).copied())
            .min()?;
        let rank: Rank<'_> = (first, std::cmp::Reverse(wheel.build));
        Some((rank, &file.name, *file))
    });
    let best = ranked.min_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    let Some((.., file)) = best else {
        return Err(if named.is_empty() {
            let file = shown(&first.name);
            IndexReason::NoWheel { file }
        } else {
            let kinds = named.iter().take(MOST_NAMED);
            IndexReason::Tags {
                tags: kinds.map(|(_, wheel)| shown(wheel.shown())).collect(),
            }
        });
    };
    let url = file.url.as_ref().ok_or_else(|| IndexReason::Address {
        file: shown(&file.name),
    })?;
    Ok((file, url))
}

/// The wheel of this package that has this file name.
fn wheel_of<'n>(package: &CheckedPackage, file: &'n str) -> Option<WheelName<'n>> {
    let wheel = WheelName::parse(file).ok()?;
    (normalized(wheel.distribution) == package.name.as_str()).then_some(wheel)
}

/// The file of a package, as if the component had named it. Its name is its path.
pub(super) fn wheel(source: &SourceName, name: String, sha256: Sha256) -> CheckedFile {
    CheckedFile {
        source: source.clone(),
        path: name,
        sha256,
        unpack: Unpack::Wheel,
        leading_folders: 0,
    }
}

/// The files in the previous build's notes for the packages of a folder, if each of them fits its package.
pub(crate) fn chosen(
    folder: &CheckedFolder,
    noted: Option<&Vec<ChosenFile>>,
) -> Option<Vec<ChosenFile>> {
    let packages = folder
        .packages
        .iter()
        .flat_map(|of_source| &of_source.packages);
    let packages: Vec<_> = packages.collect();
    let noted = noted.map_or(&[][..], Vec::as_slice);
    let fits = |(package, file): (&&CheckedPackage, &ChosenFile)| {
        let digest = file.sha256.parse::<Sha256>();
        let is_listed = digest.is_ok_and(|digest| package.sha256.contains(&digest));
        is_listed && wheel_of(package, &file.name).is_some()
    };
    let fit = packages.len() == noted.len() && packages.iter().zip(noted).all(fits);
    fit.then(|| noted.to_vec())
}

#[cfg(test)]
mod tests;
