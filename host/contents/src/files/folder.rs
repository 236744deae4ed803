//! Fetches the files of a folder, and unpacks them into it under a staged name.
//!
//! Nothing here finds an address or a credential.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Mutex;
use std::time::Instant;

use super::super::error::{ContentsError, PackageError};
use super::super::pace::Pace;
use super::super::remotes::{Fetched, Remotes};
use super::describe;
use super::error::{FileOrigin, FilesContentsError};
use super::granted::{FileHolder, FileSettings, GrantedFile, GrantedFolder};
use cnb::address::RemoteUrl;
use cnb::check::{CheckedFile, CheckedFolder, Unpack};
use cnb::identity::{Description, Identity};
use cnb::names::{LayerName, SourceName};
use cnb::reuse::{ContentNote, files_digest};
use cnb::sha256::Sha256;
use dir::Dir;
use fetch::files::{self, FileRequest, Files, FilesError, SharedProgress, Verified};
use fetch::{Proxies, Traffic};
use report::{bytes, counted};
use unpack::{Archive, ArchiveFormat, Folder, Package, UnpackError, Unpacked};

/// The record of a folder of files, for notes, receipts and bills of materials.
pub struct FolderRecord<'a> {
    pub layer: &'a LayerName,
    pub folder: &'a CheckedFolder,
    /// One for each file of the folder, in the same order.
    pub origins: Vec<FileOrigin>,
    /// The licence of each file that is a package, as it says itself; empty if unknown.
    pub licences: Vec<String>,
    pub(crate) fetched: Fetched,
    pub(crate) traffic: Traffic,
}

impl<'a> FolderRecord<'a> {
    /// The record of a folder of which nothing was fetched. `noted` are the licences in the previous build's notes.
    pub(crate) fn kept(granted: GrantedFolder<'a>, noted: &[String]) -> Self {
        let count = granted.files.len();
        let licences = if noted.len() == count {
            noted.iter().map(|licence| text::shown(licence)).collect()
        } else {
            vec![String::new(); count]
        };
        Self::of(granted, licences)
    }

    /// The files one by one, for receipts and bills of materials, each with the address that may be shown.
    pub fn files(&self) -> impl Iterator<Item = (ContentNote, Description, &FileOrigin)> {
        let files = self.folder.files.iter();
        let files = files.zip(&self.origins).zip(&self.licences);
        files.map(|((file, origin), licence)| {
            let note = describe::note(&self.folder.into, file, &origin.file);
            let description = describe::description(file, &origin.file, licence);
            (note, description, origin)
        })
    }

    fn of(granted: GrantedFolder<'a>, licences: Vec<String>) -> Self {
        let GrantedFolder {
            layer,
            folder,
            files,
        } = granted;
        Self {
            layer,
            folder,
            origins: files.into_iter().map(|file| file.origin).collect(),
            licences,
            fetched: Fetched::default(),
            traffic: Traffic::default(),
        }
    }
}

/// Makes the note on a folder of files.
pub(crate) fn note(folder: &CheckedFolder) -> ContentNote {
    let CheckedFolder { into, files } = folder;
    let sources: BTreeSet<_> = files.iter().map(|file| file.source.as_str()).collect();
    let sources: Vec<_> = sources.into_iter().collect();
    ContentNote {
        into: into.to_string(),
        source: sources.join(" "),
        identity: Identity::default()
            .found("files", &files.len())
            .deciding("sha256", &files_digest(files)),
    }
}

/// The bytes that each source has sent. A component can spread a source over several folders.
pub(crate) type Sent = BTreeMap<SourceName, u64>;

