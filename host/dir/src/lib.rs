//! One open directory. Each operation takes one plain name in it and follows no link.
//!
//! Nothing here takes a path of several parts or knows what a layer is.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, RawMode};

use text::shown_path;

/// A failed operation in a directory.
#[derive(Debug, thiserror::Error)]
#[error("can't {action} {}", shown_path(path.as_os_str().as_bytes()))]
pub struct DirError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl DirError {
    /// Returns the kind of the kernel's error.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// The type of a file. A symbolic link is a `Link`, regardless of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A regular file.
    File,
    Dir,
    /// A symbolic link.
    Link,
    /// A device, a socket or a pipe.
    Special,
}

/// A file's metadata, from `stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub kind: Kind,
    /// The owner's user id.
    pub user: u32,
    /// The permission bits, including setuid, setgid and sticky.
    pub mode: RawMode,
    /// The size of a regular file, in bytes.
    pub len: u64,
    /// The count of hard links.
    pub links: u64,
    /// The device and inode number. Two names of one file have the same id.
    pub id: u128,
    /// The time of the last change (ctime), in nanoseconds by the kernel's clock. The owner can't set it.
    pub changed: i128,
}

/// An open directory.
#[derive(Debug)]
pub struct Dir {
    fd: OwnedFd,
    /// For messages only.
    path: PathBuf,
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Reads a file from its current position to its end. More than `cap` bytes are an error.
pub fn read_capped(file: File, cap: u64) -> io::Result<Vec<u8>> {
    // Holds most files. Without it, the first reads would be small and many.
    let mut bytes = Vec::with_capacity(2 << 10);
    file.take(cap.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap {
        return Err(io::Error::other(format!("it is larger than {cap} bytes")));
    }
    Ok(bytes)
}

impl Dir {
    /// Opens a directory by its path and follows links. Only for paths that come from the platform.
    pub fn open_ambient(path: &Path) -> Result<Self, DirError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Ok(fd) => Ok(Self {
                fd,
                path: path.to_owned(),
            }),
            Err(errno) => Err(DirError {
                action: "open the directory",
                path: path.to_owned(),
                source: errno.into(),
            }),
        }
    }

