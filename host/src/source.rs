//! A folder of a git repository at one revision: resolved, compared, downloaded, staged.
//!
//! Nothing here finds a credential, decides whether a layer is reused, or names a file of the lifecycle.
//!
//! Smart HTTP, protocol 2, in memory. First the commit and the trees on the way to the folder, then the
//! folder's tree by its id with all that it holds: two requests, one more for the commit of a branch, and a
//! repository's other contents and history stay where they are. A server that can't leave things out sends the
//! whole commit instead, and its earlier ones never. What a server offers is asked for only if it seems not to
//! understand.

mod entry;
mod guess;
mod http;
pub mod pack;
pub mod protocol;
mod retry;
mod stage;
mod tls;
pub mod tree;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use gix_hash::ObjectId;
use rustls::pki_types::CertificateDer;

pub use self::entry::{EntryPath, Mode, Reason, Refused};
pub use self::http::{Progress, Traffic};
pub use self::pack::{ObjectError, PackError};
pub use self::protocol::ProtocolError;
pub use self::stage::{StageError, Staged};
pub use self::tls::{Proxies, TlsError, certificates_from_pem};
pub use self::tree::{Entry, Tree, TreeError};

use self::guess::Guess;
use self::http::{Http, SystemClock};
use self::pack::{Objects, PackLimits};
use self::protocol::{Capabilities, Extent};
use self::tree::{FindError, TreeLimits};
use crate::cnb::address::{RemoteUrl, Revision, Subpath};
use crate::credential::Credential;

/// Names of branches and tags are short, however many begin like the wanted one.
const LARGEST_REFS: u64 = 16 << 20;

/// Where a repository is, and how to get there.
pub struct Remote {
    /// Its address.
    pub url: RemoteUrl,
    /// Who signs in. It goes to the origin of `url` and nowhere else.
    pub credential: Option<Credential>,
    /// Roots of trust besides those that are built in.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The way through.
    pub proxies: Proxies,
}

/// What a download may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadLimits {
    /// Bytes of one answer. Memory in use peaks near this and `bytes` together.
    pub response: u64,
    /// Objects of one pack: files, folders and commits.
    pub objects: u32,
    /// Bytes of a pack's objects once inflated, and bytes of the files that are written.
    pub bytes: u64,
    /// Files, folders and links that are written.
    pub entries: usize,
    /// Folders in folders.
    pub depth: usize,
    /// Time from the first request to the last byte, all waiting and repeating included.
    pub deadline: Duration,
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self {
            response: 64 << 20,
            objects: 100_000,
            bytes: 256 << 20,
            entries: 10_000,
            depth: 64,
            deadline: Duration::from_mins(5),
        }
    }
}

impl DownloadLimits {
    fn of_pack(&self) -> PackLimits {
        PackLimits {
            objects: self.objects,
            bytes: self.bytes,
        }
    }

    fn of_tree(&self) -> TreeLimits {
        TreeLimits {
            entries: self.entries,
            bytes: self.bytes,
            depth: self.depth,
        }
    }
}

/// A folder by its tree's id, out of a pack that nobody believes: judged and counted as if it had just been fetched.
pub fn tree_of_pack(
    pack: &[u8],
    tree: ObjectId,
    limits: DownloadLimits,
) -> Result<Tree, FolderError> {
    let objects = Arc::new(pack::read(pack, limits.of_pack())?);
    Ok(tree::walk(objects, tree, limits.of_tree())?)
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

impl From<FolderError> for FetchError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Pack(error) => Self::Pack(error),
            FolderError::Tree(error) => Self::Tree(error),
        }
    }
}

