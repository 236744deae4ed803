//! The contents of a layer that the host fetches: whole folders, and folders of files.
//!
//! The lists of a source's files are compared later, because some are in the application.

mod packages;

use std::collections::BTreeMap;

use super::place::{OutputPlace, Seen};
use super::{CheckError, MOST_PARTS, Rule};
use crate::descriptor::Descriptor;
use crate::descriptor::source::ContentForm;
use crate::names::{FolderName, SourceName, shown};
use crate::sha256::Sha256;
use contract::types;

pub use self::packages::{CheckedPackage, CheckedPackages};

/// The limit on the files of a layer that come from sources of files.
pub const MOST_FILES: usize = 2048;
/// The limit on a file's path, in bytes.
const LONGEST_PATH: usize = 1024;
/// The limit on the leading folders that are left off.
const MOST_LEADING: u32 = 16;

/// A folder of a layer that the one folder of a source becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedContent {
    pub source: SourceName,
    /// The folder of the layer that the content becomes.
    pub into: FolderName,
}

/// A folder of a layer that files become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedFolder {
    pub into: FolderName,
    /// The files, ordered by source and path.
    pub files: Vec<CheckedFile>,
    /// The packages whose files an index has, ordered by source. There is at least one file or package.
    pub packages: Vec<CheckedPackages>,
}

/// A file of a source, as the component names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckedFile {
    pub source: SourceName,
    /// The path or address that the source's list must contain.
    pub path: String,
    pub sha256: Sha256,
    pub unpack: Unpack,
    /// The number of leading folders to leave off each path in an archive.
    pub leading_folders: u32,
}

/// The way in which a file becomes content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unpack {
    /// It is copied.
    File,
    TarGz,
    TarZst,
    Zip,
    /// It is installed as a Python wheel.
    Wheel,
}

/// The sources that buildpack.toml declares, each with the form of its content.
#[derive(Debug, Clone, Default)]
pub struct KnownSources<'a>(pub BTreeMap<&'a SourceName, ContentForm>);

impl<'a> KnownSources<'a> {
    #[must_use]
    pub fn of(descriptor: &'a Descriptor) -> Self {
        let sources = descriptor.sources.all().into_iter();
        Self(sources.map(|source| (source.name, source.form)).collect())
    }

    /// Returns the form of a source.
    fn form(&self, source: &SourceName, place: &OutputPlace) -> Result<ContentForm, CheckError> {
        let known = self.0.get(source).copied();
        known.ok_or_else(|| place.rule(Rule::UnknownSource, &self.unknown(source)))
    }

    fn unknown(&self, source: &SourceName) -> String {
        let known: Vec<_> = self.0.keys().map(|name| format!("'{name}'")).collect();
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        format!("buildpack.toml declares no source '{source}'; it declares {known}")
    }
}

/// The contents of a layer, by kind.
pub(super) struct Contents {
    pub(super) contents: Vec<CheckedContent>,
    pub(super) folders: Vec<CheckedFolder>,
}

pub(super) fn check_contents(
    contents: Vec<types::Content>,
    layer: &OutputPlace,
    known: &KnownSources<'_>,
) -> Result<Contents, CheckError> {
    let (files, wholes): (Vec<_>, Vec<_>) = contents
        .into_iter()
        .partition(|content| content.part.is_some());
    layer.count("contents", wholes.len(), MOST_PARTS)?;
    let count = files.iter().map(|content| match &content.part {
        Some(types::SourcePart::Packages(packages)) => packages.packages.len(),
        _ => 1,
    });
    layer.count("files", count.fold(0, usize::saturating_add), MOST_FILES)?;
    let mut seen = Seen::folding_case();
    let mut checked = Vec::new();
    for types::Content { source, into, .. } in wholes {
        let place = layer.within(&format!("content '{}'", shown(&into)));
        let into: FolderName = place.name(&into)?;
        let source: SourceName = place.name(&source)?;
        if known.form(&source, &place)? == ContentForm::Files {
            let rule = format!(
                "source '{source}' consists of files, so the content must name one of them"
            );
            return Err(place.rule(Rule::FileMissing, &rule));
        }
        seen.add(layer, "folder", into.as_str())?;
        checked.push(CheckedContent { source, into });
    }
    let folders = check_folders(files, layer, known)?;
    for folder in &folders {
        seen.add(layer, "folder", folder.into.as_str())?;
    }
    layer.count("folders of files", folders.len(), MOST_PARTS)?;
    Ok(Contents {
        contents: checked,
        folders,
    })
}

