//! Fetches the files of a folder, and unpacks them into it under a staged name.
//!
//! Nothing here finds an address or a credential.

use std::collections::BTreeSet;
use std::fs::File;

use super::super::error::{ContentsError, PackageError};
use super::super::remotes::{Fetched, Remotes};
use super::connections::{Connections, Sent, not_fetched};
use super::error::{FileOrigin, FilesContentsError};
use super::granted::{FileHolder, FileSettings, GrantedFile, GrantedFolder};
use super::{describe, packages};
use cnb::check::{CheckedFile, CheckedFolder, Unpack};
use cnb::identity::{Description, Identity};
use cnb::names::LayerName;
use cnb::reuse::{ChosenFile, ContentNote, folder_digest};
use cnb::sbom::KnownFrom;
use cnb::sha256::Sha256;
use dir::Dir;
use fetch::Traffic;
use fetch::files::{Expected, FilesError, Verified};
use report::{bytes, counted};
use unpack::{Archive, ArchiveFormat, Folder, Package, UnpackError, Unpacked};

/// The record of a folder of files, for notes, receipts and bills of materials.
pub(crate) struct FolderRecord<'a> {
    pub layer: &'a LayerName,
    pub folder: &'a CheckedFolder,
    /// One for each file of the folder in the same order, and then one for each package.
    files: Vec<FileRecord>,
    pub(crate) fetched: Fetched,
    pub(crate) traffic: Traffic,
}

/// The record of one file.
struct FileRecord {
    file: CheckedFile,
    origin: FileOrigin,
    /// The licence of the file if it is a package, as it says itself; empty if unknown.
    licence: String,
    known_from: KnownFrom,
}

impl<'a> FolderRecord<'a> {
    /// The record of a folder for which nothing was fetched. `noted` are the licences in the previous build's notes,
    /// and `chosen` the files for packages, by `packages::chosen`.
    pub(crate) fn kept(
        granted: GrantedFolder<'a>,
        noted: &[String],
        chosen: Vec<ChosenFile>,
    ) -> Self {
        let listed = granted.files.into_iter();
        let listed = listed.map(|file| (file.file.into_owned(), file.origin));
        let pages = granted.packages.into_iter().flat_map(|packages| {
            let source = &packages.wanted.source;
            packages.pages.into_iter().map(move |page| (source, page))
        });
        let found = pages.zip(chosen).filter_map(|((source, page), chosen)| {
            let sha256 = chosen.sha256.parse().ok()?;
            let origin = page.origin.of_file(&chosen.name);
            Some((packages::wheel(source, chosen.name, sha256), origin))
        });
        let listed = listed.map(|(file, origin)| (file, origin, KnownFrom::Digest));
        // The name of such a file, and so its version, stands in the previous image alone.
        let found = found.map(|(file, origin)| (file, origin, KnownFrom::PreviousImage));
        let files: Vec<_> = listed.chain(found).collect();
        let is_known = noted.len() == files.len();
        let mut noted = noted.iter().filter(|_| is_known);
        let files = files
            .into_iter()
            .map(|(file, origin, known_from)| FileRecord {
                file,
                origin,
                licence: noted
                    .next()
                    .map_or_else(String::new, |licence| text::shown(licence)),
                known_from,
            });
        Self {
            layer: granted.layer,
            folder: granted.folder,
            files: files.collect(),
            fetched: Fetched::default(),
            traffic: Traffic::default(),
        }
    }

    /// The files one by one, for receipts and bills of materials, each with the address that may be shown.
    pub(crate) fn files(
        &self,
    ) -> impl Iterator<Item = (ContentNote, Description, &FileOrigin, KnownFrom)> {
        self.files.iter().map(|one| {
            let FileRecord {
                file,
                origin,
                licence,
                known_from,
            } = one;
            let note = describe::note(&self.folder.into, file, &origin.file);
            let description = describe::description(file, &origin.file, licence);
            (note, description, origin, *known_from)
        })
    }

    /// The origins of the files.
    pub(crate) fn origins(&self) -> impl Iterator<Item = &FileOrigin> {
        self.files.iter().map(|one| &one.origin)
    }

