//! A folder that archives are unpacked into, from several threads.
//!
//! Collisions of archives are settled in `settle`. Nothing here parses a format.

mod tree;
mod wheels;

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::archive::{Archive, ArchiveFormat};
use super::claims::{Claim, Claims, Full};
use super::deadline::{Clock, Deadline};
use super::digest::{Algorithm, Digest, Summing};
use super::error::{ArchiveReason, EntryReason, LimitReason, UnpackError};
use super::own::{Own, OwnError};
use super::path;
use super::warning::Warning;
use super::wheel::metadata::Package;
use super::wheel::name::{WheelName, normalized};
use super::write::{Dirs, Sink, SinkError, WrittenFile};
use super::zip;
use dir::{Dir, DirError};

pub(crate) use tree::open as open_tar;

/// The size of the buffer for unpacked bytes. Each archive that is being unpacked has one.
pub(crate) const BUFFER: usize = 256 << 10;

/// Limits of a folder, for all its archives together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderLimits {
    /// The files, folders and links. A file or link that several archives have counts for each.
    pub entries: usize,
    /// The bytes of all files. A path that several archives have counts for each.
    pub bytes: u64,
    /// The limit for nested folders.
    pub depth: usize,
    /// The time from the moment when the folder is made until it is complete, downloads between the archives included.
    pub time: Duration,
}

/// An archive that was unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// `None` unless the archive is a wheel.
    pub package: Option<Package>,
}

/// A folder that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub files: usize,
    pub bytes: u64,
    /// Sorted by the positions of the archives, those of collisions last.
    pub warnings: Vec<Warning>,
}

/// A new folder, which archives are unpacked into.
#[derive(Debug)]
pub struct Folder {
    pub(crate) root: Dir,
    pub(crate) limits: FolderLimits,
    pub(crate) shared: Mutex<Shared>,
    /// The bytes that the archives have, for the limit.
    claimed: AtomicU64,
    pub(crate) files: AtomicUsize,
    pub(crate) bytes: AtomicU64,
    pub(crate) failed: AtomicBool,
    pub(crate) deadline: Deadline,
}

/// The state that the threads share.
pub(crate) struct Shared {
    pub(crate) claims: Claims,
    pub(crate) archives: BTreeMap<usize, Known>,
    pub(crate) deferred: Vec<Deferred>,
    pub(crate) warnings: Vec<(usize, Warning)>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// An archive, for collisions.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) name: String,
    /// The key by which archives are ordered.
    pub(crate) rank: String,
    pub(crate) is_wheel: bool,
}

/// Files of an archive that another archive has written.
pub(crate) struct Deferred {
    pub(crate) position: usize,
    pub(crate) file: File,
    pub(crate) format: ArchiveFormat,
    pub(crate) files: Vec<DeferredFile>,
}

pub(crate) struct DeferredFile {
    pub(crate) path: String,
    pub(crate) executable: bool,
    /// The SHA-256 of what would be written.
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) content: ClaimedContent,
}

/// The place of a deferred file's bytes.
pub(crate) enum ClaimedContent {
    /// All of the archive's file.
    Whole,
    Member {
        member: zip::Member,
        is_script: bool,
    },
    /// An entry of a tar archive, by its index.
    Entry(usize),
    Bytes(Vec<u8>),
}

/// The cause of a failure, without the archive that it came from.
pub(crate) enum Fault {
    Folder(UnpackError),
    Archive(ArchiveReason),
}

impl<T: Into<ArchiveReason>> From<T> for Fault {
    fn from(reason: T) -> Self {
        Self::Archive(reason.into())
    }
}

impl Fault {
    pub(crate) fn dir(error: DirError) -> Self {
        Self::Folder(error.into())
    }

    pub(crate) fn limit(reason: LimitReason) -> Self {
        Self::Folder(reason.into())
    }

    pub(crate) fn write(path: &str) -> impl Fn(SinkError) -> Self {
        move |error| match error {
            SinkError::Write(source) => {
                let path = path::shown(path);
                Self::Folder(UnpackError::Write { path, source })
            }
            SinkError::Limit(reason) => Self::limit(reason),
        }
    }

    /// The fault of a path that its archive can't have. `most` is the limit of the folder.
    pub(crate) fn own(path: &str, most: usize) -> impl Fn(OwnError) -> Self {
        move |error| match error {
            OwnError::Refused(reason) => Self::entry(path, reason),
            OwnError::Full => Self::limit(LimitReason::Entries { most }),
        }
    }

    pub(crate) fn entry(path: &str, reason: impl Into<EntryReason>) -> Self {
        Self::Archive(ArchiveReason::Entry {
            entry: path::shown(path),
            reason: reason.into(),
        })
    }

    pub(crate) fn of(self, archive: &str) -> UnpackError {
        match self {
            Self::Folder(error) => error,
            Self::Archive(reason) => UnpackError::Refused {
                archive: archive.to_owned(),
                reason,
            },
        }
    }
}

impl Folder {
    /// Makes a folder in `parent`. After any error, the caller must remove it.
    pub fn create(parent: &Dir, name: &str, limits: FolderLimits) -> Result<Self, UnpackError> {
        let root = parent.create_dir(name, 0o755)?;
        Ok(Self {
            root,
            limits,
            shared: Mutex::new(Shared {
                claims: Claims::new(limits.entries),
                archives: BTreeMap::new(),
                deferred: Vec::new(),
                warnings: Vec::new(),
            }),
            claimed: AtomicU64::new(0),
            files: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            deadline: Deadline::after(limits.time),
        })
    }