/// Sorts files into their folders. The result does not depend on the order of the component's list.
fn check_folders(
    files: Vec<types::Content>,
    layer: &OutputPlace,
    known: &KnownSources<'_>,
) -> Result<Vec<CheckedFolder>, CheckError> {
    let mut folders: BTreeMap<FolderName, (Vec<_>, Vec<_>)> = BTreeMap::new();
    for types::Content { source, into, part } in files {
        let place = layer.within(&format!("content '{}'", shown(&into)));
        let into: FolderName = place.name(&into)?;
        let source: SourceName = place.name(&source)?;
        if let ContentForm::Folder(what) = known.form(&source, &place)? {
            let rule = format!("source '{source}' is {what}, which has no files by digest");
            return Err(place.rule(Rule::FileOfGit, &rule));
        }
        match part {
            None => {}
            Some(types::SourcePart::File(file)) => {
                let file = check_file(file, source, &place)?;
                folders.entry(into).or_default().0.push(file);
            }
            Some(types::SourcePart::Packages(packages)) => {
                let packages = packages::check(packages, source, &place)?;
                folders.entry(into).or_default().1.push(packages);
            }
        }
    }
    let folders = folders
        .into_iter()
        .map(|(into, (mut files, mut packages))| {
            files.sort();
            let same = files
                .windows(2)
                .find(|pair| pair[0].source == pair[1].source && pair[0].path == pair[1].path);
            let same = same.map(|pair| format!("the file '{}'", shown(&pair[0].path)));
            packages.sort_by(|one: &CheckedPackages, other| one.source.cmp(&other.source));
            let packages_of = packages
                .windows(2)
                .find(|pair| pair[0].source == pair[1].source);
            let packages_of = packages_of
                .map(|pair| format!("the content of packages of source '{}'", pair[0].source));
            if let Some(what) = same.or(packages_of) {
                let place = layer.within(&format!("content '{into}'")).0;
                return Err(CheckError::Twice { place, what });
            }
            Ok(CheckedFolder {
                into,
                files,
                packages,
            })
        });
    folders.collect()
}

fn check_file(
    file: types::SourceFile,
    source: SourceName,
    place: &OutputPlace,
) -> Result<CheckedFile, CheckError> {
    let types::SourceFile {
        path,
        sha256,
        unpack,
        leading_folders,
    } = file;
    let path = place.line("the path of a file", path)?;
    place.size("the path of a file", path.len(), LONGEST_PATH)?;
    let place = place.within(&format!("file '{}'", shown(&path)));
    let Ok(sha256) = sha256.parse() else {
        let rule = "its sha256 must be 64 hexadecimal digits in lower case";
        return Err(place.rule(Rule::FileDigest, rule));
    };
    let unpack = match unpack {
        types::Unpack::File => Unpack::File,
        types::Unpack::TarGz => Unpack::TarGz,
        types::Unpack::TarZst => Unpack::TarZst,
        types::Unpack::Zip => Unpack::Zip,
        types::Unpack::Wheel => Unpack::Wheel,
    };
    let is_archive = matches!(unpack, Unpack::TarGz | Unpack::TarZst | Unpack::Zip);
    if leading_folders > if is_archive { MOST_LEADING } else { 0 } {
        let rule = format!(
            "leading-folders is {leading_folders}; it is at most {MOST_LEADING} for an archive, and 0 for a file or a wheel"
        );
        return Err(place.rule(Rule::LeadingFolders, &rule));
    }
    Ok(CheckedFile {
        source,
        path,
        sha256,
        unpack,
        leading_folders,
    })
}

#[cfg(test)]
mod tests;
