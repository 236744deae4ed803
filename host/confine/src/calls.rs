//! seccomp: the calls to the kernel that a guest's process still makes, each with its reason. Any other ends it.
//!
//! The same list for every architecture: the names are those that all have.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

/// What of a call's arguments is looked at.
enum Args {
    Any,
    /// The third argument has no `PROT_EXEC`.
    NoNewCode,
    /// The third argument has it.
    NewCode,
    /// The second argument is one of these.
    Second(&'static [i32]),
    /// The first argument is this process.
    Itself,
}

use Args::{Any, Itself, NewCode, NoNewCode, Second};

struct Call(
    i64,
    Args,
    #[cfg_attr(not(test), expect(dead_code, reason = "for who reads the list"))] &'static str,
);

/// The calls that are let through. What is not here ends the process with SIGSYS.
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
    Call(libc::SYS_ftruncate, Any, "a guest sets a file's length"),
    Call(libc::SYS_fsync, Any, "a guest syncs a file"),
    Call(libc::SYS_fdatasync, Any, "a guest syncs a file"),
    Call(libc::SYS_fadvise64, Any, "a guest gives advice on a file"),
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

/// The calls that are refused with an error, by a program of their own: the list's has one answer for all that is not
/// on it. Of the answers of two programs the kernel takes the stricter one, so the list lets these through.
const REFUSED: &[Call] = &[
    Call(libc::SYS_socket, Any, "proves that there is a filter"),
    Call(libc::SYS_utimensat, Any, "a guest sets a file's times"),
];

/// Why the list is not in force.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallsError {
    /// There is none for this processor.
    #[error("seccomp is missing: there is no list for this kind of processor")]
    Processor,
    /// The kernel refused it.
    #[error("seccomp is missing: {0}")]
    Refused(#[from] Error),
}

/// The calls that the host gives up before it hears a server. It keeps those that it needs to connect and to write;
/// these would be worth most to whoever had taken it over, and are refused with an error.
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
const X32: i64 = 0x4000_0000;

/// The calls among [`REFUSED_TO_HOST`] that have another number there besides.
/// <https://github.com/torvalds/linux/blob/v6.12/arch/x86/entry/syscalls/syscall_64.tbl>
const X32_NUMBERS: &[(i64, i64)] = &[
    (libc::SYS_execve, 520),
    (libc::SYS_ptrace, 521),
    (libc::SYS_process_vm_readv, 539),
    (libc::SYS_process_vm_writev, 540),
    (libc::SYS_execveat, 545),
];

/// Installs the host's list for all its threads. It can't be removed.
pub(super) fn restrict_host() -> Result<(), CallsError> {
    let arch = processor()?;
    apply_filter_all_threads(&refuse_to_host(arch)?)?;
    Ok(())
}

fn refuse_to_host(arch: TargetArch) -> Result<BpfProgram, Error> {
    let mut calls = rules(REFUSED_TO_HOST)?;
    if arch == TargetArch::x86_64 {
        for Call(number, args, _) in REFUSED_TO_HOST {
            calls.insert(number + X32, args.rules()?);
        }
        // Some kernels take these numbers without the bit as well.
        for other in X32_NUMBERS.iter().map(|(_, other)| other) {
            calls.insert(*other, Vec::new());
            calls.insert(other + X32, Vec::new());
        }
    }
    refuse(calls, arch)
}

/// Installs both programs of a guest for all threads. They can't be removed.
pub(super) fn restrict() -> Result<(), CallsError> {
    let arch = processor()?;
    // The list comes second: with it in force, no other program can be installed.
    apply_filter_all_threads(&refuse(rules(REFUSED)?, arch)?)?;
    apply_filter_all_threads(&list(arch)?)?;
    Ok(())
}

fn processor() -> Result<TargetArch, CallsError> {
    TargetArch::try_from(std::env::consts::ARCH).map_err(|_| CallsError::Processor)
}

/// Refuses these calls with an error and lets all others through.
fn refuse(calls: Rules, arch: TargetArch) -> Result<BpfProgram, Error> {
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    Ok(SeccompFilter::new(calls, SeccompAction::Allow, refused, arch)?.try_into()?)
}

/// Lets through what is listed and what is refused with an error; any other call ends the process.
fn list(arch: TargetArch) -> Result<BpfProgram, Error> {
    let mut calls = rules(CALLS)?;
    calls.append(&mut rules(REFUSED)?);
    let end = SeccompAction::KillProcess;
    Ok(SeccompFilter::new(calls, end, SeccompAction::Allow, arch)?.try_into()?)
}

/// What must hold of the arguments of each call, as the library takes it.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn rules(calls: &[Call]) -> Result<Rules, Error> {
    let rules = calls
        .iter()
        .map(|Call(number, args, _)| Ok((*number, args.rules()?)));
    rules.collect()
}

