//! Landlock: access to files beneath open directories, and to nothing elsewhere.
//!
//! <https://docs.kernel.org/userspace-api/landlock.html>

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus,
    PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError,
    Scope,
};

/// A directory to which access is kept.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    pub dir: BorrowedFd<'a>,
    /// Whether it may be written to.
    pub writable: bool,
}

/// A set of Landlock rules that is not in force.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilesError {
    /// The kernel has no Landlock, or forbids its use.
    #[error("Landlock is missing: {0}")]
    Missing(&'static str),
    /// The kernel has Landlock and refused the rules.
    #[error("Landlock failed")]
    Rules(#[from] RulesetError),
}

/// The newest rights that this crate knows. An older kernel enforces those that it knows.
const NEWEST: ABI = ABI::V10;

/// The files by which the C library resolves host names, for a host that is about to connect.
const RESOLVER: [&str; 3] = ["/etc/resolv.conf", "/etc/hosts", "/etc/services"];

/// Limits this thread, and threads that it starts later, to the granted directories. Returns the ABI in force.
pub(super) fn restrict(grants: &[Grant<'_>]) -> Result<u32, FilesError> {
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    finish(grant(rules, grants)?)
}

/// Does the same for the host before it connects: it keeps the layers and the files that resolve host names.
pub(super) fn restrict_host(layers: BorrowedFd<'_>) -> Result<u32, FilesError> {
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    let layers = Grant {
        dir: layers,
        writable: true,
    };
    let mut rules = grant(rules, &[layers])?;
    for path in RESOLVER {
        // An image without such a file does not need the rule.
        if let Some(file) = Path::new(path)
            .exists()
            .then(|| PathFd::new(path).ok())
            .flatten()
        {
            rules = rules.add_rule(PathBeneath::new(file, AccessFs::ReadFile))?;
        }
    }
    finish(rules)
}

fn grant(mut rules: RulesetCreated, grants: &[Grant<'_>]) -> Result<RulesetCreated, RulesetError> {
    for grant in grants {
        rules = rules.add_rule(PathBeneath::new(grant.dir.as_fd(), rights(grant.writable)))?;
    }
    Ok(rules)
}

/// The rights do not include executing, making devices, pipes or sockets, or using a device or a socket by its path.
fn rights(writable: bool) -> BitFlags<AccessFs> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    if !writable {
        return read;
    }
    read | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::MakeSym
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer
}

fn finish(rules: RulesetCreated) -> Result<u32, FilesError> {
    match rules.restrict_self()?.landlock {
        LandlockStatus::Available { effective_abi, .. } => Ok(in_force(effective_abi, NEWEST)),
        LandlockStatus::NotEnabled => Err(FilesError::Missing("the kernel was started without it")),
        LandlockStatus::NotImplemented => Err(FilesError::Missing(
            "the kernel doesn't have it, or the container's seccomp profile forbids it",
        )),
    }
}

/// The ABI in force: the lower of the kernel's ABI and the newest ABI of these rules.
fn in_force(kernel: ABI, rules: ABI) -> u32 {
    u32::try_from(kernel.min(rules) as i32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_abi_that_is_said_is_the_older_of_the_kernels_and_the_rules() {
        for (kernel, rules, said) in [
            (ABI::V3, ABI::V7, 3),
            (ABI::V7, ABI::V7, 7),
            (ABI::V10, ABI::V7, 7),
        ] {
            assert_eq!(in_force(kernel, rules), said);
        }
    }

    #[test]
    fn no_rule_grants_sockets_devices_or_programs() {
        for denied in [
            AccessFs::Execute,
            AccessFs::MakeChar,
            AccessFs::MakeBlock,
            AccessFs::MakeSock,
            AccessFs::MakeFifo,
            AccessFs::IoctlDev,
            AccessFs::ResolveUnix,
        ] {
            assert!(AccessFs::from_all(NEWEST).contains(denied), "{denied:?}");
            assert!(!rights(true).contains(denied), "{denied:?}");
        }
    }
}
