//! What a build did with its layers, in one line.

use std::time::Duration;

use super::{Fetched, Ready, Remotes};
use crate::report::{bytes, counted, seconds};
use crate::source::Traffic;

/// What a build did with its layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Layers that were made.
    pub made: u64,
    /// Layers that are kept from the previous image.
    pub kept: u64,
    /// What was put into them.
    pub fetched: Fetched,
    /// What went over the network.
    pub traffic: Traffic,
}

impl Summary {
    /// Counts, before the layers are put into place.
    #[must_use]
    pub fn of(ready: &[Ready<'_>], remotes: &Remotes<'_>) -> Self {
        let (fetched, traffic) = remotes.totals();
        let made = ready.iter().filter(|layer| layer.is_made).count() as u64;
        Self {
            made,
            kept: ready.len() as u64 - made,
            fetched,
            traffic,
        }
    }

    /// The same in words, with the time that all of it took.
    #[must_use]
    pub fn told(&self, took: Duration) -> String {
        let Self {
            made,
            kept,
            fetched,
            traffic,
        } = *self;
        let mut done = Vec::new();
        if made > 0 {
            done.push(format!(
                "{} made with {} ({})",
                counted(made, "layer", "layers"),
                counted(fetched.files, "file", "files"),
                bytes(fetched.bytes)
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
}
