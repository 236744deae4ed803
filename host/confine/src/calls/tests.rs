//! Tests that the tables are those that the lists give, and that they answer what the lists say.

mod generator;
mod interpreter;
mod library;

use std::collections::BTreeSet;
use std::fs;
use std::iter;

use seccompiler::{BpfProgram, sock_filter};

use self::generator::PROCESSOR;
use self::interpreter::{Arguments, run};
use super::*;
use crate::programs::{self, ALLOW, END, REFUSE};

/// The number of a process. The lists and the numbers of calls do not have it.
const OWN: u32 = 0x0001_e240;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "`cargo xtask programs --accept` says by a variable that the table is to be written"
)]
fn the_tables_are_what_the_lists_give() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/programs");
    let path = format!("{folder}/{}.rs", std::env::consts::ARCH);
    let source = generator::source();
    if std::env::var_os("ACCEPT_PROGRAMS").is_some() {
        fs::write(&path, source).unwrap();
        return;
    }
    assert!(
        fs::read_to_string(&path).unwrap() == source,
        "{path} is not what the lists in calls.rs give: `cargo xtask programs --accept` writes it, for you to compare"
    );
    for own in [1, OWN] {
        assert_eq!(programs::guest(own).to_vec(), generator::guest(own));
    }
    assert_eq!(programs::host().to_vec(), generator::host());
}

/// Whether arguments are those that an entry is about, as a person reads it.
fn is_about(args: Args, arguments: Arguments) -> bool {
    let [first, _, second, _, third, ..] = arguments;
    match args {
        Any => true,
        NoNewCode => third & 4 == 0,
        NewCode => third & 4 == 4,
        Second(values) => values.contains(&second.cast_signed()),
        Itself => first == OWN,
    }
}

fn is_listed(calls: &[Call], number: u32, arguments: Arguments) -> bool {
    let mut found = calls.iter().filter(|call| call.0 == i64::from(number));
    found.any(|call| is_about(call.1, arguments))
}

/// The answer of the lists to a guest.
fn to_guest(number: u32, arguments: Arguments) -> u32 {
    if is_listed(REFUSED, number, arguments) {
        REFUSE
    } else if is_listed(CALLS, number, arguments) {
        ALLOW
    } else {
        END
    }
}

/// The answer of the lists to the host.
fn to_host(number: u32, arguments: Arguments) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        let x32 = u32::try_from(X32).unwrap();
        let number = if number & x32 == x32 {
            number - x32
        } else {
            number
        };
        let by_another_number = X32_NUMBERS
            .iter()
            .any(|(_, other)| *other == i64::from(number));
        if by_another_number || is_listed(REFUSED_TO_HOST, number, arguments) {
            return REFUSE;
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    if is_listed(REFUSED_TO_HOST, number, arguments) {
        return REFUSE;
    }
    ALLOW
}

/// All numbers that a call has, with and without the bits that a kernel knows, and those beside any that a program
/// compares with.
fn numbers(programs: &[&[sock_filter]]) -> BTreeSet<u32> {
    let compared = programs
        .iter()
        .flat_map(|program| program.iter().map(|instruction| instruction.k));
    let beside = compared.flat_map(|k| [k.wrapping_sub(1), k, k.wrapping_add(1)]);
    (0..1024)
        .chain(beside)
        .flat_map(|number| {
            [
                number,
                number | 0x4000_0000,
                number | 0x8000_0000,
                number | 0xc000_0000,
            ]
        })
        .collect()
}

/// Arguments on both sides of each rule. Everything that a rule does not check, such as the upper half of an argument,
/// has another value in each case.
fn cases() -> Vec<Arguments> {
    let commands = (0..16).chain([1024, libc::F_DUPFD_CLOEXEC.unsigned_abs(), 1031, u32::MAX]);
    let commands = commands.map(|second| [2, second, 4]);
    let protections = (0..16).chain([0x0100_0000, u32::MAX - 4, u32::MAX]);
    let protections = protections.map(|third| [OWN + 1, 0xffff, third]);
    let processes = [0, 1, OWN - 1, OWN, OWN + 1, u32::MAX].map(|first| [first, 6, 4]);
    let lower = commands.chain(protections).chain(processes);
    let others = [0, 4, OWN, u32::MAX].into_iter().cycle();
    lower
        .zip(others)
        .map(|([first, second, third], other)| {
            [
                first, other, second, other, third, other, other, other, other, other, other, other,
            ]
        })
        .collect()
}

