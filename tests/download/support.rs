//! A repository behind a server, and helpers for one download of it.
//!
//! Every failed download is searched here for its credential, and its folder for leftover files.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use credential::Credential;
use dir::Dir;
use fetch::{
    Clock, DownloadLimits, FetchError, Proxies, Remote, Resolved, Session, Traffic, Tree,
    certificates_from_pem,
};
use tests::folder::{Entry, Kind, paths, snapshot};
use tests::git_server::{GitServer, Options};
use tests::repository::Repository;
use tests::search::Canary;

/// The repository's path on the server.
pub(crate) const PATH: &str = "group/template.git";
/// The folder that is downloaded by default.
pub(crate) const WANTED: &str = "job-template";
pub(crate) const USER: &str = "oauth2";
/// The valid token, and the text that every error is searched for.
pub(crate) const TOKEN: &str = "glpat-canary+Q7/zW3=kX9.vT2";

/// Less than the wait before a second attempt, so that there is none.
pub(crate) const ONE_TRY: Duration = Duration::from_millis(990);

/// A request that ends by itself or by a shorter deadline takes less than this, even on a busy machine. Less than the
/// deadline of [`World::ask`].
pub(crate) const LONGEST: Duration = Duration::from_secs(250);

/// A credential with this user and this token, as a variable of the platform gives it.
pub(crate) fn credential_of(user: &str, token: &str) -> Credential {
    let (variable, user) = ("TOKEN".parse().unwrap(), user.parse().unwrap());
    let found = credential::in_variable(&variable, &user, token.as_bytes());
    found.unwrap().unwrap().credential
}

/// A repository and its server, which requires [`TOKEN`].
pub(crate) struct World {
    pub(crate) repository: Repository,
    pub(crate) server: GitServer,
}

impl World {
    pub(crate) fn new(repository: Repository) -> Self {
        Self::with(repository, |options| options)
    }

    pub(crate) fn with(repository: Repository, change: impl FnOnce(Options) -> Options) -> Self {
        let options = GitServer::options()
            .repository(PATH, repository.git_dir())
            .token(USER, TOKEN);
        let server = change(options).start().unwrap();
        Self { repository, server }
    }

    pub(crate) fn template() -> Self {
        Self::new(Repository::template().unwrap())
    }

    /// A download from this server.
    pub(crate) fn ask(&self) -> Ask {
        Ask {
            url: self.server.url(PATH),
            credential: Some((USER.to_owned(), TOKEN.to_owned())),
            authority: self.server.authority().map(str::to_owned),
            limits: DownloadLimits {
                deadline: Duration::from_mins(5),
                // A test about it sets a shorter wait. On a busy machine, an answer takes long.
                first_answer: Duration::from_mins(5),
                ..DownloadLimits::default()
            },
            waits: Waits::default(),
            revision: "main".to_owned(),
            subpath: WANTED.to_owned(),
        }
    }

    pub(crate) fn requests(&self) -> usize {
        self.server.requests().len()
    }

    /// The entries of the folder according to git, as they must be on disk.
    pub(crate) fn expected(&self, revision: &str, subpath: &str) -> Vec<Entry> {
        let folder = format!("{revision}:{subpath}");
        let listing = self
            .repository
            .feed(&["ls-tree", "-r", "-t", "-z", &folder], b"")
            .unwrap();
        let mut entries: Vec<_> = listing
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
            .map(|line| self.entry(line))
            .collect();
        entries.sort();
        entries
    }

    /// Parses a line of `ls-tree`: mode, type, id, and a path after a tab.
    fn entry(&self, line: &[u8]) -> Entry {
        let tab = line.iter().position(|byte| *byte == b'\t').unwrap();
        let path = PathBuf::from(OsStr::from_bytes(&line[tab + 1..]));
        let words: Vec<_> = str::from_utf8(&line[..tab]).unwrap().split(' ').collect();
        let content = |id| {
            self.repository
                .feed(&["cat-file", "blob", id], b"")
                .unwrap()
        };
        let (mode, kind) = match words[0] {
            "040000" => (0o755, Kind::Folder),
            "120000" => (
                0o777,
                Kind::Link(PathBuf::from(OsStr::from_bytes(&content(words[2])))),
            ),
            "100755" => (0o755, Kind::File(content(words[2]))),
            _ => (0o644, Kind::File(content(words[2]))),
        };
        Entry { path, mode, kind }
    }
}

/// The waits of a download, one after the other. Nobody waits for them.
#[derive(Clone, Default)]
pub(crate) struct Waits(Arc<Mutex<Vec<Duration>>>);

impl Waits {
    /// All of them until now, in seconds.
    #[track_caller]
    pub(crate) fn assert_seconds(&self, seconds: &[u64], what: &str) {
        let expected = seconds.iter().copied().map(Duration::from_secs);
        let waits = self.0.lock().unwrap();
        assert_eq!(*waits, expected.collect::<Vec<_>>(), "{what}");
    }
}

/// The machine's clock, but that a wait is over as soon as it begins.
struct TestClock {
    started: Instant,
    waits: Waits,
}

impl Clock for TestClock {
    fn now(&self) -> Duration {
        self.started.elapsed() + self.waits.0.lock().unwrap().iter().sum::<Duration>()
    }

    fn sleep(&self, wait: Duration) {
        self.waits.0.lock().unwrap().push(wait);
    }
}

