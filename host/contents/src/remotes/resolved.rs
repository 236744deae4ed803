//! A source with known ids of its revision and folder: from the previous image's notes, or from the holder of the
//! content.
//!
//! Notes are enough to keep a layer. Only a [`Confirmed`] source can be downloaded.

use std::cell::RefCell;
use std::fs::File;
use std::time::Instant;

use super::RepositorySource;
use super::server::RepositoryServer;
use super::settled::Settled;
use crate::error::{ContentOrigin, ContentsError};
use crate::pace::Pace;
use cnb::descriptor::source::Vendored;
use cnb::names::FolderName;
use cnb::reuse::ContentNote;
use cnb::sbom::KnownFrom;
use fetch::{self, FetchError, Progress, Session, Traffic, object_id};
use report::bytes;

/// A source with known ids of its revision and folder.
pub(crate) enum ResolvedSource<'a> {
    /// The ids come from the previous image's notes.
    Noted(Noted<'a>),
    /// The ids come from the holder of the content.
    Confirmed(Confirmed<'a>),
}

/// A source that no server was asked about, because the previous image's notes have the wanted commit. The notes are
/// trusted only for keeping that image's layer.
pub(crate) struct Noted<'a> {
    pub(super) source: RepositorySource<'a>,
    pub(super) origin: ContentOrigin,
    pub(super) server: RepositoryServer,
    pub(super) ids: fetch::Resolved,
}

/// A source whose ids the server or the package has given.
pub(crate) struct Confirmed<'a> {
    pub(super) source: RepositorySource<'a>,
    pub(super) origin: ContentOrigin,
    pub(super) ids: fetch::Resolved,
    pub(super) holder: Holder<'a>,
}

/// The holder of a source's content.
pub(super) enum Holder<'a> {
    Server(Box<Session<'a>>),
    Package(File),
}

impl<'a> ResolvedSource<'a> {
    /// Makes the note on this content for a folder of a layer.
    pub(crate) fn note(&self, into: &FolderName) -> ContentNote {
        let (source, ids) = match self {
            Self::Noted(noted) => (&noted.source, noted.ids),
            Self::Confirmed(confirmed) => (&confirmed.source, confirmed.ids),
        };
        ContentNote {
            into: into.to_string(),
            source: source.name.to_string(),
            identity: source.identity(&ids),
        }
    }

    /// Whether the ids come from notes, so that nobody was asked for them.
    pub(crate) fn is_noted(&self) -> bool {
        matches!(self, Self::Noted(_))
    }

    pub(crate) fn known_from(&self) -> KnownFrom {
        match self {
            Self::Noted(_) => KnownFrom::PreviousImage,
            Self::Confirmed(confirmed) => confirmed.holder.known_from(),
        }
    }

    /// Asks the server for the ids, unless it was asked before.
    pub(crate) fn confirm(self) -> Result<Self, ContentsError> {
        self.confirmed().map(Self::Confirmed)
    }

    pub(super) fn confirmed(self) -> Result<Confirmed<'a>, ContentsError> {
        match self {
            Self::Confirmed(confirmed) => Ok(confirmed),
            Self::Noted(Noted {
                source,
                origin,
                server,
                ids: _,
            }) => Confirmed::by_server(source, origin, server),
        }
    }

    /// Ends here: downloads nothing.
    pub(crate) fn settle(self) -> Settled<'a> {
        let known_from = self.known_from();
        match self {
            Self::Noted(noted) => {
                let traffic = Traffic::default();
                Settled::of(noted.source, noted.origin, &noted.ids, known_from, traffic)
            }
            Self::Confirmed(confirmed) => {
                let traffic = confirmed.holder.traffic();
                let (source, ids) = (confirmed.source, &confirmed.ids);
                Settled::of(source, confirmed.origin, ids, known_from, traffic)
            }
        }
    }
}

impl<'a> Confirmed<'a> {
    /// Takes the ids from buildpack.toml, for a source that comes with the package.
    pub(super) fn in_package(
        source: RepositorySource<'a>,
        origin: ContentOrigin,
        file: File,
        vendored: &Vendored,
    ) -> Self {
        Self {
            source,
            origin,
            ids: fetch::Resolved {
                commit: object_id(vendored.commit),
                tree: object_id(vendored.tree),
            },
            holder: Holder::Package(file),
        }
    }

    /// Asks a server for the ids of the wanted revision and its folder. Ignores the previous image's notes.
    pub(super) fn by_server(
        source: RepositorySource<'a>,
        origin: ContentOrigin,
        server: RepositoryServer,
    ) -> Result<Self, ContentsError> {
        match source.ask(&origin, server) {
            Ok((session, ids)) => Ok(Self {
                source,
                origin,
                ids,
                holder: Holder::Server(Box::new(session)),
            }),
            Err(error) => Err(origin.failed(error)),
        }
    }
}

impl Holder<'_> {
    pub(super) fn known_from(&self) -> KnownFrom {
        match self {
            Self::Server(_) => KnownFrom::Server,
            Self::Package(_) => KnownFrom::Package,
        }
    }

    pub(super) fn traffic(&self) -> Traffic {
        match self {
            Self::Server(session) => session.traffic(),
            Self::Package(_) => Traffic::default(),
        }
    }
}

impl<'a> RepositorySource<'a> {
    fn ask(
        &self,
        origin: &ContentOrigin,
        server: RepositoryServer,
    ) -> Result<(Session<'a>, fetch::Resolved), FetchError> {
        let mut session = self.open_session(origin, server)?;
        let subpath = &self.declaration.subpath;
        let resolved = session.resolve(&self.chosen.revision, subpath)?;
        if let Some(address) = session.new_address() {
            self.remotes.report.warning(&format!(
                "The repository of source '{}' has a new address, {address}. The server leads there from {}, in each \
                 build anew, and no longer once someone takes the old name: buildpack.toml should name the new one.",
                self.name, origin.url
            ));
        }
        Ok((session, resolved))
    }

    /// Opens a session with a server.
    fn open_session(
        &self,
        origin: &ContentOrigin,
        server: RepositoryServer,
    ) -> Result<Session<'a>, FetchError> {
        if let Some(from) = &origin.credential {
            self.say(&format!("signing in with the token from {from}"));
        }
        self.say_way(&server);
        let session = Session::open(*server.remote, self.remotes.limits())?;
        let session = session.with_progress(self.progress());
        Ok(match self.remotes.scratch {
            Some(dir) => session.with_scratch(dir),
            None => session,
        })
    }

    /// Reports the received bytes of a long download.
    fn progress(&self) -> Progress {
        let (report, began, name) = (self.remotes.report, Instant::now(), self.name.clone());
        let pace = RefCell::new(Pace::default());
        Box::new(move |received| {
            let elapsed = began.elapsed();
            if pace.borrow_mut().is_due(elapsed) {
                report.line(&format!(
                    "Source '{name}': {} received in {} s, going on",
                    bytes(received),
                    elapsed.as_secs()
                ));
            }
        })
    }
}
