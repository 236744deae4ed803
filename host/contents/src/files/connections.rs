//! The connections of the downloads of one folder: their settings, their limits and what they have received.
//!
//! Nothing here finds an address or a credential, or unpacks a file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Instant;

use super::super::error::ContentsError;
use super::super::pace::Pace;
use super::super::remotes::Remotes;
use super::error::FilesContentsError;
use super::granted::FileSettings;
use super::servers::Asked;
use cnb::address::RemoteUrl;
use cnb::descriptor::source::FileSource;
use cnb::names::SourceName;
use fetch::files::{self, FileError, FileRequest, Files, SharedProgress};
use fetch::{Proxies, Traffic};
use report::bytes;

/// The bytes that each source has sent. A component can spread a source over several folders.
pub(crate) type Sent = BTreeMap<SourceName, u64>;

/// The connections of one folder.
pub(super) struct Connections<'m> {
    pub(super) remotes: &'m Remotes<'m>,
    pub(super) settings: &'m FileSettings,
    pub(super) sent: &'m mut Sent,
    pub(super) traffic: Traffic,
}

impl<'m> Connections<'m> {
    /// Prepares the connections for these requests, which are all of one source.
    pub(super) fn session(
        &self,
        source: &SourceName,
        declaration: &FileSource,
        requests: &[FileRequest],
    ) -> Files<'m> {
        let private = requests.iter().filter(|request| request.may_be_private);
        let connections = self.remotes.descriptor().limits.fetch_connections;
        let settings = files::FileSettings {
            certificates: self.settings.certificates.clone(),
            proxies: self.proxies(),
            redirects_to: declaration.redirects_to.clone(),
            private: private.map(|request| request.url.origin()).collect(),
            connections: usize::try_from(connections).unwrap_or(1),
        };
        let before = self.sent.get(source).copied().unwrap_or(0);
        let scratch = &self.remotes.context().layers;
        Files::open(settings, self.remotes.limits(), scratch)
            .after(before)
            .with_progress(self.progress(source))
    }

    /// Reports the servers that are asked for `what`, and how.
    pub(super) fn say(&self, source: &SourceName, what: &str, asked: &[&Asked]) {
        let report = self.remotes.report();
        let servers = asked.iter().map(|asked| {
            let mirror = if asked.is_mirror {
                " (the mirror of the operator's policy)"
            } else {
                ""
            };
            format!("{}{mirror}", asked.url.origin())
        });
        let servers: BTreeSet<_> = servers.collect();
        let servers: Vec<_> = servers.into_iter().collect();
        report.line(&format!(
            "Source '{source}': {what} from {}",
            servers.join(", ")
        ));
        let credentials = asked.iter().filter_map(|asked| asked.from.as_ref());
        let credentials: BTreeSet<_> = credentials.map(|(from, _)| from).collect();
        for from in credentials {
            report.line(&format!(
                "Source '{source}': signing in with the token from {from}"
            ));
        }
        let origins: BTreeSet<_> = asked
            .iter()
            .map(|asked| asked.url.origin().to_string())
            .collect();
        let proxies = self.proxies();
        let mut urls = origins
            .iter()
            .filter_map(|origin| origin.parse::<RemoteUrl>().ok());
        let proxy = urls.find_map(|url| proxies.shown_for(&url));
        self.remotes
            .say_connection(source, proxy.as_deref(), &self.settings.told);
    }

    /// Counts what a session has received.
    pub(super) fn end(&mut self, source: &SourceName, session: &Files<'_>) {
        self.sent.insert(source.clone(), session.held());
        let Traffic {
            requests,
            bytes_received,
        } = session.traffic();
        let all = &mut self.traffic;
        all.requests = all.requests.saturating_add(requests);
        all.bytes_received = all.bytes_received.saturating_add(bytes_received);
    }

    pub(super) fn proxies(&self) -> Proxies {
        let settings = &self.remotes.context().common.settings;
        Proxies {
            https: settings.https_proxy.clone(),
            no_proxy: settings.no_proxy.clone(),
        }
    }

    /// Reports the received bytes of a long download. Several connections call it.
    fn progress(&self, source: &SourceName) -> SharedProgress {
        let (report, began) = (self.remotes.report(), Instant::now());
        let name = source.clone();
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

/// The error for a download that failed.
pub(super) fn not_fetched(
    source: &SourceName,
    asked: &[&Asked],
    error: FileError,
) -> ContentsError {
    let from = asked.iter().find_map(|asked| asked.from.as_ref());
    let credential = from.map(|(from, _)| from.clone());
    FilesContentsError::File {
        source_name: source.clone(),
        credential,
        error: Box::new(error),
    }
    .into()
}
