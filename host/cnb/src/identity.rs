//! The identity of content. The same identity is the same content, for every kind of source.
//!
//! A source makes the identity and knows the meaning of its parts. Notes, the receipt and bills of materials compare
//! and print it, and know nothing about sources.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The identity of content: parts with a name and a text. Two identities are equal if they print the same parts.
#[derive(Debug, Clone, Default)]
pub struct Identity(Vec<Part>);

#[derive(Debug, Clone)]
struct Part {
    name: String,
    text: String,
    /// Whether another text means other content. Always false for an identity that was read, where this is unknown.
    decides: bool,
}

impl Identity {
    /// Adds a part that names the place of the content. The same content can be in another place.
    #[must_use]
    pub fn found(self, name: &str, text: &(impl ToString + ?Sized)) -> Self {
        self.with(name, text.to_string(), false)
    }

    /// Adds a part that decides: another text means other content.
    #[must_use]
    pub fn deciding(self, name: &str, text: &(impl ToString + ?Sized)) -> Self {
        self.with(name, text.to_string(), true)
    }

    fn with(mut self, name: &str, text: String, decides: bool) -> Self {
        self.0.push(Part {
            name: name.to_owned(),
            text,
            decides,
        });
        self
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let part = self.0.iter().find(|part| part.name == name);
        part.map(|part| &*part.text)
    }

    /// Names and texts, in the order in which they are printed.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|part| (&*part.name, &*part.text))
    }

    /// Whether an identity that was read has the same names as this one. If not, they cannot be compared.
    #[must_use]
    pub fn has_form_of(&self, read: &Self) -> bool {
        self.0.len() == read.0.len() && self.parts().all(|(name, _)| read.get(name).is_some())
    }

    /// Whether an identity that was read means the same content as this one, which a source made.
    #[must_use]
    pub fn is_content_of(&self, read: &Self) -> bool {
        let mut deciding = self.0.iter().filter(|part| part.decides).peekable();
        deciding.peek().is_some()
            && self.has_form_of(read)
            && deciding.all(|part| read.get(&part.name) == Some(&part.text))
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .parts()
                .all(|(name, text)| other.get(name) == Some(text))
    }
}

impl Eq for Identity {}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, text) in self.parts() {
            map.serialize_entry(name, text)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = BTreeMap::<String, String>::deserialize(deserializer)?;
        let identity = Self::default();
        Ok(parts.into_iter().fold(identity, |identity, (name, text)| {
            identity.with(&name, text, false)
        }))
    }
}

/// Content in the terms of bills of materials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// The name of the package, if the content is one. Otherwise the source has a name.
    pub name: Option<String>,
    pub version: String,
    /// A text that no other content has, for references within a document.
    pub unique: String,
    /// Identifiers with the prefix `swh:`, which anyone can compute from the content.
    /// <https://docs.softwareheritage.org/devel/swh-model/persistent-identifiers.html>
    pub persistent_ids: Vec<String>,
    /// The package URL, if the content has one of its own.
    /// <https://github.com/package-url/purl-spec>
    pub purl: Option<String>,
    /// The SHA-256 digest of the file, if the content is one.
    pub sha256: Option<String>,
    /// The licence, in the package's own words.
    pub licence: Option<String>,
    /// The place in a version control system, if the content comes from one.
    pub vcs: Option<Vcs>,
    /// The origin of the content as a sentence, without its final period.
    pub told: String,
}

/// A place in a repository, as SPDX writes it: `<tool>+<address>@<revision>#<folder>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vcs {
    pub tool: &'static str,
    /// An id that always names the same revision.
    pub revision: String,
    pub folder: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An identity and a description as the git source makes them.
    pub(crate) fn git(subpath: &str, commit: &str, tree: &str) -> (Identity, Description) {
        let identity = Identity::default()
            .deciding("subpath", subpath)
            .found("revision", "main")
            .found("commit", commit)
            .deciding("tree", tree);
        let description = Description {
            version: commit.to_owned(),
            unique: tree.to_owned(),
            persistent_ids: vec![format!("swh:1:dir:{tree}"), format!("swh:1:rev:{commit}")],
            vcs: Some(Vcs {
                tool: "git",
                revision: commit.to_owned(),
                folder: subpath.to_owned(),
            }),
            told: format!("The folder '{subpath}' of a git repository at 'main'"),
            ..Description::default()
        };
        (identity, description)
    }

    /// The same identity as read from the notes of a previous build.
    fn read(identity: &Identity) -> Identity {
        toml::from_str(&toml::to_string(identity).unwrap()).unwrap()
    }

    #[test]
    fn the_parts_that_decide_make_other_content_and_the_others_do_not() {
        let before = read(&git("p", "c", "t").0);
        assert!(git("p", "c", "t").0.is_content_of(&before));
        assert!(git("p", "later", "t").0.is_content_of(&before));
        assert!(!git("q", "c", "t").0.is_content_of(&before));
        assert!(!git("p", "c", "u").0.is_content_of(&before));
    }

    #[test]
    fn an_identity_of_another_form_is_not_the_same_content() {
        let now = git("p", "c", "t").0;
        assert!(now.has_form_of(&read(&now)));
        let more = now.clone().found("more", "");
        let less = Identity::default().deciding("tree", "t");
        for other in [more, less] {
            assert!(!now.has_form_of(&read(&other)), "{other:?}");
            assert!(!now.is_content_of(&read(&other)), "{other:?}");
            assert_ne!(now, other);
        }
        let nothing = Identity::default();
        assert!(!nothing.is_content_of(&nothing));
    }
}
