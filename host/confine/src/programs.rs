//! The seccomp programs of a component's process and of the host, as tables that the kernel takes as they are.
//!
//! Nothing here decides which calls are allowed. The lists in `calls.rs` do, and its tests make the tables from them.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use seccompiler::{Error, apply_filter_all_threads, sock_filter};

#[cfg(target_arch = "aarch64")]
pub(super) use self::aarch64::{guest, host};
#[cfg(target_arch = "x86_64")]
pub(super) use self::x86_64::{guest, host};

/// The kernel refused a program.
#[derive(Debug, thiserror::Error)]
#[error("seccomp is missing: {0}")]
pub(super) struct CallsError(#[from] Error);

/// Installs the host's program for all its threads. It cannot be removed.
pub(super) fn restrict_host() -> Result<(), CallsError> {
    Ok(apply_filter_all_threads(&host())?)
}

/// Installs the program of a component's process for all threads of this process. It cannot be removed.
pub(super) fn restrict() -> Result<(), CallsError> {
    Ok(apply_filter_all_threads(&guest(std::process::id()))?)
}

/// The answers of a program.
pub(super) const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
pub(super) const END: u32 = libc::SECCOMP_RET_KILL_PROCESS;
pub(super) const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();

/// The places in what a program reads of a call (`struct seccomp_data`), in bytes.
pub(super) const NUMBER: u32 = 0;
pub(super) const ARCH: u32 = 4;
/// The lower halves of the first three arguments. The kernel reads those that are compared as 32 bits. A protection is
/// longer, but its upper half has no flags.
pub(super) const FIRST: u32 = 16;
pub(super) const SECOND: u32 = 24;
pub(super) const THIRD: u32 = 32;

/// Loads four bytes of the call from this place.
pub(super) const fn load(place: u32) -> sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, place, 0, 0)
}

/// Keeps only these bits of what is loaded.
#[cfg(target_arch = "x86_64")]
pub(super) const fn keep(bits: u32) -> sock_filter {
    instruction(libc::BPF_ALU | libc::BPF_AND, bits, 0, 0)
}

/// Skips `then` instructions if what is loaded is this value, and `otherwise` instructions if not.
pub(super) const fn is(value: u32, then: u8, otherwise: u8) -> sock_filter {
    instruction(libc::BPF_JMP | libc::BPF_JEQ, value, then, otherwise)
}

/// The same, if what is loaded is this value or more.
pub(super) const fn at_least(value: u32, then: u8, otherwise: u8) -> sock_filter {
    instruction(libc::BPF_JMP | libc::BPF_JGE, value, then, otherwise)
}

/// The same, if what is loaded has any of these bits.
pub(super) const fn has(bits: u32, then: u8, otherwise: u8) -> sock_filter {
    instruction(libc::BPF_JMP | libc::BPF_JSET, bits, then, otherwise)
}

/// Ends the program with this answer.
pub(super) const fn answer(answer: u32) -> sock_filter {
    instruction(libc::BPF_RET, answer, 0, 0)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the codes of these programs have 16 bits"
)]
const fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}
