//! Processes, labels, slices and unmet entries: the content of launch.toml and build.toml.
//!
//! Nothing here knows layers.

use std::collections::BTreeSet;

use super::place::{OutputPlace, Room, Seen};
use super::{CheckError, MOST_ITEMS, Rule};
use crate::api::Api;
use crate::names::{ExecEnvName, ProcessType, shown};
use crate::written;
use contract::types;

/// The prefix of the host's own labels, which no label of a component may have.
pub const OWN_LABELS: &str = "wasm-buildpacks.";
/// The prefix of the labels of the lifecycle and the base image. A later build trusts these labels, and a label of a
/// buildpack would replace that of the lifecycle. The specification assigns none of them to buildpacks.
const LIFECYCLE_LABELS: &str = "io.buildpacks.";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedProcess {
    pub process_type: ProcessType,
    /// The program, then arguments that the user cannot replace. Never empty.
    pub command: Vec<String>,
    /// Arguments that the user can replace.
    pub args: Vec<String>,
    /// Whether the process starts if the user names no type.
    pub default: bool,
    pub working_directory: Option<String>,
    /// The execution environments of the process. An empty list means all.
    pub exec_env: Vec<ExecEnvName>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CheckedLabel {
    pub key: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CheckedSlice {
    /// Patterns of paths beneath the application directory. Never empty.
    pub paths: Vec<String>,
}

/// The limit on the keys of one table of launch.toml with its header, in bytes.
const KEYS: usize = 256;

pub(super) fn check_processes(
    processes: Vec<types::Process>,
    api: Api,
    launch: &mut Room,
) -> Result<Vec<CheckedProcess>, CheckError> {
    let all = OutputPlace::new("processes".to_owned());
    all.count("processes", processes.len(), MOST_ITEMS)?;
    let mut seen = Seen::folding_case();
    let mut default: Option<ProcessType> = None;
    let mut checked = Vec::new();
    for process in processes {
        let process = check_process(process, api, launch)?;
        let process_type = &process.process_type;
        seen.add(&all, "process", process_type.as_str())?;
        if process.default
            && let Some(first) = default.replace(process_type.clone())
        {
            let rule = format!("'{first}' and '{process_type}' are both the default");
            return Err(all.rule(Rule::Defaults, &rule));
        }
        checked.push(process);
    }
    Ok(checked)
}

fn check_process(
    process: types::Process,
    api: Api,
    launch: &mut Room,
) -> Result<CheckedProcess, CheckError> {
    let place = OutputPlace::new(format!("process '{}'", shown(&process.type_)));
    let types::Process {
        type_,
        command,
        args,
        default,
        working_directory,
        exec_env,
    } = process;
    let texts = |all: &'static str, what: &'static str, texts: Vec<String>| {
        place.count(all, texts.len(), MOST_ITEMS)?;
        let texts = texts.into_iter().map(|text| place.text(what, text));
        texts.collect::<Result<Vec<_>, _>>()
    };
    if command.first().is_none_or(String::is_empty) {
        let what = "the command";
        return Err(CheckError::Empty {
            place: place.0,
            what,
        });
    }
    if api < Api::V0_12 && !exec_env.is_empty() {
        return Err(place.rule(
            Rule::ExecEnvApi,
            "execution environments need Buildpack API 0.12",
        ));
    }
    let directory = working_directory.as_ref();
    let texts_of = [&command, &args, &exec_env].map(|texts| written::list(texts));
    let size = texts_of.iter().sum::<usize>() + directory.map_or(0, |path| written::text(path));
    launch.take(&place, KEYS + size)?;
    place.count("execution environments", exec_env.len(), MOST_ITEMS)?;
    let mut seen = Seen::exact();
    let mut environments: Vec<ExecEnvName> = Vec::new();
    for name in exec_env {
        seen.add(&place, "execution environment", &name)?;
        environments.push(place.name(&name)?);
    }
    let working_directory = working_directory.map(|path| check_working_directory(path, &place));
    Ok(CheckedProcess {
        process_type: place.name(&type_)?,
        command: texts("parts of the command", "the command", command)?,
        args: texts("arguments", "an argument", args)?,
        default,
        working_directory: working_directory.transpose()?,
        exec_env: environments,
    })
}

fn check_working_directory(path: String, place: &OutputPlace) -> Result<String, CheckError> {
    let path = place.some_text("the working directory", path)?;
    if leads_up(&path) {
        return Err(place.rule(
            Rule::WorkingDirectory,
            "the working directory can't contain '..'",
        ));
    }
    Ok(path)
}

pub(super) fn check_labels(
    labels: Vec<types::Label>,
    launch: &mut Room,
) -> Result<Vec<CheckedLabel>, CheckError> {
    let all = OutputPlace::new("labels".to_owned());
    all.count("labels", labels.len(), MOST_ITEMS)?;
    let mut seen = Seen::exact();
    let mut checked = Vec::new();
    for types::Label { key, value } in labels {
        let place = OutputPlace::new(format!("label '{}'", shown(&key)));
        let key = place.line("the key", key)?;
        for (beginning, whose) in [
            (
                OWN_LABELS,
                "the host, which writes its receipt under one of them",
            ),
            (LIFECYCLE_LABELS, "the lifecycle and the base image"),
        ] {
            // Some readers of labels ignore case.
            if key.to_ascii_lowercase().starts_with(beginning) {
                let rule = format!("keys that begin with '{beginning}' belong to {whose}");
                return Err(place.rule(Rule::LabelPrefix, &rule));
            }
        }
        seen.add(&all, "label", &key)?;
        let value = place.text("the value", value)?;
        launch.take(&place, KEYS + written::text(&key) + written::text(&value))?;
        checked.push(CheckedLabel { key, value });
    }
    Ok(checked)
}

pub(super) fn check_slices(
    slices: Vec<types::Slice>,
    launch: &mut Room,
) -> Result<Vec<CheckedSlice>, CheckError> {
    OutputPlace::new("slices".to_owned()).count("slices", slices.len(), MOST_ITEMS)?;
    let mut checked = Vec::new();
    for (index, types::Slice { paths }) in slices.into_iter().enumerate() {
        let place = OutputPlace::new(format!("slice {}", index + 1));
        if paths.is_empty() {
            let what = "the list of paths";
            return Err(CheckError::Empty {
                place: place.0,
                what,
            });
        }
        place.count("paths", paths.len(), MOST_ITEMS)?;
        let paths = paths.into_iter().map(|path| {
            let path = place.some_text("a path", path)?;
            let broken = if path.starts_with('/') {
                "must be relative to the application directory"
            } else if leads_up(&path) {
                "can't contain '..'"
            } else if !is_pattern(&path) {
                "is not a pattern: a '[' is not closed, or a '\\' has nothing after it to escape"
            } else {
                return Ok(path);
            };
            Err(place.rule(
                Rule::SlicePath,
                &format!("the path '{}' {broken}", shown(&path)),
            ))
        });
        let paths = paths.collect::<Result<Vec<_>, _>>()?;
        launch.take(&place, KEYS + written::list(&paths))?;
        checked.push(CheckedSlice { paths });
    }
    Ok(checked)
}

pub(super) fn check_unmet(
    unmet: Vec<String>,
    plan: &BTreeSet<&str>,
) -> Result<Vec<String>, CheckError> {
    let place = OutputPlace::new("unmet".to_owned());
    place.count("entries", unmet.len(), MOST_ITEMS)?;
    let mut seen = Seen::exact();
    for name in &unmet {
        if !plan.contains(name.as_str()) {
            let rule = format!("'{}' is not in the Buildpack Plan", shown(name));
            return Err(place.rule(Rule::NotInPlan, &rule));
        }
        seen.add(&place, "entry", name)?;
    }
    Ok(unmet)
}

fn leads_up(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// Whether Go's `filepath.Match` accepts the pattern. An invalid pattern would make the export fail, long after this
/// build.
fn is_pattern(pattern: &str) -> bool {
    let mut rest = pattern.chars();
    while let Some(next) = rest.next() {
        let whole = match next {
            '\\' => is_escaped(&mut rest),
            '[' => is_class(&mut rest),
            _ => true,
        };
        if !whole {
            return false;
        }
    }
    true
}

/// Checks the text after a `\`: any character but a `/`, which splits the pattern even if it is escaped.
fn is_escaped(rest: &mut std::str::Chars<'_>) -> bool {
    rest.next().is_some_and(|escaped| escaped != '/')
}

/// Checks the text after a `[`: an optional `^`, then at least one character or range, then `]`.
fn is_class(rest: &mut std::str::Chars<'_>) -> bool {
    if rest.as_str().starts_with('^') {
        rest.next();
    }
    let mut first = true;
    loop {
        match rest.next() {
            Some(']') if !first => return true,
            Some('\\') if is_escaped(rest) => {}
            // A '/' splits the pattern, even in a class.
            None | Some('\\' | '-' | ']' | '/') => return false,
            Some(_) => {}
        }
        if rest.as_str().starts_with('-') {
            rest.next();
            match rest.next() {
                Some('\\') if is_escaped(rest) => {}
                None | Some('\\' | '-' | ']' | '/') => return false,
                Some(_) => {}
            }
        }
        first = false;
    }
}
