//! A source of which revision and folder are known: by the previous image's notes alone, or by who has the content.
//!
//! Notes are enough to keep a layer. Only a [`Confirmed`] source can be downloaded.

use std::cell::RefCell;
use std::fs::File;
use std::time::Instant;

use super::server::Server;
use super::{Settled, Source};
use crate::contents::error::{ContentsError, Origin};
use crate::contents::pace::Pace;
use crate::report::bytes;
use cnb::descriptor::Vendored;
use cnb::names::FolderName;
use cnb::reuse::ContentNote;
use cnb::sbom::KnownFrom;
use fetch::{self, FetchError, Progress, Session, Traffic, object_id};

/// A source of which revision and folder are known.
pub enum Resolved<'a> {
    /// By the notes of the previous image.
    Noted(Noted<'a>),
    /// By who has the content.
    Confirmed(Confirmed<'a>),
}

/// A source that was not asked anything: the notes of a previous image have the wanted commit. They are believed for
/// keeping that image's layer and for nothing else.
pub struct Noted<'a> {
    pub(super) source: Source<'a>,
    pub(super) origin: Origin,
    pub(super) server: Server,
    pub(super) ids: fetch::Resolved,
}

/// A source of which the server, or the package, says what the wanted revision is.
pub struct Confirmed<'a> {
    pub(super) source: Source<'a>,
    pub(super) origin: Origin,
    pub(super) ids: fetch::Resolved,
    pub(super) holder: Holder<'a>,
}

/// Who has a source's content.
pub(super) enum Holder<'a> {
    Server(Box<Session<'a>>),
    Package(File),
}

impl<'a> Resolved<'a> {
    /// The note on this content in a folder of a layer.
    pub(in crate::contents) fn note(&self, into: &FolderName) -> ContentNote {
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

    pub(in crate::contents) fn known_from(&self) -> KnownFrom {
        match self {
            Self::Noted(_) => KnownFrom::PreviousImage,
            Self::Confirmed(confirmed) => confirmed.holder.known_from(),
        }
    }

    /// Asks the server, unless it was asked before.
    pub(in crate::contents) fn confirm(self) -> Result<Confirmed<'a>, ContentsError> {
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

    /// Leaves the content where it is.
    pub(in crate::contents) fn settle(self) -> Settled<'a> {
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
    /// buildpack.toml says what the package brings along.
    pub(super) fn in_package(
        source: Source<'a>,
        origin: Origin,
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

    /// Asks a server for the wanted revision and its folder, whatever the previous image says.
    pub(super) fn by_server(
        source: Source<'a>,
        origin: Origin,
        server: Server,
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

impl<'a> Source<'a> {
    fn ask(
        &self,
        origin: &Origin,
        server: Server,
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

    /// Opens the conversation with a server.
    fn open_session(&self, origin: &Origin, server: Server) -> Result<Session<'a>, FetchError> {
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

    /// Says how much has come, if it takes long.
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