impl Args {
    /// One of these must hold; with none, any arguments do.
    fn rules(&self) -> Result<Vec<SeccompRule>, Error> {
        let rule = |index, op, value: i32| {
            let condition = SeccompCondition::new(
                index,
                SeccompCmpArgLen::Dword,
                op,
                u64::from(value.unsigned_abs()),
            )?;
            SeccompRule::new(vec![condition])
        };
        let rules: Result<Vec<_>, _> = match self {
            Self::Any => return Ok(Vec::new()),
            Self::NoNewCode | Self::NewCode => {
                let mask = SeccompCmpOp::MaskedEq(u64::from(libc::PROT_EXEC.unsigned_abs()));
                let wanted = match self {
                    Self::NewCode => libc::PROT_EXEC,
                    _ => 0,
                };
                vec![rule(2, mask, wanted)].into_iter().collect()
            }
            Self::Second(values) => values
                .iter()
                .map(|value| rule(1, SeccompCmpOp::Eq, *value))
                .collect(),
            Self::Itself => {
                let own = std::process::id().cast_signed();
                vec![rule(0, SeccompCmpOp::Eq, own)].into_iter().collect()
            }
        };
        Ok(rules?)
    }
}

#[cfg(test)]
mod tests {
    use seccompiler::sock_filter;

    use super::*;

    const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
    const END: u32 = libc::SECCOMP_RET_KILL_PROCESS;
    const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();

    /// What a program says of a call, as the kernel would find it.
    fn verdict(program: &[sock_filter], data: [u32; 16]) -> u32 {
        let (mut place, mut loaded) = (0, 0);
        loop {
            let sock_filter { code, jt, jf, k } = program[place];
            place += 1;
            let code = u32::from(code);
            match code & 0x07 {
                libc::BPF_LD => loaded = data[k as usize / 4],
                libc::BPF_ALU => loaded &= k,
                libc::BPF_RET => return k,
                libc::BPF_JMP if code & 0xf0 == libc::BPF_JA => place += k as usize,
                libc::BPF_JMP if code & 0xf0 == libc::BPF_JEQ => {
                    place += usize::from(if loaded == k { jt } else { jf });
                }
                libc::BPF_JMP if code & 0xf0 == libc::BPF_JGE => {
                    place += usize::from(if loaded >= k { jt } else { jf });
                }
                _ => panic!("an instruction that is not looked for: {code:#x}"),
            }
        }
    }

    const PROCESSOR: u32 = 0xc000_003e;

    /// A call on x86-64, with three arguments.
    fn call(number: i64, arguments: [u32; 3]) -> [u32; 16] {
        let [first, second, third] = arguments;
        let number = u32::try_from(number).unwrap();
        [
            number, PROCESSOR, 0, 0, first, 0, second, 0, third, 0, 0, 0, 0, 0, 0, 0,
        ]
    }

