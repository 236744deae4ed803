//! seccomp: the calls to the kernel that a guest's process still makes, each with its reason. Any other ends it.
//!
//! The same list for every architecture: the names are those that all have.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads, sock_filter,
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

/// The calls that are refused with an error: the one that proves that there is a filter, and the one that sets times.
const REFUSED: [i64; 2] = [libc::SYS_socket, libc::SYS_utimensat];

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

/// Puts that in force for all threads of the host, for good.
pub(super) fn restrict_host() -> Result<(), CallsError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|_| CallsError::Processor)?;
    apply_filter_all_threads(&refuse_to_host(arch)?)?;
    Ok(())
}

fn refuse_to_host(arch: TargetArch) -> Result<BpfProgram, Error> {
    let mut calls = BTreeMap::new();
    for Call(number, args, _) in REFUSED_TO_HOST {
        calls.insert(*number, args.rules()?);
    }
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let mut program: BpfProgram =
        SeccompFilter::new(calls, SeccompAction::Allow, refused, arch)?.try_into()?;
    // By other numbers some kernels take the same calls once more, for programs with short pointers (x32).
    let is_other = sock_filter {
        jf: 1,
        ..instruction(libc::BPF_JMP | libc::BPF_JGE, OTHER_NUMBERS)
    };
    let refuse = instruction(libc::BPF_RET, REFUSE);
    program.splice(ARCH_CHECK..ARCH_CHECK, [load_number(), is_other, refuse]);
    Ok(program)
}

/// Puts the list in force for all threads, for good.
pub(super) fn restrict() -> Result<(), CallsError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|_| CallsError::Processor)?;
    apply_filter_all_threads(&list(arch)?)?;
    Ok(())
}

/// One short program for all. The kernel translates it anew in every phase, and runs it for each number that a call can
/// have, to note which are let through whatever their arguments: that is most of what seccomp costs.
///
/// So a number is found by halving. The library's program follows, for the calls with arguments.
fn list(arch: TargetArch) -> Result<BpfProgram, Error> {
    let mut calls = BTreeMap::new();
    for Call(number, args, _) in CALLS.iter().filter(|call| !matches!(call.1, Any)) {
        calls.insert(*number, args.rules()?);
    }
    let end = SeccompAction::KillProcess;
    let rest: BpfProgram =
        SeccompFilter::new(calls, end, SeccompAction::Allow, arch)?.try_into()?;
    let (is_this_processor, rest) = rest.split_at(ARCH_CHECK);

    let mut program = is_this_processor.to_vec();
    program.push(load_number());
    let ranges = ranges();
    let mut search = Vec::new();
    find(&ranges, ranges.len() - 1, &mut search);
    program.append(&mut search);
    program.extend(ANSWERS.map(|answer| instruction(libc::BPF_RET, answer)));
    program.extend_from_slice(rest);
    Ok(program)
}

/// All numbers from this one up to the next range, and the answer to them. `None` if it depends on the arguments.
type Range = (u32, Option<u32>);

/// Every number in a range, in order.
fn ranges() -> Vec<Range> {
    let listed = CALLS.iter().map(|call| match call.1 {
        Any => (call.0, Some(libc::SECCOMP_RET_ALLOW)),
        _ => (call.0, None),
    });
    let refused = REFUSED.map(|number| (number, Some(REFUSE)));
    let answers: BTreeMap<i64, Option<u32>> = listed.chain(refused).collect();
    let mut ranges: Vec<Range> = vec![(0, Some(END))];
    for (number, answer) in answers {
        // No call has a number that large.
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if ranges.last().is_some_and(|last| last.0 == number) {
            ranges.pop();
        }
        if ranges.last().is_none_or(|last| last.1 != answer) {
            ranges.push((number, answer));
        }
        ranges.push((number.saturating_add(1), Some(END)));
    }
    ranges
}