/// A download that failed. No text holds a credential, and what a server or repository says is cut short and
/// free of control characters.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The settings allow no connection.
    #[error(transparent)]
    Setup(#[from] TlsError),
    /// The host's name leads nowhere.
    #[error("the address of {host} can't be found")]
    Unresolved {
        /// The host.
        host: String,
        /// What the resolver says.
        source: reqwest::Error,
    },
    /// Nobody answers.
    #[error("{host} can't be reached")]
    NoConnection {
        /// The host.
        host: String,
        /// What the network says.
        source: reqwest::Error,
    },
    /// The host can't prove who it is, or speaks no TLS that is understood.
    #[error("no trusted connection to {host} can be made")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong with its certificate or its TLS.
        source: reqwest::Error,
    },
    /// The connection broke within an answer.
    #[error("the connection to {host} broke")]
    Cut {
        /// The host.
        host: String,
        /// What the network says.
        source: io::Error,
    },
    /// 401, and no credential was given.
    #[error("{origin} wants a credential (401)")]
    NeedsCredential {
        /// Scheme, host and port.
        origin: String,
    },
    /// 401 or 403. Never tried again.
    #[error("{origin} refused {} ({status})", if *given { "the credential" } else { "access without a credential" })]
    CredentialRefused {
        /// Scheme, host and port.
        origin: String,
        /// 401 or 403.
        status: u16,
        /// Whether there was a credential at all.
        given: bool,
    },
    /// 404. GitLab answers so, too, when the credential may not see the repository.
    #[error("there is no repository {url}, or the credential may not see it (404)")]
    NotFound {
        /// The repository.
        url: String,
    },
    /// 429, to the last try.
    #[error("{origin} answers too many requests (429)")]
    TooManyRequests {
        /// Scheme, host and port.
        origin: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// 5xx, to the last try.
    #[error("{origin} failed ({status})")]
    ServerFailed {
        /// Scheme, host and port.
        origin: String,
        /// The status.
        status: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// A status that has no meaning here.
    #[error("{url} answered with the status {status}")]
    UnexpectedStatus {
        /// The repository.
        url: String,
        /// The status.
        status: u16,
    },
    /// The repository is on another host now. The credential does not go there.
    #[error(
        "the repository has moved from {from} to {to}; a credential is for one host, so it wasn't followed"
    )]
    Moved {
        /// Where it was looked for.
        from: String,
        /// Where the server points to.
        to: String,
    },
    /// A redirect to something that is no repository.
    #[error("{url} redirects to what is no git repository")]
    WrongRedirect {
        /// The repository.
        url: String,
    },
    /// One redirect after the other.
    #[error("{url} redirects too often")]
    TooManyRedirects {
        /// The last stop.
        url: String,
    },
    /// An answer that git doesn't give: a sign-in page, a proxy's message.
    #[error("{url} doesn't answer as a git repository; it sent {found}")]
    NotGit {
        /// The repository.
        url: String,
        /// The type of what it sent.
        found: String,
    },
    /// The server says no, or what can't be understood.
    #[error(transparent)]
    Protocol(ProtocolError),
    /// An answer over the limit.
    #[error("the server's answer is larger than {most} bytes")]
    AnswerTooLarge {
        /// The limit.
        most: u64,
    },
    /// All the time is used up.
    #[error("the download took longer than {limit:?}")]
    Deadline {
        /// The limit.
        limit: Duration,
    },
    /// Neither a branch nor a tag.
    #[error("{url} has no branch and no tag '{revision}'{}", if *abbreviated { "; a commit id is given in full, with 40 digits" } else { "" })]
    NoSuchRevision {
        /// The repository.
        url: String,
        /// The name.
        revision: String,
        /// Whether it looks like the beginning of a commit id.
        abbreviated: bool,
    },
    /// A commit id that the server doesn't know.
    #[error("{url} has no commit {commit}")]
    NoSuchCommit {
        /// The repository.
        url: String,
        /// The id.
        commit: ObjectId,
    },
    /// The folder isn't in the commit.
    #[error("the commit {commit} has no '{missing}'")]
    NoSuchSubpath {
        /// The commit.
        commit: ObjectId,
        /// The folder's path, up to the part that is missing.
        missing: String,
    },
    /// The path leads to a file or a link.
    #[error("'{path}' is no folder in the commit {commit}")]
    NotAFolder {
        /// The commit.
        commit: ObjectId,
        /// The path, up to the part that is no folder.
        path: String,
    },
    /// What was sent is no sound pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// What was sent is incomplete.
    #[error(transparent)]
    Object(#[from] ObjectError),
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
pub struct Session {
    http: Http,
    limits: DownloadLimits,
    capabilities: Capabilities,
    /// What of `capabilities`, and of the address, the server has not confirmed yet.
    guess: Guess,
    /// What a server sent that can't leave anything out.
    whole: Option<(ObjectId, Arc<Objects>)>,
}

impl Session {
    /// Gets ready to ask. Nothing is sent yet.
    pub fn open(remote: Remote, limits: DownloadLimits) -> Result<Self, FetchError> {
        Self::open_with_progress(remote, limits, None)
    }

    /// Like [`Session::open`], and says how much was received as it comes in.
    pub fn open_with_progress(
        remote: Remote,
        limits: DownloadLimits,
        progress: Option<Progress>,
    ) -> Result<Self, FetchError> {
        let Remote {
            url,
            credential,
            certificates,
            proxies,
        } = remote;
        let client = tls::client(&url, certificates, &proxies)?;
        let peer = proxies.peer(&url);
        let clock = Box::new(SystemClock::start());
        let mut http = Http::new(client, url, peer, credential, clock, limits.deadline);
        http.set_progress(progress);
        Ok(Self {
            http,
            limits,
            capabilities: Capabilities::USUAL,
            guess: Guess::Everything,
            whole: None,
        })
    }

    /// What went over the network so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.http.traffic()
    }

    /// The ids of a revision and of a folder in it. No file is fetched, if the server can leave them out.
    ///
    /// `known` are commits whose folder is known by its id already: those aren't asked for again.
    pub fn resolve(
        &mut self,
        revision: &Revision,
        subpath: &Subpath,
        known: &[Resolved],
    ) -> Result<Resolved, FetchError> {
        let commit = match revision.commit() {
            Some(commit) => commit,
            None => self.ask(Guess::Filter, |session| session.resolve_name(revision))?,
        };
        if let Some(known) = known.iter().find(|known| known.commit == commit) {
            return Ok(*known);
        }
        let levels = subpath.parts().len();
        let objects = self.ask(Guess::Nothing, |session| {
            session.fetch_trees(commit, levels)
        })?;
        match tree::find(&objects, commit, subpath) {
            Ok(tree) => Ok(Resolved { commit, tree }),
            Err(FindError::Object(error)) => Err(error.into()),
            Err(FindError::Absent(missing)) => Err(FetchError::NoSuchSubpath { commit, missing }),
            Err(FindError::NoFolder(path)) => Err(FetchError::NotAFolder { commit, path }),
        }
    }

    /// All that the folder holds, judged and counted.
    pub fn download(&mut self, resolved: &Resolved) -> Result<Tree, FetchError> {
        let Resolved { commit, tree } = *resolved;
        let objects = match &self.whole {
            Some((held, objects)) if *held == commit => Arc::clone(objects),
            _ => match self.fetch(tree, Extent::Tree) {
                Err(FetchError::Protocol(ProtocolError::Refused(_))) => self.fetch_whole(commit)?,
                fetched => Arc::new(fetched?),
            },
        };
        Ok(tree::walk(objects, tree, self.limits.of_tree())?)
    }

    /// The pack with all that the folder holds and nothing else, judged: what a package brings along.
    pub fn download_pack(&mut self, resolved: &Resolved) -> Result<Vec<u8>, FetchError> {
        let pack = self.fetch_pack(resolved.tree, Extent::Tree)?;
        tree_of_pack(&pack, resolved.tree, self.limits)?;
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
        let read = |answer: &mut dyn io::Read| protocol::read_capabilities(answer);
        self.capabilities = self.http.get_advertisement(read)?;
        self.guess = Guess::Nothing;
        Ok(())
    }

    fn resolve_name(&mut self, revision: &Revision) -> Result<ObjectId, FetchError> {
        let names = revision.full_names();
        let request = protocol::ls_refs_request(&self.capabilities, &names);
        let found = self.post(request, LARGEST_REFS, |answer| {
            protocol::read_refs(answer, &names)
        })?;
        found.ok_or_else(|| {
            let name = revision.as_str();
            FetchError::NoSuchRevision {
                url: self.http.url().to_string(),
                revision: name.to_owned(),
                abbreviated: name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit()),
            }
        })
    }

    /// The commit with its trees as far down as needed, or with everything.
    fn fetch_trees(&mut self, commit: ObjectId, levels: usize) -> Result<Arc<Objects>, FetchError> {
        if self.capabilities.filter {
            match self.fetch(commit, Extent::Trees(levels)) {
                // Some offer filters in general and allow few of them.
                Err(FetchError::Protocol(ProtocolError::Refused(why))) if !is_unknown(&why) => {}
                fetched => return self.known(commit, fetched).map(Arc::new),
            }
        }
        self.fetch_whole(commit)
    }

    fn fetch_whole(&mut self, commit: ObjectId) -> Result<Arc<Objects>, FetchError> {
        let fetched = self.fetch(commit, Extent::Commit);
        let objects = Arc::new(self.known(commit, fetched)?);
        self.whole = Some((commit, Arc::clone(&objects)));
        Ok(objects)
    }

    /// Tells a commit that the server doesn't know from other refusals.
    fn known<T>(&self, commit: ObjectId, fetched: Result<T, FetchError>) -> Result<T, FetchError> {
        fetched.map_err(|error| match error {
            FetchError::Protocol(ProtocolError::Refused(why)) if is_unknown(&why) => {
                let url = self.http.url().to_string();
                FetchError::NoSuchCommit { url, commit }
            }
            other => other,
        })
    }

    fn fetch(&mut self, want: ObjectId, extent: Extent) -> Result<Objects, FetchError> {
        let pack = self.fetch_pack(want, extent)?;
        Ok(pack::read(&pack, self.limits.of_pack())?)
    }

    fn fetch_pack(&mut self, want: ObjectId, extent: Extent) -> Result<Vec<u8>, FetchError> {
        let request = protocol::fetch_request(&self.capabilities, want, extent);
        self.post(request, self.limits.response, |answer| {
            protocol::read_pack(answer)
        })
    }

    fn post<T>(
        &mut self,
        request: io::Result<Vec<u8>>,
        most_bytes: u64,
        parse: impl Fn(&mut dyn io::Read) -> Result<T, ProtocolError>,
    ) -> Result<T, FetchError> {
        let request = request.map_err(|source| FetchError::Protocol(source.into()))?;
        let guess = self.guess;
        // What may be a misunderstanding would be one again.
        let final_too = |error: &FetchError| guess.may_be_wrong(error);
        self.http.post(&request, most_bytes, final_too, parse)
    }
}

/// Git's words for an object that the repository doesn't have, or doesn't show.
fn is_unknown(refusal: &str) -> bool {
    refusal.contains("not our ref")
}

#[cfg(test)]
mod tests;
