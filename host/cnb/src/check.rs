//! Is what the guest returned sound? Checked whole, before any of it is written.
//!
//! Pure. What comes out is of types that can't be wrong, and is all that the writers accept.

mod env;
mod image;
mod place;
mod plan;

use std::collections::BTreeSet;

use toml::Table;

use crate::api::Api;
use crate::metadata::MetadataError;
use crate::names::{FolderName, LayerName, NameError, SourceName, shown};
use crate::written;
use contract::types;

use self::place::{Place, Room, Seen};

pub use self::env::{CheckedEnvChange, CheckedExecD};
pub use self::image::{CheckedLabel, CheckedProcess, CheckedSlice, OWN_LABELS};
pub use self::plan::{CheckedAlternative, CheckedPlan, CheckedRequirement, check_plan};

/// The most layers.
pub const MOST_LAYERS: usize = 64;
/// The most parts, and the most programs in `exec.d`, of a layer.
pub const MOST_PARTS: usize = 64;
/// The most items of every other list.
pub const MOST_ITEMS: usize = 1024;
/// The longest text, in bytes. The kernel starts no process with a variable of more than 128 KiB.
pub const LONGEST_TEXT: usize = 64 * 1024;
/// The largest program in `exec.d`, in bytes.
pub const LARGEST_PROGRAM: usize = 8 * 1024 * 1024;

/// What a guest's output is checked against.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The Buildpack API that the descriptor declares.
    pub api: Api,
    /// The names in the Buildpack Plan.
    pub buildpack_plan: BTreeSet<&'a str>,
    /// The sources that the descriptor declares.
    pub sources: BTreeSet<&'a SourceName>,
}

/// What a build leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedOutput {
    /// The layers.
    pub layers: Vec<CheckedLayer>,
    /// The process types of the image.
    pub processes: Vec<CheckedProcess>,
    /// Labels of the image.
    pub labels: Vec<CheckedLabel>,
    /// Slices of the application directory.
    pub slices: Vec<CheckedSlice>,
    /// Entries of the Buildpack Plan that could not be provided.
    pub unmet: Vec<String>,
    /// What the next build is given.
    pub store: Option<Table>,
}

/// A layer as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedLayer {
    /// Its name.
    pub name: LayerName,
    /// What it is for.
    pub types: LayerTypes,
    /// The guest's own free data.
    pub metadata: Table,
    /// What is fetched into it.
    pub contents: Vec<CheckedContent>,
    /// Changes of the environment.
    pub env: Vec<CheckedEnvChange>,
    /// Programs that the launcher runs.
    pub exec_d: Vec<CheckedExecD>,
}

/// What a layer is for. With none of the three the lifecycle ignores it, and it is a place for scratch files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LayerTypes {
    /// In the image, at run time.
    pub launch: bool,
    /// For the buildpacks after this one.
    pub build: bool,
    /// Kept for the next build.
    pub cache: bool,
}

/// A part of a layer that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedContent {
    /// The source that the descriptor declares.
    pub source: SourceName,
    /// The folder that it becomes.
    pub into: FolderName,
}

/// Why a guest's output was refused. `place` says where in it, by name.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A name breaks a rule.
    #[error("{place}: a name is refused")]
    Name {
        /// The place.
        place: String,
        /// The rule.
        source: NameError,
    },
    /// Free data can't be used.
    #[error("{place}: the free data is refused")]
    Metadata {
        /// The place.
        place: String,
        /// Why.
        source: MetadataError,
    },
    /// Two things have one name.
    #[error("{place}: {what} is there twice")]
    Twice {
        /// The place.
        place: String,
        /// What.
        what: String,
    },
    /// There are too many.
    #[error("{place}: there are {found} {what}, and at most {most} are allowed")]
    TooMany {
        /// The place.
        place: String,
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// All together would be too much for the file that it is written into.
    #[error(
        "{place}: with it {what} would be more than {} bytes of TOML, as long as that can get",
        written::MOST
    )]
    Full {
        /// The place.
        place: String,
        /// The thing that is too much.
        what: &'static str,
    },
    /// A text is too long.
    #[error("{place}: {what} has {found} bytes, and at most {most} are allowed")]
    TooLong {
        /// The place.
        place: String,
        /// Which.
        what: &'static str,
        /// How long it is.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// A text is empty.
    #[error("{place}: {what} can't be empty")]
    Empty {
        /// The place.
        place: String,
        /// Which.
        what: &'static str,
    },
    /// A text holds a NUL character, which ends a text for the kernel.
    #[error("{place}: {what} holds a NUL character")]
    NulCharacter {
        /// The place.
        place: String,
        /// Which.
        what: &'static str,
    },
    /// A name holds a control character.
    #[error("{place}: {what} holds a control character")]
    ControlCharacter {
        /// The place.
        place: String,
        /// Which.
        what: &'static str,
    },
    /// Another rule of the contract or the specification is broken.
    #[error("{place}: {rule}")]
    Rule {
        /// The place.
        place: String,
        /// Which.
        broken: Rule,
        /// The same in words.
        rule: String,
    },
}