/// Compares the loaded number with the beginnings of ranges, by halves, and goes on to its answer. The answers stand
/// behind the search, which has so many instructions, and the library's program behind them.
fn find(ranges: &[Range], length: usize, search: &mut BpfProgram) {
    let (lower, upper) = ranges.split_at(ranges.len() / 2);
    let (Some(_), Some((first, _))) = (lower.first(), upper.first()) else {
        return;
    };
    let next = search.len() + 1;
    // Half by half, each as long as it has beginnings to compare with.
    let way = |half: &[Range], place| match half {
        [(_, answer)] => length + position(*answer),
        _ => place,
    };
    search.push(sock_filter {
        jt: distance(way(upper, next + lower.len() - 1) - next),
        jf: distance(way(lower, next) - next),
        ..instruction(libc::BPF_JMP | libc::BPF_JGE, *first)
    });
    find(lower, length, search);
    find(upper, length, search);
}

/// The answers of the search, in the order in which they stand behind it.
const ANSWERS: [u32; 3] = [libc::SECCOMP_RET_ALLOW, REFUSE, END];

fn position(answer: Option<u32>) -> usize {
    let known = ANSWERS.iter().position(|known| Some(*known) == answer);
    known.unwrap_or(ANSWERS.len())
}

/// As a jump has it.
fn distance(instructions: usize) -> u8 {
    u8::try_from(instructions).expect("the list is too short for a longer one")
}

/// The library's check of the processor: load, compare, end.
const ARCH_CHECK: usize = 3;

/// From here on numbers are not those of the kernel's own list: `__X32_SYSCALL_BIT`. No processor has so many calls.
const OTHER_NUMBERS: u32 = 0x4000_0000;

/// Loads the number of a call, from where it stands in what a filter sees: `seccomp_data.nr`.
fn load_number() -> sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)
}

const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();
const END: u32 = libc::SECCOMP_RET_KILL_PROCESS;

#[expect(
    clippy::cast_possible_truncation,
    reason = "the codes of this kind of program have eight bits"
)]
fn instruction(code: u32, k: u32) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    }
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
    use super::*;

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
    fn a_program_says_of_each_call_what_the_list_says() {
        let program = list(TargetArch::x86_64).unwrap();
        let says = |number, arguments| verdict(&program, call(number, arguments));
        let (allow, end) = (libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_KILL_PROCESS);
        for number in (0..600).chain([0x7fff_ffff, 0xffff_ffff]) {
            let listed = CALLS.iter().find(|call| call.0 == number);
            let expected = match listed {
                _ if REFUSED.contains(&number) => REFUSE,
                Some(Call(_, Any, _)) => allow,
                // With arguments that none of them allows.
                Some(_) | None => end,
            };
            assert_eq!(says(number, [1, 0xffff, 4]), expected, "{number}");
        }
        let own = std::process::id();
        for (number, arguments) in [
            (libc::SYS_mmap, [0, 0, 3]),
            (libc::SYS_mprotect, [0, 0, 1]),
            (libc::SYS_fcntl, [5, libc::F_GETFL.unsigned_abs(), 0]),
            (libc::SYS_tkill, [own, 6, 0]),
        ] {
            assert_eq!(says(number, arguments), allow, "{number}");
        }
        assert_eq!(says(libc::SYS_mmap, [0, 0, 7]), end);
        // The other way into the same kernel, and another processor.
        assert_eq!(says(libc::SYS_read | 0x4000_0000, [0; 3]), end);
        let mut elsewhere = call(libc::SYS_read, [0; 3]);
        elsewhere[1] = 0x4000_0003;
        assert_eq!(verdict(&program, elsewhere), end);
    }

    #[test]
    fn the_list_becomes_a_program_on_both_architectures() {
        for arch in [TargetArch::x86_64, TargetArch::aarch64] {
            assert!(list(arch).unwrap().len() > CALLS.len());
            assert!(refuse_to_host(arch).unwrap().len() > REFUSED_TO_HOST.len());
        }
    }

    #[test]
    fn no_call_is_listed_twice_and_each_has_a_reason() {
        for list in [CALLS, REFUSED_TO_HOST] {
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
            assert!(!listed || REFUSED.contains(&forbidden), "{forbidden}");
        }
    }
}
