//! The folders of a trial, and the names that stand for them, so that no result depends on the machine.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cnb::sha256::Sha256;
use memchr::memmem::Finder;
use ring::digest::{Context, SHA256};
use serde::{Serialize, Serializer};

/// The part of a file that is read at once, in bytes.
const PART: u64 = 256 << 10;

/// Paths of this machine, each with its name.
pub(crate) struct Places {
    names: Vec<(PathBuf, &'static str)>,
    /// Finds the beginning that all paths have in common.
    beginning: Finder<'static>,
    /// The length of the longest path, in bytes.
    longest: usize,
}

/// The size and the digest of a file in which names stand for this machine's paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Measured {
    /// In bytes.
    pub(super) size: u64,
    #[serde(serialize_with = "digest")]
    pub(super) sha256: Sha256,
}

fn digest<S: Serializer>(sha256: &Sha256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(sha256)
}

/// A path in content: its place there, its length, and its name.
struct Found {
    at: usize,
    length: usize,
    name: &'static str,
}

impl Places {
    /// No path may be the beginning of another path.
    pub(super) fn new(names: impl Into<Vec<(PathBuf, &'static str)>>) -> Self {
        let names = names.into();
        let paths = names.iter().map(|(path, _)| bytes(path));
        let longest = paths.clone().map(<[u8]>::len).max().unwrap_or(0);
        let beginning = paths.reduce(|one, other| {
            let pairs = one.iter().zip(other);
            &one[..pairs.take_while(|(one, other)| one == other).count()]
        });
        Self {
            beginning: Finder::new(beginning.unwrap_or_default()).into_owned(),
            longest,
            names,
        }
    }

    /// Replaces this machine's paths in text.
    pub(crate) fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (path, name) in &self.names {
            text = text.replace(&*path.to_string_lossy(), name);
        }
        text
    }

    /// Measures content after this machine's paths in it are replaced. The content is read in parts, and memory does not
    /// grow with it.
    pub(super) fn measure(&self, content: impl Read) -> io::Result<Measured> {
        self.measure_by(PART, content)
    }

    fn measure_by(&self, part: u64, mut content: impl Read) -> io::Result<Measured> {
        let mut measure = Measure {
            size: 0,
            digest: Context::new(&SHA256),
        };
        let mut held = Vec::new();
        loop {
            let count = content.by_ref().take(part).read_to_end(&mut held)?;
            let is_end = count == 0;
            // A path that begins later may go on in the next part.
            let whole = if is_end { 0 } else { self.longest };
            let measured = self.part(&held, held.len().saturating_sub(whole), &mut measure);
            held.drain(..measured);
            if is_end {
                return Ok(Measured {
                    size: measure.size,
                    sha256: Sha256::finish(measure.digest),
                });
            }
        }
    }

    /// Measures the content before `end`, and a path that begins there as a whole. Returns the end of what was measured.
    fn part(&self, content: &[u8], end: usize, measure: &mut Measure) -> usize {
        let mut measured = 0;
        while let Some(found) = self.first(content, measured).filter(|found| found.at < end) {
            measure.add(&content[measured..found.at]);
            measure.add(found.name.as_bytes());
            measured = found.at + found.length;
        }
        if measured < end {
            measure.add(&content[measured..end]);
        }
        measured.max(end)
    }

    /// The first path in content from here on.
    fn first(&self, content: &[u8], from: usize) -> Option<Found> {
        let mut at = from;
        while at < content.len() {
            at += self.beginning.find(&content[at..])?;
            let rest = &content[at..];
            let mut names = self.names.iter();
            if let Some((path, name)) = names.find(|(path, _)| rest.starts_with(bytes(path))) {
                return Some(Found {
                    at,
                    length: bytes(path).len(),
                    name,
                });
            }
            // The next beginning may overlap this one.
            at += 1;
        }
        None
    }
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// Counts and digests content.
struct Measure {
    size: u64,
    digest: Context,
}

impl Measure {
    fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.digest.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "/tmp/trial/workspace";
    const LAYERS: &str = "/tmp/trial/layers";

    fn places() -> Places {
        Places::new([(APP.into(), "<app>"), (LAYERS.into(), "<layers>")])
    }

    /// Content of this many bytes, which records the largest part that was requested.
    struct Content {
        left: usize,
        largest: usize,
    }

    impl Read for Content {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.largest = self.largest.max(into.len());
            let count = into.len().min(self.left);
            into[..count].fill(b'/');
            self.left -= count;
            Ok(count)
        }
    }

    #[test]
    fn content_has_names_in_place_of_paths_wherever_its_parts_end() {
        let text = format!("{LAYERS}/tool {APP} /tmp/trial{APP} {APP}{LAYERS}");
        let named = "<layers>/tool <app> /tmp/trial<app> <app><layers>";
        assert_eq!(places().named(&text), named);
        let wanted = Measured {
            size: named.len() as u64,
            sha256: Sha256::of(named.as_bytes()),
        };
        for part in 1..=text.len() as u64 {
            let measured = places().measure_by(part, text.as_bytes()).unwrap();
            assert_eq!(measured, wanted, "{part}");
        }
    }

    #[test]
    fn large_content_is_read_in_small_parts() {
        let mut content = Content {
            left: 8 << 20,
            largest: 0,
        };
        let measured = places().measure(&mut content).unwrap();
        assert_eq!(measured.size, 8 << 20);
        assert!(content.largest <= 1 << 20, "{}", content.largest);
    }
}
