//! Turns the declared contents of layers into folders: resolves the sources, compares them with the previous build,
//! downloads, stages and installs them.
//!
//! The component has ended before. Nothing here checks an entry of a repository or connects to a server itself.

mod error;
mod files;
mod pace;
mod record;
mod remotes;
mod sources;
mod summary;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io;

use cnb::check::{CheckedContent, CheckedLayer};
use cnb::context::BuildContext;
use cnb::layer;
use cnb::names::FolderName;
use cnb::reuse::{ChosenFile, ContentNote, Decision, Notes, RemakeReason, decide, declared_digest};
use cnb::sbom::KnownFrom;
use cnb::sha256::Sha256;
use cnb::walk::{Left, Walk};
use cnb::write::WriteError;
use dir::{Dir, DirError, STAGED_PREFIX, is_staged};

pub use self::error::{ContentOrigin, ContentsError, PackageError, ServerError};
pub use self::files::{
    FileOrigin, FilesContentsError, IndexReason, ListError, Listing, ListingError,
};
pub use self::record::{TakenFrom, UsedSource};
pub use self::remotes::{Looked, Remotes, Route, SignedIn, SignedInAll};
pub use self::summary::Summary;
pub use self::trust::Trust;

use self::files::{FileSettings, FolderRecord, GrantedFolder, Sent};
use self::remotes::{ResolvedSource, Settled};
use self::sources::{Key, Sources, Wanted, WantedLayer};

/// The digests of the programs that make the layers, for the layers' notes.
pub struct Digests {
    pub host: String,
    pub guest: String,
}

impl Digests {
    /// Computes the digest of this program. `guest` is that of the component's artifact, which the runner has compared
    /// with the artifact.
    pub fn of(guest: String) -> io::Result<Self> {
        Ok(Self {
            host: own_digest()?,
            guest,
        })
    }
}

/// The SHA-256 digest of this program.
fn own_digest() -> io::Result<String> {
    let mut program = File::open("/proc/self/exe")?;
    Sha256::of_file(&mut program).map(|digest| digest.to_string())
}

/// A layer that is ready to be installed.
pub struct PreparedLayer<'a> {
    layer: &'a CheckedLayer,
    /// The key of each content's source.
    sources: Vec<Key>,
    notes: Notes,
    /// The folders that an earlier build fetched into the layer. They are removed first, whether declared again or not.
    previous: Vec<FolderName>,
    /// Whether the layer is made: then its contents are staged in its directory. A layer that is kept from the previous
    /// image gets no directory.
    is_made: bool,
    /// The licences in the previous build's notes, by folder.
    licences: BTreeMap<String, Vec<String>>,
    /// The files in the previous build's notes for the packages of each folder. Each of them fits its package.
    chosen: ChosenFiles,
    /// The text that is reported after the layer is installed.
    told: String,
}

/// The layers of a build, ready to be installed, and their sources.
pub struct Contents<'a> {
    pub ready: Vec<PreparedLayer<'a>>,
    /// The final record of each source.
    sources: Sources<Settled<'a>>,
    /// The record of each folder of files.
    folders: Vec<FolderRecord<'a>>,
}

/// Decides for each layer whether it is kept, and fetches the contents of the others. Until they are installed, those
/// layers are [`Unfinished`].
pub fn fetch<'a>(
    wanted: SignedInAll<'a>,
    remotes: &Remotes<'_>,
    left: &Walk,
    context: &'a BuildContext,
    digests: &Digests,
) -> Result<Contents<'a>, ContentsError> {
    let SignedInAll {
        repositories: Wanted { layers, sources },
        folders,
        settings,
    } = wanted;
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
        PreparedLayer {
            layer: draft.layer,
            sources: draft.contents.iter().map(|(_, key)| *key).collect(),
            notes,
            previous: outdated(draft.before, &left.layers[&draft.layer.name]),
            is_made,
            licences: draft
                .before
                .map_or_else(BTreeMap::new, |before| before.licences.clone()),
            chosen: draft.chosen.clone().unwrap_or_default(),
            told: format!("Layer '{}': {what}", draft.layer.name),
        }
    });
    let mut ready: Vec<PreparedLayer<'_>> = ready.collect();
    let sources = sources.step(|key, source| settle(key, source, &made, &context.layers))?;
    let mut sent = Sent::new();
    let folders = folders.into_iter().map(|folder| {
        let layer = ready
            .iter_mut()
            .find(|ready| ready.layer.name == *folder.layer());
        settle_folder(folder, layer, remotes, &settings, &mut sent)
    });
    let folders = folders.collect::<Result<_, _>>()?;
    Ok(Contents {
        ready,
        sources,
        folders,
    })
}