/// Fetches all files of a folder, and unpacks them under the name `staged` in the layer's directory.
pub(crate) fn make<'a>(
    granted: GrantedFolder<'a>,
    remotes: &Remotes<'_>,
    settings: &FileSettings,
    sent: &mut Sent,
    layer: &Dir,
    staged: &str,
) -> Result<FolderRecord<'a>, ContentsError> {
    let limits = remotes.limits();
    let into = &granted.folder.into;
    let unwritten = |error: UnpackError| FilesContentsError::Unpack {
        layer: granted.layer.clone(),
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
    let mut maker = Maker {
        remotes,
        settings,
        sent,
        granted: &granted,
        folder: &folder,
    };
    let (packages, traffic) = maker.fetch_all()?;
    let finished = folder.finish().map_err(unwritten)?;
    let report = remotes.report();
    report.line(&format!(
        "Folder '{into}' of layer '{}': {}, {}, of {}",
        granted.layer,
        counted(finished.files as u64, "file", "files"),
        bytes(finished.bytes),
        counted(granted.files.len() as u64, "download", "downloads"),
    ));
    for warning in &finished.warnings {
        report.warning(&warning.to_string());
    }
    let licence = |package: Option<Package>| package.and_then(|package| package.licence);
    let licences = packages
        .into_iter()
        .map(|package| licence(package).unwrap_or_default());
    let mut record = FolderRecord::of(granted, licences.collect());
    record.fetched = Fetched {
        files: finished.files as u64,
        bytes: finished.bytes,
    };
    record.traffic = traffic;
    Ok(record)
}

/// The making of one folder.
struct Maker<'m, 'a> {
    remotes: &'m Remotes<'m>,
    settings: &'m FileSettings,
    sent: &'m mut Sent,
    granted: &'m GrantedFolder<'a>,
    folder: &'m Folder,
}

impl Maker<'_, '_> {
    /// Fetches the files source by source. Returns what each says of itself, in the order of the files.
    fn fetch_all(&mut self) -> Result<(Vec<Option<Package>>, Traffic), ContentsError> {
        let mut packages = Vec::new();
        let mut traffic = Traffic::default();
        let files = &self.granted.files;
        for of_source in files.chunk_by(|one, next| one.file.source == next.file.source) {
            let first = packages.len();
            match of_source.first().map(|file| &file.holder) {
                Some(FileHolder::Package(_)) => {
                    self.take_from_package(of_source, first, &mut packages)?;
                }
                Some(FileHolder::Server { .. }) => {
                    let Traffic {
                        requests,
                        bytes_received,
                    } = self.fetch(of_source, first, &mut packages)?;
                    traffic.requests = traffic.requests.saturating_add(requests);
                    traffic.bytes_received = traffic.bytes_received.saturating_add(bytes_received);
                }
                None => {}
            }
        }
        Ok((packages, traffic))
    }

