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
use super::servers::Listed;
use cnb::address::LONGEST_NAME;
use cnb::check::{CheckedFile, CheckedFolder, CheckedPackage, Unpack};
use cnb::names::{SourceName, shown};
use cnb::reuse::ChosenFile;
use cnb::sha256::Sha256;
use credential::Credential;
use fetch::files::{Expected, FilesError, IndexFile, Verified, read_page};
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
    let index = if first.origin.is_of_policy {
        "the index of the operator's policy"
    } else {
        "the index"
    };
    let count = counted(pages.len() as u64, "package", "packages");
    let asked: Vec<_> = pages.iter().map(|page| &page.asked).collect();
    connections.say(source, &format!("{count} of {index}"), &asked);
    let requests: Vec<_> = asked
        .iter()
        .map(|asked| asked.request(Expected::Page))
        .collect();
    let session = connections.session(source, servers.declaration, &requests);
    let tags = wanted.tags.iter().enumerate();
    let tags: HashMap<&str, usize> = tags.map(|(at, tag)| (tag.as_str(), at)).rev().collect();
    // A page is in memory as a whole, so one is read after the other, and only one file of each is kept.
    let reading = Mutex::new(());
    let found = session.download(&requests, |at, mut page: Verified| {
        let _alone = reading.lock();
        let package = pages[at].package;
        let files = read_page(&mut page.file, &page.from, &package.sha256)?;
        let files = without_credential(files, pages[at].asked.credential.as_deref())?;
        let (file, url) = choose(package, &files, &tags)?;
        Ok((file.clone(), url.clone()))
    });
    connections.end(source, &session);
    let found = found.map_err(|error| match error {
        FilesError::Take { index, source, .. } => {
            let page = Box::new(pages[index].origin.clone());
            let reason = source;
            FilesContentsError::Index { page, reason }.into()
        }
        FilesError::Download(error) => not_fetched(source, &asked, error),
    })?;
    let files = pages.iter().zip(found).map(|(page, (file, url))| {
        Ok(GrantedFile {
            // The page's address stays, so that it is the same in a build that keeps the file.
            origin: page.origin.of_file(&file.name),
            holder: FileHolder::Server(servers.ask(url, Listed::AtIndex, &file.name)?),
            file: Cow::Owned(wheel(source, file.name, file.sha256)),
            declaration: servers.declaration,
        })
    });
    files.collect()
}

/// Leaves out the files whose name or address repeats the credential that was sent for the page: no other server and no
/// log gets it.
fn without_credential(
    files: Vec<IndexFile>,
    credential: Option<&Credential>,
) -> Result<Vec<IndexFile>, IndexReason> {
    let Some(credential) = credential else {
        return Ok(files);
    };
    let is_plain = |file: &IndexFile| {
        let url = file.url.as_ref().map(ToString::to_string);
        !url.is_some_and(|url| credential.is_in(&url)) && !credential.is_in(&file.name)
    };
    let count = files.len();
    let plain: Vec<_> = files.into_iter().filter(is_plain).collect();
    if plain.is_empty() && count > 0 {
        return Err(IndexReason::Echo);
    }
    Ok(plain)
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
        Some((rank, (&file.name, file.sha256), *file))
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
    let packages = folder.packages.iter().flat_map(|of_source| {
        let packages = of_source.packages.iter();
        packages.map(|package| (&of_source.tags, package))
    });
    let packages: Vec<_> = packages.collect();
    let noted = noted.map_or(&[][..], Vec::as_slice);
    let fits = |((tags, package), file): (&(&Vec<String>, &CheckedPackage), &ChosenFile)| {
        let digest = file.sha256.parse::<Sha256>();
        let is_listed = digest.is_ok_and(|digest| package.sha256.contains(&digest));
        let wheel = wheel_of(package, &file.name);
        let is_fitting = |wheel: WheelName<'_>| wheel.tags().any(|tag| tags.contains(&tag));
        file.name.len() <= LONGEST_NAME && is_listed && wheel.is_some_and(is_fitting)
    };
    let fit = packages.len() == noted.len() && packages.iter().zip(noted).all(fits);
    fit.then(|| noted.to_vec())
}

#[cfg(test)]
mod tests;
