//! The layers of a build, linked to the sources that they name.
//!
//! A step makes one new value from each source, so a layer's [`Key`] stays valid after every step. Nothing here knows
//! what a step does.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Index;

use cnb::check::{CheckedContent, CheckedLayer};
use cnb::names::SourceName;

/// The index of a source in [`Sources`]. Only they make keys, and no step removes a source, so a key is always valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(usize);

/// One value for each source, in the order in which the layers name them.
pub(crate) struct Sources<S>(Vec<S>);

impl<S> Sources<S> {
    /// Applies a step to each source. Ends with the first error.
    pub(super) fn step<T, E>(
        self,
        mut step: impl FnMut(Key, S) -> Result<T, E>,
    ) -> Result<Sources<T>, E> {
        let sources = self.0.into_iter().enumerate();
        let sources = sources.map(|(n, source)| step(Key(n), source));
        sources.collect::<Result<_, E>>().map(Sources)
    }

    /// Lists each source once.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &S> {
        self.0.iter()
    }
}

impl<S> Index<Key> for Sources<S> {
    type Output = S;

    fn index(&self, key: Key) -> &S {
        &self.0[key.0]
    }
}

/// A layer whose contents have the keys of their sources.
pub(super) struct WantedLayer<'a> {
    pub(super) layer: &'a CheckedLayer,
    pub(super) contents: Vec<(&'a CheckedContent, Key)>,
}

/// The layers of a build, with the sources that they name.
pub(crate) struct Wanted<'a, S> {
    pub(super) layers: Vec<WantedLayer<'a>>,
    pub(super) sources: Sources<S>,
}

impl<'a, S> Wanted<'a, S> {
    /// Calls `make` once for each source, in the order in which the layers first name them.
    pub(super) fn by<E>(
        layers: &'a [CheckedLayer],
        mut make: impl FnMut(&'a SourceName) -> Result<S, E>,
    ) -> Result<Self, E> {
        let mut keys = BTreeMap::new();
        let mut sources = Vec::new();
        let mut key_of = |name: &'a SourceName| {
            Ok(match keys.entry(name) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    let key = Key(sources.len());
                    sources.push(make(name)?);
                    *new.insert(key)
                }
            })
        };
        let layers = layers.iter().map(|layer| {
            let contents = layer.contents.iter();
            let contents = contents.map(|content| Ok((content, key_of(&content.source)?)));
            let contents = contents.collect::<Result<_, E>>()?;
            Ok(WantedLayer { layer, contents })
        });
        Ok(Self {
            layers: layers.collect::<Result<_, E>>()?,
            sources: Sources(sources),
        })
    }
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::*;
    use cnb::check::LayerTypes;

    fn layer(name: &str, sources: &[&str]) -> CheckedLayer {
        let contents = sources.iter().map(|source| CheckedContent {
            source: source.parse().unwrap(),
            into: source.parse().unwrap(),
        });
        CheckedLayer {
            name: name.parse().unwrap(),
            types: LayerTypes {
                launch: true,
                build: false,
                cache: false,
            },
            metadata: Table::new(),
            contents: contents.collect(),
            folders: Vec::new(),
            env: Vec::new(),
            exec_d: Vec::new(),
            executables: Vec::new(),
        }
    }

    #[test]
    fn each_source_is_made_once_and_every_content_finds_its_own_after_a_step() {
        let layers = [
            layer("one", &["b", "a"]),
            layer("two", &[]),
            layer("three", &["a", "c", "b"]),
        ];
        let mut made = Vec::new();
        let wanted = Wanted::by(&layers, |name| {
            made.push(name.to_string());
            Ok::<_, ()>(name.to_string())
        });
        let Wanted { layers, sources } = wanted.unwrap();
        assert_eq!(made, ["b", "a", "c"]);
        let sources = sources.step(|_, name| Ok::<_, ()>(format!("{name}!")));
        let sources = sources.unwrap();
        for (content, key) in layers.iter().flat_map(|layer| &layer.contents) {
            assert_eq!(sources[*key], format!("{}!", content.source));
        }
        assert_eq!(sources.iter().count(), 3);
    }

    #[test]
    fn the_first_source_that_fails_ends_a_step() {
        let layers = [layer("one", &["a", "b", "c"])];
        let wanted = Wanted::by(&layers, |name| Ok::<_, String>(name.to_string()));
        let mut stepped = Vec::new();
        let failed = wanted.unwrap().sources.step(|_, name| {
            stepped.push(name.clone());
            if name == "b" { Err(name) } else { Ok(()) }
        });
        assert_eq!(failed.err().as_deref(), Some("b"));
        assert_eq!(stepped, ["a", "b"]);
    }
}
