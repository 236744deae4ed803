//! The system calls that the sandbox allows and refuses, each with its reason. The lists are the same for every
//! architecture: the names are those that all have.
//!
//! Only tests compile the lists. The tests make the tables of [`crate::programs`] from them, and compare what each
//! table answers with what the lists say.

mod tests;

/// The arguments to which an entry applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Args {
    Any,
    /// The third argument has no `PROT_EXEC`.
    NoNewCode,
    /// The third argument has `PROT_EXEC`.
    NewCode,
    /// The second argument is one of these.
    Second(&'static [i32]),
    /// The first argument is this process.
    Itself,
}

use Args::{Any, Itself, NewCode, NoNewCode, Second};

struct Call(i64, Args, &'static str);

/// The calls that are allowed. Any other ends the process with SIGSYS.
const CALLS: &[Call] = &[
    Call(
        libc::SYS_openat,
        Any,
        "opens files; which, Landlock decides",
    ),
    Call(libc::SYS_openat2, Any, "the same, beneath a directory"),
    Call(libc::SYS_close, Any, "closes them"),
    Call(libc::SYS_read, Any, "reads files"),
    Call(libc::SYS_readv, Any, "reads files"),
    Call(libc::SYS_pread64, Any, "reads files"),
    Call(libc::SYS_preadv, Any, "reads files"),
    Call(libc::SYS_write, Any, "writes files, and detect's lines"),
    Call(libc::SYS_writev, Any, "writes files, and detect's lines"),
    Call(libc::SYS_pwrite64, Any, "writes files"),
    Call(libc::SYS_pwritev, Any, "writes files"),
    Call(libc::SYS_lseek, Any, "moves in files"),
    Call(libc::SYS_ftruncate, Any, "a component sets a file's length"),
    Call(libc::SYS_fsync, Any, "a component syncs a file"),
    Call(libc::SYS_fdatasync, Any, "a component syncs a file"),
    Call(
        libc::SYS_fadvise64,
        Any,
        "a component gives advice on a file",
    ),
    Call(libc::SYS_fstat, Any, "looks at open files"),
    Call(libc::SYS_newfstatat, Any, "looks at files"),
    Call(libc::SYS_statx, Any, "looks at files"),
    Call(libc::SYS_fstatfs, Any, "looks at a file's disk"),
    Call(libc::SYS_readlinkat, Any, "reads links"),
    Call(libc::SYS_getdents64, Any, "lists directories"),
    Call(libc::SYS_mkdirat, Any, "makes directories"),
    Call(libc::SYS_symlinkat, Any, "makes links"),
    Call(libc::SYS_linkat, Any, "makes hard links"),
    Call(libc::SYS_unlinkat, Any, "removes files"),
    Call(libc::SYS_renameat, Any, "moves files"),
    Call(libc::SYS_renameat2, Any, "moves files"),
    Call(
        libc::SYS_fcntl,
        Second(&[
            libc::F_GETFD,
            libc::F_SETFD,
            libc::F_GETFL,
            libc::F_SETFL,
            libc::F_DUPFD_CLOEXEC,
        ]),
        "doubles descriptors, and asks for their flags",
    ),
    Call(libc::SYS_recvfrom, Any, "the runner's one socket"),
    Call(
        libc::SYS_sendto,
        Any,
        "the runner's one socket; it is connected",
    ),
    Call(libc::SYS_brk, Any, "memory"),
    Call(libc::SYS_mmap, NoNewCode, "memory, never for code"),
    Call(libc::SYS_mprotect, NoNewCode, "memory, never for code"),
    Call(libc::SYS_mremap, Any, "memory; it keeps its protection"),
    Call(libc::SYS_munmap, Any, "memory"),
    Call(libc::SYS_madvise, Any, "memory"),
    Call(libc::SYS_futex, Any, "the two threads wait for one another"),
    Call(
        libc::SYS_sched_yield,
        Any,
        "the two threads wait for one another",
    ),
    Call(
        libc::SYS_sched_getaffinity,
        Any,
        "the runtime counts processors",
    ),
    Call(
        libc::SYS_clock_gettime,
        Any,
        "the deadline, where the kernel gives no page for it",
    ),
    Call(libc::SYS_clock_nanosleep, Any, "the deadline"),
    Call(libc::SYS_nanosleep, Any, "the deadline"),
    Call(libc::SYS_getrandom, Any, "seeds hash tables"),
    Call(libc::SYS_rt_sigaction, Any, "the engine's handler of traps"),
    Call(libc::SYS_rt_sigprocmask, Any, "threads end"),
    Call(libc::SYS_rt_sigreturn, Any, "the engine's handler of traps"),
    Call(libc::SYS_sigaltstack, Any, "threads end"),
    Call(libc::SYS_getpid, Any, "a panic says who it was"),
    Call(libc::SYS_gettid, Any, "a panic says who it was"),
    Call(libc::SYS_tkill, Itself, "a panic ends the process"),
    Call(libc::SYS_tgkill, Itself, "a panic ends the process"),
    Call(
        libc::SYS_restart_syscall,
        Any,
        "the kernel's own, after a stop",
    ),
    Call(libc::SYS_exit, Any, "a thread ends"),
    Call(libc::SYS_exit_group, Any, "the process ends"),
];

/// The calls that are refused with an error, and do not end the process.
const REFUSED: &[Call] = &[
    Call(libc::SYS_socket, Any, "proves that there is a filter"),
    Call(libc::SYS_utimensat, Any, "a component sets a file's times"),
];

/// The calls that the host gives up before it reads a server's answer. It keeps those that it needs to connect and to write;
/// these would be most useful to an attacker in the host, and are refused with an error.
const REFUSED_TO_HOST: &[Call] = &[
    Call(libc::SYS_execve, Any, "it starts nothing more"),
    Call(libc::SYS_execveat, Any, "it starts nothing more"),
    Call(libc::SYS_mmap, NewCode, "all its code is there"),
    Call(libc::SYS_mprotect, NewCode, "all its code is there"),
    Call(libc::SYS_pkey_mprotect, Any, "all its code is there"),
    Call(libc::SYS_memfd_create, Any, "a file that nobody sees"),
    Call(libc::SYS_personality, Any, "what is read could be run"),
    Call(libc::SYS_shmat, Any, "code in shared memory"),
    Call(libc::SYS_ptrace, Any, "other processes"),
    Call(libc::SYS_process_vm_readv, Any, "other processes"),
    Call(libc::SYS_process_vm_writev, Any, "other processes"),
    Call(libc::SYS_pidfd_open, Any, "other processes"),
    Call(libc::SYS_pidfd_getfd, Any, "other processes"),
    Call(libc::SYS_kcmp, Any, "other processes"),
    Call(libc::SYS_unshare, Any, "namespaces"),
    Call(libc::SYS_setns, Any, "namespaces"),
    Call(libc::SYS_mount, Any, "mounts"),
    Call(libc::SYS_umount2, Any, "mounts"),
    Call(libc::SYS_chroot, Any, "mounts"),
    Call(libc::SYS_pivot_root, Any, "mounts"),
    Call(
        libc::SYS_io_uring_setup,
        Any,
        "a large surface of the kernel",
    ),
    Call(libc::SYS_bpf, Any, "a large surface of the kernel"),
    Call(
        libc::SYS_perf_event_open,
        Any,
        "a large surface of the kernel",
    ),
    Call(libc::SYS_userfaultfd, Any, "a large surface of the kernel"),
    Call(libc::SYS_keyctl, Any, "keys of the user"),
    Call(libc::SYS_add_key, Any, "keys of the user"),
    Call(libc::SYS_request_key, Any, "keys of the user"),
];

/// Linux for x86-64 knows the same calls once more by these numbers, for programs with short pointers (x32).
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// The calls among [`REFUSED_TO_HOST`] that also have another number there. Some kernels take these numbers without the
/// bit as well. <https://github.com/torvalds/linux/blob/v6.12/arch/x86/entry/syscalls/syscall_64.tbl>
#[cfg(target_arch = "x86_64")]
const X32_NUMBERS: &[(i64, i64)] = &[
    (libc::SYS_execve, 520),
    (libc::SYS_ptrace, 521),
    (libc::SYS_process_vm_readv, 539),
    (libc::SYS_process_vm_writev, 540),
    (libc::SYS_execveat, 545),
];
