//! Reads what a buildpack's phases left: the build plan, the layers, and the files for the image as a whole.
//!
//! The host's own notes in them are left out, because they change with each build of the component.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lifecycle::Lifecycle;
use lifecycle::folder::{self, Entry, Kind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Table;

use super::plan::{self, Alternative, Named};

/// The files beside the layers' own that the lifecycle reads.
const OF_THE_BUILD: [&str; 3] = ["build", "launch", "store"];
/// The prefix of the labels that the host makes.
const LABELS_OF_THE_HOST: &str = "wasm-buildpacks.";

/// The results of detect and build.
pub(crate) struct Made {
    /// The alternatives of the build plan. Empty if detect wrote none.
    pub(super) plan: Vec<Alternative>,
    pub(super) layers: BTreeMap<String, Layer>,
    pub(super) launch: Launch,
    pub(super) unmet: Vec<Named>,
    /// The component's data for the next build.
    pub(super) store: Option<Table>,
}

/// A layer, as its files say.
pub(super) struct Layer {
    /// Those of `launch`, `build` and `cache` that are true.
    pub(super) types: Vec<String>,
    /// The component's own metadata.
    pub(super) metadata: Table,
    pub(super) changes: Vec<Change>,
    /// All other entries of the layer.
    pub(super) entries: Vec<Entry>,
}

/// A change of an environment variable.
pub(super) struct Change {
    /// `all`, `build` or `launch`.
    pub(super) scope: &'static str,
    /// The only process that gets the change.
    pub(super) process: Option<String>,
    pub(super) name: String,
    /// `append`, `default`, `override` or `prepend`.
    pub(super) mode: String,
    pub(super) value: String,
    pub(super) delimiter: Option<String>,
}

#[derive(Deserialize, Default)]
pub(super) struct Launch {
    #[serde(default)]
    pub(super) labels: Vec<Label>,
    #[serde(default)]
    pub(super) processes: Vec<Process>,
    #[serde(default)]
    pub(super) slices: Vec<Slice>,
}

#[derive(Deserialize)]
pub(super) struct Label {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
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

#[derive(Deserialize)]
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
    pub(super) fn read(lifecycle: &Lifecycle) -> anyhow::Result<Self> {
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
            layers: layers(&dir)?,
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

fn layers(dir: &Path) -> anyhow::Result<BTreeMap<String, Layer>> {
    let mut layers = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let (Some(name), Some("toml")) = (name, path.extension().and_then(|end| end.to_str()))
        else {
            continue;
        };
        if !OF_THE_BUILD.contains(&name) {
            layers.insert(name.to_owned(), layer(dir, name, &path)?);
        }
    }
    Ok(layers)
}

fn layer(dir: &Path, name: &str, file: &Path) -> anyhow::Result<Layer> {
    let WithMetadata { types, metadata } = read(file)?.unwrap_or_default();
    // The host puts the component's metadata and its own notes into tables. Another buildpack has no such tables.
    let own = metadata.get("guest").and_then(toml::Value::as_table);
    let metadata = own.cloned().unwrap_or(metadata);
    let content = dir.join(name);
    let all = if content.is_dir() {
        folder::snapshot(&content)?
    } else {
        Vec::new()
    };
    let mut layer = Layer {
        types: types
            .into_iter()
            .filter_map(|(name, is)| is.then_some(name))
            .collect(),
        metadata,
        changes: Vec::new(),
        entries: Vec::new(),
    };
    let delimiters: BTreeMap<_, _> = all.iter().filter_map(delimiter).collect();
    for entry in all {
        match scope(&entry.path) {
            Some(scope) => layer.changes.extend(change(scope, &entry, &delimiters)),
            None => layer.entries.push(entry),
        }
    }
    Ok(layer)
}

/// The scope of a file beneath a layer, if it changes the environment.
fn scope(path: &Path) -> Option<&'static str> {
    match path.components().next()?.as_os_str().to_str()? {
        "env" => Some("all"),
        "env.build" => Some("build"),
        "env.launch" => Some("launch"),
        _ => None,
    }
}

/// The delimiter of a variable, by the path of its file without the suffix.
fn delimiter(entry: &Entry) -> Option<(PathBuf, String)> {
    scope(&entry.path)?;
    let Kind::File(bytes) = &entry.kind else {
        return None;
    };
    let is_delimiter = entry.path.extension()? == "delim";
    is_delimiter.then(|| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        (entry.path.with_extension(""), text)
    })
}

/// Reads an entry of a folder for changes. A folder in it or a delimiter is not a change.
fn change(
    scope: &'static str,
    entry: &Entry,
    delimiters: &BTreeMap<PathBuf, String>,
) -> Option<Change> {
    let Kind::File(bytes) = &entry.kind else {
        return None;
    };
    let name = entry.path.file_name()?.to_str()?;
    let (name, mode) = name.rsplit_once('.').unwrap_or((name, "override"));
    if mode == "delim" {
        return None;
    }
    let parent = entry.path.parent()?;
    // Beneath `env.launch`, a folder has the changes for one process.
    let process = parent.components().nth(1);
    let process = process.map(|name| name.as_os_str().to_string_lossy().into_owned());
    Some(Change {
        scope,
        process,
        name: name.to_owned(),
        mode: mode.to_owned(),
        value: String::from_utf8_lossy(bytes).into_owned(),
        delimiter: delimiters.get(&parent.join(name)).cloned(),
    })
}
