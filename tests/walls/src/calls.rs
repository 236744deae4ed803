//! Makes system calls directly: those that the sandbox must deny, and those that it must allow.
//!
//! The program's only `unsafe` is here: one function that makes a call by its number.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::{line, said};

/// Values that must be obtained before the sandbox is entered.
pub(crate) struct Before {
    parent: i64,
    page: i64,
}

impl Before {
    pub(crate) fn ready() -> Result<Self> {
        let anonymous = i64::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        let readable = i64::from(libc::PROT_READ | libc::PROT_WRITE);
        let page = call(libc::SYS_mmap, [0, 4096, readable, anonymous, -1, 0])?;
        Ok(Self {
            parent: call(libc::SYS_getppid, [0; 6])?,
            page,
        })
    }
}

/// Makes a system call. Every argument is a number, or the address of a value that outlives the call.
fn call(number: i64, args: [i64; 6]) -> io::Result<i64> {
    let [a, b, c, d, rest @ ..] = args;
    // SAFETY: the callers below pass numbers, null, the page that `Before` mapped and nothing else uses, or the
    // address of a string that lives until the call returns. A call that would change this process's own memory or
    // threads must end the process, which is what is tested.
    #[expect(unsafe_code, reason = "argued above")]
    let answer = unsafe { libc::syscall(number, a, b, c, d, rest[0], rest[1]) };
    match answer {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}

/// Opens a file with these flags of the kernel.
pub(crate) fn open(path: &Path, flags: i32) -> io::Result<i64> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let here = i64::from(libc::AT_FDCWD);
    call(
        libc::SYS_openat,
        [here, path.as_ptr() as i64, i64::from(flags), 0, 0, 0],
    )
}