    /// Takes an exclusive lock on this directory. The lock ends when the result is dropped or this process ends, and
    /// leaves nothing on the disk.
    ///
    /// Returns `None` if the file system has no locks. If another process holds the lock, the error has the kind
    /// [`io::ErrorKind::WouldBlock`].
    pub fn lock(&self) -> Result<Option<OwnedFd>, DirError> {
        let here = OsStr::new(".");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // Opened a second time: a lock belongs to the open file, and every copy of its descriptor shares the lock.
        let fd = rustix::fs::openat(&self.fd, here, flags, Mode::empty())
            .map_err(|errno| self.error("open the directory", here, errno))?;
        match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(fd)),
            Err(errno @ rustix::io::Errno::WOULDBLOCK) => Err(self.error("lock", here, errno)),
            Err(_) => Ok(None),
        }
    }

    /// Returns the path under which the directory was opened, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a directory in this one. Refuses a link.
    pub fn open_dir(&self, name: impl AsRef<OsStr>) -> Result<Self, DirError> {
        let name = name.as_ref();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = self.open(name, flags, "open the directory")?;
        Ok(Self {
            fd,
            path: self.path.join(name),
        })
    }

    /// Makes a directory with exactly these permissions, regardless of the umask. Fails if the name exists.
    pub fn create_dir(&self, name: impl AsRef<OsStr>, mode: RawMode) -> Result<Self, DirError> {
        let name = self.plain(name.as_ref(), "make the directory")?;
        rustix::fs::mkdirat(&self.fd, name, Mode::RWXU)
            .map_err(|errno| self.error("make the directory", name, errno))?;
        let dir = self.open_dir(name)?;
        rustix::fs::fchmod(&dir.fd, Mode::from_raw_mode(mode))
            .map_err(|errno| self.error("set the permissions of", name, errno))?;
        Ok(dir)
    }

    /// Sets this directory's own permissions.
    pub fn set_mode(&self, mode: RawMode) -> Result<(), DirError> {
        rustix::fs::fchmod(&self.fd, Mode::from_raw_mode(mode))
            .map_err(|errno| self.error("set the permissions of", OsStr::new("."), errno))
    }

    /// Opens a directory in this one, and makes it first if the name does not exist.
    pub fn open_or_create_dir(
        &self,
        name: impl AsRef<OsStr>,
        mode: RawMode,
    ) -> Result<Self, DirError> {
        let name = name.as_ref();
        match self.create_dir(name, mode) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.open_dir(name),
            other => other,
        }
    }

    /// Writes a file with exactly these permissions, regardless of the umask. Fails if the name exists.
    pub fn write_new(
        &self,
        name: impl AsRef<OsStr>,
        bytes: &[u8],
        mode: RawMode,
    ) -> Result<(), DirError> {
        self.make_file(name.as_ref(), mode, |file| file.write_all(bytes))
    }

    /// Like [`Self::write_new`], with all that `from` has to read.
    pub fn copy_new(
        &self,
        name: impl AsRef<OsStr>,
        from: &mut dyn Read,
        mode: RawMode,
    ) -> Result<(), DirError> {
        self.make_file(name.as_ref(), mode, |file| io::copy(from, file).map(drop))
    }

    /// Makes a file to write, with exactly these permissions, regardless of the umask. Fails if the name exists.
    pub fn new_file(&self, name: impl AsRef<OsStr>, mode: RawMode) -> Result<File, DirError> {
        let name = name.as_ref();
        let file = File::from(self.open(name, OFlags::WRONLY | NEW, "create")?);
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))
            .map_err(|errno| self.error("set the permissions of", name, errno))?;
        Ok(file)
    }

    fn make_file(
        &self,
        name: &OsStr,
        mode: RawMode,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), DirError> {
        let mut file = File::from(self.open(name, OFlags::WRONLY | NEW, "create")?);
        write(&mut file).map_err(|source| self.io_error("write", name, source))?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))
            .map_err(|errno| self.error("set the permissions of", name, errno))
    }

    /// Makes a file without a name, to write and to read. The kernel removes the file when it is closed, however this
    /// process ends.
    pub fn scratch(&self) -> Result<File, DirError> {
        /// Held while the name exists, because several threads may make such files in one directory.
        static NAME: Mutex<()> = Mutex::new(());
        let _held = NAME.lock().unwrap_or_else(PoisonError::into_inner);
        let name = OsStr::new(SCRATCH);
        let file = File::from(self.open(name, OFlags::RDWR | NEW, "create")?);
        self.remove_file_if_present(name)?;
        Ok(file)
    }

    /// Writes a temporary file and renames it to `name`, so that no reader sees half of it.
    ///
    /// Replaces a file or link of that name. Refuses a directory.
    pub fn replace(
        &self,
        name: impl AsRef<OsStr>,
        bytes: &[u8],
        mode: RawMode,
    ) -> Result<(), DirError> {
        let name = name.as_ref();
        let mut staged = OsString::from(STAGED_PREFIX);
        staged.push(name);
        self.remove_file_if_present(&staged)?;
        self.write_new(&staged, bytes, mode)?;
        rustix::fs::renameat(&self.fd, &staged, &self.fd, name)
            .map_err(|errno| self.error("put into place", name, errno))
    }

    /// Makes a symbolic link. Fails if the name exists. The caller must check the target.
    pub fn symlink(&self, target: &OsStr, name: impl AsRef<OsStr>) -> Result<(), DirError> {
        let name = self.plain(name.as_ref(), "make the link")?;
        rustix::fs::symlinkat(target, &self.fd, name)
            .map_err(|errno| self.error("make the link", name, errno))
    }

    /// Returns a symbolic link's target as it is written.
    pub fn read_link(&self, name: impl AsRef<OsStr>) -> Result<OsString, DirError> {
        let name = self.plain(name.as_ref(), "read the link")?;
        rustix::fs::readlinkat(&self.fd, name, Vec::new())
            .map(|target| OsStr::from_bytes(target.as_bytes()).to_owned())
            .map_err(|errno| self.error("read the link", name, errno))
    }

    /// Opens a regular file to read. Refuses a link, a pipe or a device, and does not wait for one.
    pub fn open_file(&self, name: impl AsRef<OsStr>) -> Result<File, DirError> {
        let name = name.as_ref();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(self.open(name, flags, "read")?);
        let metadata = file
            .metadata()
            .map_err(|source| self.io_error("read", name, source))?;
        if metadata.is_file() {
            Ok(file)
        } else {
            let refused = io::Error::other("it is not a regular file");
            Err(self.io_error("read", name, refused))
        }
    }

    /// Sets the permissions of a regular file. Refuses a link, a pipe or a device.
    pub fn set_file_mode(&self, name: impl AsRef<OsStr>, mode: RawMode) -> Result<(), DirError> {
        let name = name.as_ref();
        let file = self.open_file(name)?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))
            .map_err(|errno| self.error("set the permissions of", name, errno))
    }

    /// Reads a regular file of at most `cap` bytes.
    pub fn read(&self, name: impl AsRef<OsStr>, cap: u64) -> Result<Vec<u8>, DirError> {
        let name = name.as_ref();
        let bytes = read_capped(self.open_file(name)?, cap);
        bytes.map_err(|source| self.io_error("read", name, source))
    }

    /// Returns a name's metadata, or `None` if the name does not exist.
    pub fn stat(&self, name: impl AsRef<OsStr>) -> Result<Option<Stat>, DirError> {
        let name = self.plain(name.as_ref(), "look at")?;
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Stat {
                kind: match FileType::from_raw_mode(stat.st_mode) {
                    FileType::RegularFile => Kind::File,
                    FileType::Directory => Kind::Dir,
                    FileType::Symlink => Kind::Link,
                    _ => Kind::Special,
                },
                user: stat.st_uid,
                mode: stat.st_mode & 0o7777,
                len: u64::try_from(stat.st_size).unwrap_or(0),
                #[expect(
                    clippy::useless_conversion,
                    reason = "the kernel's type differs by architecture"
                )]
                links: u64::from(stat.st_nlink),
                id: u128::from(stat.st_dev) << 64 | u128::from(stat.st_ino),
                changed: i128::from(stat.st_ctime) * 1_000_000_000 + i128::from(stat.st_ctime_nsec),
            })),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.error("look at", name, errno)),
        }
    }

    /// Lists the names in this directory, sorted by their bytes. More than `cap` names are an error.
    pub fn names(&self, cap: usize) -> Result<Vec<OsString>, DirError> {
        let fail = |errno| self.error("list", OsStr::new("."), errno);
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.fd).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            if names.len() == cap {
                let why = format!("it holds more than {cap} names");
                return Err(self.io_error("list", OsStr::new("."), io::Error::other(why)));
            }
            names.push(name.to_owned());
        }
        names.sort();
        Ok(names)
    }

    /// Renames a directory within this one. Does not replace a file, a link, or a directory that is not empty.
    ///
    /// The call has no flags, because some file systems don't support them (NFS, 9p, FUSE). Both names are in one
    /// directory, because a process under Landlock can't move a file to another directory before ABI 2.
    pub fn rename_dir(
        &self,
        name: impl AsRef<OsStr>,
        new_name: impl AsRef<OsStr>,
    ) -> Result<(), DirError> {
        let name = name.as_ref();
        let new_name = self.plain(new_name.as_ref(), "move to")?;
        // `rename` replaces an existing file, unless `name` is a directory.
        let _is_dir = self.open_dir(name)?;
        rustix::fs::renameat(&self.fd, name, &self.fd, new_name)
            .map_err(|errno| self.error("move to", new_name, errno))
    }

    /// Removes an empty directory. Keeps one that is not empty. A missing one is not an error.
    pub fn remove_dir_if_empty(&self, name: impl AsRef<OsStr>) -> Result<(), DirError> {
        use rustix::io::Errno;

        let name = self.plain(name.as_ref(), "remove")?;
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(()),
            Err(errno) => Err(self.error("remove", name, errno)),
        }
    }

    /// Removes a name and, if it is a directory, everything in it. A missing name is not an error.
    ///
    /// Gives the owner all permissions on a directory first, so that directories that a component locked can be
    /// removed. Another process may remove some of the files at the same time: this is not an error either.
    pub fn remove_tree(&self, name: impl AsRef<OsStr>) -> Result<(), DirError> {
        match self.remove_all(name.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn remove_all(&self, name: &OsStr) -> Result<(), DirError> {
        match self.stat(name)? {
            None => Ok(()),
            Some(stat) if stat.kind == Kind::Dir => {
                if stat.mode & 0o700 != 0o700 {
                    rustix::fs::chmodat(&self.fd, name, Mode::RWXU, AtFlags::empty())
                        .map_err(|errno| self.error("open up", name, errno))?;
                }
                let dir = self.open_dir(name)?;
                for child in dir.names(usize::MAX)? {
                    dir.remove_tree(child)?;
                }
                rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR)
                    .map_err(|errno| self.error("remove", name, errno))
            }
            Some(_) => self.remove_file_if_present(name),
        }
    }

    fn remove_file_if_present(&self, name: &OsStr) -> Result<(), DirError> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.error("remove", name, errno)),
        }
    }

    fn open(&self, name: &OsStr, flags: OFlags, action: &'static str) -> Result<OwnedFd, DirError> {
        let name = self.plain(name, action)?;
        rustix::fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| self.error(action, name, errno))
    }

    /// Refuses a name that is not plain. The caller has checked the name already; this check makes sure that no path
    /// gets past.
    fn plain<'n>(&self, name: &'n OsStr, action: &'static str) -> Result<&'n OsStr, DirError> {
        let bytes = name.as_bytes();
        if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain name");
            return Err(self.io_error(action, name, source));
        }
        Ok(name)
    }

    fn error(&self, action: &'static str, name: &OsStr, errno: rustix::io::Errno) -> DirError {
        self.io_error(action, name, errno.into())
    }

    fn io_error(&self, action: &'static str, name: &OsStr, source: io::Error) -> DirError {
        DirError {
            action,
            path: self.path.join(name),
            source,
        }
    }
}

/// The flags to open a file that must not exist yet.
const NEW: OFlags = OFlags::CREATE
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// The name of a scratch file between its creation and the removal of the name.
const SCRATCH: &str = ".staged-scratch";

/// The prefix of the names of unfinished files. The name of a component's layer, folder or file may not begin with it.
pub const STAGED_PREFIX: &str = ".staged-";

/// Returns whether a name begins with [`STAGED_PREFIX`].
#[must_use]
pub fn is_staged(name: &OsStr) -> bool {
    name.as_bytes().starts_with(STAGED_PREFIX.as_bytes())
}

#[cfg(test)]
pub(crate) mod tests;
