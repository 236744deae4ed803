//! Builds a process and its environment from layers, as the launcher does.
//!
//! Only one buildpack is supported, and profile scripts are not run.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

use super::{Ended, Lifecycle, PATH, process};

pub type Environment = BTreeMap<OsString, OsString>;

impl Lifecycle {
    /// The process of this type, or the default one: its command with arguments, and its working directory.
    pub fn process(&self, process_type: Option<&str>) -> Result<(Vec<String>, PathBuf)> {
        let file = self.layers_dir().join("launch.toml");
        let text =
            fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
        let launch: Table = toml::from_str(&text)?;
        let processes = launch
            .get("processes")
            .and_then(Value::as_array)
            .context("no process")?;
        let wanted = processes.iter().find(|process| match process_type {
            Some(name) => process.get("type").and_then(Value::as_str) == Some(name),
            None => process.get("default").and_then(Value::as_bool) == Some(true),
        });
        let process = wanted.context("launch.toml has no such process")?;
        let words = |key: &str| -> Vec<String> {
            let words = process
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            words.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let place = process
            .get("working-dir")
            .and_then(Value::as_str)
            .unwrap_or(".");
        Ok((
            [words("command"), words("args")].concat(),
            self.app_dir().join(place),
        ))
    }

    /// Starts the process of this type, or the default one, with the given environment, and waits for its end.
    pub fn launch(&self, process_type: Option<&str>, given: &Environment) -> Result<Ended> {
        let command = self.launch_command(process_type, given)?;
        process::run(command, None, self.timeout, false)
    }

    /// The process of this type, or the default one, as the launcher starts it, with the given environment. The caller
    /// decides on its user, its input and its output.
    pub fn launch_command(
        &self,
        process_type: Option<&str>,
        given: &Environment,
    ) -> Result<Command> {
        let (words, place) = self.process(process_type)?;
        let (program, arguments) = words.split_first().context("the command is empty")?;
        let mut environment = given.clone();
        environment
            .entry("PATH".into())
            .or_insert_with(|| PATH.into());
        let environment = launch_env(
            &self.layers_dir(),
            process_type.unwrap_or("web"),
            &environment,
        )?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(place)
            .env_clear()
            .envs(environment);
        Ok(command)
    }
}

/// The environment of a process of this type, by the launcher's rules: first `bin` and `lib` of every layer, then
/// `env`, `env.launch` and `env.launch/<type>` of every layer, then the output of the programs in `exec.d`.
pub fn launch_env(
    layers_dir: &Path,
    process_type: &str,
    given: &Environment,
) -> Result<Environment> {
    let mut environment = given.clone();
    let layers = folders_in(layers_dir)?;
    for layer in &layers {
        for (folder, name) in [("bin", "PATH"), ("lib", "LD_LIBRARY_PATH")] {
            if layer.join(folder).is_dir() {
                put_before(
                    &mut environment,
                    name,
                    layer.join(folder).as_os_str(),
                    OsStr::new(":"),
                );
            }
        }
    }
    for layer in &layers {
        for folder in ["env", "env.launch"] {
            apply(&mut environment, &layer.join(folder))?;
        }
        apply(
            &mut environment,
            &layer.join("env.launch").join(process_type),
        )?;
    }
    for layer in &layers {
        for folder in [
            layer.join("exec.d"),
            layer.join("exec.d").join(process_type),
        ] {
            for program in files_in(&folder)? {
                environment.extend(said_by(&program, &environment)?);
            }
        }
    }
    Ok(environment)
}

fn apply(environment: &mut Environment, folder: &Path) -> Result<()> {
    for file in files_in(folder)? {
        let name = file
            .file_name()
            .and_then(OsStr::to_str)
            .context("a name that is not UTF-8")?;
        let (name, action) = name.split_once('.').unwrap_or((name, "override"));
        let value = OsString::from_vec(fs::read(&file)?);
        let delimiter = fs::read(folder.join(format!("{name}.delim"))).unwrap_or_default();
        let delimiter = OsString::from_vec(delimiter);
        let old = environment
            .get(OsStr::new(name))
            .filter(|old| !old.is_empty())
            .cloned();
        match (action, old) {
            ("append", Some(mut old)) => {
                old.push(delimiter);
                old.push(value);
                environment.insert(name.into(), old);
            }
            ("prepend", _) => put_before(environment, name, &value, &delimiter),
            ("append" | "default", None) | ("override", _) => {
                environment.insert(name.into(), value);
            }
            // `delim` belongs to another file, and the launcher ignores unknown suffixes.
            _ => {}
        }
    }
    Ok(())
}

fn put_before(environment: &mut Environment, name: &str, value: &OsStr, delimiter: &OsStr) {
    let mut whole = value.to_owned();
    if let Some(old) = environment
        .get(OsStr::new(name))
        .filter(|old| !old.is_empty())
    {
        whole.push(delimiter);
        whole.push(old);
    }
    environment.insert(name.into(), whole);
}

/// The variables that a program in `exec.d` writes to descriptor 3.
fn said_by(program: &Path, environment: &Environment) -> Result<Environment> {
    let output = Command::new("/bin/sh")
        .args(["-c", "exec \"$0\" 3>&1 >&2"])
        .arg(program)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    ensure!(
        output.status.success(),
        "{} ended with {}",
        program.display(),
        output.status
    );
    let table: Table = toml::from_str(str::from_utf8(&output.stdout)?)?;
    let mut said = Environment::new();
    for (name, value) in table {
        let Value::String(value) = value else {
            bail!(
                "{} gave {name} something other than a string",
                program.display()
            );
        };
        said.insert(name.into(), value.into());
    }
    Ok(said)
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    entries_in(folder, Path::is_dir)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if folder.is_dir() {
        entries_in(folder, Path::is_file)
    } else {
        Ok(Vec::new())
    }
}

fn entries_in(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.retain(|path| wanted(path));
    paths.sort();
    Ok(paths)
}
