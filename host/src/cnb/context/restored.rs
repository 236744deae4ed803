//! Files that the lifecycle wrote for this buildpack: the Buildpack Plan, restored layers, the store.
//!
//! They come from a platform, a previous image or a cache: read with caps, and never obeyed.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{BUILDPACK_PLAN_PATH, ContextError, LAYERS_DIR};
use crate::cnb::names::{LayerName, shown};
use crate::cnb::reuse::Notes;
use crate::cnb::written;
use crate::dir::{Dir, DirError};

/// The largest file that is read, in bytes: what a build may write, and as much again for the host's own notes.
const LARGEST: u64 = 2 * written::MOST as u64;
/// The most names at the top of the layers directory.
const MOST: usize = 1000;

/// An entry of the Buildpack Plan.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PlanEntry {
    /// The name of the dependency.
    pub name: String,
    /// What the buildpack that requires it said about it.
    #[serde(default)]
    pub metadata: Table,
}

/// What the lifecycle restored.
#[derive(Debug, Default)]
pub struct Restored {
    /// The layers of the previous build.
    pub layers: BTreeMap<LayerName, RestoredLayer>,
    /// What the previous build left for this one.
    pub store: Option<Table>,
    /// Layers with a name that a guest can't give: of another buildpack of this id, and dropped. Escaped.
    pub foreign: Vec<String>,
}

/// A layer of the previous build.
#[derive(Debug, Clone, PartialEq)]
pub struct RestoredLayer {
    /// What the guest said of it.
    pub metadata: Table,
    /// What the host noted about it.
    pub notes: Notes,
}

#[derive(Deserialize)]
struct Plan {
    #[serde(default)]
    entries: Vec<PlanEntry>,
}

/// A layer's file, or the store's. Types are stripped when a layer is restored.
#[derive(Deserialize)]
struct WithMetadata {
    #[serde(default)]
    metadata: Table,
}

/// Reads the Buildpack Plan.
pub(super) fn read_plan(path: &Path) -> Result<Vec<PlanEntry>, ContextError> {
    let unreadable = |source| ContextError::Unreadable {
        variable: BUILDPACK_PLAN_PATH,
        source,
    };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        let value = path.display().to_string();
        return Err(ContextError::NoFile {
            variable: BUILDPACK_PLAN_PATH,
            value,
        });
    };
    let folder = Dir::open_ambient(folder).map_err(unreadable)?;
    let bytes = folder.read(name, LARGEST).map_err(unreadable)?;
    let plan: Plan = parse(&bytes, path)?;
    Ok(plan.entries)
}

impl Restored {
    /// Reads the TOML files at the top of the layers directory.
    pub(crate) fn read(layers: &Dir) -> Result<Self, ContextError> {
        let unreadable = |source| ContextError::Unreadable {
            variable: LAYERS_DIR,
            source,
        };
        let mut restored = Self::default();
        for name in layers.names(MOST).map_err(unreadable)? {
            let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".toml")) else {
                continue;
            };
            match stem {
                // The files of a build that this directory has seen before. They are written anew.
                "build" | "launch" => {}
                "store" => {
                    let store =
                        read_metadata(layers, stem).map_err(|error| error.or(unreadable))?;
                    restored.store = Some(store);
                }
                _ => match stem.parse::<LayerName>() {
                    Err(_) => restored.foreign.push(shown(stem)),
                    Ok(name) => {
                        let read = read_metadata(layers, stem);
                        let table = read.map_err(|error| error.or(unreadable))?;
                        restored.layers.insert(name, RestoredLayer::new(table));
                    }
                },
            }
        }
        Ok(restored)
    }
}

impl RestoredLayer {
    fn new(mut metadata: Table) -> Self {
        let notes = metadata.remove(Notes::KEY);
        let metadata = match metadata.remove("guest") {
            Some(Value::Table(table)) => table,
            _ => Table::new(),
        };
        Self {
            metadata,
            notes: Notes::read(notes),
        }
    }
}

enum ReadError {
    Dir(DirError),
    Context(ContextError),
}

impl ReadError {
    fn or(self, unreadable: impl FnOnce(DirError) -> ContextError) -> ContextError {
        match self {
            Self::Dir(source) => unreadable(source),
            Self::Context(error) => error,
        }
    }
}

fn read_metadata(layers: &Dir, stem: &str) -> Result<Table, ReadError> {
    let name = format!("{stem}.toml");
    let bytes = layers.read(&name, LARGEST).map_err(ReadError::Dir)?;
    let file: Result<WithMetadata, _> = parse(&bytes, &layers.path().join(name));
    file.map(|file| file.metadata).map_err(ReadError::Context)
}

fn parse<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, ContextError> {
    toml::from_slice(bytes).map_err(|source| ContextError::Syntax {
        file: path.display().to_string(),
        source,
    })
}