/// The files that were found at an index for the packages of each folder, by the folder's name.
type ChosenFiles = BTreeMap<String, Vec<ChosenFile>>;

/// A layer before the decision whether it is kept.
struct Draft<'a> {
    layer: &'a CheckedLayer,
    contents: Vec<(&'a CheckedContent, Key)>,
    before: Option<&'a Notes>,
    /// The files in the previous build's notes. `None` if a package has none that fits.
    chosen: Option<ChosenFiles>,
    /// The layer's notes, without its contents.
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
        let before = restored(layer, context);
        Self {
            layer,
            contents,
            before,
            chosen: known_files(layer, before),
            notes: Notes {
                host: digests.host.clone(),
                guest: digests.guest.clone(),
                layer: declared_digest(layer),
                own_files: left.layers[&layer.name].directory,
                contents: Vec::new(),
                licences: BTreeMap::new(),
                chosen: BTreeMap::new(),
            },
        }
    }

    /// Returns the notes for the layer, and decides whether the previous build's layer is kept.
    fn decide(&self, sources: &Sources<ResolvedSource<'_>>) -> (Notes, Decision) {
        let contents = self.contents.iter();
        let contents = contents.map(|(content, key)| sources[*key].note(&content.into));
        let folders = self.layer.folders.iter().map(files::note);
        let notes = Notes {
            contents: contents.chain(folders).collect(),
            ..self.notes.clone()
        };
        let types = self.layer.types;
        let launch_only = types.launch && !types.build && !types.cache;
        let decision = match decide(self.before, &notes, launch_only) {
            // The notes come from a previous image, which is not trusted.
            Decision::Keep if self.chosen.is_none() => Decision::Make(vec![RemakeReason::Foreign]),
            decision => decision,
        };
        (notes, decision)
    }

    /// Describes the evidence on which a layer is kept.
    fn kept(&self, sources: &Sources<ResolvedSource<'_>>) -> &'static str {
        let mut keys = self.contents.iter().map(|(_, key)| *key);
        if keys.any(|key| sources[key].known_from() == KnownFrom::PreviousImage) {
            "kept, by the previous image's notes on that commit; no server was asked"
        } else {
            "kept, nothing has changed"
        }
    }
}

/// For each layer its new notes, and whether the previous build's layer is kept.
type Decisions = Vec<(Notes, Decision)>;

/// Decides on each layer. If a layer that is made needs a server's answer about its source, that answer then also
/// decides on all other layers of the same source, so all layers are decided again.
fn decide_all<'a>(
    drafts: &[Draft<'_>],
    mut sources: Sources<ResolvedSource<'a>>,
) -> Result<(Decisions, Sources<ResolvedSource<'a>>), ContentsError> {
    loop {
        let decided: Vec<_> = drafts.iter().map(|draft| draft.decide(&sources)).collect();
        let made = drafts.iter().zip(&decided);
        let made = made.filter(|(_, (_, decision))| *decision != Decision::Keep);
        let asked: BTreeSet<Key> = made
            .flat_map(|(draft, _)| draft.contents.iter().map(|(_, key)| *key))
            .filter(|key| sources[*key].is_noted())
            .collect();
        if asked.is_empty() {
            return Ok((decided, sources));
        }
        sources = sources.step(|key, source| {
            if asked.contains(&key) {
                source.confirm()
            } else {
                Ok(source)
            }
        })?;
    }
}

/// Downloads a source and stages it in the layers that are made and contain it. Downloads nothing if there are none.
fn settle<'a>(
    key: Key,
    source: ResolvedSource<'a>,
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
    let folder = source.download()?;
    let mut times = 0;
    for (layer, into) in places {
        let dir = layers.open_dir(layer).map_err(ContentsError::Begin)?;
        folder.stage(&dir, &staged(into))?;
        times += 1;
    }
    Ok(folder.settle(times))
}