/// The calls that must end the process, with arguments that would have an effect if they did not.
#[expect(clippy::too_many_lines, reason = "a table")]
fn all(before: &Before) -> Vec<(&'static str, i64, [i64; 6])> {
    let Before { parent, page } = *before;
    let own = i64::from(std::process::id());
    let executable = i64::from(libc::PROT_READ | libc::PROT_EXEC);
    let anonymous = i64::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    let none = [0; 6];
    let one = |a| [a, 0, 0, 0, 0, 0];
    vec![
        // Processes and their resources.
        ("execve", libc::SYS_execve, one(page)),
        ("execveat", libc::SYS_execveat, [-100, page, 0, 0, 0, 0]),
        ("clone", libc::SYS_clone, one(i64::from(libc::SIGCHLD))),
        ("clone3", libc::SYS_clone3, [page, 64, 0, 0, 0, 0]),
        ("kill the host", libc::SYS_kill, [parent, 0, 0, 0, 0, 0]),
        ("tkill the host", libc::SYS_tkill, [parent, 0, 0, 0, 0, 0]),
        (
            "tgkill the host",
            libc::SYS_tgkill,
            [parent, parent, 0, 0, 0, 0],
        ),
        ("ptrace", libc::SYS_ptrace, [16, parent, 0, 0, 0, 0]),
        (
            "process_vm_readv",
            libc::SYS_process_vm_readv,
            [parent, page, 1, page, 1, 0],
        ),
        (
            "process_vm_writev",
            libc::SYS_process_vm_writev,
            [parent, page, 1, page, 1, 0],
        ),
        ("pidfd_open", libc::SYS_pidfd_open, one(parent)),
        ("pidfd_getfd", libc::SYS_pidfd_getfd, none),
        ("kcmp", libc::SYS_kcmp, [own, parent, 0, 0, 0, 0]),
        ("prlimit64", libc::SYS_prlimit64, one(parent)),
        ("wait4", libc::SYS_wait4, [-1, 0, 1, 0, 0, 0]),
        ("setpriority", libc::SYS_setpriority, none),
        (
            "sched_setscheduler",
            libc::SYS_sched_setscheduler,
            one(parent),
        ),
        // The network and other channels.
        ("socketpair", libc::SYS_socketpair, [1, 1, 0, page, 0, 0]),
        ("connect", libc::SYS_connect, [0, page, 16, 0, 0, 0]),
        ("bind", libc::SYS_bind, [0, page, 16, 0, 0, 0]),
        ("listen", libc::SYS_listen, none),
        ("accept4", libc::SYS_accept4, none),
        ("sendmsg", libc::SYS_sendmsg, [0, page, 0, 0, 0, 0]),
        ("recvmsg", libc::SYS_recvmsg, [0, page, 0, 0, 0, 0]),
        ("pipe2", libc::SYS_pipe2, one(page)),
        ("shmat", libc::SYS_shmat, [1, 0, 0o100_000, 0, 0, 0]),
        ("shmget", libc::SYS_shmget, [0, 4096, 0o1600, 0, 0, 0]),
        ("msgget", libc::SYS_msgget, [0, 0o1600, 0, 0, 0, 0]),
        ("mq_open", libc::SYS_mq_open, [page, 0, 0, 0, 0, 0]),
        ("memfd_create", libc::SYS_memfd_create, one(page)),
        ("eventfd2", libc::SYS_eventfd2, none),
        // New executable code.
        (
            "mmap of code",
            libc::SYS_mmap,
            [0, 4096, executable, anonymous, -1, 0],
        ),
        (
            "mprotect to code",
            libc::SYS_mprotect,
            [page, 4096, executable, 0, 0, 0],
        ),
        (
            "pkey_mprotect",
            libc::SYS_pkey_mprotect,
            [page, 4096, executable, -1, 0, 0],
        ),
        (
            "remap_file_pages",
            libc::SYS_remap_file_pages,
            [page, 4096, 0, 0, 0, 0],
        ),
        ("personality", libc::SYS_personality, one(0x0040_0000)),
        // Large parts of the kernel.
        (
            "io_uring_setup",
            libc::SYS_io_uring_setup,
            [1, page, 0, 0, 0, 0],
        ),
        ("bpf", libc::SYS_bpf, [0, page, 64, 0, 0, 0]),
        (
            "perf_event_open",
            libc::SYS_perf_event_open,
            [page, 0, -1, -1, 0, 0],
        ),
        ("userfaultfd", libc::SYS_userfaultfd, none),
        ("keyctl", libc::SYS_keyctl, none),
        ("add_key", libc::SYS_add_key, [page, page, page, 1, -3, 0]),
        (
            "request_key",
            libc::SYS_request_key,
            [page, page, 0, -3, 0, 0],
        ),
        ("ioctl", libc::SYS_ioctl, [0, 0x5412, page, 0, 0, 0]),
        (
            "fcntl of an owner",
            libc::SYS_fcntl,
            [0, i64::from(libc::F_SETOWN), parent, 0, 0, 0],
        ),
        (
            "prctl",
            libc::SYS_prctl,
            [i64::from(libc::PR_SET_DUMPABLE), 1, 0, 0, 0, 0],
        ),
        ("seccomp", libc::SYS_seccomp, none),
        ("inotify_init1", libc::SYS_inotify_init1, none),
        ("fanotify_init", libc::SYS_fanotify_init, none),
        (
            "timer_create",
            libc::SYS_timer_create,
            [0, 0, page, 0, 0, 0],
        ),
        // Namespaces, mounts, users.
        (
            "unshare",
            libc::SYS_unshare,
            one(i64::from(libc::CLONE_NEWUSER)),
        ),
        ("setns", libc::SYS_setns, none),
        ("mount", libc::SYS_mount, [page, page, page, 0, 0, 0]),
        ("umount2", libc::SYS_umount2, one(page)),
        ("pivot_root", libc::SYS_pivot_root, [page, page, 0, 0, 0, 0]),
        ("chroot", libc::SYS_chroot, one(page)),
        (
            "open_by_handle_at",
            libc::SYS_open_by_handle_at,
            [-100, page, 0, 0, 0, 0],
        ),
        ("setuid", libc::SYS_setuid, none),
        ("capset", libc::SYS_capset, [page, page, 0, 0, 0, 0]),
        // Files by calls that Landlock does not cover.
        ("truncate", libc::SYS_truncate, [page, 0, 0, 0, 0, 0]),
        ("fchmod", libc::SYS_fchmod, [0, 0o777, 0, 0, 0, 0]),
        ("fchmodat", libc::SYS_fchmodat, [-100, page, 0o777, 0, 0, 0]),
        ("fchownat", libc::SYS_fchownat, [-100, page, 0, 0, 0, 0]),
        ("utimensat", libc::SYS_utimensat, [-100, page, 0, 0, 0, 0]),
        (
            "mknodat",
            libc::SYS_mknodat,
            [-100, page, 0o10_644, 0, 0, 0],
        ),
        ("fsetxattr", libc::SYS_fsetxattr, [0, page, page, 1, 0, 0]),
        ("chdir", libc::SYS_chdir, one(page)),
        ("umask", libc::SYS_umask, none),
        ("splice", libc::SYS_splice, none),
        ("sendfile", libc::SYS_sendfile, [1, 0, 0, 1, 0, 0]),
        ("syncfs", libc::SYS_syncfs, none),
        // The number of a call with 32-bit pointers, if the kernel supports it (x32).
        (
            "getpid by another number",
            0x4000_0000 + libc::SYS_getpid,
            none,
        ),
        ("execve by another number", 0x4000_0000 + 520, one(page)),
        (
            "memfd_create by another number",
            0x4000_0000 + libc::SYS_memfd_create,
            one(page),
        ),
    ]
}

