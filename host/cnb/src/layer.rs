//! The files of a layer that the lifecycle and the launcher read: `<layer>.toml`, `env*` and `exec.d`.
//!
//! Only this module writes them, beneath the open layers directory, each file once. Nothing here decides.
//! <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md#layer-types>

pub mod executables;
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

/// Makes or opens the directory of a layer, so that contents can be staged in it. Marks the layer first, see
/// [`remove_unfinished`]. Files that the lifecycle reads stay unchanged.
pub fn begin(layers: &Dir, layer: &LayerName) -> Result<Dir, DirError> {
    layers.write_new(mark(layer), b"", READ)?;
    let dir = layers.open_or_create_dir(layer, OPEN)?;
    // The component may have made it, under an unknown umask.
    dir.set_mode(OPEN)?;
    // A restored layer can contain staged files of the build that made it.
    remove_staged(&dir)?;
    Ok(dir)
}

/// Opens the directory of a layer that was begun, to change its contents.
///
/// Removes the files that declared and described the previous layer first. So a build that is interrupted leaves no
/// layer that looks complete.
pub fn open(layers: &Dir, layer: &LayerName) -> Result<Dir, WriteError> {
    remove_declaration(layers, layer)?;
    Ok(layers.open_dir(layer)?)
}

/// The prefix of a layer's mark. The mark exists from before the host touches the layer's directory until the layer is
/// declared. Names of layers and folders have no colon, so no other staged name looks like a mark.
const MARK: &str = ":";

fn mark(layer: &LayerName) -> String {
    format!("{STAGED_PREFIX}{MARK}{layer}")
}

/// Removes the unfinished part of the layer that this staged name marks. Does nothing if the name is not a mark.
///
/// Of a declared layer, the host removes the staged files. Of any other layer, nobody knows which files an interrupted
/// build was still going to change, so the host removes the whole layer.
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
            // The lifecycle restores no files of a layer that is only for launch: the directory was made for staging.
            layers.remove_dir_if_empty(&layer)
        }
        _ => Ok(()),
    }
}

/// Removes the staged files in a layer's directory.
fn remove_staged(layer_dir: &Dir) -> Result<(), DirError> {
    for name in layer_dir.names(usize::MAX)? {
        if is_staged(&name) {
            layer_dir.remove_tree(name)?;
        }
    }
    Ok(())
}

/// Removes the restored layers that the component does not declare, with all files of them that the lifecycle reads.
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

/// Writes the layer's changes of the environment. Removes those of a previous build first.
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
        // The specification defines a name without a suffix as override.
        EnvMode::Override => "",
        EnvMode::Prepend => ".prepend",
    };
    let mut dir = layer_dir.open_or_create_dir(folder, OPEN)?;
    if let Some(process) = process {
        dir = dir.open_or_create_dir(process, OPEN)?;
    }
    dir.write_new(format!("{name}{suffix}"), value.as_bytes(), READ)?;
    if let Some(delimiter) = delimiter {
        // All changes of one variable have the same delimiter, so the file may exist already.
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

/// Writes `<layer>.toml`. It comes last, because the lifecycle accepts the layer from here on.
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