/// A rule that is none of those that hold for every text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Two processes are the default.
    Defaults,
    /// Execution environments need a later Buildpack API.
    ExecEnvApi,
    /// A process would start outside of the application directory.
    WorkingDirectory,
    /// The key of a label begins as those of others do.
    LabelPrefix,
    /// The path of a slice is absolute, leads up, or is not a pattern.
    SlicePath,
    /// An unmet entry is not in the Buildpack Plan.
    NotInPlan,
    /// Two changes of a variable have different delimiters.
    Delimiters,
    /// A change for one process is not in the scope launch.
    ProcessScope,
    /// A delimiter belongs to append and prepend alone.
    DelimiterMode,
    /// A variable for later buildpacks steers other programs.
    Steers,
    /// A name would be a file and the folder of a process.
    FileAndFolder,
    /// A layer declares something, and nothing would see it.
    UnusedLayer,
    /// buildpack.toml does not declare the source.
    UnknownSource,
}

/// Checks what `build` returned.
pub fn check_output(
    output: types::BuildOutput,
    facts: &Facts<'_>,
) -> Result<CheckedOutput, CheckError> {
    let types::BuildOutput {
        layers,
        processes,
        labels,
        slices,
        unmet,
        store,
    } = output;
    let place = Place::new("the build's output".to_owned());
    place.count("layers", layers.len(), MOST_LAYERS)?;
    let mut seen = Seen::folding_case();
    // A later build is given all of it at once.
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
            Some(store) => Some(Place::new("store".to_owned()).metadata(&store, &mut free)?),
        },
    })
}

fn check_layer(
    layer: types::Layer,
    facts: &Facts<'_>,
    free: &mut Room,
) -> Result<CheckedLayer, CheckError> {
    let types::Layer {
        name,
        types,
        metadata,
        contents,
        env,
        exec_d,
    } = layer;
    let place = Place::new(format!("layer '{}'", shown(&name)));
    let types = LayerTypes {
        launch: types.launch,
        build: types.build,
        cache: types.cache,
    };
    let used = types.launch || types.build || types.cache;
    let bare = contents.is_empty() && env.is_empty() && exec_d.is_empty();
    if !used && !bare {
        return Err(place.rule(
            Rule::UnusedLayer,
            "it is for neither launch, build nor cache, so nothing would see what it declares",
        ));
    }
    Ok(CheckedLayer {
        name: place.name(&name)?,
        types,
        metadata: place.metadata(&metadata, free)?,
        contents: check_contents(contents, &place, facts)?,
        env: env::check_changes(env, &place)?,
        exec_d: env::check_exec_d(exec_d, &place)?,
    })
}

fn check_contents(
    contents: Vec<types::Content>,
    layer: &Place,
    facts: &Facts<'_>,
) -> Result<Vec<CheckedContent>, CheckError> {
    layer.count("contents", contents.len(), MOST_PARTS)?;
    let mut seen = Seen::folding_case();
    let mut checked = Vec::new();
    for content in contents {
        let place = layer.within(&format!("content '{}'", shown(&content.into)));
        let into: FolderName = place.name(&content.into)?;
        let source: SourceName = place.name(&content.source)?;
        if !facts.sources.contains(&source) {
            return Err(place.rule(Rule::UnknownSource, &unknown(&source, &facts.sources)));
        }
        seen.add(layer, "folder", into.as_str())?;
        checked.push(CheckedContent { source, into });
    }
    Ok(checked)
}

fn unknown(source: &SourceName, known: &BTreeSet<&SourceName>) -> String {
    let known: Vec<_> = known.iter().map(|name| format!("'{name}'")).collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    format!("buildpack.toml declares no source '{source}'; it declares {known}")
}

#[cfg(test)]
mod tests;
