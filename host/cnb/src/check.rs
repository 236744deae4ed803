//! Checks everything that the component returned, before the host writes any of it.
//!
//! Pure. The writers accept only the checked types, which cannot hold an invalid value.

mod contents;
mod env;
mod executables;
mod image;
mod place;
mod plan;

use std::collections::BTreeSet;

use toml::Table;

use crate::api::Api;
use crate::metadata::MetadataError;
use crate::names::{FolderName, LayerName, NameError, shown};
use crate::written;
use contract::types;

use self::contents::Contents;
use self::place::{OutputPlace, Room, Seen};

pub use self::contents::{
    CheckedContent, CheckedFile, CheckedFolder, CheckedPackage, CheckedPackages, KnownSources,
    MOST_FILES, Unpack,
};
pub use self::env::{CheckedEnvChange, CheckedExecD};
pub use self::executables::LayerPath;
pub use self::image::{CheckedLabel, CheckedProcess, CheckedSlice, OWN_LABELS};
pub use self::plan::{CheckedAlternative, CheckedPlan, CheckedRequirement, check_plan};

/// The limit on layers.
pub const MOST_LAYERS: usize = 64;
/// The limit on the contents of a layer, and on its programs in `exec.d`.
pub const MOST_PARTS: usize = 64;
/// The limit on the items of every other list.
pub const MOST_ITEMS: usize = 1024;
/// The limit on a text, in bytes. The kernel starts no process with a variable of more than 128 KiB.
pub const LONGEST_TEXT: usize = 64 * 1024;
/// The limit on a program in `exec.d`, in bytes.
pub const LARGEST_PROGRAM: usize = 8 * 1024 * 1024;

/// The facts against which a component's output is checked.
#[derive(Debug, Clone)]
pub struct BuildFacts<'a> {
    /// The Buildpack API that the descriptor declares.
    pub api: Api,
    /// The names in the Buildpack Plan.
    pub buildpack_plan: BTreeSet<&'a str>,
    /// The sources that the descriptor declares.
    pub sources: KnownSources<'a>,
}

/// The checked output of `build`.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedOutput {
    pub layers: Vec<CheckedLayer>,
    pub processes: Vec<CheckedProcess>,
    pub labels: Vec<CheckedLabel>,
    pub slices: Vec<CheckedSlice>,
    /// Entries of the Buildpack Plan that the component cannot provide.
    pub unmet: Vec<String>,
    /// The free data for the next build.
    pub store: Option<Table>,
}

/// A layer as the component declared it.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedLayer {
    pub name: LayerName,
    pub types: LayerTypes,
    /// The free data of the component.
    pub metadata: Table,
    /// The git repositories that the host fetches into the layer.
    pub contents: Vec<CheckedContent>,
    /// The folders of files that the host fetches into the layer, ordered by name.
    pub folders: Vec<CheckedFolder>,
    pub env: Vec<CheckedEnvChange>,
    pub exec_d: Vec<CheckedExecD>,
    /// The files of the component that the host makes executable.
    pub executables: Vec<LayerPath>,
}

impl CheckedLayer {
    /// The folders that the host fetches.
    pub fn fetched(&self) -> impl Iterator<Item = &FolderName> {
        let contents = self.contents.iter().map(|content| &content.into);
        contents.chain(self.folders.iter().map(|folder| &folder.into))
    }
}

/// The uses of a layer. The lifecycle ignores a layer without any of them, so such a layer is for scratch files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LayerTypes {
    /// The layer is in the image at run time.
    pub launch: bool,
    /// The buildpacks after this one see the layer.
    pub build: bool,
    /// The lifecycle keeps the layer for the next build.
    pub cache: bool,
}

