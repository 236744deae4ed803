//! Files that the lifecycle wrote for this buildpack: the Buildpack Plan, restored layers, the store.
//!
//! They come from a platform, a previous image or a cache: read with caps, and never obeyed.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::{BUILDPACK_PLAN_PATH, ContextError, LAYERS_DIR};
use crate::names::{LayerName, shown};
use crate::reuse::Notes;
use crate::written;
use dir::Dir;

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
    /// Files of layers and of the store that are no TOML of the expected form, and why: as good as empty ones.
    pub unread: Vec<String>,
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
    let plan = toml::from_slice::<Plan>(&bytes).map_err(|source| ContextError::Syntax {
        file: path.display().to_string(),
        source,
    })?;
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
        for file in layers.names(MOST).map_err(unreadable)? {
            let Some(stem) = file.to_str().and_then(|name| name.strip_suffix(".toml")) else {
                continue;
            };
            match stem {
                // The files of a build that this directory has seen before. They are written anew.
                "build" | "launch" => {}
                "store" => {
                    let bytes = layers.read(&file, LARGEST).map_err(unreadable)?;
                    restored.store = restored.metadata(&bytes, stem);
                }
                _ => match stem.parse::<LayerName>() {
                    Err(_) => restored.foreign.push(shown(stem)),
                    Ok(name) => {
                        let bytes = layers.read(&file, LARGEST).map_err(unreadable)?;
                        let table = restored.metadata(&bytes, stem).unwrap_or_default();
                        restored.layers.insert(name, RestoredLayer::new(table));
                    }
                },
            }
        }
        Ok(restored)
    }

    /// The free data of a file, if there is a way to read it: what a build left must not end all that follow.
    fn metadata(&mut self, bytes: &[u8], stem: &str) -> Option<Table> {
        match toml::from_slice::<WithMetadata>(bytes) {
            Ok(file) => Some(file.metadata),
            Err(error) => {
                let why = shown(error.message());
                self.unread.push(format!("{stem}.toml: {why}"));
                None
            }
        }
    }
}

impl RestoredLayer {
    pub(super) fn new(mut metadata: Table) -> Self {
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
