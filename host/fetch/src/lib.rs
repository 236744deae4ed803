//! A folder of a git repository at one revision: resolved, compared, downloaded, staged.
//!
//! Nothing here finds a credential, decides whether a layer is reused, or names a file of the lifecycle.
//!
//! Smart HTTP, protocol 2, read as it comes in. First the commit and the trees on the way to the folder, then the
//! folder's tree by its id with all that it holds: two requests, one more for the commit of a branch, and a
//! repository's other contents and history stay where they are. A server that leaves out less sends all trees, or the
//! whole commit, and its earlier ones never. What a server offers is asked for only if it seems not to understand.

mod entry;
mod error;
mod guess;
mod http;
mod identity;
mod limits;
mod link;
mod objects;
pub mod pack;
mod pem;
pub mod protocol;
mod proxy;
mod retry;
pub mod secret;
mod stage;
mod tls;
pub mod tree;
mod unsent;

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use gix_hash::ObjectId;
use rustls::pki_types::CertificateDer;

pub use self::entry::{EntryPath, Mode, Reason, Refused};
pub use self::error::{AbsentError, AnswerError, ConnectError, FetchError, RedirectError};
pub use self::http::{Clock, Progress, Traffic};
pub use self::identity::object_id;
pub use self::limits::DownloadLimits;
pub use self::objects::{ObjectError, Objects, ScratchError};
pub use self::pack::PackError;
pub use self::protocol::ProtocolError;
pub use self::proxy::Proxies;
pub use self::stage::StageError;
pub use self::tls::{TlsError, TlsFault, certificates_from_pem, is_built_in, usable_certificates};
pub use self::tree::{Entry, Tree, TreeError};

use self::guess::Guess;
use self::http::{Http, SystemClock};
use self::protocol::{Capabilities, Extent, is_denied, is_unknown};
use self::proxy::Peer;
use self::tree::FindError;
use crate::secret::Credential;
use cnb::address::{RemoteUrl, Revision, Subpath};
use dir::Dir;

/// Names of branches and tags are short, however many begin like the wanted one.
const LARGEST_REFS: u64 = 16 << 20;

/// Where a repository is, and how to get there.
pub struct Remote {
    /// Its address.
    pub url: RemoteUrl,
    /// Who signs in. It goes to the origin of `url` and nowhere else.
    pub credential: Option<Credential>,
    /// Authorities besides those that are built in, and certificates that are believed themselves.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The way through.
    pub proxies: Proxies,
}

/// A folder by its tree's id, out of a pack that nobody believes: judged and counted as if it had just been fetched.
///
/// What doesn't fit in memory is put aside in `scratch`, if that is given.
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

/// Why a pack doesn't give a folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is no sound pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The folder is not taken.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// A revision and a folder of it, by ids that can't change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// The commit.
    pub commit: ObjectId,
    /// The folder's tree. The same id is the same content, whatever the commit.
    pub tree: ObjectId,
}

/// A conversation with one repository. Its deadline runs from the moment it is opened.
pub struct Session<'d> {
    http: Http,
    limits: DownloadLimits,
    scratch: Option<&'d Dir>,
    capabilities: Capabilities,
    /// What of `capabilities`, and of the address, the server has not confirmed yet.
    guess: Guess,
    /// The address that was given. The server may lead from it to another.
    url: RemoteUrl,
    /// A commit with what came along with it: all that it holds, if the server leaves nothing out.
    held: Option<(ObjectId, Arc<Objects>)>,
}

impl<'d> Session<'d> {
    /// Gets ready to ask. Nothing is sent yet.
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

    /// Puts what doesn't fit in memory into a file of this directory that has no name.
    #[must_use]
    pub fn with_scratch(mut self, dir: &'d Dir) -> Self {
        self.scratch = Some(dir);
        self
    }

    /// Goes by another clock, which the deadline and the waits between two tries follow: for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Box<dyn Clock>) -> Self {
        self.http.set_clock(clock);
        self
    }

    /// Says how much was received as it comes in.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.http.set_progress(progress);
        self
    }

    /// What went over the network so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.http.traffic()
    }

    /// The repository's new address, if the server led from the given one to another. It is on the same server, for
    /// a credential goes nowhere else. An ending alone makes no other address.
    #[must_use]
    pub fn new_address(&self) -> Option<String> {
        let [given, found] = [&self.url, self.http.url()].map(ToString::to_string);
        let plain = |url: &str| url.strip_suffix(".git").unwrap_or(url).to_owned();
        (plain(&given) != plain(&found)).then_some(found)
    }

    /// The ids of a revision and of a folder in it. No file is fetched, if the server can leave them out.
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

    /// All that the folder holds, judged and counted.
    pub fn download(&mut self, resolved: &Resolved) -> Result<Tree, FetchError> {
        let Resolved { commit, tree } = *resolved;
        if let Some((commit, objects)) = self.held.take_if(|(held, _)| *held == commit) {
            match self.walk(Arc::clone(&objects), tree) {
                // It was left out, as the server was asked to.
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

    /// The pack with all that the folder holds and nothing else, judged: what a package brings along.
    pub fn download_pack(&mut self, resolved: &Resolved) -> Result<Vec<u8>, FetchError> {
        let pack = self.fetch_pack(resolved.tree, Extent::Tree, |pack| {
            let mut bytes = Vec::new();
            pack.read_to_end(&mut bytes).map_err(PackError::Read)?;
            Ok(bytes)
        })?;
        tree_of_pack(&pack[..], resolved.tree, self.limits, self.scratch)?;
        Ok(pack)
    }

    /// Asks as if the server offered what servers usually do, which saves a request. If it seems not to understand,
    /// what it offers is asked for, and then the question once more. `left` is what its answer leaves a guess.
    fn ask<T>(
        &mut self,
        left: Guess,
        question: impl Fn(&mut Self) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        // GitLab leads from an address without the ending to the one with it, but only who asks what it offers.
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

    /// Follows the server, too, if the repository has another address there.
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

    /// The commit with its trees as far down as needed, or with as little more as the server leaves out.
    fn fetch_trees(&mut self, commit: ObjectId, levels: usize) -> Result<Arc<Objects>, FetchError> {
        let least = if self.capabilities.filter {
            Extent::Trees(levels)
        } else {
            Extent::Commit
        };
        self.fetch_commit(commit, least)
    }

    /// Keeps what came, too, whatever it is: it may hold more than was asked for.
    fn fetch_commit(
        &mut self,
        commit: ObjectId,
        mut extent: Extent,
    ) -> Result<Arc<Objects>, FetchError> {
        let fetched = loop {
            match (self.fetch(commit, extent), extent.more()) {
                // Some offer filters in general and allow few of them.
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

    /// Tells a commit that the server doesn't know from other refusals.
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
