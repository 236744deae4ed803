//! Emulates kernels, file systems and containers that lack a feature, for the processes that a closure starts.

use std::collections::BTreeMap;
use std::thread;

use anyhow::{Result, ensure};
use landlock::{
    ABI, Access, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

/// Runs `work` where these system calls fail with `errno`, whatever their arguments.
pub fn without<T: Send>(calls: &[i64], errno: i32, work: impl FnOnce() -> T + Send) -> Result<T> {
    let calls: BTreeMap<_, _> = calls.iter().map(|call| (*call, Vec::new())).collect();
    beneath(work, || {
        let arch = TargetArch::try_from(std::env::consts::ARCH)?;
        let errno = SeccompAction::Errno(errno.unsigned_abs());
        let filter = SeccompFilter::new(calls, SeccompAction::Allow, errno, arch)?;
        Ok(apply_filter(&BpfProgram::try_from(filter)?)?)
    })
}

/// Runs `work` where nothing can be moved or linked into another directory, as for a process under Landlock ABI 1
/// (Linux 5.13 to 5.18), whatever it is granted. Such a call fails with `EXDEV`; everything else is allowed.
pub fn without_moves_between_directories<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    beneath(work, || {
        let all = AccessFs::from_all(ABI::V1);
        let rules = Ruleset::default().handle_access(all)?.create()?;
        let rules = rules.add_rule(PathBeneath::new(PathFd::new("/")?, all))?;
        let status = rules.restrict_self()?.ruleset;
        ensure!(status == RulesetStatus::FullyEnforced, "no Landlock here");
        Ok(())
    })
}

/// A restricted thread passes its restrictions on to its child processes, so `work` runs in a new thread.
fn beneath<T: Send>(
    work: impl FnOnce() -> T + Send,
    restrict: impl FnOnce() -> Result<()> + Send,
) -> Result<T> {
    let restricted = || -> Result<T> {
        restrict()?;
        Ok(work())
    };
    thread::scope(|scope| match scope.spawn(restricted).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