/// The calls that the host gives up before it reads a server's answer. It may need the rest of the table.
pub(crate) fn try_as_host(before: &Before) -> Result<()> {
    for name in [
        "execve",
        "execveat",
        "mmap of code",
        "mprotect to code",
        "pkey_mprotect",
        "memfd_create",
        "personality",
        "shmat",
        "execve by another number",
        "memfd_create by another number",
        "ptrace",
        "process_vm_readv",
        "process_vm_writev",
        "pidfd_open",
        "pidfd_getfd",
        "kcmp",
        "io_uring_setup",
        "bpf",
        "perf_event_open",
        "userfaultfd",
        "keyctl",
        "add_key",
        "request_key",
        "unshare",
        "setns",
        "mount",
        "umount2",
        "chroot",
        "pivot_root",
    ] {
        said(&format!("call {name}"), forbidden(name, before)?)?;
    }
    Ok(())
}

/// Makes one call that must end the process, or all socket calls, which must fail.
pub(crate) fn forbidden(name: &str, before: &Before) -> Result<io::Result<i64>> {
    if name == "list" {
        for (name, ..) in all(before) {
            line(&format!("forbidden {name}"));
        }
        return Ok(Ok(0));
    }
    if name == "socket" {
        for family in 0..46 {
            for kind in [1, 2, 3, 5] {
                let made = call(libc::SYS_socket, [family, kind, 0, 0, 0, 0]);
                let refused =
                    matches!(&made, Err(error) if error.raw_os_error() == Some(libc::EPERM));
                anyhow::ensure!(refused, "socket({family}, {kind}): {made:?}");
            }
        }
        return Ok(Err(io::Error::from_raw_os_error(libc::EPERM)));
    }
    let calls = all(before);
    let (_, number, args) = calls
        .iter()
        .find(|(known, ..)| *known == name)
        .with_context(|| format!("no call is named {name}"))?;
    Ok(call(*number, *args))
}

/// Makes the nearest allowed calls.
pub(crate) fn allowed(app: &Path, layers: &Path, before: &Before) -> Result<()> {
    let own = i64::from(std::process::id());
    let anonymous = i64::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    let readable = i64::from(libc::PROT_READ | libc::PROT_WRITE);
    let page = before.page;
    for (name, number, args) in [
        (
            "mmap of data",
            libc::SYS_mmap,
            [0, 4096, readable, anonymous, -1, 0],
        ),
        (
            "mprotect to data",
            libc::SYS_mprotect,
            [page, 4096, readable, 0, 0, 0],
        ),
        (
            "fcntl of flags",
            libc::SYS_fcntl,
            [1, i64::from(libc::F_GETFL), 0, 0, 0, 0],
        ),
        (
            "fcntl to double",
            libc::SYS_fcntl,
            [1, i64::from(libc::F_DUPFD_CLOEXEC), 3, 0, 0, 0],
        ),
        (
            "tgkill itself with nothing",
            libc::SYS_tgkill,
            [own, own, 0, 0, 0, 0],
        ),
        ("getrandom", libc::SYS_getrandom, [page, 16, 0, 0, 0, 0]),
        (
            "clock_gettime",
            libc::SYS_clock_gettime,
            [0, page, 0, 0, 0, 0],
        ),
        ("getpid", libc::SYS_getpid, [0; 6]),
        ("munmap", libc::SYS_munmap, [page, 4096, 0, 0, 0, 0]),
    ] {
        said(name, call(number, args))?;
    }
    said("open", open(&app.join("planqk.json"), libc::O_RDONLY))?;
    said("write", super::files::write(&layers.join("allowed")))
}
