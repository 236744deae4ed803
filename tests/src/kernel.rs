//! Kernels, file systems and containers that lack something: what is started there is answered as they answer.
//!
//! It holds for what one closure starts, and for that alone.

use std::collections::BTreeMap;
use std::thread;

use anyhow::{Result, ensure};
use landlock::{
    ABI, Access, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

/// Works where these calls are answered with an error. Whatever their arguments are.
pub fn without<T: Send>(calls: &[i64], errno: i32, work: impl FnOnce() -> T + Send) -> Result<T> {
    let calls: BTreeMap<_, _> = calls.iter().map(|call| (*call, Vec::new())).collect();
    beneath(work, || {
        let arch = TargetArch::try_from(std::env::consts::ARCH)?;
        let errno = SeccompAction::Errno(errno.unsigned_abs());
        let filter = SeccompFilter::new(calls, SeccompAction::Allow, errno, arch)?;
        Ok(apply_filter(&BpfProgram::try_from(filter)?)?)
    })
}

/// Works where nothing can be moved or linked into another directory, and all else may be done: as for a process under
/// Landlock of ABI 1 (Linux 5.13 to 5.18), whatever it is granted. `EXDEV` is the answer.
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

/// A rule in force for a thread is so for what it starts. So it is one of its own.
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