/// The answer that the kernel chooses from those of all programs: the strictest, which is the lowest as a signed
/// number.
fn strictest(programs: &[BpfProgram], number: u32, arguments: Arguments) -> u32 {
    let answers = programs
        .iter()
        .map(|program| run(program, PROCESSOR, number, arguments));
    answers.min_by_key(|answer| answer.cast_signed()).unwrap()
}

/// Asserts that a table, and the library's programs from the same lists, answer what the lists say, for each number and
/// case. Returns the answers that occurred.
#[track_caller]
fn assert_answers(
    program: &[sock_filter],
    library: &[BpfProgram],
    expected: impl Fn(u32, Arguments) -> u32,
) -> BTreeSet<u32> {
    let mut seen = BTreeSet::new();
    let all: Vec<_> = iter::once(program)
        .chain(library.iter().map(Vec::as_slice))
        .collect();
    for number in numbers(&all) {
        for arguments in cases() {
            let expected = expected(number, arguments);
            seen.insert(expected);
            let shown = || format!("call {number:#x} with {arguments:x?}");
            assert_eq!(
                run(program, PROCESSOR, number, arguments),
                expected,
                "{}",
                shown()
            );
            assert_eq!(
                strictest(library, number, arguments),
                expected,
                "{}",
                shown()
            );
        }
    }
    seen
}

#[test]
fn the_guests_program_answers_what_the_lists_say() {
    let seen = assert_answers(&programs::guest(OWN), &library::guest(OWN), to_guest);
    assert_eq!(seen, BTreeSet::from([ALLOW, END, REFUSE]));
}

#[test]
fn the_hosts_program_answers_what_the_list_says() {
    let seen = assert_answers(&programs::host(), &[library::host()], to_host);
    assert_eq!(seen, BTreeSet::from([ALLOW, REFUSE]));
}

#[test]
fn a_call_of_another_architecture_ends_the_process() {
    // i386, x86-64, arm, arm64, arm64 with the other byte order, riscv64.
    let others = [
        0x4000_0003,
        0xc000_003e,
        0x4000_0028,
        0xc000_00b7,
        0x8000_00b7,
        0xc000_00f3,
    ];
    let others = others.into_iter().filter(|arch| *arch != PROCESSOR);
    for arch in others.chain([0, PROCESSOR - 1, PROCESSOR + 1, PROCESSOR & 0xff, u32::MAX]) {
        for number in numbers(&[]) {
            assert_eq!(
                run(&programs::guest(OWN), arch, number, [0; 12]),
                END,
                "{arch:#x}"
            );
            assert_eq!(
                run(&programs::host(), arch, number, [0; 12]),
                END,
                "{arch:#x}"
            );
        }
    }
}

/// Numbers that are read off the kernel's tables, and not taken from where the lists have theirs.
/// <https://github.com/torvalds/linux/blob/v6.12/arch/x86/entry/syscalls/syscall_64.tbl>,
/// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/asm-generic/unistd.h>
#[test]
fn some_calls_are_known_by_their_numbers() {
    let [read, mmap, connect, execve, socket, personality, shmat] = if cfg!(target_arch = "x86_64")
    {
        [0, 9, 42, 59, 41, 135, 30]
    } else {
        [63, 222, 203, 221, 198, 92, 196]
    };
    let with = |third| [0, 0, 0, 0, third, 0, 0, 0, 0, 0, 0, 0];
    let guest = |number, third| run(&programs::guest(OWN), PROCESSOR, number, with(third));
    let host = |number, third| run(&programs::host(), PROCESSOR, number, with(third));
    assert_eq!(
        [guest(read, 0), guest(mmap, 3), guest(mmap, 7)],
        [ALLOW, ALLOW, END]
    );
    assert_eq!(
        [guest(connect, 0), guest(execve, 0), guest(socket, 0)],
        [END, END, REFUSE]
    );
    assert_eq!(
        [host(read, 0), host(connect, 0), host(socket, 0)],
        [ALLOW; 3]
    );
    assert_eq!(
        [host(mmap, 3), host(mmap, 7), host(execve, 0)],
        [ALLOW, REFUSE, REFUSE]
    );
    assert_eq!([host(personality, 0), host(shmat, 0)], [REFUSE; 2]);
}

#[test]
fn no_call_is_listed_twice_and_each_has_a_reason() {
    for list in [CALLS, REFUSED, REFUSED_TO_HOST] {
        let numbers: BTreeSet<_> = list.iter().map(|call| call.0).collect();
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
