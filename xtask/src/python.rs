//! Finds this machine's Python, for jobs that are started without an image.

use std::ffi::OsString;

/// A search path with `python` in it.
pub(crate) struct Python {
    /// The value for `PATH`.
    pub(crate) path: OsString,
    /// A folder with a link `python`, the name in the image, if the machine has only `python3`.
    _bin: Option<tempfile::TempDir>,
}

/// Searches `PATH` for Python.
#[expect(
    clippy::disallowed_methods,
    reason = "the job needs this machine's Python"
)]
pub(crate) fn python() -> anyhow::Result<Option<Python>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let find = |name: &str| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    };
    if find("python").is_some() {
        return Ok(Some(Python { path, _bin: None }));
    }
    let Some(python3) = find("python3") else {
        return Ok(None);
    };
    let bin = tempfile::tempdir()?;
    std::os::unix::fs::symlink(python3, bin.path().join("python"))?;
    let folders = std::iter::once(bin.path().to_owned()).chain(std::env::split_paths(&path));
    Ok(Some(Python {
        path: std::env::join_paths(folders)?,
        _bin: Some(bin),
    }))
}
