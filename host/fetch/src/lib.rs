//! Resolves, downloads and stages one folder of a git repository at one revision, and downloads files by their digests.
//!
//! Nothing here finds a credential, decides whether a layer is reused, or names a file of the lifecycle.
//!
//! The protocol is smart HTTP, version 2; answers are parsed as they arrive. The first request gets the commit and the
//! trees on the path to the folder, the second gets the folder's tree by its id with all its contents. A branch takes
//! one more request, for its commit. The repository's other contents and its history are not downloaded. A server that
//! supports fewer filters sends all trees or the whole commit, but never earlier commits. The server's capabilities
//! are requested only if the server seems not to understand a request.

mod clock;
mod error;
mod exchange;
pub mod files;
mod guess;
mod http;
mod identity;
mod limits;
mod objects;
pub mod pack;
mod pem;
pub mod protocol;
mod proxy;
mod retry;
mod rules;
mod stage;
mod tls;
pub mod tree;
mod unsent;

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use gix_hash::ObjectId;
use rustls::pki_types::CertificateDer;

pub use self::clock::{Clock, Progress, Traffic};
pub use self::error::{AbsentError, AnswerError, ConnectError, FetchError, RedirectError};
pub use self::identity::object_id;
pub use self::limits::DownloadLimits;
pub use self::objects::{ObjectError, Objects, ScratchError};
pub use self::pack::PackError;
pub use self::protocol::ProtocolError;
pub use self::proxy::Proxies;
pub use self::rules::{EntryReason, Refused};
pub use self::stage::StageError;
pub use self::tls::{TlsError, TlsFault, certificates_from_pem, is_built_in, usable_certificates};
pub use self::tree::{Entry, Tree, TreeError};
pub use entry::{EntryPath, LinkReason, Mode, NameReason};

use self::clock::SystemClock;
use self::exchange::Watch;
use self::guess::Guess;
use self::http::Http;
use self::protocol::{Capabilities, Extent, is_denied, is_unknown};
use self::proxy::Peer;
use self::tree::FindError;
use cnb::address::{RemoteUrl, Revision, Subpath};
use credential::Credential;
use dir::Dir;

/// The limit for the list of refs, in bytes. Names are short, so this is enough for many with the same prefix.
const LARGEST_REFS: u64 = 16 << 20;

/// A repository's address, and the settings of the connection to it.
pub struct Remote {
    pub url: RemoteUrl,
    /// Sent to the origin of `url` and nowhere else.
    pub credential: Option<Credential>,
    /// Trusted authorities besides the built-in ones, and server certificates that are themselves trusted.
    pub certificates: Vec<CertificateDer<'static>>,
    pub proxies: Proxies,
}

/// Reads the folder with this tree id from an untrusted pack, and checks and counts it as if it had just been fetched.
///
/// Objects that don't fit in memory are spilled to `scratch`, if that is given.
pub fn tree_of_pack(
    pack: impl BufRead,
    tree: ObjectId,
    limits: DownloadLimits,
    scratch: Option<&Dir>,
) -> Result<Tree, FolderError> {
    let of_tree = limits.of_tree(limits.deadline);
    let objects = Arc::new(pack::read(pack, limits.of_pack(), scratch)?);
    Ok(tree::walk(objects, tree, of_tree)?)
}

/// A pack from which the folder can't be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The pack is invalid.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The folder is refused.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// A revision and a folder in it, by ids that always mean the same content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    pub commit: ObjectId,
    /// The folder's tree. The same id means the same content in any commit.
    pub tree: ObjectId,
}

/// A session with one repository. Its deadline starts when it is opened.
pub struct Session<'d> {
    http: Http,
    limits: DownloadLimits,
    scratch: Option<&'d Dir>,
    capabilities: Capabilities,
    /// The parts of `capabilities` and of the address that the server has not confirmed yet.
    guess: Guess,
    /// The address that was given. The server may redirect from it to another.
    url: RemoteUrl,
    /// A commit with the objects that came with it: all its contents, if the server does not filter.
    held: Option<(ObjectId, Arc<Objects>)>,
}

impl<'d> Session<'d> {
    /// Prepares the session. Sends nothing yet.
    pub fn open(remote: Remote, limits: DownloadLimits) -> Result<Self, FetchError> {
        let Remote {
            url,
            credential,
            certificates,
            proxies,
        } = remote;
        let proxy = proxies.for_url(&url)?;
        let client = tls::client(&url, certificates, proxy.as_ref())?;
        let peer = Peer::new(&url, proxy);
        let clock = Box::new(SystemClock::start());
        let http = Http::new(
            client,
            url.clone(),
            peer,
            credential,
            clock,
            limits.deadline,
        );
        Ok(Self {
            http,
            limits,
            scratch: None,
            capabilities: Capabilities::USUAL,
            guess: Guess::Everything,
            url,
            held: None,
        })
    }

