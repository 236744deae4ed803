//! The programs that seccompiler makes from the same lists, for comparison.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::calls::{
    Any, Args, CALLS, Call, Itself, NewCode, NoNewCode, REFUSED, REFUSED_TO_HOST, Second,
};

/// The programs of a guest's process, which has the number `own`. The library's programs have one answer each for what
/// is not listed, so there are two, and the kernel takes the stricter answer.
pub(super) fn guest(own: u32) -> [BpfProgram; 2] {
    let mut listed = rules(CALLS, own);
    listed.append(&mut rules(REFUSED, own));
    [
        refuse(rules(REFUSED, own)),
        program(listed, SeccompAction::KillProcess, SeccompAction::Allow),
    ]
}

/// The host's program.
pub(super) fn host() -> BpfProgram {
    refuse(with_x32(rules(REFUSED_TO_HOST, 0)))
}

#[cfg(target_arch = "x86_64")]
fn with_x32(mut calls: Rules) -> Rules {
    use crate::calls::{X32, X32_NUMBERS};
    for (number, other) in X32_NUMBERS {
        assert!(calls.contains_key(number), "{number} is not refused");
        calls.insert(*other, Vec::new());
    }
    let x32 = calls.iter();
    let x32: Vec<_> = x32
        .map(|(number, rules)| (number + X32, rules.clone()))
        .collect();
    calls.extend(x32);
    calls
}

#[cfg(not(target_arch = "x86_64"))]
fn with_x32(calls: Rules) -> Rules {
    calls
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn refuse(calls: Rules) -> BpfProgram {
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    program(calls, SeccompAction::Allow, refuse)
}

fn program(calls: Rules, rest: SeccompAction, listed: SeccompAction) -> BpfProgram {
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(calls, rest, listed, arch).unwrap();
    filter.try_into().unwrap()
}

fn rules(calls: &[Call], own: u32) -> Rules {
    let rules = calls.iter().map(|call| (call.0, conditions(call.1, own)));
    rules
        .map(|(number, conditions)| {
            let rules = conditions
                .into_iter()
                .map(|condition| SeccompRule::new(vec![condition]));
            (number, rules.collect::<Result<_, _>>().unwrap())
        })
        .collect()
}

/// One of these must hold. If the list is empty, any arguments match.
fn conditions(args: Args, own: u32) -> Vec<SeccompCondition> {
    let exec = u64::from(libc::PROT_EXEC.unsigned_abs());
    let condition = |index, op, value: u64| {
        SeccompCondition::new(index, SeccompCmpArgLen::Dword, op, value).unwrap()
    };
    match args {
        Any => Vec::new(),
        NoNewCode => vec![condition(2, SeccompCmpOp::MaskedEq(exec), 0)],
        NewCode => vec![condition(2, SeccompCmpOp::MaskedEq(exec), exec)],
        Second(values) => {
            let values = values.iter().map(|value| u64::from(value.unsigned_abs()));
            values
                .map(|value| condition(1, SeccompCmpOp::Eq, value))
                .collect()
        }
        Itself => vec![condition(0, SeccompCmpOp::Eq, u64::from(own))],
    }
}