/// One download: its address, credential, revision and limits.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) url: String,
    pub(crate) credential: Option<(String, String)>,
    pub(crate) authority: Option<String>,
    pub(crate) limits: DownloadLimits,
    /// The waits of the download between its attempts.
    pub(crate) waits: Waits,
    pub(crate) revision: String,
    pub(crate) subpath: String,
}

/// A download that succeeded.
pub(crate) struct Fetched {
    pub(crate) resolved: Resolved,
    /// The entries on disk.
    pub(crate) entries: Vec<Entry>,
    pub(crate) traffic: Traffic,
    pub(crate) bytes: u64,
    pub(crate) files: usize,
    pub(crate) lfs_pointers: Vec<String>,
}

impl Ask {
    pub(crate) fn url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    pub(crate) fn revision(mut self, revision: &str) -> Self {
        revision.clone_into(&mut self.revision);
        self
    }

    pub(crate) fn subpath(mut self, subpath: &str) -> Self {
        subpath.clone_into(&mut self.subpath);
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.credential = None;
        self
    }

    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = deadline;
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut DownloadLimits)) -> Self {
        change(&mut self.limits);
        self
    }

    pub(crate) fn remote(&self) -> Remote {
        let credential = self
            .credential
            .as_ref()
            .map(|(username, token)| credential_of(username, token));
        let authority = self.authority.as_deref().unwrap_or_default();
        Remote {
            url: self.url.parse().unwrap(),
            credential,
            certificates: certificates_from_pem(authority.as_bytes()).unwrap_or_default(),
            proxies: Proxies::default(),
        }
    }

    /// Opens a session that spills nothing, unless a test asks for it.
    pub(crate) fn open<'d>(&self) -> Result<Session<'d>, FetchError> {
        let clock = Box::new(TestClock {
            started: Instant::now(),
            waits: self.waits.clone(),
        });
        Ok(Session::open(self.remote(), self.limits)?.with_clock(clock))
    }

    pub(crate) fn resolve(&self, session: &mut Session<'_>) -> Result<Resolved, FetchError> {
        let revision = self.revision.parse().unwrap();
        session.resolve(&revision, &self.subpath.parse().unwrap())
    }

    /// Downloads and writes everything. A failure must leave the disk as it was, and its error must not contain the
    /// credential.
    pub(crate) fn try_fetch(&self) -> Result<Fetched, FetchError> {
        // The outer folder would show an entry that was written outside the inner one.
        let around = tempfile::tempdir().unwrap();
        let out = around.path().join("out");
        std::fs::create_dir(&out).unwrap();
        let dir = Dir::open_ambient(&out).unwrap();
        match self.fetch_into(&dir) {
            Ok((session, resolved, tree)) => Ok(Fetched {
                resolved,
                entries: snapshot(&out.join("placed")).unwrap(),
                traffic: session.traffic(),
                bytes: tree.bytes(),
                files: tree.files(),
                lfs_pointers: tree
                    .lfs_pointers()
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            }),
            Err(error) => {
                assert_nothing_left(around.path(), &error);
                assert_no_secret(&error);
                Err(error)
            }
        }
    }

    fn fetch_into<'d>(&self, out: &'d Dir) -> Result<(Session<'d>, Resolved, Tree), FetchError> {
        let mut session = self.open()?.with_scratch(out);
        let resolved = self.resolve(&mut session)?;
        let tree = session.download(&resolved)?;
        // A tree that passed the checks can be written.
        tree.stage(out, "placed").unwrap();
        Ok((session, resolved, tree))
    }

    pub(crate) fn fetch(&self) -> Fetched {
        self.try_fetch()
            .unwrap_or_else(|error| panic!("{}", chain(&error)))
    }

    pub(crate) fn error(&self) -> FetchError {
        match self.try_fetch() {
            Ok(fetched) => panic!("this was taken: {:?}", paths(&fetched.entries)),
            Err(error) => error,
        }
    }
}

/// The texts of an error and of all its causes, both for display and for debugging.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error}\n{error:?}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.extend([format!("{error}\n"), format!("{error:?}\n")]);
        cause = error.source();
    }
    text
}

/// Checks that a failed download left nothing in or around its folder.
fn assert_nothing_left(around: &Path, error: &FetchError) {
    let left = paths(&snapshot(around).unwrap());
    assert_eq!(left, ["out"], "left behind by: {error}");
}

/// Searches all texts of an error for the credential, in every encoding.
pub(crate) fn assert_no_secret(error: &FetchError) {
    let found = secrets_in(&chain(error));
    assert!(found.is_empty(), "{found:?}");
}

pub(crate) fn secrets_in(text: &str) -> Vec<&'static str> {
    // The user name alone is not secret; together with the token it is user info, which has an encoding of its own.
    let user_info = Canary::new(&format!("{USER}:{TOKEN}"));
    let mut found = Canary::new(TOKEN).in_bytes(text.as_bytes());
    found.extend(user_info.in_bytes(text.as_bytes()));
    found
}

/// Calls `check` with each item, `at_once` of them at a time: most of the time is spent waiting.
pub(crate) fn each<T: Send>(
    at_once: usize,
    items: impl IntoIterator<Item = T, IntoIter: Send>,
    check: impl Fn(T) + Sync,
) {
    let items = Mutex::new(items.into_iter());
    let next = || items.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(item) = next() {
                    check(item);
                }
            });
        }
    });
}