    #[test]
    fn the_programs_say_of_each_call_what_the_list_says() {
        let arch = TargetArch::x86_64;
        let programs = [
            refuse(rules(REFUSED).unwrap(), arch).unwrap(),
            list(arch).unwrap(),
        ];
        // The kernel takes the strictest answer, which is the least when it is read with a sign.
        let strictest = |data| {
            let answers = programs.each_ref().map(|program| verdict(program, data));
            answers
                .into_iter()
                .min_by_key(|answer| answer.cast_signed())
        };
        let says = |number, arguments| strictest(call(number, arguments)).unwrap();
        for number in (0..600).chain([0x7fff_ffff, 0xffff_ffff]) {
            let listed = CALLS.iter().find(|call| call.0 == number);
            let expected = match listed {
                _ if REFUSED.iter().any(|call| call.0 == number) => REFUSE,
                Some(Call(_, Any, _)) => ALLOW,
                // With arguments that none of them allows.
                Some(_) | None => END,
            };
            assert_eq!(says(number, [1, 0xffff, 4]), expected, "{number}");
            // The other way into the same kernel.
            assert_eq!(says(number | X32, [1, 0, 0]), END, "{number}");
        }
        let own = std::process::id();
        for (number, arguments) in [
            (libc::SYS_mmap, [0, 0, 3]),
            (libc::SYS_mprotect, [0, 0, 1]),
            (libc::SYS_fcntl, [5, libc::F_GETFL.unsigned_abs(), 0]),
            (libc::SYS_tkill, [own, 6, 0]),
        ] {
            assert_eq!(says(number, arguments), ALLOW, "{number}");
        }
        assert_eq!(says(libc::SYS_mmap, [0, 0, 7]), END);
        // Another processor.
        let mut elsewhere = call(libc::SYS_read, [0; 3]);
        elsewhere[1] = 0x4000_0003;
        assert_eq!(strictest(elsewhere), Some(END));
    }

    #[test]
    fn the_hosts_program_refuses_what_is_listed_by_each_of_its_numbers() {
        let program = refuse_to_host(TargetArch::x86_64).unwrap();
        let says = |number, arguments| verdict(&program, call(number, arguments));
        let others: Vec<_> = X32_NUMBERS.iter().map(|(_, other)| *other).collect();
        for number in 0..600 {
            let listed = REFUSED_TO_HOST.iter().find(|call| call.0 == number);
            let refused = listed.is_some() || others.contains(&number);
            let expected = if refused { REFUSE } else { ALLOW };
            for number in [number, number | X32] {
                assert_eq!(says(number, [0, 0, 4]), expected, "{number}");
            }
            // New code alone is refused, and not other memory.
            if listed.is_some_and(|call| matches!(call.1, NewCode)) {
                for number in [number, number | X32] {
                    assert_eq!(says(number, [0, 0, 3]), ALLOW, "{number}");
                }
            }
        }
        let mut elsewhere = call(libc::SYS_read, [0; 3]);
        elsewhere[1] = 0x4000_0003;
        assert_eq!(verdict(&program, elsewhere), END);
        for (number, _) in X32_NUMBERS {
            assert!(REFUSED_TO_HOST.iter().any(|call| call.0 == *number));
        }
    }

    #[test]
    fn the_lists_become_programs_on_both_architectures() {
        for arch in [TargetArch::x86_64, TargetArch::aarch64] {
            assert!(list(arch).unwrap().len() > CALLS.len());
            assert!(refuse_to_host(arch).unwrap().len() > REFUSED_TO_HOST.len());
        }
    }

    #[test]
    fn no_call_is_listed_twice_and_each_has_a_reason() {
        for list in [CALLS, REFUSED, REFUSED_TO_HOST] {
            let numbers: std::collections::BTreeSet<_> = list.iter().map(|call| call.0).collect();
            assert_eq!(numbers.len(), list.len());
            assert!(list.iter().all(|call| !call.2.is_empty()));
        }
    }

    #[test]
    fn what_leads_out_is_not_on_the_list() {
        for forbidden in [
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_sendmsg,
            libc::SYS_recvmsg,
            libc::SYS_execve,
            libc::SYS_execveat,
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_pidfd_getfd,
            libc::SYS_kill,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_mount,
            libc::SYS_io_uring_setup,
            libc::SYS_keyctl,
            libc::SYS_add_key,
            libc::SYS_bpf,
            libc::SYS_memfd_create,
            libc::SYS_userfaultfd,
            libc::SYS_prctl,
            libc::SYS_seccomp,
            libc::SYS_fchmodat,
            libc::SYS_utimensat,
            libc::SYS_ioctl,
        ] {
            let listed = CALLS.iter().any(|call| call.0 == forbidden);
            assert!(!listed, "{forbidden}");
        }
    }
}
