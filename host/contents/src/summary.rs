//! Summarizes a build in one line.

use std::time::Duration;

use super::Contents;
use super::remotes::Fetched;
use cnb::walk::Walk;
use fetch::Traffic;
use report::{bytes, counted, seconds};

/// The amounts of one build.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of layers that were made.
    pub made: u64,
    /// The number of layers that are kept from the previous image.
    pub kept: u64,
    /// The fetched content in the layers.
    pub fetched: Fetched,
    /// The files, folders and links that the component itself wrote.
    pub own: u64,
    /// The size of those files, in bytes.
    pub own_bytes: u64,
    /// The network traffic.
    pub traffic: Traffic,
}

impl Summary {
    /// Counts before the layers are installed.
    #[must_use]
    pub fn of(contents: &Contents<'_>, left: &Walk) -> Self {
        let ready = &contents.ready;
        let made = ready.iter().filter(|layer| layer.is_made).count() as u64;
        let mut summary = Self {
            made,
            kept: ready.len() as u64 - made,
            own: left.entries,
            own_bytes: left.bytes,
            ..Self::default()
        };
        let (fetched, traffic) = (&mut summary.fetched, &mut summary.traffic);
        for (own, traffic_of_it) in contents.amounts() {
            fetched.files = fetched.files.saturating_add(own.files);
            fetched.bytes = fetched.bytes.saturating_add(own.bytes);
            let Traffic {
                requests,
                bytes_received,
            } = traffic_of_it;
            traffic.requests = traffic.requests.saturating_add(requests);
            traffic.bytes_received = traffic.bytes_received.saturating_add(bytes_received);
        }
        summary
    }

    /// Formats the summary, with the duration of the build.
    #[must_use]
    pub fn told(&self, took: Duration) -> String {
        let Self {
            made,
            kept,
            fetched,
            own,
            own_bytes,
            traffic,
        } = *self;
        let mut done = Vec::new();
        if made > 0 {
            let Fetched { files, bytes: size } = fetched;
            let with = match files {
                0 => String::new(),
                files => format!(
                    " with {} ({})",
                    counted(files, "file", "files"),
                    bytes(size)
                ),
            };
            done.push(format!("{} made{with}", counted(made, "layer", "layers")));
        }
        if own > 0 {
            done.push(format!(
                "{} ({}) written by the component",
                counted(own, "file, folder or link", "files, folders and links"),
                bytes(own_bytes)
            ));
        }
        if kept > 0 {
            done.push(format!("{} kept", counted(kept, "layer", "layers")));
        }
        if traffic.requests > 0 {
            done.push(format!(
                "{}, {} received",
                counted(traffic.requests.into(), "request", "requests"),
                bytes(traffic.bytes_received)
            ));
        }
        if done.is_empty() {
            done.push("nothing was to be made".to_owned());
        }
        format!("Done in {}: {}", seconds(took), done.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_was_done_and_nothing_of_what_was_not() {
        let told = |made, kept, requests| {
            Summary {
                made,
                kept,
                fetched: Fetched {
                    files: 11 * made,
                    bytes: 7528 * made,
                },
                own: 0,
                own_bytes: 0,
                traffic: Traffic {
                    requests,
                    bytes_received: 4903,
                },
            }
            .told(Duration::from_millis(349))
        };
        assert_eq!(
            told(1, 0, 4),
            "Done in 0.3 s: 1 layer made with 11 files (7.5 kB); 4 requests, 4.9 kB received"
        );
        assert_eq!(
            told(0, 2, 1),
            "Done in 0.3 s: 2 layers kept; 1 request, 4.9 kB received"
        );
        assert_eq!(
            told(1, 0, 0),
            "Done in 0.3 s: 1 layer made with 11 files (7.5 kB)"
        );
        assert_eq!(told(0, 0, 0), "Done in 0.3 s: nothing was to be made");
    }

    #[test]
    fn what_the_component_wrote_itself_is_counted_apart() {
        let told = |own| {
            let summary = Summary {
                made: 1,
                own,
                own_bytes: 1500 * own,
                ..Summary::default()
            };
            summary.told(Duration::ZERO)
        };
        let layer = "Done in 0.0 s: 1 layer made";
        assert_eq!(told(0), layer);
        let one = "1 file, folder or link (1.5 kB) written by the component";
        assert_eq!(told(1), format!("{layer}; {one}"));
        let two = "2 files, folders and links (3.0 kB) written by the component";
        assert_eq!(told(2), format!("{layer}; {two}"));
    }
}
