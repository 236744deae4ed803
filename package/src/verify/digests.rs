//! Reads a list of digests in the format of `sha256sum`.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

/// Digests, each with the name of its file.
#[derive(Debug, Clone)]
pub struct Digests(Vec<(String, String)>);

impl Digests {
    /// Reads a list from a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path);
        let text = text.with_context(|| format!("can't read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not a list of digests", path.display()))
    }

    /// Parses a list. A line has a digest, two characters and a name.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut list = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let parts = line.split_once("  ").or_else(|| line.split_once(" *"));
            let (digest, name) = parts.unwrap_or_default();
            let is_digest = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
            ensure!(
                digest.len() == 64 && digest.bytes().all(is_digest) && !name.is_empty(),
                "line {}: it must be a SHA-256 digest, two spaces and a name",
                number + 1
            );
            list.push((digest.to_owned(), name.to_owned()));
        }
        ensure!(!list.is_empty(), "it is empty");
        Ok(Self(list))
    }

    /// Whether the list has this digest for a path with this end. The digest of another file does not count.
    #[must_use]
    pub fn lists(&self, path: &str, digest: &str) -> bool {
        let named = |name: &str| Path::new(name).ends_with(path);
        self.0
            .iter()
            .any(|(listed, name)| listed == digest && named(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_counts_for_the_file_of_which_it_is() {
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let list = format!("{one}  0.1.0/linux/amd64/bin/detect\n{two} *linux/amd64/guest.wasm\n");
        let list = Digests::parse(&list).unwrap();
        assert!(list.lists("linux/amd64/bin/detect", &one));
        assert!(list.lists("guest.wasm", &two));
        assert!(!list.lists("linux/amd64/bin/detect", &two));
        assert!(!list.lists("linux/arm64/bin/detect", &one));
        assert!(!list.lists("detect2", &one));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let good = "1".repeat(64);
        for text in [
            String::new(),
            "<html>".to_owned(),
            format!("{good}\n"),
            format!("{good}  \n"),
            format!("{good} name\n"),
            format!("{}  name\n", &good[1..]),
            format!("{}  name\n", "G".repeat(64)),
            format!("{good}  name\n\n"),
        ] {
            Digests::parse(&text).unwrap_err();
        }
        Digests::parse(&format!("{good}  name")).unwrap();
    }
}