    /// Spills objects that don't fit in memory to an unnamed file in this directory.
    #[must_use]
    pub fn with_scratch(mut self, dir: &'d Dir) -> Self {
        self.scratch = Some(dir);
        self
    }

    /// Replaces the clock for the deadline and the waits between two attempts. For tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Box<dyn Clock>) -> Self {
        self.http.set_clock(clock);
        self
    }

    /// Calls `progress` with the count of received bytes as they arrive.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.http.set_progress(progress);
        self
    }

    /// Returns the session's network traffic until now.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.http.traffic()
    }

    /// Returns the repository's new address, if the server redirected from the given one to another. It is on the same
    /// server, because a credential is sent to no other. Addresses that differ only in the suffix `.git` are the same.
    #[must_use]
    pub fn new_address(&self) -> Option<String> {
        let [given, found] = [&self.url, self.http.url()].map(ToString::to_string);
        let plain = |url: &str| url.strip_suffix(".git").unwrap_or(url).to_owned();
        (plain(&given) != plain(&found)).then_some(found)
    }

    /// Finds the ids of a revision and of a folder in it. Downloads no file, if the server can leave files out.
    pub fn resolve(
        &mut self,
        revision: &Revision,
        subpath: &Subpath,
    ) -> Result<Resolved, FetchError> {
        let commit = match revision.commit() {
            Some(commit) => object_id(commit),
            None => self.ask(Guess::Filter, |session| session.resolve_name(revision))?,
        };
        let levels = subpath.parts().len();
        let objects = self.ask(Guess::Nothing, |session| {
            session.fetch_trees(commit, levels)
        })?;
        match tree::find(&objects, commit, subpath) {
            Ok(tree) => Ok(Resolved { commit, tree }),
            Err(FindError::Object(error)) => Err(error.into()),
            Err(FindError::Absent(missing)) => {
                Err(FetchError::Absent(AbsentError::NoSuchSubpath {
                    commit,
                    missing,
                }))
            }
            Err(FindError::NoFolder(path)) => {
                Err(FetchError::Absent(AbsentError::NotAFolder { commit, path }))
            }
        }
    }

    /// Downloads the folder, and checks and counts its contents.
    pub fn download(&mut self, resolved: &Resolved) -> Result<Tree, FetchError> {
        let Resolved { commit, tree } = *resolved;
        if let Some((commit, objects)) = self.held.take_if(|(held, _)| *held == commit) {
            match self.walk(Arc::clone(&objects), tree) {
                // The server left it out, as requested.
                Err(FetchError::Tree(TreeError::Object(ObjectError::Missing { .. }))) => {}
                walked => {
                    self.held = Some((commit, objects));
                    return walked;
                }
            }
        }
        let objects = match self.fetch(tree, Extent::Tree) {
            Err(FetchError::Protocol(ProtocolError::Refused(_))) => {
                self.fetch_commit(commit, Extent::Commit)?
            }
            fetched => Arc::new(fetched?),
        };
        self.walk(objects, tree)
    }

    fn walk(&self, objects: Arc<Objects>, tree: ObjectId) -> Result<Tree, FetchError> {
        let limits = self.limits.of_tree(self.http.time_left());
        match tree::walk(objects, tree, limits) {
            Err(TreeError::OutOfTime) => Err(self.http.out_of_time()),
            walked => Ok(walked?),
        }
    }

    /// Downloads a pack with only the folder's contents, and checks it. For a package that contains the folder.
    pub fn download_pack(&mut self, resolved: &Resolved) -> Result<Vec<u8>, FetchError> {
        let pack = self.fetch_pack(resolved.tree, Extent::Tree, |pack| {
            let mut bytes = Vec::new();
            pack.read_to_end(&mut bytes).map_err(PackError::Read)?;
            Ok(bytes)
        })?;
        tree_of_pack(&pack[..], resolved.tree, self.limits, self.scratch)?;
        Ok(pack)
    }

    /// Sends a request as if the server had the usual capabilities, which saves a request for them. If the server seems
    /// not to understand, requests its capabilities and repeats the request. `left` is the part of the guess that stays
    /// unconfirmed after an answer.
    fn ask<T>(
        &mut self,
        left: Guess,
        question: impl Fn(&mut Self) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        // GitLab redirects from an address without `.git` to the one with it, but only a request for the capabilities.
        if self.guess == Guess::Everything && !self.http.url().has_usual_ending() {
            self.ask_what_is_offered()?;
        }
        let answer = match question(self) {
            Err(error) if self.guess.may_be_wrong(&error) => {
                self.ask_what_is_offered()?;
                question(self)
            }
            answered => answered,
        }?;
        self.guess = self.guess.min(left);
        Ok(answer)
    }

    /// Requests the server's capabilities. Also adopts the repository's new address, if the server redirects.
    fn ask_what_is_offered(&mut self) -> Result<(), FetchError> {
        let read = |answer: &mut dyn Read| Ok(protocol::read_capabilities(answer)?);
        self.http.set_patience(None);
        let offered = self.http.get_advertisement(read);
        self.capabilities = offered.map_err(|error| match error {
            FetchError::Protocol(ProtocolError::Refused(words)) if is_denied(&words) => {
                FetchError::Answer(AnswerError::NotFound {
                    url: self.http.url().to_string(),
                    said: Some(words),
                })
            }
            other => other,
        })?;
        self.guess = Guess::Told;
        Ok(())
    }

    fn resolve_name(&mut self, revision: &Revision) -> Result<ObjectId, FetchError> {
        let names = revision.full_names();
        let request = protocol::ls_refs_request(&self.capabilities, &names);
        let found = self.post(request, LARGEST_REFS, |answer| {
            Ok(protocol::read_refs(answer, &names)?)
        })?;
        found.ok_or_else(|| {
            let name = revision.as_str();
            FetchError::Absent(AbsentError::NoSuchRevision {
                url: self.http.url().to_string(),
                revision: name.to_owned(),
                abbreviated: name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit()),
            })
        })
    }

    /// Fetches the commit with its trees down to the needed level, or with as few more objects as the server supports.
    fn fetch_trees(&mut self, commit: ObjectId, levels: usize) -> Result<Arc<Objects>, FetchError> {
        let least = if self.capabilities.filter {
            Extent::Trees(levels)
        } else {
            Extent::Commit
        };
        self.fetch_commit(commit, least)
    }

    /// Fetches the commit, and keeps all objects that came with it: there may be more than were requested.
    fn fetch_commit(
        &mut self,
        commit: ObjectId,
        mut extent: Extent,
    ) -> Result<Arc<Objects>, FetchError> {
        let fetched = loop {
            match (self.fetch(commit, extent), extent.more()) {
                // Some servers offer filters in general and allow few of them.
                (Err(FetchError::Protocol(ProtocolError::Refused(why))), Some(more))
                    if !is_unknown(&why) =>
                {
                    extent = more;
                }
                (fetched, _) => break fetched,
            }
        };
        let fetched = fetched.map_err(|error| error.of_commit(extent == Extent::Commit));
        let objects = Arc::new(self.known(commit, fetched)?);
        self.held = Some((commit, Arc::clone(&objects)));
        Ok(objects)
    }

    /// Turns the refusal of a commit that the server doesn't know into its own error.
    fn known<T>(&self, commit: ObjectId, fetched: Result<T, FetchError>) -> Result<T, FetchError> {
        fetched.map_err(|error| match error {
            FetchError::Protocol(ProtocolError::Refused(why)) if is_unknown(&why) => {
                let url = self.http.url().to_string();
                FetchError::Absent(AbsentError::NoSuchCommit { url, commit })
            }
            other => other,
        })
    }

    fn fetch(&mut self, want: ObjectId, extent: Extent) -> Result<Objects, FetchError> {
        let (limits, scratch) = (self.limits.of_pack(), self.scratch);
        self.fetch_pack(want, extent, |pack| Ok(pack::read(pack, limits, scratch)?))
    }

    fn fetch_pack<T>(
        &mut self,
        want: ObjectId,
        extent: Extent,
        take: impl Fn(&mut dyn BufRead) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let request = protocol::fetch_request(&self.capabilities, want, extent);
        self.post(request, self.limits.response, |answer| {
            protocol::read_pack(answer, &take)
        })
    }

    fn post<T>(
        &mut self,
        request: io::Result<Vec<u8>>,
        most_bytes: u64,
        parse: impl Fn(&mut dyn Read) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let request = request.map_err(|source| FetchError::Protocol(source.into()))?;
        let guess = self.guess;
        let is_first = self.http.traffic().bytes_received == 0;
        let patience = is_first.then_some(self.limits.first_answer);
        self.http.set_patience(patience);
        let final_too = |error: &FetchError| guess.is_final(error);
        self.http.post(&request, most_bytes, final_too, parse)
    }
}

#[cfg(test)]
mod tests;
