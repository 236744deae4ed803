//! Tries files that are granted, and every way to files that are not.
//!
//! If the standard library uses an old call that no guest makes, a newer call is made instead.

use std::fs::{self, File, Permissions};
use std::hint::black_box;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, StatxFlags, mkdirat, openat, renameat, statx, symlinkat, unlinkat,
};

use super::said;

/// The files that the C library reads to look up names.
const RESOLVER: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

/// Tries everything, and prints one line for each attempt.
pub(crate) fn try_all(app: &Path, layers: &Path) -> Result<()> {
    granted(app, layers)?;
    application(app, layers)?;
    elsewhere(app, layers)
}

/// Tries the files as the host, after it has given up its files: it keeps the layers, and may still connect.
pub(crate) fn try_as_host(app: &Path, layers: &Path) -> Result<()> {
    said("read the application", fs::read(app.join("planqk.json")))?;
    said(
        "make a directory",
        mkdirat(CWD, layers.join("own"), Mode::RWXU),
    )?;
    said("write a file", fs::write(layers.join("own/file"), "text"))?;
    let link = symlinkat("/etc/passwd", CWD, layers.join("own/link"));
    said("make a link", link)?;
    said(
        "set permissions",
        fs::set_permissions(layers.join("own/file"), Permissions::from_mode(0o755)),
    )?;
    // The move stays within a directory, as the host's do: Landlock ABI 1 forbids any other.
    let (file, moved) = (layers.join("own/file"), layers.join("own/moved"));
    said("move within a directory", renameat(CWD, &file, CWD, &moved))?;
    said("move it back", renameat(CWD, &moved, CWD, &file))?;
    said("start a program", Command::new("/bin/true").status())?;
    said(
        "start its own file",
        Command::new(layers.join("own/file")).status(),
    )?;
    let server = TcpListener::bind(("127.0.0.1", 0));
    said(
        "connect",
        server.and_then(|server| TcpStream::connect(server.local_addr()?)),
    )?;
    said(
        "connect to a socket by its path",
        UnixStream::connect(app.with_file_name("socket")),
    )?;
    for path in RESOLVER.iter().filter(|path| Path::new(path).exists()) {
        said("look up names", File::open(path))?;
    }
    elsewhere(app, layers)
}

/// Allocates memory up to the limit and beyond, mapped and from the heap.
pub(crate) fn try_memory() -> Result<()> {
    for (what, bytes) in [("take 16 MiB", 16 << 20), ("take 128 MiB", 128 << 20)] {
        let mut room = Vec::<u8>::new();
        let taken = room.try_reserve_exact(bytes);
        said(what, taken.map_err(|_| io::Error::last_os_error()))?;
        drop(black_box(room));
    }
    Ok(())
}

/// Opens a file by the call that guests make. The standard library's own is an older one under musl.
fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::CLOEXEC;
    Ok(openat(CWD, path, flags, Mode::from_raw_mode(0o644))?.into())
}

fn list(path: &Path) -> io::Result<File> {
    open(path, OFlags::RDONLY | OFlags::DIRECTORY)
}

fn read(path: &Path) -> io::Result<usize> {
    open(path, OFlags::RDONLY)?.read(&mut [0; 64])
}

pub(crate) fn write(path: &Path) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
    open(path, flags)?.write_all(b"text")
}

fn granted(app: &Path, layers: &Path) -> Result<()> {
    said("read the application", read(&app.join("planqk.json")))?;
    said("list the application", list(app))?;
    said(
        "make a directory",
        mkdirat(CWD, layers.join("own"), Mode::RWXU),
    )?;
    let file = layers.join("own/file");
    said("write a file", write(&file))?;
    said("read it back", read(&file))?;
    said("empty it", open(&file, OFlags::WRONLY | OFlags::TRUNC))?;
    said("move it", renameat(CWD, &file, CWD, layers.join("moved")))?;
    said("link it", fs::hard_link(layers.join("moved"), &file))?;
    said(
        "make a link",
        symlinkat("/etc/passwd", CWD, layers.join("own/link")),
    )?;
    said("list the layers", list(layers))?;
    said(
        "remove it",
        unlinkat(CWD, layers.join("moved"), AtFlags::empty()),
    )
}

fn application(app: &Path, layers: &Path) -> Result<()> {
    let file = app.join("planqk.json");
    said(
        "write to the application",
        open(&file, OFlags::WRONLY | OFlags::APPEND),
    )?;
    said("empty a file of the application", {
        // Without the right to write: Linux also truncates a file that is opened for reading.
        let flags = libc::O_TRUNC;
        super::calls::open(&file, flags)
    })?;
    said("make a file in the application", write(&app.join("new")))?;
    said(
        "make a directory in the application",
        mkdirat(CWD, app.join("new"), Mode::RWXU),
    )?;
    said(
        "make a link in the application",
        symlinkat("x", CWD, app.join("new")),
    )?;
    said(
        "remove from the application",
        unlinkat(CWD, &file, AtFlags::empty()),
    )?;
    said(
        "move out of the application",
        renameat(CWD, &file, CWD, layers.join("taken")),
    )?;
    said(
        "link out of the application",
        fs::hard_link(&file, layers.join("taken")),
    )?;
    said(
        "move into the application",
        renameat(CWD, layers.join("own/file"), CWD, app.join("new")),
    )?;
    said(
        "link into the application",
        fs::hard_link(layers.join("own/file"), app.join("new")),
    )
}

fn elsewhere(app: &Path, layers: &Path) -> Result<()> {
    let platform = app.with_file_name("platform");
    for (what, path) in [
        (
            "read the platform's token",
            platform.join("env/BP_GITLAB_TOKEN"),
        ),
        ("read a binding", platform.join("bindings/b/token")),
        ("read the users", "/etc/passwd".into()),
        ("read through a link", layers.join("own/link")),
        (
            "read by dots",
            layers.join("../platform/env/BP_GITLAB_TOKEN"),
        ),
        (
            "read by dots from the application",
            app.join("src/../../platform/env/BP_GITLAB_TOKEN"),
        ),
        ("read its own environment", "/proc/self/environ".into()),
        ("read its own memory", "/proc/self/mem".into()),
        ("read its own program", "/proc/self/exe".into()),
        ("read through its root", "/proc/self/root/etc/passwd".into()),
        (
            "read a setting of the kernel",
            "/proc/sys/kernel/hostname".into(),
        ),
        (
            "read a device of the kernel",
            "/sys/kernel/mm/transparent_hugepage/enabled".into(),
        ),
        ("read a device", "/dev/zero".into()),
    ] {
        said(what, open(&path, OFlags::RDONLY))?;
    }
    said("list the root", list(Path::new("/")))?;
    said("list the processes", list(Path::new("/proc")))?;
    said("list the platform", list(&platform))?;
    said("list what is open", list(Path::new("/proc/self/fd")))?;
    said("write elsewhere", write(&app.with_file_name("elsewhere")))?;
    said(
        "move elsewhere",
        renameat(
            CWD,
            layers.join("own/file"),
            CWD,
            app.with_file_name("elsewhere"),
        ),
    )?;
    said(
        "link elsewhere",
        fs::hard_link(layers.join("own/file"), app.with_file_name("elsewhere")),
    )?;
    // Landlock does not cover this: a file's metadata is visible, but not its content.
    let looked = statx(
        CWD,
        "/etc/passwd",
        AtFlags::empty(),
        StatxFlags::BASIC_STATS,
    );
    said("look at a file elsewhere", looked)
}
