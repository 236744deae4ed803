//! The folders of a trial, and the names that stand for them, so that no result depends on the machine.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use aho_corasick::AhoCorasick;
use anyhow::Context as _;
use cnb::sha256::Sha256;
use ring::digest::{Context, SHA256};
use serde::{Serialize, Serializer};

/// Paths of this machine, each with its name.
pub(crate) struct Places {
    names: Vec<(PathBuf, &'static str)>,
    paths: AhoCorasick,
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

impl Places {
    /// No path may be the beginning of another one.
    pub(super) fn new(names: impl Into<Vec<(PathBuf, &'static str)>>) -> anyhow::Result<Self> {
        let names = names.into();
        let paths = names.iter();
        let paths = AhoCorasick::new(paths.map(|(path, _)| path.as_os_str().as_encoded_bytes()));
        let paths = paths.context("The paths of the temporary folder cannot be searched for")?;
        Ok(Self { names, paths })
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
        let names: Vec<_> = self.names.iter().map(|(_, name)| name).collect();
        let mut measure = Measure {
            size: 0,
            digest: Context::new(&SHA256),
        };
        self.paths
            .try_stream_replace_all(content, &mut measure, &names)?;
        Ok(Measured {
            size: measure.size,
            sha256: Sha256::finish(measure.digest),
        })
    }
}

/// Counts and digests everything that is written into it.
struct Measure {
    size: u64,
    digest: Context,
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size += bytes.len() as u64;
        self.digest.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "/tmp/trial/workspace";
    const LAYERS: &str = "/tmp/trial/layers";

    fn places() -> Places {
        Places::new([(APP.into(), "<app>"), (LAYERS.into(), "<layers>")]).unwrap()
    }

    /// Content of this many bytes, which notes the largest part that was asked for.
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
        let text = format!("{LAYERS}/tool {APP} /tmp/trial {APP}{LAYERS}");
        let named = "<layers>/tool <app> /tmp/trial <app><layers>";
        assert_eq!(places().named(&text), named);
        let wanted = Measured {
            size: named.len() as u64,
            sha256: Sha256::of(named.as_bytes()),
        };
        for end in 0..text.len() {
            let (first, second) = text.as_bytes().split_at(end);
            let measured = places().measure(first.chain(second)).unwrap();
            assert_eq!(measured, wanted, "{end}");
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
