//! Changes of the environment and programs in `exec.d`, which become files that the launcher reads.
//!
//! Two changes or programs may not become the same file, or a file and a folder of the same name.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{OutputPlace, Seen};
use super::{CheckError, LARGEST_PROGRAM, MOST_ITEMS, MOST_PARTS, Rule};
use crate::names::{ExecDName, ProcessType, VariableName, shown};
use crate::steering::steers;
use contract::types::{self, EnvMode, EnvScope};

#[derive(Debug, Clone, PartialEq)]
pub struct CheckedEnvChange {
    pub scope: EnvScope,
    /// The only process type to which the change applies. `None` unless the scope is launch.
    pub process: Option<ProcessType>,
    pub name: VariableName,
    /// The way in which the value combines with an earlier one.
    pub mode: EnvMode,
    /// Written byte for byte.
    pub value: String,
    /// The text between the values. Only for append and prepend, and the same for all changes of a variable in a
    /// folder.
    pub delimiter: Option<String>,
}

/// A program that the launcher runs before the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedExecD {
    pub name: ExecDName,
    /// The only process type before which the program runs.
    pub process: Option<ProcessType>,
    /// The content of the file.
    pub program: Vec<u8>,
}

impl CheckedEnvChange {
    /// The folder at the root of the layer: `env`, `env.build` or `env.launch`.
    #[must_use]
    pub fn scope_folder(&self) -> &'static str {
        match self.scope {
            EnvScope::All => "env",
            EnvScope::Build => "env.build",
            EnvScope::Launch => "env.launch",
        }
    }

    /// The path of the folder, with that of the process if the change is for one process.
    #[must_use]
    pub fn folder(&self) -> String {
        match &self.process {
            None => self.scope_folder().to_owned(),
            Some(process) => format!("{}/{process}", self.scope_folder()),
        }
    }

    /// The file with the value. A name without a suffix means override.
    #[must_use]
    pub fn file_name(&self) -> String {
        let suffix = match self.mode {
            EnvMode::Append => ".append",
            EnvMode::Default => ".default",
            EnvMode::Override => "",
            EnvMode::Prepend => ".prepend",
        };
        format!("{}{suffix}", self.name)
    }

    /// The file with the delimiter.
    #[must_use]
    pub fn delimiter_file_name(&self) -> String {
        format!("{}.delim", self.name)
    }
}

pub(super) fn check_changes(
    changes: Vec<types::EnvChange>,
    layer: &OutputPlace,
) -> Result<Vec<CheckedEnvChange>, CheckError> {
    layer.count("environment changes", changes.len(), MOST_ITEMS)?;
    let mut files = Seen::exact();
    let mut top_files = BTreeSet::new();
    let mut delimiters: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut checked: Vec<CheckedEnvChange> = Vec::new();
    for change in changes {
        let change = check_change(change, layer)?;
        let place = layer.within(&format!("variable '{}'", change.name));
        let file = format!("{}/{}", change.folder(), change.file_name());
        files.add(layer, "the change", &file)?;
        if change.process.is_none() && change.scope == EnvScope::Launch {
            top_files.insert(change.file_name());
            if change.delimiter.is_some() {
                top_files.insert(change.delimiter_file_name());
            }
        }
        if matches!(change.mode, EnvMode::Append | EnvMode::Prepend) {
            let file = format!("{}/{}", change.folder(), change.delimiter_file_name());
            let first = delimiters
                .entry(file)
                .or_insert_with(|| change.delimiter.clone());
            if *first != change.delimiter {
                let rule = format!(
                    "append and prepend in {} must have the same delimiter",
                    change.folder()
                );
                return Err(place.rule(Rule::Delimiters, &rule));
            }
        }
        checked.push(change);
    }
    for change in &checked {
        if let Some(process) = &change.process {
            not_a_file(process, &top_files, layer, "env.launch")?;
        }
    }
    Ok(checked)
}

fn check_change(
    change: types::EnvChange,
    layer: &OutputPlace,
) -> Result<CheckedEnvChange, CheckError> {
    let place = layer.within(&format!("variable '{}'", shown(&change.name)));
    let types::EnvChange {
        scope,
        process,
        name,
        mode,
        value,
        delimiter,
    } = change;
    if process.is_some() && scope != EnvScope::Launch {
        return Err(place.rule(
            Rule::ProcessScope,
            "only a change with the scope 'launch' can be limited to one process",
        ));
    }
    if delimiter.is_some() && !matches!(mode, EnvMode::Append | EnvMode::Prepend) {
        return Err(place.rule(
            Rule::DelimiterMode,
            "only append and prepend have a delimiter",
        ));
    }
    let delimiter = delimiter.map(|text| place.text("the delimiter", text));
    let name: VariableName = place.name(&name)?;
    if scope != EnvScope::Launch && steers(name.as_str()) {
        return Err(place.rule(
            Rule::Steers,
            "it steers other programs, so it can only be set in the scope launch: the other scopes reach the \
             buildpacks after this one",
        ));
    }
    Ok(CheckedEnvChange {
        scope,
        process: process.map(|process| place.name(&process)).transpose()?,
        name,
        mode,
        value: place.text("the value", value)?,
        delimiter: delimiter.transpose()?,
    })
}

pub(super) fn check_exec_d(
    programs: Vec<types::ExecDProgram>,
    layer: &OutputPlace,
) -> Result<Vec<CheckedExecD>, CheckError> {
    layer.count("programs in exec.d", programs.len(), MOST_PARTS)?;
    let mut files = Seen::folding_case();
    let mut top_files = BTreeSet::new();
    let mut checked: Vec<CheckedExecD> = Vec::new();
    for program in programs {
        let place = layer.within(&format!("exec.d program '{}'", shown(&program.name)));
        let name: ExecDName = place.name(&program.name)?;
        let process = program
            .process
            .map(|process| place.name::<ProcessType>(&process));
        let process = process.transpose()?;
        place.size("the program", program.program.len(), LARGEST_PROGRAM)?;
        if program.program.is_empty() {
            let (place, what) = (place.0, "the program");
            return Err(CheckError::Empty { place, what });
        }
        let folder = process.as_ref().map(|process| format!("{process}/"));
        files.add(
            layer,
            "the program",
            &format!("{}{name}", folder.unwrap_or_default()),
        )?;
        if process.is_none() {
            top_files.insert(name.to_string());
        }
        checked.push(CheckedExecD {
            name,
            process,
            program: program.program,
        });
    }
    for program in &checked {
        if let Some(process) = &program.process {
            not_a_file(process, &top_files, layer, "exec.d")?;
        }
    }
    Ok(checked)
}

/// Refuses a file for all processes that has the name of the folder of a process.
fn not_a_file(
    process: &ProcessType,
    files: &BTreeSet<String>,
    layer: &OutputPlace,
    folder: &str,
) -> Result<(), CheckError> {
    let collides = |file: &String| file.eq_ignore_ascii_case(process.as_str());
    if files.iter().any(collides) {
        let rule = format!("{folder}/{process} would be a file and the folder of a process");
        return Err(layer.rule(Rule::FileAndFolder, &rule));
    }
    Ok(())
}
