//! Makes the buildpack of the benchmark in each language, as an author does: by the tool, from an empty folder.
//!
//! The tool's template is the example of its language.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use package::cargo::{self, Profile};
use package::trial::languages;
use package::{assets, say, trial};
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process;

/// A language, and the engine where a language has two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Guest {
    pub(crate) name: &'static str,
    /// The language's name in the tool.
    language: &'static str,
    /// The engine that package.json must name, because it is not the default.
    engine: Option<&'static str>,
}

pub(crate) const RUST: &str = "Rust";
pub(crate) const C: &str = "C";
pub(crate) const GO: &str = "Go";
pub(crate) const QUICKJS: &str = "JavaScript, QuickJS";
pub(crate) const STARLINGMONKEY: &str = "JavaScript, StarlingMonkey";
pub(crate) const PYTHON: &str = "Python";

pub(crate) const ALL: [Guest; 6] = [
    guest(RUST, "rust", None),
    guest(C, "c", None),
    guest(GO, "go", None),
    guest(QUICKJS, "js", None),
    guest(STARLINGMONKEY, "js", Some("starlingmonkey")),
    guest(PYTHON, "python", None),
];

const fn guest(name: &'static str, language: &'static str, engine: Option<&'static str>) -> Guest {
    Guest {
        name,
        language,
        engine,
    }
}

/// The program that makes a component with `StarlingMonkey`.
const COMPONENTIZE_JS: &str = "componentize-js";

/// The application of the template.
const SAMPLE: &str = "samples/hello/app";

/// The time from an empty folder to a package, in seconds. Tool and language are installed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Way {
    pub(crate) guest: &'static str,
    pub(crate) commands: usize,
    pub(crate) wall: f64,
    /// Processor time, with child processes.
    pub(crate) processor: f64,
}

/// A finished buildpack.
pub(crate) struct Made {
    pub(crate) name: &'static str,
    pub(crate) project: PathBuf,
    pub(crate) way: Option<Way>,
}

impl Made {
    pub(crate) fn buildpack(&self) -> PathBuf {
        self.project.join("target/buildpack")
    }

    pub(crate) fn app(&self) -> PathBuf {
        self.project.join(SAMPLE)
    }
}

/// The folder of all projects, and the programs of the tool.
pub(crate) struct Workshop {
    /// Not in memory, because the tools of some languages write much. It is outside of this checkout, because cargo
    /// refuses a project within another workspace.
    folder: TempDir,
    assets: TempDir,
}

impl Workshop {
    pub(crate) fn new() -> Result<Self> {
        let folder = tempfile::Builder::new();
        let folder = { folder }
            .prefix("guests-")
            .tempdir_in(std::env::temp_dir())?;
        let assets = trial::all_assets()?;
        // The tool always compiles by the compiler that ships, because that of tests takes minutes.
        let compiler = assets.path().join(assets::COMPILER);
        fs::remove_file(&compiler)?;
        symlink(cargo::compiler(Profile::Release)?, compiler)?;
        Ok(Self { folder, assets })
    }

    /// Makes a project and builds it. The error within says which tool is missing.
    pub(crate) fn make(&self, guest: &Guest) -> Result<Result<Made, String>> {
        if let Err(lacks) = guest.can_be_made() {
            return Ok(Err(lacks));
        }
        say::step(&format!("making the buildpack in {}", guest.name));
        let made = self.make_from_nothing(guest);
        Ok(Ok(made.with_context(|| guest.name)?))
    }

    fn make_from_nothing(&self, guest: &Guest) -> Result<Made> {
        let name = guest.engine.unwrap_or(guest.language);
        let project = self.folder.path().join(name);
        let mut runs =
            vec![self.call(self.folder.path(), &["new", name, "--lang", guest.language])?];
        languages::bring_tools(guest.language, &project)?;
        if let Some(engine) = guest.engine {
            let manifest = project.join("package.json");
            let text = with_engine(&fs::read_to_string(&manifest)?, engine)?;
            fs::write(manifest, text)?;
        }
        let mut commands = vec![&["run", "--app", SAMPLE][..]];
        // The template has the default engine, so nobody goes the whole way with another.
        let whole_way = guest.engine.is_none();
        if whole_way {
            commands.extend([&["test"][..], &["package"]]);
        }
        for command in commands {
            runs.push(self.call(&project, command)?);
        }
        let total = |time: fn(&process::Run) -> Duration| {
            let total: Duration = runs.iter().map(time).sum();
            total.as_secs_f64()
        };
        let way = Way {
            guest: guest.name,
            commands: runs.len(),
            wall: total(|run| run.wall),
            processor: total(|run| run.processor),
        };
        Ok(Made {
            name: guest.name,
            project,
            way: whole_way.then_some(way),
        })
    }

    fn call(&self, folder: &Path, arguments: &[&str]) -> Result<process::Run> {
        let mut tool: Command = trial::tool()?;
        tool.env(assets::VARIABLE, self.assets.path())
            .args(arguments)
            .current_dir(folder);
        process::run(tool, &self.folder.path().join("printed"))
    }
}

impl Guest {
    fn can_be_made(&self) -> Result<(), String> {
        languages::can_build(self.language)?;
        if self.engine.is_some() && !languages::npm_has(self.language, COMPONENTIZE_JS) {
            return Err(format!(
                "examples/{}/node_modules has no {COMPONENTIZE_JS}: install @bytecodealliance/{COMPONENTIZE_JS} there",
                self.language
            ));
        }
        Ok(())
    }
}

/// The text of a package.json that names an engine.
fn with_engine(manifest: &str, engine: &str) -> Result<String> {
    let mut manifest: Value = serde_json::from_str(manifest).context("package.json")?;
    manifest["wasm-buildpack"] = json!({ "engine": engine });
    Ok(serde_json::to_string_pretty(&manifest)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_added_and_the_rest_of_the_manifest_stays() {
        let text = with_engine("{\"type\": \"module\"}", "starlingmonkey").unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            read,
            json!({ "type": "module", "wasm-buildpack": { "engine": "starlingmonkey" } })
        );
        with_engine("module", "starlingmonkey").unwrap_err();
    }

    #[test]
    fn each_guest_has_a_project_of_its_own() {
        let mut names: Vec<_> = ALL
            .iter()
            .map(|guest| guest.engine.unwrap_or(guest.language))
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
