//! Files that the lifecycle wrote for this buildpack: the Buildpack Plan, restored layers and the store.
//!
//! They come from a platform, a previous image or a cache. The host reads them with limits and does not trust them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::{BUILDPACK_PLAN_PATH, ContextError, LAYERS_DIR};
use crate::names::{LayerName, shown};
use crate::reuse::Notes;
use crate::written;
use dir::Dir;

/// The limit on a file, in bytes: the limit of what a build may write, and as much again for the host's own notes.
const LARGEST: u64 = 2 * written::MOST as u64;
/// The limit on names at the top of the layers directory.
const MOST: usize = 1000;

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PlanEntry {
    pub name: String,
    /// The free data of the buildpack that requires it.
    #[serde(default)]
    pub metadata: Table,
}

/// The layers and the store that the lifecycle restored.
#[derive(Debug, Default)]
pub struct Restored {
    pub layers: BTreeMap<LayerName, RestoredLayer>,
    /// The free data that the previous build left for this one.
    pub store: Option<Table>,
    /// Layers with a name that a component cannot use. They come from another buildpack with this id, and the host
    /// drops them. Escaped.
    pub foreign: Vec<String>,
    /// Files of layers and of the store that do not have the expected form, with the reason. They are treated as empty.
    pub unread: Vec<String>,
}

/// A layer of the previous build.
#[derive(Debug, Clone, PartialEq)]
pub struct RestoredLayer {
    /// The free data of the component.
    pub metadata: Table,
    /// The host's notes about the layer.
    pub notes: Notes,
}

#[derive(Deserialize)]
struct BuildpackPlan {
    #[serde(default)]
    entries: Vec<PlanEntry>,
}

/// The TOML file of a layer or of the store. The lifecycle drops the types when it restores a layer.
#[derive(Deserialize)]
struct WithMetadata {
    #[serde(default)]
    metadata: Table,
}

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
    let plan =
        toml::from_slice::<BuildpackPlan>(&bytes).map_err(|source| ContextError::Syntax {
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
                // An earlier build in the same directory left them. This build writes them again.
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

    /// The free data of a file. `None` if it cannot be parsed: the files of one build must not make all later builds
    /// fail.
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
