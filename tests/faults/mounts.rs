//! File systems of a test's own: small ones, and ones that can't be written.
//!
//! They are there for one thread and the processes that it starts, and gone with it.

use std::ffi::CString;
use std::path::Path;
use std::thread;

use rustix::io;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change,
    mount_remount, unmount,
};
use rustix::thread::UnshareFlags;

/// Does `work` where mounting is allowed, and says whether it is. If not, that is said aloud with what is left out.
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

/// Gives this thread mounts of its own, which nobody else sees.
fn alone() -> io::Result<()> {
    #[expect(
        deprecated,
        reason = "the flag that can do harm is that of files, and isn't used"
    )]
    rustix::thread::unshare(UnshareFlags::NEWNS)?;
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", flags)?;
    // A container can forbid to mount, and not to have mounts of one's own.
    let probe = tempfile::tempdir().unwrap();
    drop(Mounted::memory(probe.path(), "size=4k")?);
    Ok(())
}

/// A mount that goes when this is dropped.
pub(crate) struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    /// An empty file system in memory with these options, such as `size=64k`.
    pub(crate) fn memory(on: &'a Path, options: &str) -> io::Result<Self> {
        let options = CString::new(options).unwrap();
        mount("tmpfs", on, "tmpfs", MountFlags::empty(), &*options)?;
        Ok(Self(on))
    }

    /// An empty one whose files can't be executed.
    pub(crate) fn without_programs(on: &'a Path) -> io::Result<Self> {
        mount("tmpfs", on, "tmpfs", MountFlags::NOEXEC, c"size=64m")?;
        Ok(Self(on))
    }

    /// The same folder again, not to be written.
    pub(crate) fn read_only(on: &'a Path) -> io::Result<Self> {
        mount_bind(on, on)?;
        let mounted = Self(on);
        mount_remount(on, MountFlags::BIND | MountFlags::RDONLY, "")?;
        Ok(mounted)
    }

    /// Gives it other options.
    pub(crate) fn change(&self, options: &str) -> io::Result<()> {
        mount_remount(self.0, MountFlags::empty(), options)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // It goes with its thread at the latest.
        unmount(self.0, UnmountFlags::DETACH).ok();
    }
}