    /// Replaces the clock for the deadline, which begins anew. For tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.deadline = Deadline::by(clock, self.limits.time);
        self
    }

    /// Unpacks an archive. Several threads may do this at the same time.
    pub fn add(&self, archive: Archive<'_>) -> Result<Unpacked, UnpackError> {
        let name = archive.name;
        let unpacked = self.unpack(archive);
        if unpacked.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        unpacked.map_err(|fault| fault.of(name))
    }

    fn unpack(&self, archive: Archive<'_>) -> Result<Unpacked, Fault> {
        let Archive {
            name,
            file,
            format,
            leading_folders,
            arch,
            position,
        } = archive;
        if name.contains('/') || path::judge(name).is_err() {
            return Err(ArchiveReason::Name.into());
        }
        if leading_folders > 0 && matches!(format, ArchiveFormat::File | ArchiveFormat::Wheel) {
            return Err(ArchiveReason::LeadingFolders.into());
        }
        self.shared().archives.insert(
            position,
            Known {
                name: name.to_owned(),
                rank: rank(name, format),
                is_wheel: format == ArchiveFormat::Wheel,
            },
        );
        let mut job = Job {
            folder: self,
            position,
            dirs: Dirs::new(&self.root),
            own: Own::new(self.limits.entries),
            deferred: Vec::new(),
            buffer: vec![0; BUFFER],
        };
        let package = match format {
            ArchiveFormat::File => job.file(name, &file).map(|()| None)?,
            ArchiveFormat::Zip => job.zip(&file, leading_folders).map(|()| None)?,
            ArchiveFormat::TarGz | ArchiveFormat::TarZst => {
                job.tar(&file, format, leading_folders).map(|()| None)?
            }
            ArchiveFormat::Wheel => Some(job.wheel(name, &file, arch)?),
        };
        let files = job.deferred;
        if !files.is_empty() {
            self.shared().deferred.push(Deferred {
                position,
                file,
                format,
                files,
            });
        }
        Ok(Unpacked { package })
    }

    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn full(&self) -> impl Fn(Full) -> Fault {
        let most = self.limits.entries;
        move |Full| Fault::limit(LimitReason::Entries { most })
    }

    /// Counts bytes before they are written.
    fn claim_bytes(&self, bytes: u64) -> Result<(), Fault> {
        let most = self.limits.bytes;
        let before = self.claimed.fetch_add(bytes.min(most), Ordering::Relaxed);
        if bytes > most || before.saturating_add(bytes) > most {
            return Err(Fault::limit(LimitReason::Bytes { most }));
        }
        Ok(())
    }
}

/// Returns the key by which archives are ordered: the name of the distribution, in pip's spelling.
fn rank(name: &str, format: ArchiveFormat) -> String {
    match WheelName::parse(name) {
        Ok(wheel) if format == ArchiveFormat::Wheel => normalized(wheel.distribution),
        _ => normalized(name),
    }
}

/// The unpacking of one archive.
struct Job<'f> {
    folder: &'f Folder,
    position: usize,
    dirs: Dirs<'f>,
    own: Own,
    deferred: Vec<DeferredFile>,
    buffer: Vec<u8>,
}

impl<'f> Job<'f> {
    /// Unpacks a file that is not an archive.
    fn file(&mut self, name: &str, file: &File) -> Result<(), Fault> {
        use std::os::unix::fs::FileExt;

        let size = file.metadata().map_err(ArchiveReason::Read)?.len();
        self.folder.claim_bytes(size)?;
        let claim = self.claim(name)?;
        let mut sink = self.sink(claim, name, false)?;
        let mut at = 0;
        loop {
            let came = file
                .read_at(&mut self.buffer, at)
                .map_err(ArchiveReason::Read)?;
            if came == 0 {
                break;
            }
            at += came as u64;
            sink.take(&self.buffer[..came])
                .map_err(Fault::write(name))?;
        }
        self.made(claim, name, false, sink.finish(), || ClaimedContent::Whole);
        Ok(())
    }

    fn claim(&self, path: &str) -> Result<Claim, Fault> {
        let claim = self.folder.shared().claims.file(self.position, path);
        claim.map_err(self.folder.full())
    }

    /// Opens the file of a claim.
    fn sink(&mut self, claim: Claim, path: &str, executable: bool) -> Result<Sink<'f>, Fault> {
        self.in_time()?;
        let file = match claim {
            Claim::Write => Some(self.dirs.file(path, executable).map_err(Fault::dir)?),
            Claim::Later | Claim::Blocked => None,
        };
        let written = (claim == Claim::Later).then(|| Summing::new(Algorithm::Sha256));
        Ok(Sink::new(&self.folder.deadline, file).summing_written(written))
    }

    /// Fails if the folder's time is over.
    fn in_time(&self) -> Result<(), Fault> {
        self.folder.deadline.check().map_err(Fault::limit)
    }

    /// Keeps what is needed of a file that was read.
    fn made(
        &mut self,
        claim: Claim,
        path: &str,
        executable: bool,
        outcome: WrittenFile,
        content: impl FnOnce() -> ClaimedContent,
    ) {
        match (claim, outcome.written) {
            (Claim::Write, _) => {
                self.folder.files.fetch_add(1, Ordering::Relaxed);
                self.folder.bytes.fetch_add(outcome.size, Ordering::Relaxed);
            }
            (Claim::Later, Some(digest)) => self.deferred.push(DeferredFile {
                path: path.to_owned(),
                executable,
                digest,
                size: outcome.size,
                content: content(),
            }),
            (Claim::Later, None) | (Claim::Blocked, _) => {}
        }
    }
}

#[cfg(test)]
mod tests;