    fn take_from_package(
        &self,
        files: &[GrantedFile<'_>],
        first: usize,
        packages: &mut Vec<Option<Package>>,
    ) -> Result<(), ContentsError> {
        if let Some(GrantedFile { file, .. }) = files.first() {
            self.remotes.report().line(&format!(
                "Source '{}': {} of this package; no server is asked",
                file.source,
                counted(files.len() as u64, "file", "files")
            ));
        }
        for (at, granted) in files.iter().enumerate() {
            let FileHolder::Package(file) = &granted.holder else {
                continue;
            };
            let verified = verify(file, granted.file).map_err(|source| ContentsError::Package {
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
    ) -> Result<Traffic, ContentsError> {
        let Some(GrantedFile { declaration, .. }) = files.first() else {
            return Ok(Traffic::default());
        };
        self.say(files);
        let mut requests = Vec::new();
        let mut private = Vec::new();
        for granted in files {
            let FileHolder::Server {
                url,
                credential,
                may_be_private,
            } = &granted.holder
            else {
                continue;
            };
            if *may_be_private {
                private.push(url.origin());
            }
            requests.push(FileRequest {
                url: url.clone(),
                sha256: granted.file.sha256,
                may_be_private: *may_be_private,
                credential: credential.clone(),
            });
        }
        let descriptor = self.remotes.descriptor();
        let connections = usize::try_from(descriptor.limits.fetch_connections).unwrap_or(1);
        let settings = files::FileSettings {
            certificates: self.settings.certificates.clone(),
            proxies: self.proxies(),
            redirects_to: declaration.redirects_to.clone(),
            private,
            connections,
        };
        let scratch = &self.remotes.context().layers;
        let source = &files[0].file.source;
        let before = self.sent.get(source).copied().unwrap_or(0);
        let session = Files::open(settings, self.remotes.limits(), scratch)
            .after(before)
            .with_progress(self.progress(&files[0]));
        let unpacked = session.download(&requests, |at, verified: Verified| {
            self.unpack(&files[at], first + at, verified.file)
        });
        self.sent.insert(source.clone(), session.held());
        match unpacked {
            Ok(unpacked) => packages.extend(unpacked.into_iter().map(|unpacked| unpacked.package)),
            Err(FilesError::Take { index, source, .. }) => {
                return Err(self.failed(&files[index], source));
            }
            Err(FilesError::Download(error)) => {
                return Err(FilesContentsError::File {
                    source_name: files[0].file.source.clone(),
                    credential: files.iter().find_map(|file| file.origin.credential.clone()),
                    error: Box::new(error),
                }
                .into());
            }
        }
        Ok(session.traffic())
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
        } = granted.file;
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
            arch: &self.remotes.context().common.target.arch,
            position,
        })
    }

    fn failed(&self, granted: &GrantedFile<'_>, error: UnpackError) -> ContentsError {
        FilesContentsError::UnpackFile {
            origin: Box::new(granted.origin.clone()),
            layer: self.granted.layer.clone(),
            error: Box::new(error),
        }
        .into()
    }

    fn say(&self, files: &[GrantedFile<'_>]) {
        let report = self.remotes.report();
        let name = &files[0].file.source;
        let mut servers = BTreeSet::new();
        let mut credentials = BTreeSet::new();
        for granted in files {
            if let FileHolder::Server { url, .. } = &granted.holder {
                let mirror = if granted.origin.is_mirror {
                    " (the mirror of the operator's policy)"
                } else {
                    ""
                };
                servers.insert(format!("{}{mirror}", url.origin()));
            }
            credentials.extend(granted.origin.credential.as_deref());
        }
        let servers: Vec<_> = servers.into_iter().collect();
        report.line(&format!(
            "Source '{name}': {} from {}",
            counted(files.len() as u64, "file", "files"),
            servers.join(", ")
        ));
        for from in credentials {
            report.line(&format!(
                "Source '{name}': signing in with the token from {from}"
            ));
        }
        let mut urls = files.iter().filter_map(|granted| match &granted.holder {
            FileHolder::Server { url, .. } => url.origin().to_string().parse::<RemoteUrl>().ok(),
            FileHolder::Package(_) => None,
        });
        let proxies = self.proxies();
        let proxy = urls.find_map(|url| proxies.shown_for(&url));
        self.remotes
            .say_connection(name, proxy.as_deref(), &self.settings.told);
    }

    fn proxies(&self) -> Proxies {
        let settings = &self.remotes.context().common.settings;
        Proxies {
            https: settings.https_proxy.clone(),
            no_proxy: settings.no_proxy.clone(),
        }
    }

    /// Reports the received bytes of a long download. Several connections call it.
    fn progress(&self, first: &GrantedFile<'_>) -> SharedProgress {
        let (report, began) = (self.remotes.report(), Instant::now());
        let name = first.file.source.clone();
        let pace = Mutex::new(Pace::default());
        Box::new(move |received| {
            let elapsed = began.elapsed();
            let is_due = pace.lock().is_ok_and(|mut pace| pace.is_due(elapsed));
            if is_due {
                report.line(&format!(
                    "Source '{name}': {} received in {} s, going on",
                    bytes(received),
                    elapsed.as_secs()
                ));
            }
        })
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
