//! What becomes of a layer's declared contents: resolved, compared with the previous build's, fetched, staged, placed.
//!
//! The guest is gone by now. Nothing here judges an entry of a repository or speaks to a server itself.

mod error;
mod pace;
mod remotes;
mod sources;
mod summary;
mod trust;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;

use cnb::check::{CheckedContent, CheckedLayer};
use cnb::context::BuildContext;
use cnb::layer;
use cnb::names::FolderName;
use cnb::reuse::{ContentNote, Decision, Notes, decide, declared_digest};
use cnb::sbom::{KnownFrom, Provenance};
use cnb::walk::{Left, Walk};
use cnb::write::WriteError;
use dir::{Dir, DirError, STAGED_PREFIX, is_staged};
use engine::artifact::{Record, sha256};

pub use self::error::{ContentsError, Origin, PackageError};
pub use self::remotes::{
    Fetched, Looked, Remotes, Resolved, Route, Settled, SignedIn, VENDOR_FOLDER,
};
pub use self::sources::{Key, Sources, Wanted};
pub use self::summary::Summary;
pub use self::trust::Trust;

use self::sources::WantedLayer;

/// Who makes the layers, for the notes on them.
pub struct Digests {
    pub(crate) host: String,
    pub(crate) guest: String,
}

impl Digests {
    /// Of this program, and of what the component was compiled to: whoever ran it compared that digest before.
    pub fn of(record: &Record) -> Result<Self, ContentsError> {
        let own = File::open("/proc/self/exe").and_then(|mut file| sha256(&mut file));
        Ok(Self {
            host: own.map_err(ContentsError::Digest)?,
            guest: record.artifact_sha256.clone(),
        })
    }
}

/// A layer whose contents are at hand.
pub struct Ready<'a> {
    layer: &'a CheckedLayer,
    /// The source of each content.
    sources: Vec<Key>,
    notes: Notes,
    /// The folders that the host fetched into it before: out of the way first, whether declared again or not.
    previous: Vec<FolderName>,
    /// Whether it is made, and its contents lie staged in its directory. One that is kept from the previous image gets
    /// no directory.
    is_made: bool,
    /// The words on it that are said when it is in its place.
    told: String,
}

/// The layers of a build with their contents at hand, and the sources of those.
pub struct Contents<'a> {
    /// The layers, in the order in which they were declared.
    pub ready: Vec<Ready<'a>>,
    /// The account of each source.
    pub(crate) sources: Sources<Settled<'a>>,
}

/// Decides for each layer whether it is kept, and fetches what is not. What is begun is [`Unfinished`].
pub fn fetch<'a>(
    wanted: Wanted<'a, SignedIn<'a>>,
    left: &Walk,
    context: &'a BuildContext,
    digests: &Digests,
) -> Result<Contents<'a>, ContentsError> {
    let Wanted { layers, sources } = wanted;
    let sources = sources.step(|_, source| source.resolve())?;
    let layers = layers.into_iter();
    let drafts: Vec<_> = layers
        .map(|layer| Draft::of(layer, left, context, digests))
        .collect();
    let (decided, sources) = decide_all(&drafts, sources)?;
    let made: Vec<_> = drafts
        .iter()
        .zip(&decided)
        .filter(|(_, (_, decision))| *decision != Decision::Keep)
        .map(|(draft, _)| draft)
        .collect();
    for draft in &made {
        layer::begin(&context.layers, &draft.layer.name).map_err(ContentsError::Begin)?;
    }
    let ready = drafts.iter().zip(decided);
    let ready = ready.map(|(draft, (notes, decision))| {
        let (is_made, what) = match decision {
            Decision::Keep => (false, draft.kept(&sources).to_owned()),
            Decision::Make(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                (true, format!("made, {}", reasons.join("; ")))
            }
        };
        Ready {
            layer: draft.layer,
            sources: draft.contents.iter().map(|(_, key)| *key).collect(),
            notes,
            previous: outdated(draft.before, &left.layers[&draft.layer.name]),
            is_made,
            told: format!("Layer '{}': {what}", draft.layer.name),
        }
    });
    let ready = ready.collect();
    let sources = sources.step(|key, source| settle(key, source, &made, &context.layers))?;
    Ok(Contents { ready, sources })
}

/// A layer as it would be noted, but for its contents.
struct Draft<'a> {
    layer: &'a CheckedLayer,
    contents: Vec<(&'a CheckedContent, Key)>,
    before: Option<&'a Notes>,
    /// Without the contents.
    notes: Notes,
}

impl<'a> Draft<'a> {
    fn of(
        wanted: WantedLayer<'a>,
        left: &Walk,
        context: &'a BuildContext,
        digests: &Digests,
    ) -> Self {
        let WantedLayer { layer, contents } = wanted;
        Self {
            layer,
            contents,
            before: restored(layer, context),
            notes: Notes {
                host: digests.host.clone(),
                guest: digests.guest.clone(),
                layer: declared_digest(layer),
                own_files: left.layers[&layer.name].directory,
                contents: Vec::new(),
            },
        }
    }

    /// The notes that the layer would get, and whether the previous build's is kept.
    fn decide(&self, sources: &Sources<Resolved<'_>>) -> (Notes, Decision) {
        let contents = self.contents.iter();
        let contents = contents.map(|(content, key)| sources[*key].note(&content.into));
        let notes = Notes {
            contents: contents.collect(),
            ..self.notes.clone()
        };
        let types = self.layer.types;
        let launch_only = types.launch && !types.build && !types.cache;
        let decision = decide(self.before, &notes, launch_only);
        (notes, decision)
    }