    /// The licences of the files in their order, if one of them is known.
    pub(crate) fn licences(&self) -> Option<Vec<String>> {
        let licences: Vec<_> = self.files.iter().map(|one| one.licence.clone()).collect();
        let is_known = licences.iter().any(|licence| !licence.is_empty());
        is_known.then_some(licences)
    }

    /// The files that were found for packages, in their order.
    pub(crate) fn chosen(&self) -> Vec<ChosenFile> {
        let found = self.files.iter().skip(self.folder.files.len());
        let found = found.map(|one| ChosenFile {
            name: one.origin.file.clone(),
            sha256: one.file.sha256.to_string(),
        });
        found.collect()
    }
}

/// Makes the note on a folder of files.
pub(crate) fn note(folder: &CheckedFolder) -> ContentNote {
    let CheckedFolder {
        into,
        files,
        packages,
    } = folder;
    let of_files = files.iter().map(|file| file.source.as_str());
    let of_packages = packages.iter().map(|packages| packages.source.as_str());
    let sources: BTreeSet<_> = of_files.chain(of_packages).collect();
    let sources: Vec<_> = sources.into_iter().collect();
    let packages = packages.iter().map(|packages| packages.packages.len());
    let count = packages.fold(files.len(), usize::saturating_add);
    ContentNote {
        into: into.to_string(),
        source: sources.join(" "),
        identity: Identity::default()
            .found("files", &count)
            .deciding("sha256", &folder_digest(folder)),
    }
}

/// Fetches all files of a folder, and unpacks them under the name `staged` in the layer's directory.
pub(crate) fn make<'a>(
    granted: GrantedFolder<'a>,
    remotes: &Remotes<'_>,
    settings: &FileSettings,
    sent: &mut Sent,
    layer: &Dir,
    staged: &str,
) -> Result<FolderRecord<'a>, ContentsError> {
    let GrantedFolder {
        layer: name,
        folder: declared,
        mut files,
        packages,
    } = granted;
    let limits = remotes.limits();
    let into = &declared.into;
    let unwritten = |error: UnpackError| FilesContentsError::Unpack {
        layer: name.clone(),
        into: into.clone(),
        error: Box::new(error),
    };
    let folder = Folder::create(
        layer,
        staged,
        unpack::FolderLimits {
            entries: limits.entries,
            bytes: limits.bytes,
            depth: limits.depth,
            time: limits.deadline,
        },
    )
    .map_err(unwritten)?;
    let mut connections = Connections {
        remotes,
        settings,
        sent,
        traffic: Traffic::default(),
    };
    for packages in packages {
        files.extend(packages::find(packages, &mut connections)?);
    }
    let mut maker = Maker {
        connections,
        layer: name,
        folder: &folder,
    };
    let packages = maker.fetch_all(&files)?;
    let traffic = maker.connections.traffic;
    let finished = folder.finish().map_err(unwritten)?;
    let report = remotes.report();
    report.line(&format!(
        "Folder '{into}' of layer '{name}': {}, {}, of {}",
        counted(finished.files as u64, "file", "files"),
        bytes(finished.bytes),
        counted(files.len() as u64, "download", "downloads"),
    ));
    for warning in &finished.warnings {
        report.warning(&warning.to_string());
    }
    let records = files
        .into_iter()
        .zip(packages)
        .map(|(file, package)| FileRecord {
            file: file.file.into_owned(),
            origin: file.origin,
            licence: package
                .and_then(|package| package.licence)
                .unwrap_or_default(),
            known_from: KnownFrom::Digest,
        });
    Ok(FolderRecord {
        layer: name,
        folder: declared,
        files: records.collect(),
        fetched: Fetched {
            files: finished.files as u64,
            bytes: finished.bytes,
        },
        traffic,
    })
}

/// The making of one folder.
struct Maker<'m> {
    connections: Connections<'m>,
    layer: &'m LayerName,
    folder: &'m Folder,
}

