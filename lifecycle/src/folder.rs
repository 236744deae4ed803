//! Copies whole folders, changes their owner, and records them for comparison.
//!
//! The meaning of a folder does not belong here.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt as _, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The path relative to the folder.
    pub path: PathBuf,
    /// The permissions, such as `0o755`, with setuid, setgid and sticky.
    pub mode: u32,
    pub kind: Kind,
}

/// The type and content of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A folder. Its content has entries of its own.
    Folder,
    /// A file, with its bytes.
    File(Vec<u8>),
    /// A link, with its target.
    Link(PathBuf),
    /// A pipe, socket or device.
    Other,
}

/// All entries beneath `folder`, sorted by path. Equal snapshots are the same to the byte.
pub fn snapshot(folder: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    walk(folder, &mut |path, meta| {
        let kind = if meta.is_symlink() {
            Kind::Link(fs::read_link(path)?)
        } else if meta.is_dir() {
            Kind::Folder
        } else if meta.is_file() {
            Kind::File(fs::read(path)?)
        } else {
            Kind::Other
        };
        let path = path.strip_prefix(folder)?.to_owned();
        entries.push(Entry {
            path,
            mode: meta.mode() & 0o7777,
            kind,
        });
        Ok(())
    })?;
    entries.sort();
    Ok(entries)
}

/// The paths of a snapshot, as text.
#[must_use]
pub fn paths(entries: &[Entry]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| entry.path.display().to_string())
        .collect()
}

/// Copies everything beneath `from` to `to`, which may exist. Links stay links, and permissions stay. Refuses pipes, sockets
/// and devices.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    copy_by(from, to, |path, target, _| {
        fs::copy(path, target)?;
        Ok(())
    })
}

/// Copies a stranger's folder as [`copy`] does, without setuid, setgid and sticky bits: the copy belongs to the user
/// who runs this.
pub fn copy_plainly(from: &Path, to: &Path) -> Result<()> {
    copy_by(from, to, |path, target, meta| {
        let mode = meta.mode() & 0o777;
        let mut options = fs::OpenOptions::new();
        let mut copy = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(target)?;
        std::io::copy(&mut fs::File::open(path)?, &mut copy)?;
        // The umask may have taken some.
        copy.set_permissions(fs::Permissions::from_mode(mode))?;
        Ok(())
    })
}

/// Copies as [`copy`] does, but makes a program a hard link, or a copy by [`copy_program`] if the disk has no hard
/// links.
pub fn copy_sharing_programs(from: &Path, to: &Path) -> Result<()> {
    copy_by(from, to, |path, target, meta| {
        if meta.mode() & 0o100 == 0 || fs::hard_link(path, target).is_err() {
            copy_program(path, target)?;
        }
        Ok(())
    })
}

/// Writes a program that can be started at once, whatever other threads do.
///
/// Another process writes it. A file that is open for writing in this process is also open in each process that
/// another thread forks at that moment. Until that process executes its own program, starting the file fails: "Text
/// file busy".
pub fn write_program(path: &Path, content: &[u8]) -> Result<()> {
    let mut shell = Command::new("/bin/sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = shell.stdin.take().context("no pipe")?;
    input.write_all(content)?;
    drop(input);
    ensure!(shell.wait()?.success(), "can't write {}", path.display());
    Ok(())
}

/// Copies a file with its permissions, as a program that can be started at once: see [`write_program`].
pub fn copy_program(from: &Path, to: &Path) -> Result<()> {
    let copied = Command::new("cp").arg("-p").args([from, to]).status()?;
    ensure!(copied.success(), "can't copy {}", from.display());
    Ok(())
}

fn copy_by(
    from: &Path,
    to: &Path,
    copy_file: impl Fn(&Path, &Path, &fs::Metadata) -> Result<()>,
) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("can't make {}", to.display()))?;
    walk(from, &mut |path, meta| {
        let target = to.join(path.strip_prefix(from)?);
        if meta.is_symlink() {
            symlink(fs::read_link(path)?, &target)?;
        } else if meta.is_dir() {
            fs::create_dir_all(&target)?;
            fs::set_permissions(&target, meta.permissions())?;
        } else {
            // Opening a pipe would wait for a writer.
            ensure!(meta.is_file(), "it is a pipe, a socket or a device");
            copy_file(path, &target, meta)?;
        }
        Ok(())
    })
}

/// Changes the owner of a folder and everything beneath it.
pub fn give(folder: &Path, user: u32, group: u32) -> Result<()> {
    lchown(folder, Some(user), Some(group))?;
    walk(folder, &mut |path, _| {
        Ok(lchown(path, Some(user), Some(group))?)
    })
}

/// Makes a folder and everything beneath it readable for everybody, regardless of the umask.
pub fn let_all_read(folder: &Path) -> Result<()> {
    let open = |path: &Path, mode: u32, is_dir: bool| {
        let executable = if is_dir || mode & 0o100 != 0 {
            0o111
        } else {
            0
        };
        fs::set_permissions(path, fs::Permissions::from_mode(mode | 0o444 | executable))
    };
    open(folder, fs::metadata(folder)?.mode(), true)?;
    walk(folder, &mut |path, meta| {
        if !meta.is_symlink() {
            open(path, meta.mode(), meta.is_dir())?;
        }
        Ok(())
    })
}

/// Visits everything beneath a folder, each folder before its content. Links are not followed.
pub fn walk(
    folder: &Path,
    visit: &mut dyn FnMut(&Path, &fs::Metadata) -> Result<()>,
) -> Result<()> {
    let listing =
        fs::read_dir(folder).with_context(|| format!("can't list {}", folder.display()))?;
    for entry in listing {
        let path = entry?.path();
        let meta = fs::symlink_metadata(&path)?;
        visit(&path, &meta).with_context(|| format!("at {}", path.display()))?;
        if meta.is_dir() {
            walk(&path, visit)?;
        }
    }
    Ok(())
}
