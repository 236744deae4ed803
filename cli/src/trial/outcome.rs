//! Reads what a buildpack's phases left: the build plan, the layers, and the files for the image as a whole.
//!
//! The host's own notes in them are left out, because they change with each build of the component.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use lifecycle::Lifecycle;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::entry::{self, Entry};
use super::env::{self, Change};
use super::places::Places;
use super::plan::{self, Alternative, Named};

/// The files beside the layers' own that the lifecycle reads.
const OF_THE_BUILD: [&str; 3] = ["build", "launch", "store"];
/// The prefix of the labels that the host makes.
const LABELS_OF_THE_HOST: &str = "wasm-buildpacks.";

/// The results of detect and build.
#[derive(Serialize)]
pub(crate) struct Made {
    /// The alternatives of the build plan. Empty if detect wrote none.
    pub(super) plan: Vec<Alternative>,
    pub(super) layers: BTreeMap<String, Layer>,
    #[serde(flatten)]
    pub(super) launch: Launch,
    pub(super) unmet: Vec<Named>,
    /// The component's data for the next build.
    pub(super) store: Option<Table>,
}

/// A layer, as its files say.
#[derive(Serialize)]
pub(super) struct Layer {
    /// Those of `launch`, `build` and `cache` that are true.
    pub(super) types: Vec<String>,
    /// The component's own metadata.
    pub(super) metadata: Table,
    #[serde(rename = "env")]
    pub(super) changes: Vec<Change>,
    /// All other entries of the layer.
    pub(super) entries: Vec<Entry>,
}

#[derive(Deserialize, Serialize, Default)]
pub(super) struct Launch {
    #[serde(default)]
    pub(super) labels: Vec<Label>,
    #[serde(default)]
    pub(super) processes: Vec<Process>,
    #[serde(default)]
    pub(super) slices: Vec<Slice>,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Label {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Process {
    pub(super) r#type: String,
    pub(super) command: Vec<String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default)]
    pub(super) default: bool,
    pub(super) working_dir: Option<String>,
    #[serde(default)]
    pub(super) exec_env: Vec<String>,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Slice {
    pub(super) paths: Vec<String>,
}

#[derive(Deserialize, Default)]
struct Build {
    #[serde(default)]
    unmet: Vec<Named>,
}

#[derive(Deserialize, Default)]
struct WithMetadata {
    #[serde(default)]
    types: BTreeMap<String, bool>,
    #[serde(default)]
    metadata: Table,
}

impl Made {
    pub(super) fn read(lifecycle: &Lifecycle, places: &Places) -> anyhow::Result<Self> {
        let dir = lifecycle.layers_dir();
        let plan = if lifecycle.has_build_plan() {
            plan::alternatives(&fs::read_to_string(lifecycle.build_plan_path())?)?
        } else {
            Vec::new()
        };
        let mut launch: Launch = read(&dir.join("launch.toml"))?.unwrap_or_default();
        let of_the_host = |label: &Label| label.key.starts_with(LABELS_OF_THE_HOST);
        launch.labels.retain(|label| !of_the_host(label));
        let build: Option<Build> = read(&dir.join("build.toml"))?;
        let store: Option<WithMetadata> = read(&dir.join("store.toml"))?;
        Ok(Self {
            plan,
            layers: layers(&dir, places)?,
            launch,
            unmet: build.unwrap_or_default().unmet,
            store: store.map(|store| store.metadata),
        })
    }

    /// Whether one of the processes starts if no type is named.
    pub(crate) fn has_default(&self) -> bool {
        self.launch.processes.iter().any(|process| process.default)
    }

    /// The types of the image's processes.
    pub(crate) fn process_types(&self) -> Vec<&str> {
        let processes = self.launch.processes.iter();
        processes.map(|process| &*process.r#type).collect()
    }
}

fn read<T: DeserializeOwned>(file: &Path) -> anyhow::Result<Option<T>> {
    if !file.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(file)
        .with_context(|| format!("A file of the layers cannot be read: '{}'", file.display()))?;
    let parsed = toml::from_str(&text);
    parsed.with_context(|| {
        format!(
            "A file of the layers cannot be parsed: '{}'",
            file.display()
        )
    })
}

fn layers(dir: &Path, places: &Places) -> anyhow::Result<BTreeMap<String, Layer>> {
    let mut layers = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let (Some(name), Some("toml")) = (name, path.extension().and_then(|end| end.to_str()))
        else {
            continue;
        };
        if !OF_THE_BUILD.contains(&name) {
            layers.insert(name.to_owned(), layer(dir, name, &path, places)?);
        }
    }
    Ok(layers)
}

fn layer(dir: &Path, name: &str, file: &Path, places: &Places) -> anyhow::Result<Layer> {
    let WithMetadata { types, metadata } = read(file)?.unwrap_or_default();
    // The host puts the component's metadata and its own notes into tables. Another buildpack has no such tables.
    let own = metadata.get("guest").and_then(toml::Value::as_table);
    let metadata = own.cloned().unwrap_or(metadata);
    let content = dir.join(name);
    let (changes, entries) = if content.is_dir() {
        let is_listed = |path: &Path| env::scope(path).is_none();
        (
            env::changes(&content)?,
            entry::list(&content, places, is_listed)?,
        )
    } else {
        (Vec::new(), Vec::new())
    };
    let types = types.into_iter();
    Ok(Layer {
        types: types.filter_map(|(name, is)| is.then_some(name)).collect(),
        metadata,
        changes,
        entries,
    })
}
