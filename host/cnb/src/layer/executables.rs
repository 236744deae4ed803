//! Makes the files executable that a component wrote and declared, since WASI has no file modes.
//!
//! `walk` has accepted each of them before. Here a path is opened again, one plain name after the other, and no link is
//! followed, because another process of the user may have changed the layer since.

use super::OPEN;
use crate::check::LayerPath;
use dir::{Dir, DirError};

/// Sets the permissions of these files of a layer.
pub fn make(layer: &Dir, paths: &[LayerPath]) -> Result<(), DirError> {
    for path in paths {
        let (folders, name) = path.parts();
        match folders.split_first() {
            None => layer.set_file_mode(name, OPEN)?,
            Some((top, folders)) => {
                let mut dir = layer.open_dir(top)?;
                for folder in folders {
                    dir = dir.open_dir(folder)?;
                }
                dir.set_file_mode(name, OPEN)?;
            }
        }
    }
    Ok(())
}
