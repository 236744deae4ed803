//! Mounts file systems for a test: small ones, and read-only ones.
//!
//! They exist for one thread and its child processes, and end with it.

use std::ffi::CString;
use std::path::Path;
use std::thread;

use rustix::io;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change,
    mount_remount, unmount,
};
use rustix::thread::UnshareFlags;

/// Runs `work` if mounting is allowed, and returns whether it is. Otherwise prints the tests that are left out.
pub(crate) fn where_allowed(left_out: &str, work: impl FnOnce() + Send) -> bool {
    let tried = thread::scope(|scope| {
        let alone = scope.spawn(|| {
            let alone = alone();
            if alone.is_ok() {
                work();
            }
            alone
        });
        alone.join().expect("what was tried there failed")
    });
    if let Err(errno) = tried {
        eprintln!("SKIPPED: {left_out}: this user may not mount here ({errno})");
    }
    tried.is_ok()
}

/// Gives this thread a mount namespace of its own.
fn alone() -> io::Result<()> {
    #[expect(
        deprecated,
        reason = "the flag that can do harm is that of files, and isn't used"
    )]
    rustix::thread::unshare(UnshareFlags::NEWNS)?;
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", flags)?;
    // A container may allow a mount namespace but forbid mounts in it.
    let probe = tempfile::tempdir().unwrap();
    drop(Mounted::memory(probe.path(), "size=4k")?);
    Ok(())
}

/// A mount that is removed on drop.
pub(crate) struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    /// Mounts an empty file system in memory with these options, such as `size=64k`.
    pub(crate) fn memory(on: &'a Path, options: &str) -> io::Result<Self> {
        let options = CString::new(options).unwrap();
        mount("tmpfs", on, "tmpfs", MountFlags::empty(), &*options)?;
        Ok(Self(on))
    }

    /// Mounts an empty file system whose files cannot be executed.
    pub(crate) fn without_programs(on: &'a Path) -> io::Result<Self> {
        mount("tmpfs", on, "tmpfs", MountFlags::NOEXEC, c"size=64m")?;
        Ok(Self(on))
    }

    /// Mounts the same folder again, read-only.
    pub(crate) fn read_only(on: &'a Path) -> io::Result<Self> {
        mount_bind(on, on)?;
        let mounted = Self(on);
        mount_remount(on, MountFlags::BIND | MountFlags::RDONLY, "")?;
        Ok(mounted)
    }

    /// Remounts it with other options.
    pub(crate) fn change(&self, options: &str) -> io::Result<()> {
        mount_remount(self.0, MountFlags::empty(), options)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // The mount ends with its thread at the latest.
        unmount(self.0, UnmountFlags::DETACH).ok();
    }
}
