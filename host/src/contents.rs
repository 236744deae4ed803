//! What becomes of a layer's declared contents: resolved, compared with the previous build's, fetched, staged, placed.
//!
//! The guest is gone by now. Nothing here judges an entry of a repository or speaks to a server itself.

mod error;
mod pace;
mod remotes;
mod summary;
mod trust;

use std::ffi::OsStr;
use std::fs::File;

use crate::cnb::check::CheckedLayer;
use crate::cnb::context::BuildContext;
use crate::cnb::layer;
use crate::cnb::names::{FolderName, SourceName};
use crate::cnb::reuse::{ContentNote, Decision, Notes, decide, declared_digest};
use crate::cnb::sbom::{KnownFrom, Provenance};
use crate::cnb::walk::{Left, Walk};
use crate::cnb::write::WriteError;
use crate::dir::{Dir, DirError, STAGED_PREFIX, is_staged};
use crate::source::Resolved;
use crate::wasm::artifact::{Record, sha256};

pub use self::error::{ContentsError, Origin, PackageError};
pub use self::remotes::{Fetched, Looked, Remotes, Route, VENDOR_FOLDER};
pub use self::summary::Summary;
pub use self::trust::Trust;

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
    notes: Notes,
    /// The folders that the host fetched into it before: out of the way first, whether declared again or not.
    previous: Vec<FolderName>,
    /// Whether it is made, and its contents lie staged in its directory. One that is kept from the previous image gets
    /// no directory.
    is_made: bool,
    /// The words on it that are said when it is in its place.
    told: String,
}

/// Decides for each layer whether it is kept, and fetches what is not. What is begun is [`Unfinished`].
pub fn fetch<'a>(
    layers: &'a [CheckedLayer],
    left: &Walk,
    context: &'a BuildContext,
    digests: &Digests,
    remotes: &mut Remotes<'_>,
) -> Result<Vec<Ready<'a>>, ContentsError> {
    // A server that is asked for one layer has the last word on all that are of the same source.
    let mut asked = true;
    while asked {
        asked = false;
        for layer in layers {
            if let (_, Decision::Make(_)) = decided(layer, left, context, digests, remotes)? {
                for content in &layer.contents {
                    asked |= remotes.confirm(&content.source)?;
                }
            }
        }
    }
    let mut ready = Vec::new();
    for layer in layers {
        let (notes, decision) = decided(layer, left, context, digests, remotes)?;
        let (is_made, what) = match decision {
            Decision::Keep => (false, kept(layer, remotes).to_owned()),
            Decision::Make(reasons) => {
                stage(layer, &context.layers, remotes)?;
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                (true, format!("made, {}", reasons.join("; ")))
            }
        };
        ready.push(Ready {
            layer,
            notes,
            previous: outdated(restored(layer, context), &left.layers[&layer.name]),
            is_made,
            told: format!("Layer '{}': {what}", layer.name),
        });
    }
    Ok(ready)
}

/// The notes that a layer would get, and whether the previous build's is kept.
fn decided(
    layer: &CheckedLayer,
    left: &Walk,
    context: &BuildContext,
    digests: &Digests,
    remotes: &mut Remotes<'_>,
) -> Result<(Notes, Decision), ContentsError> {
    let notes = Notes {
        host: digests.host.clone(),
        guest: digests.guest.clone(),
        layer: declared_digest(layer),
        own_files: left.layers[&layer.name].directory,
        contents: note_contents(layer, context, remotes)?,
    };
    let types = layer.types;
    let launch_only = types.launch && !types.build && !types.cache;
    let decision = decide(restored(layer, context), &notes, launch_only);
    Ok((notes, decision))
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

/// The words on a layer that is kept, which tell by whose word it may be.
fn kept(layer: &CheckedLayer, remotes: &Remotes<'_>) -> &'static str {
    let unasked = |source: &SourceName| remotes.known_from(source) == KnownFrom::PreviousImage;
    if layer
        .contents
        .iter()
        .any(|content| unasked(&content.source))
    {
        "kept, by the previous image's own word for that commit; no server was asked"
    } else {
        "kept, nothing has changed"
    }
}

/// What a layer's contents are at the wanted revisions.
fn note_contents(
    layer: &CheckedLayer,
    context: &BuildContext,
    remotes: &mut Remotes<'_>,
) -> Result<Vec<ContentNote>, ContentsError> {
    let descriptor = remotes.descriptor;
    let notes = layer.contents.iter().map(|content| {
        let Resolved { commit, tree } = remotes.resolve(&content.source)?;
        Ok(ContentNote {
            into: content.into.to_string(),
            source: content.source.to_string(),
            subpath: descriptor.sources[&content.source].subpath.to_string(),
            revision: context.revisions[&content.source].revision.to_string(),
            commit: commit.to_string(),
            tree: tree.to_string(),
        })
    });
    notes.collect()
}

/// Fetches what belongs into a layer, and writes it into the layer's directory, beside its places.
fn stage(
    layer: &CheckedLayer,
    layers: &Dir,
    remotes: &mut Remotes<'_>,
) -> Result<(), ContentsError> {
    let dir = layer::begin(layers, &layer.name).map_err(ContentsError::Begin)?;
    for content in &layer.contents {
        let tree = remotes.download(&content.source)?;
        if let Some(first) = tree.attributes().first() {
            remotes.report.warning(&format!(
                "'{first}' of source '{}' says how git is to write files (eol, ident, working-tree-encoding or a \
                 filter), and is not obeyed: the image gets them as the repository holds them.",
                content.source
            ));
        }
        let folder = tree.stage(&dir, &staged(&content.into));
        folder.map_err(|error| remotes.stage_error(&content.source, error))?;
    }
    Ok(())
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
    /// What is in the layer, with its source.
    pub(crate) fn contents(
        &self,
    ) -> impl Iterator<Item = (&CheckedLayer, &SourceName, &ContentNote)> {
        let contents = self.layer.contents.iter().zip(&self.notes.contents);
        contents.map(|(content, note)| (self.layer, &content.source, note))
    }

    /// The way in which the build came by the layer's content from a source.
    pub(crate) fn provenance(&self, remotes: &Remotes<'_>, source: &SourceName) -> Provenance {
        Provenance {
            kept: !self.is_made,
            known_from: remotes.known_from(source),
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
