//! The files for the build as a whole: `launch.toml`, `build.toml`, `store.toml` and the build plan.
//!
//! Only this module writes them. It writes no empty file, and removes the file of an earlier build instead.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::Serialize;

use super::check::{CheckedAlternative, CheckedOutput, CheckedPlan, CheckedProcess};
use super::names::ExecEnvName;
use super::sbom;
use crate::write::{WriteError, write_toml};
use dir::Dir;

#[derive(Serialize)]
struct Launch<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    processes: Vec<Process<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slices: Vec<Slice<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    key: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Slice<'a> {
    paths: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Process<'a> {
    r#type: &'a str,
    command: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    args: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    working_dir: Option<&'a str>,
    #[serde(skip_serializing_if = "<[ExecEnvName]>::is_empty")]
    exec_env: &'a [ExecEnvName],
}

#[derive(Serialize)]
struct Build<'a> {
    unmet: Vec<Named<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Store<'a> {
    metadata: &'a toml::Table,
}

#[derive(Serialize)]
struct BuildPlanFile<'a> {
    #[serde(flatten)]
    first: Alternative<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    or: Vec<Alternative<'a>>,
}

#[derive(Serialize)]
struct Alternative<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    provides: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requires: Vec<Requirement<'a>>,
}

#[derive(Serialize)]
struct Requirement<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "toml::Table::is_empty")]
    metadata: &'a toml::Table,
}

/// Removes `launch.toml`, `build.toml` and the bills of materials of an earlier build. The host does this before it
/// touches any layer of that build. So a build that is interrupted leaves no process whose layer is missing. The store
/// stays, because the lifecycle restores it.
pub fn withdraw(layers: &Dir) -> Result<(), WriteError> {
    layers.remove_tree("launch.toml")?;
    layers.remove_tree("build.toml")?;
    sbom::remove(layers)
}

/// Writes `launch.toml`, `build.toml` and `store.toml`.
pub fn write(layers: &Dir, output: &CheckedOutput) -> Result<(), WriteError> {
    let launch = Launch {
        labels: output
            .labels
            .iter()
            .map(|label| Label {
                key: &label.key,
                value: &label.value,
            })
            .collect(),
        processes: output.processes.iter().map(Process::from).collect(),
        slices: output
            .slices
            .iter()
            .map(|slice| Slice {
                paths: &slice.paths,
            })
            .collect(),
    };
    let says_nothing =
        launch.labels.is_empty() && launch.processes.is_empty() && launch.slices.is_empty();
    write_or_remove(layers, "launch.toml", (!says_nothing).then_some(&launch))?;
    let unmet: Vec<_> = output.unmet.iter().map(|name| Named { name }).collect();
    let build = (!unmet.is_empty()).then_some(Build { unmet });
    write_or_remove(layers, "build.toml", build.as_ref())?;
    let store = output.store.as_ref().map(|metadata| Store { metadata });
    write_or_remove(layers, "store.toml", store.as_ref())
}

fn write_or_remove(
    layers: &Dir,
    file: &str,
    content: Option<&impl Serialize>,
) -> Result<(), WriteError> {
    match content {
        Some(content) => write_toml(layers, file, content),
        None => Ok(layers.remove_tree(file)?),
    }
}

impl<'a> From<&'a CheckedProcess> for Process<'a> {
    fn from(process: &'a CheckedProcess) -> Self {
        Self {
            r#type: process.process_type.as_str(),
            command: &process.command,
            args: &process.args,
            default: process.default,
            working_dir: process.working_directory.as_deref(),
            exec_env: &process.exec_env,
        }
    }
}

/// The file of the build plan. It is opened before this process gives up the right to open files.
#[derive(Debug)]
pub struct PlanFile {
    path: PathBuf,
    file: File,
}

impl PlanFile {
    /// Opens the file that the lifecycle names and has usually created. A link is refused.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path);
        match file {
            Ok(file) => Ok(Self {
                path: path.to_owned(),
                file,
            }),
            Err(source) => Err(WriteError::Plan {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Replaces the content of the file with the plan. A plan without any entry is an empty file.
    pub fn write(mut self, plan: &CheckedPlan) -> Result<(), WriteError> {
        let plan = BuildPlanFile {
            first: Alternative::from(&plan.first),
            or: plan.or.iter().map(Alternative::from).collect(),
        };
        let asks = !plan.first.provides.is_empty()
            || !plan.first.requires.is_empty()
            || !plan.or.is_empty();
        let text = if asks {
            toml::to_string(&plan).map_err(|source| WriteError::Toml {
                file: self.path.display().to_string(),
                source,
            })?
        } else {
            String::new()
        };
        let written = self.replace(text.as_bytes());
        written.map_err(|source| WriteError::Plan {
            path: self.path,
            source,
        })
    }

    /// The lifecycle creates the file empty. Truncating an empty file would cost a transaction of the file system and
    /// change nothing.
    fn replace(&mut self, text: &[u8]) -> io::Result<()> {
        if self.file.metadata()?.len() > 0 {
            self.file.set_len(0)?;
        }
        self.file.write_all(text)
    }
}

impl<'a> From<&'a CheckedAlternative> for Alternative<'a> {
    fn from(alternative: &'a CheckedAlternative) -> Self {
        let requires = alternative.requires.iter().map(|requirement| Requirement {
            name: &requirement.name,
            metadata: &requirement.metadata,
        });
        Self {
            provides: alternative
                .provides
                .iter()
                .map(|name| Named { name })
                .collect(),
            requires: requires.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