/// Fetches a folder of files if its layer is made, and keeps its licences in the layer's notes.
fn settle_folder<'a>(
    folder: GrantedFolder<'a>,
    layer: Option<&mut PreparedLayer<'_>>,
    remotes: &Remotes<'_>,
    settings: &FileSettings,
    sent: &mut Sent,
) -> Result<FolderRecord<'a>, ContentsError> {
    let into = folder.name().clone();
    let Some(layer) = layer else {
        return Ok(FolderRecord::kept(folder, &[], Vec::new()));
    };
    let record = if layer.is_made {
        let layers = &remotes.context().layers;
        let dir = layers.open_dir(&layer.layer.name);
        let dir = dir.map_err(ContentsError::Begin)?;
        files::make(folder, remotes, settings, sent, &dir, &staged(&into))?
    } else {
        let licences = layer.licences.get(into.as_str());
        let licences = licences.map_or(&[][..], |noted| noted);
        let chosen = layer.chosen.get(into.as_str());
        let chosen = chosen.cloned().unwrap_or_default();
        FolderRecord::kept(folder, licences, chosen)
    };
    if let Some(licences) = record.licences() {
        layer.notes.licences.insert(into.to_string(), licences);
    }
    let chosen = record.chosen();
    if !chosen.is_empty() {
        layer.notes.chosen.insert(into.to_string(), chosen);
    }
    Ok(record)
}

/// The files in the previous build's notes for the packages of each folder. `None` if a package has none that fits.
fn known_files(layer: &CheckedLayer, before: Option<&Notes>) -> Option<ChosenFiles> {
    let mut known = ChosenFiles::new();
    for folder in &layer.folders {
        let into = folder.into.as_str();
        let noted = before.and_then(|before| before.chosen.get(into));
        known.insert(into.to_owned(), files::chosen(folder, noted)?);
    }
    Some(known)
}

/// The previous build's notes on a layer.
fn restored<'c>(layer: &CheckedLayer, context: &'c BuildContext) -> Option<&'c Notes> {
    let restored = context.restored.layers.get(&layer.name);
    restored.map(|layer| &layer.notes)
}

/// The folders to remove from a layer: those that an earlier build fetched into it, except those that the component
/// has written to in this build.
fn outdated(notes: Option<&Notes>, left: &Left) -> Vec<FolderName> {
    let notes = notes.map_or(&[][..], |notes| &notes.contents);
    // The notes come from a previous image or a cache, which are not trusted.
    let names = notes.iter().filter_map(|note| note.into.parse().ok());
    names
        .filter(|name: &FolderName| !left.written.contains::<OsStr>(name.as_ref()))
        .collect()
}

/// The name of a staged folder. It lies in the same directory as its destination, because Landlock before ABI 2 allows
/// no move to another directory.
fn staged(into: &FolderName) -> String {
    format!("{STAGED_PREFIX}{into}")
}

/// Removes the staged folders that a killed build left, and the layers that it had begun.
pub fn remove_leftovers(layers: &Dir, most: usize) -> Result<(), DirError> {
    for name in layers.names(most)? {
        if is_staged(&name) {
            layer::remove_unfinished(layers, &name)?;
            layers.remove_tree(name)?;
        }
    }
    Ok(())
}

/// The layers that a build has begun. Dropping this removes the unfinished ones, so that a failed build leaves no
/// partial layer.
pub struct Unfinished<'d>(pub &'d Dir);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // The error that ended the build is the one to report. The next build removes what remains.
        remove_leftovers(self.0, usize::MAX).ok();
    }
}

/// A layer that could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A staged folder can't be moved, or an old folder can't be removed.
    #[error(transparent)]
    Dir(#[from] DirError),
}

impl PreparedLayer<'_> {
    /// The notes on the layer's contents, each with its source's key.
    fn contents(&self) -> impl Iterator<Item = (Key, &ContentNote)> {
        self.sources.iter().copied().zip(&self.notes.contents)
    }

    /// The declared layer.
    #[must_use]
    pub fn declared(&self) -> &CheckedLayer {
        self.layer
    }

    /// Whether the layer of the previous image is kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.is_made
    }

    /// Installs the layer: its contents, its environment, and its declaration last. Returns the text to report.
    pub fn place(self, layers: &Dir) -> Result<String, PlaceError> {
        if self.is_made {
            let dir = layer::open(layers, &self.layer.name)?;
            for into in &self.previous {
                dir.remove_tree(into)?;
            }
            for into in self.layer.fetched() {
                // A folder without a note was left by another buildpack: `cnb::walk` refuses a component that writes
                // here.
                dir.remove_tree(into)?;
                dir.rename_dir(staged(into), into)?;
            }
            layer::write_environment(&dir, self.layer)?;
            layer::executables::make(&dir, &self.layer.executables)?;
        }
        layer::write_declaration(layers, self.layer, &self.notes)?;
        Ok(self.told)
    }
}

#[cfg(test)]
mod tests;