impl Maker<'_> {
    /// Fetches the files source by source. Returns what each says of itself, in the order of the files.
    fn fetch_all(
        &mut self,
        files: &[GrantedFile<'_>],
    ) -> Result<Vec<Option<Package>>, ContentsError> {
        let mut packages = Vec::new();
        for of_source in files.chunk_by(|one, next| one.file.source == next.file.source) {
            let first = packages.len();
            match of_source.first().map(|file| &file.holder) {
                Some(FileHolder::Package(_)) => {
                    self.take_from_package(of_source, first, &mut packages)?;
                }
                Some(FileHolder::Server(_)) => self.fetch(of_source, first, &mut packages)?,
                None => {}
            }
        }
        Ok(packages)
    }

    fn take_from_package(
        &self,
        files: &[GrantedFile<'_>],
        first: usize,
        packages: &mut Vec<Option<Package>>,
    ) -> Result<(), ContentsError> {
        if let Some(GrantedFile { file, .. }) = files.first() {
            self.connections.remotes.report().line(&format!(
                "Source '{}': {} of this package; no server is asked",
                file.source,
                counted(files.len() as u64, "file", "files")
            ));
        }
        for (at, granted) in files.iter().enumerate() {
            let FileHolder::Package(file) = &granted.holder else {
                continue;
            };
            let verified =
                verify(file, &granted.file).map_err(|source| ContentsError::Package {
                    source_name: granted.file.source.clone(),
                    source,
                })?;
            let unpacked = self.unpack(granted, first + at, verified);
            packages.push(
                unpacked
                    .map_err(|error| self.failed(granted, error))?
                    .package,
            );
        }
        Ok(())
    }

    fn fetch(
        &mut self,
        files: &[GrantedFile<'_>],
        first: usize,
        packages: &mut Vec<Option<Package>>,
    ) -> Result<(), ContentsError> {
        let Some(GrantedFile {
            declaration, file, ..
        }) = files.first()
        else {
            return Ok(());
        };
        let source = &file.source;
        let asked = files.iter().filter_map(|granted| match &granted.holder {
            FileHolder::Server(asked) => Some((asked, granted.file.sha256)),
            FileHolder::Package(_) => None,
        });
        let asked: Vec<_> = asked.collect();
        let count = counted(files.len() as u64, "file", "files");
        let servers: Vec<_> = asked.iter().map(|(asked, _)| *asked).collect();
        self.connections.say(source, &count, &servers);
        let requests = asked
            .iter()
            .map(|(asked, sha256)| asked.request(Expected::Sha256(*sha256)));
        let requests: Vec<_> = requests.collect();
        let session = self.connections.session(source, declaration, &requests);
        let unpacked = session.download(&requests, |at, verified: Verified| {
            self.unpack(&files[at], first + at, verified.file)
        });
        self.connections.end(source, &session);
        match unpacked {
            Ok(unpacked) => packages.extend(unpacked.into_iter().map(|unpacked| unpacked.package)),
            Err(FilesError::Take { index, source, .. }) => {
                return Err(self.failed(&files[index], source));
            }
            Err(FilesError::Download(error)) => {
                return Err(not_fetched(source, &servers, error));
            }
        }
        Ok(())
    }

    fn unpack(
        &self,
        granted: &GrantedFile<'_>,
        position: usize,
        file: File,
    ) -> Result<Unpacked, UnpackError> {
        let CheckedFile {
            unpack,
            leading_folders,
            ..
        } = &*granted.file;
        self.folder.add(Archive {
            name: &granted.origin.file,
            file,
            format: match unpack {
                Unpack::File => ArchiveFormat::File,
                Unpack::TarGz => ArchiveFormat::TarGz,
                Unpack::TarZst => ArchiveFormat::TarZst,
                Unpack::Zip => ArchiveFormat::Zip,
                Unpack::Wheel => ArchiveFormat::Wheel,
            },
            leading_folders: *leading_folders,
            arch: &self.connections.remotes.context().common.target.arch,
            position,
        })
    }

    fn failed(&self, granted: &GrantedFile<'_>, error: UnpackError) -> ContentsError {
        FilesContentsError::UnpackFile {
            origin: Box::new(granted.origin.clone()),
            layer: self.layer.clone(),
            error: Box::new(error),
        }
        .into()
    }
}

/// Compares a file of the package with its digest.
fn verify(file: &File, wanted: &CheckedFile) -> Result<File, PackageError> {
    let mut file = file.try_clone()?;
    if Sha256::of_file(&mut file)? != wanted.sha256 {
        return Err(PackageError::Digest {
            wanted: wanted.sha256,
        });
    }
    Ok(file)
}