    /// Says of a layer that is kept by whose word it is.
    fn kept(&self, sources: &Sources<Resolved<'_>>) -> &'static str {
        let mut keys = self.contents.iter().map(|(_, key)| *key);
        if keys.any(|key| sources[key].known_from() == KnownFrom::PreviousImage) {
            "kept, by the previous image's own word for that commit; no server was asked"
        } else {
            "kept, nothing has changed"
        }
    }
}

/// For each layer the notes that it would get, and whether the previous build's is kept.
type Decisions = Vec<(Notes, Decision)>;

/// Decides on each layer. A server that is asked for one layer has the last word on all that are of the same source: only
/// then is there a second decision.
fn decide_all<'a>(
    drafts: &[Draft<'_>],
    mut sources: Sources<Resolved<'a>>,
) -> Result<(Decisions, Sources<Resolved<'a>>), ContentsError> {
    loop {
        let decided: Vec<_> = drafts.iter().map(|draft| draft.decide(&sources)).collect();
        let made = drafts.iter().zip(&decided);
        let made = made.filter(|(_, (_, decision))| *decision != Decision::Keep);
        let asked: BTreeSet<Key> = made
            .flat_map(|(draft, _)| draft.contents.iter().map(|(_, key)| *key))
            .filter(|key| matches!(sources[*key], Resolved::Noted(_)))
            .collect();
        if asked.is_empty() {
            return Ok((decided, sources));
        }
        sources = sources.step(|key, source| {
            if asked.contains(&key) {
                source.confirm().map(Resolved::Confirmed)
            } else {
                Ok(source)
            }
        })?;
    }
}

/// Downloads a source and writes it into the layers that are made, beside its places, if it belongs into one.
fn settle<'a>(
    key: Key,
    source: Resolved<'a>,
    made: &[&Draft<'_>],
    layers: &Dir,
) -> Result<Settled<'a>, ContentsError> {
    let places = made.iter().flat_map(|draft| {
        let contents = draft.contents.iter().filter(|(_, of)| *of == key);
        contents.map(|(content, _)| (&draft.layer.name, &content.into))
    });
    let mut places = places.peekable();
    if places.peek().is_none() {
        return Ok(source.settle());
    }
    let folder = source.confirm()?.download()?;
    folder.say_attributes();
    let mut times = 0;
    for (layer, into) in places {
        let dir = layers.open_dir(layer).map_err(ContentsError::Begin)?;
        folder.stage(&dir, &staged(into))?;
        times += 1;
    }
    Ok(folder.settle(times))
}

/// The notes of the previous build on a layer.
fn restored<'c>(layer: &CheckedLayer, context: &'c BuildContext) -> Option<&'c Notes> {
    let restored = context.restored.layers.get(&layer.name);
    restored.map(|layer| &layer.notes)
}

/// The folders that were fetched into a layer before, but for those that the component wrote into: what it has written
/// stays.
fn outdated(notes: Option<&Notes>, left: &Left) -> Vec<FolderName> {
    let notes = notes.map_or(&[][..], |notes| &notes.contents);
    // The notes come from a previous image or a cache, which are not believed.
    let names = notes.iter().filter_map(|note| note.into.parse().ok());
    names
        .filter(|name: &FolderName| !left.written.contains::<OsStr>(name.as_ref()))
        .collect()
}

/// The name of a folder until it is put into its place, in the same directory: Landlock before ABI 2 lets nothing be
/// moved to another one.
fn staged(into: &FolderName) -> String {
    format!("{STAGED_PREFIX}{into}")
}

/// What a build that was killed left under names of this kind goes first, and with it the layers that it had begun.
pub fn remove_leftovers(layers: &Dir, most: usize) -> Result<(), DirError> {
    for name in layers.names(most)? {
        if is_staged(&name) {
            layer::remove_unfinished(layers, &name)?;
            layers.remove_tree(name)?;
        }
    }
    Ok(())
}

/// The layers that a build has begun. Dropped, those that it did not finish are removed, so that a build which fails
/// leaves nothing half.
pub struct Unfinished<'d>(pub &'d Dir);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // The error that led here counts. What can't be removed now is removed by the next build.
        remove_leftovers(self.0, usize::MAX).ok();
    }
}

/// A layer that could not be put into place.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Its files can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The content that was fetched can't be moved, or what was there before can't be removed.
    #[error(transparent)]
    Dir(#[from] DirError),
}

impl Ready<'_> {
    /// The layer's contents, each with the source's key.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (Key, &ContentNote)> {
        self.sources.iter().copied().zip(&self.notes.contents)
    }

    /// The layer as it was declared.
    pub(crate) fn declared(&self) -> &CheckedLayer {
        self.layer
    }

    /// The way in which the build came by the layer's content from a source.
    pub(crate) fn provenance(&self, source: &Settled<'_>) -> Provenance {
        Provenance {
            kept: !self.is_made,
            known_from: source.known_from,
        }
    }

    /// Puts the layer into place: contents, environment, and its declaration last. Returns what is to be said of that.
    pub fn place(self, layers: &Dir) -> Result<String, PlaceError> {
        if self.is_made {
            let dir = layer::open(layers, &self.layer.name)?;
            for into in &self.previous {
                dir.remove_tree(into)?;
            }
            for content in &self.layer.contents {
                // A folder there that isn't noted is another buildpack's: the component can have put nothing there.
                dir.remove_tree(&content.into)?;
                dir.rename_dir(staged(&content.into), &content.into)?;
            }
            layer::write_environment(&dir, self.layer)?;
        }
        layer::write_declaration(layers, self.layer, &self.notes)?;
        Ok(self.told)
    }
}

#[cfg(test)]
mod tests;