/// An error in the output of a component. `place` is the path to it within the output, by name.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error("{place}: a name is invalid")]
    Name { place: String, source: NameError },
    #[error("{place}: the free data is refused")]
    Metadata {
        place: String,
        source: MetadataError,
    },
    #[error("{place}: {what} occurs twice")]
    Twice { place: String, what: String },
    #[error("{place}: there are {found} {what}, but at most {most} are allowed")]
    TooMany {
        place: String,
        what: &'static str,
        found: usize,
        most: usize,
    },
    /// The output does not fit into the file into which it is written.
    #[error(
        "{place}: with it {what} could be more than {} bytes of TOML",
        written::MOST
    )]
    Full { place: String, what: &'static str },
    #[error("{place}: {what} has {found} bytes, but at most {most} are allowed")]
    TooLong {
        place: String,
        what: &'static str,
        found: usize,
        most: usize,
    },
    #[error("{place}: {what} can't be empty")]
    Empty { place: String, what: &'static str },
    /// A text contains a NUL character, which ends a text for the kernel.
    #[error("{place}: {what} holds a NUL character")]
    NulCharacter { place: String, what: &'static str },
    #[error("{place}: {what} holds a control character")]
    ControlCharacter { place: String, what: &'static str },
    /// Breaks another rule of the contract or the specification.
    #[error("{place}: {rule}")]
    Rule {
        place: String,
        broken: Rule,
        rule: String,
    },
}

/// A rule that does not apply to every text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Two processes are the default.
    Defaults,
    /// Execution environments need a later version of the Buildpack API.
    ExecEnvApi,
    WorkingDirectory,
    /// The key of a label has a prefix that is reserved for others.
    LabelPrefix,
    /// The path of a slice is absolute, contains `..`, or is not a pattern.
    SlicePath,
    /// An unmet entry is not in the Buildpack Plan.
    NotInPlan,
    /// Two changes of a variable have different delimiters.
    Delimiters,
    /// A change for one process is not in the scope launch.
    ProcessScope,
    /// A delimiter is only for append and prepend.
    DelimiterMode,
    /// A variable for later buildpacks steers other programs.
    Steers,
    /// The same name would be a file and the folder of a process.
    FileAndFolder,
    /// A layer declares contents, changes or programs, but has no use.
    UnusedLayer,
    /// buildpack.toml does not declare the source.
    UnknownSource,
    /// The path of an executable leads elsewhere, or to files that are not the component's.
    ExecutablePath,
    /// The content names a file, but its source is a git repository.
    FileOfGit,
    /// The source consists of files, but the content names none of them.
    FileMissing,
    /// The text for a file's digest is not a digest.
    FileDigest,
    /// The number of leading folders is too large, or the file is not an archive.
    LeadingFolders,
    /// The text for a compatibility tag is not a tag of wheels.
    WheelTag,
}

/// Checks the output of `build`.
pub fn check_output(
    output: types::BuildOutput,
    facts: &BuildFacts<'_>,
) -> Result<CheckedOutput, CheckError> {
    let types::BuildOutput {
        layers,
        processes,
        labels,
        slices,
        unmet,
        store,
    } = output;
    let place = OutputPlace::new("the build's output".to_owned());
    place.count("layers", layers.len(), MOST_LAYERS)?;
    let mut seen = Seen::folding_case();
    // A later build gets all free data at once, so it shares one limit.
    let mut free = Room::new("the free data of a build");
    let mut launch = Room::new("launch.toml");
    let mut checked = Vec::new();
    for layer in layers {
        let layer = check_layer(layer, facts, &mut free)?;
        seen.add(&place, "layer", layer.name.as_str())?;
        checked.push(layer);
    }
    Ok(CheckedOutput {
        layers: checked,
        processes: image::check_processes(processes, facts.api, &mut launch)?,
        labels: image::check_labels(labels, &mut launch)?,
        slices: image::check_slices(slices, &mut launch)?,
        unmet: image::check_unmet(unmet, &facts.buildpack_plan)?,
        store: match store {
            None => None,
            Some(store) => Some(OutputPlace::new("store".to_owned()).metadata(&store, &mut free)?),
        },
    })
}

fn check_layer(
    layer: types::Layer,
    facts: &BuildFacts<'_>,
    free: &mut Room,
) -> Result<CheckedLayer, CheckError> {
    let types::Layer {
        name,
        types,
        metadata,
        contents,
        env,
        exec_d,
        executables,
    } = layer;
    let place = OutputPlace::new(format!("layer '{}'", shown(&name)));
    let types = LayerTypes {
        launch: types.launch,
        build: types.build,
        cache: types.cache,
    };
    let used = types.launch || types.build || types.cache;
    let bare = contents.is_empty() && env.is_empty() && exec_d.is_empty() && executables.is_empty();
    if !used && !bare {
        return Err(place.rule(
            Rule::UnusedLayer,
            "it has none of the types launch, build and cache, so what it declares would have no effect",
        ));
    }
    let name = place.name(&name)?;
    let metadata = place.metadata(&metadata, free)?;
    let Contents { contents, folders } =
        contents::check_contents(contents, &place, &facts.sources)?;
    let fetched: Vec<_> = contents
        .iter()
        .map(|content| &content.into)
        .chain(folders.iter().map(|folder| &folder.into))
        .collect();
    Ok(CheckedLayer {
        name,
        types,
        metadata,
        env: env::check_changes(env, &place)?,
        exec_d: env::check_exec_d(exec_d, &place)?,
        executables: executables::check_executables(executables, &place, &fetched)?,
        contents,
        folders,
    })
}

#[cfg(test)]
mod tests;
