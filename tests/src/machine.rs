//! Emulates a machine with one more file in `/etc`, as a builder image can have, for the threads and programs of a
//! test.
//!
//! It needs root, for a mount in a private namespace.

use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, ensure};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::thread::UnshareFlags;

/// Runs a test while `/etc` contains this file. Fails if the mount is not possible.
///
/// The file belongs to root, and only root may write it.
pub fn with_etc_file<T: Send>(
    name: &str,
    text: &str,
    try_it: impl FnOnce(&Path) -> T + Send,
) -> Result<T> {
    ensure!(rustix::process::geteuid().is_root(), "only root can mount");
    let folder = tempfile::tempdir()?;
    let (upper, work) = (folder.path().join("upper"), folder.path().join("work"));
    let file = upper.join(name);
    fs::create_dir_all(file.parent().context("a file in a folder")?)?;
    fs::create_dir(&work)?;
    fs::write(&file, text)?;
    let mounted = || -> Result<T> {
        // The new namespace belongs to this thread, which ends with the test.
        unshare()?;
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", private).context("mounts can't be made private")?;
        let options = format!(
            "lowerdir=/etc,upperdir={},workdir={}",
            upper.display(),
            work.display()
        );
        let options = std::ffi::CString::new(options)?;
        mount(
            "overlay",
            "/etc",
            "overlay",
            MountFlags::empty(),
            options.as_c_str(),
        )
        .context("nothing can be mounted over /etc")?;
        Ok(try_it(&Path::new("/etc").join(name)))
    };
    thread::scope(|scope| match scope.spawn(mounted).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[expect(unsafe_code, reason = "a namespace of mounts for one thread")]
fn unshare() -> Result<()> {
    // SAFETY: only unsharing the descriptor table (`UnshareFlags::FILES`) is dangerous, and it stays shared.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS) }
        .context("a namespace of mounts can't be made")
}
