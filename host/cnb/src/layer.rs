//! A layer's files that the lifecycle and the launcher read: `<layer>.toml`, `env*` and `exec.d`.
//!
//! The only writer of them, beneath the open layers directory, each file once. Nothing here decides.
//! <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md#layer-types>

pub mod reuse;
pub mod walk;

use std::ffi::OsStr;

use serde::Serialize;

use self::reuse::Notes;
use super::check::{CheckedEnvChange, CheckedLayer};
use super::context::Restored;
use super::names::{LayerName, is_obeyed_at_layer_root};
use crate::write::{WriteError, write_toml};
use contract::types::{EnvMode, EnvScope};
use dir::{Dir, DirError, Kind, STAGED_PREFIX, is_staged};

/// Permissions of directories and programs.
const OPEN: u32 = 0o755;
/// Permissions of files.
const READ: u32 = 0o644;

/// Makes a layer's directory, or opens the one that is there, so that its contents can be staged in it. Before that
/// the layer is marked: [`remove_unfinished`]. What the lifecycle reads stays as it is.
pub fn begin(layers: &Dir, layer: &LayerName) -> Result<Dir, DirError> {
    layers.write_new(mark(layer), b"", READ)?;
    let dir = layers.open_or_create_dir(layer, OPEN)?;
    // The guest may have made it, under a umask that nobody knows.
    dir.set_mode(OPEN)?;
    // A layer that was restored can bring along what was staged by whoever made it.
    remove_staged(&dir)?;
    Ok(dir)
}

/// Opens the directory of a layer that was begun, to change what is in it.
///
/// The files that declared and described the previous layer go first, so that a build which breaks off leaves none that
/// looks whole.
pub fn open(layers: &Dir, layer: &LayerName) -> Result<Dir, WriteError> {
    remove_declaration(layers, layer)?;
    Ok(layers.open_dir(layer)?)
}

/// What begins the name of a layer's mark, which stands from before its directory is touched until it is declared.
/// No name of a layer or a folder has a colon, so that nothing else that is staged is called like it.
const MARK: &str = ":";

fn mark(layer: &LayerName) -> String {
    format!("{STAGED_PREFIX}{MARK}{layer}")
}

/// Removes what was begun of the layer that this staged name marks, if it does.
///
/// Of one that is declared, that is what was staged. If it isn't, nobody can say which of its files an earlier build,
/// broken off, was still to change: then it goes as a whole.
pub fn remove_unfinished(layers: &Dir, staged: &OsStr) -> Result<(), DirError> {
    let layer = staged.to_str().and_then(|name| {
        let name = name.strip_prefix(STAGED_PREFIX)?.strip_prefix(MARK)?;
        name.parse::<LayerName>().ok()
    });
    let Some(layer) = layer else { return Ok(()) };
    if layers.stat(file_name(&layer))?.is_none() {
        return layers.remove_tree(&layer);
    }
    match layers.stat(&layer)? {
        Some(stat) if stat.kind == Kind::Dir => {
            remove_staged(&layers.open_dir(&layer)?)?;
            // Of a layer that only launch needs nothing else is restored: the directory was made to stage in it.
            layers.remove_dir_if_empty(&layer)
        }
        _ => Ok(()),
    }
}

/// Removes what lies in a layer's directory under names of what is staged.
fn remove_staged(layer_dir: &Dir) -> Result<(), DirError> {
    for name in layer_dir.names(usize::MAX)? {
        if is_staged(&name) {
            layer_dir.remove_tree(name)?;
        }
    }
    Ok(())
}

/// Drops the restored layers that the guest doesn't name, with all that the lifecycle would read of them.
pub fn drop_undeclared(
    layers: &Dir,
    restored: &Restored,
    declared: &[CheckedLayer],
) -> Result<(), WriteError> {
    for name in restored.layers.keys() {
        if !declared.iter().any(|layer| layer.name == *name) {
            remove_declaration(layers, name)?;
            layers.remove_tree(name)?;
        }
    }
    Ok(())
}

fn remove_declaration(layers: &Dir, layer: &LayerName) -> Result<(), WriteError> {
    Ok(layers.remove_tree(file_name(layer))?)
}

fn file_name(layer: &LayerName) -> String {
    format!("{layer}.toml")
}

/// Writes what a layer does to the environment. What a previous build left of that kind is removed first.
pub fn write_environment(layer_dir: &Dir, layer: &CheckedLayer) -> Result<(), WriteError> {
    for name in layer_dir.names(usize::MAX)? {
        if is_obeyed_at_layer_root(name.as_encoded_bytes()) {
            layer_dir.remove_tree(name)?;
        }
    }
    for change in &layer.env {
        write_change(layer_dir, change)?;
    }
    for program in &layer.exec_d {
        let mut dir = layer_dir.open_or_create_dir("exec.d", OPEN)?;
        if let Some(process) = &program.process {
            dir = dir.open_or_create_dir(process, OPEN)?;
        }
        dir.write_new(&program.name, &program.program, OPEN)?;
    }
    Ok(())
}

fn write_change(layer_dir: &Dir, change: &CheckedEnvChange) -> Result<(), WriteError> {
    let CheckedEnvChange {
        scope,
        process,
        name,
        mode,
        value,
        delimiter,
    } = change;
    let folder = match scope {
        EnvScope::All => "env",
        EnvScope::Build => "env.build",
        EnvScope::Launch => "env.launch",
    };
    let suffix = match mode {
        EnvMode::Append => ".append",
        EnvMode::Default => ".default",
        // The specification's meaning of a name without a suffix.
        EnvMode::Override => "",
        EnvMode::Prepend => ".prepend",
    };
    let mut dir = layer_dir.open_or_create_dir(folder, OPEN)?;
    if let Some(process) = process {
        dir = dir.open_or_create_dir(process, OPEN)?;
    }
    dir.write_new(format!("{name}{suffix}"), value.as_bytes(), READ)?;
    if let Some(delimiter) = delimiter {
        // The same for all changes of one variable, so it may be there already.
        dir.replace(format!("{name}.delim"), delimiter.as_bytes(), READ)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct LayerToml<'a> {
    types: Types,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct Types {
    launch: bool,
    build: bool,
    cache: bool,
}

#[derive(Serialize)]
struct Metadata<'a> {
    guest: &'a toml::Table,
    host: &'a Notes,
}

/// Writes `<layer>.toml`. From here on the lifecycle takes the layer for one, so it comes last.
pub fn write_declaration(
    layers: &Dir,
    layer: &CheckedLayer,
    notes: &Notes,
) -> Result<(), WriteError> {
    let declaration = LayerToml {
        types: Types {
            launch: layer.types.launch,
            build: layer.types.build,
            cache: layer.types.cache,
        },
        metadata: Metadata {
            guest: &layer.metadata,
            host: notes,
        },
    };
    write_toml(layers, &file_name(&layer.name), &declaration)?;
    Ok(layers.remove_tree(mark(&layer.name))?)
}

#[cfg(test)]
mod tests;
