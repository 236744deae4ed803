//! Downloads many files over several connections, each given by its address and its SHA-256.
//!
//! A file is a scratch file without a name until its digest is right; then the caller gets it. Nothing here unpacks a
//! file, or knows why it is wanted.

mod error;
mod global;
mod index;
mod one;
mod pool;
mod servers;
mod stop;

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use url::Url;

use self::one::{BUFFER, One};
use self::servers::Servers;
use self::stop::Ended;
use crate::clock::SystemClock;
use crate::exchange::Watch;
use crate::{Clock, DownloadLimits, Proxies, Traffic};
use cnb::address::{FileUrl, Origin};
use cnb::sha256::Sha256;
use credential::Credential;
use dir::Dir;

pub use self::error::{FileError, FileRedirectError, FilesError, Inside};
pub use self::index::{IndexFile, PageError, read_page};

/// A clock that several threads read.
pub type SharedClock = Box<dyn Clock + Send + Sync>;

/// Called with the count of all bytes received until now, by any thread and not always in order.
pub type SharedProgress = Box<dyn Fn(u64) + Send + Sync>;

/// The settings of the connections.
#[derive(Default)]
pub struct FileSettings {
    /// Trusted authorities besides the built-in ones, and server certificates that are themselves trusted.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The proxies. A proxy resolves names itself, so their addresses are not checked here.
    pub proxies: Proxies,
    /// The origins to which any server may redirect. No credential goes there.
    pub redirects_to: Vec<Origin>,
    /// The origins that may be in a private network, and may use http on this machine: an operator's mirrors. A file
    /// comes from there only if [`FileRequest::may_be_private`] is set.
    pub private: Vec<Origin>,
    /// The limit for files that are downloaded at the same time. At least one.
    pub connections: usize,
}

/// A file to download.
pub struct FileRequest {
    pub url: FileUrl,
    pub expected: Expected,
    /// Whether this file may come from an origin of [`FileSettings::private`]. Each file needs its own grant.
    pub may_be_private: bool,
    /// Sent to the origin of `url` and nowhere else.
    pub credential: Option<Arc<Credential>>,
}

/// The content that is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The file with this digest.
    Sha256(Sha256),
    /// A page of an index, for [`read_page`]. Nobody knows its digest.
    Page,
}

/// A file whose content has the requested digest, or a page.
#[derive(Debug)]
pub struct Verified {
    /// A file without a name, at its beginning.
    pub file: File,
    /// Its size in bytes.
    pub len: u64,
    pub sha256: Sha256,
    /// The address that answered, after redirects.
    pub from: Url,
}

/// Downloads of files that share a deadline and limits. The deadline starts when they are opened.
pub struct Files<'d> {
    servers: Servers,
    redirects_to: Vec<Origin>,
    connections: usize,
    limits: DownloadLimits,
    scratch: &'d Dir,
    clock: SharedClock,
    started: Duration,
    progress: Option<SharedProgress>,
    requests: AtomicU32,
    /// The bytes of all answers' bodies.
    received: AtomicU64,
    /// The bytes of all files, without those of attempts that failed.
    held: AtomicU64,
}

impl<'d> Files<'d> {
    /// Prepares the downloads. Sends nothing yet. Unfinished files lie in `scratch`, without names.
    #[must_use]
    pub fn open(settings: FileSettings, limits: DownloadLimits, scratch: &'d Dir) -> Self {
        let FileSettings {
            certificates,
            proxies,
            redirects_to,
            private,
            connections,
        } = settings;
        let clock = Box::new(SystemClock::start());
        Self {
            servers: Servers::new(certificates, proxies, private),
            redirects_to,
            connections,
            limits,
            scratch,
            started: clock.now(),
            clock,
            progress: None,
            requests: AtomicU32::new(0),
            received: AtomicU64::new(0),
            held: AtomicU64::new(0),
        }
    }

    /// Replaces the clock for the deadline and the waits between two attempts. For tests.
    #[must_use]
    pub fn with_clock(mut self, clock: SharedClock) -> Self {
        self.started = clock.now();
        self.clock = clock;
        self
    }

    /// Calls `progress` with the count of received bytes as they arrive.
    #[must_use]
    pub fn with_progress(mut self, progress: SharedProgress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Counts bytes that the same source has sent before for the limit for all files.
    #[must_use]
    pub fn after(mut self, held: u64) -> Self {
        self.held = AtomicU64::new(held);
        self
    }

    /// Returns the bytes of all files, those that were sent before included.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Returns the network traffic until now.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            bytes_received: self.received.load(Ordering::Relaxed),
        }
    }

    /// Downloads the files, and calls `take` with the index of each and the file, once its digest is right. Returns the
    /// results in the order of the requests.
    ///
    /// `take` runs in the thread that downloaded the file, so several calls may run at the same time. After an error no
    /// further download begins, and those that run end with their next bytes. Of several errors, returns the one with
    /// the lowest index.
    pub fn download<T: Send, E: Send>(
        &self,
        files: &[FileRequest],
        take: impl Fn(usize, Verified) -> Result<T, E> + Sync,
    ) -> Result<Vec<T>, FilesError<E>> {
        let connections = self.connections.max(1);
        pool::run(
            files.len(),
            connections,
            |index, buffer: &mut Vec<u8>, stop| {
                buffer.resize(BUFFER, 0);
                let request = &files[index];
                let one = One {
                    files: self,
                    request,
                    url: request.url.to_string(),
                    stop,
                };
                match one.run(buffer) {
                    Ok(verified) => take(index, verified).map(Some).map_err(|source| {
                        let url = one.url;
                        FilesError::Take { index, url, source }
                    }),
                    Err(Ended::Failed(error)) => Err(FilesError::Download(error)),
                    Err(Ended::Stopped) => Ok(None),
                }
            },
        )
    }

    /// Returns whether this many bytes more are within the limit for all files.
    fn has_room_for(&self, bytes: u64) -> bool {
        let held = self.held.load(Ordering::Relaxed);
        held.saturating_add(bytes) <= self.limits.downloads
    }

    /// Counts bytes of a file. Returns whether they are within the limit for all files.
    fn take_room(&self, bytes: u64) -> bool {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed);
        held.saturating_add(bytes) <= self.limits.downloads
    }

    /// Takes back the count of a failed attempt's bytes.
    fn give_back(&self, bytes: u64) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Watch for Files<'_> {
    fn time_left(&self) -> Duration {
        self.started
            .saturating_add(self.limits.deadline)
            .saturating_sub(self.clock.now())
    }

    fn deadline(&self) -> Duration {
        self.limits.deadline
    }

    fn patience(&self) -> Option<Duration> {
        None
    }

    fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn count_bytes(&self, count: u64) {
        let before = self.received.fetch_add(count, Ordering::Relaxed);
        if let Some(progress) = &self.progress {
            progress(before.saturating_add(count));
        }
    }
}

#[cfg(test)]
mod tests;
