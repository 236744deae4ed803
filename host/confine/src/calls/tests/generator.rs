//! Makes the seccomp programs from the lists, and writes them as Rust tables.
//!
//! When a program is installed, the kernel runs it once for each number that a call can have. So a program finds the
//! number by binary search, and does not compare it with one number after the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seccompiler::sock_filter;

use crate::calls::{
    Any, Args, CALLS, Itself, NewCode, NoNewCode, REFUSED, REFUSED_TO_HOST, Second,
};
use crate::programs::{
    ALLOW, ARCH, END, FIRST, NUMBER, REFUSE, SECOND, THIRD, answer, at_least, has, is, load,
};

/// The number of the processor in what a program reads of a call (`AUDIT_ARCH_*` in linux/audit.h).
pub(super) const PROCESSOR: u32 = if cfg!(target_arch = "x86_64") {
    0xc000_003e
} else {
    0xc000_00b7
};

/// The program of a guest's process, which has the number `own`.
pub(super) fn guest(own: u32) -> Vec<sock_filter> {
    let allowed = CALLS
        .iter()
        .map(|call| (number(call.0), Way::of(call.1, ALLOW, END)));
    let refused = REFUSED
        .iter()
        .map(|call| (number(call.0), Way::of(call.1, REFUSE, END)));
    assemble(Vec::new(), &allowed.chain(refused).collect(), END, own)
}

/// The host's program.
pub(super) fn host() -> Vec<sock_filter> {
    let refused = REFUSED_TO_HOST
        .iter()
        .map(|call| (number(call.0), Way::of(call.1, REFUSE, ALLOW)));
    let (prepare, others) = x32();
    assemble(prepare, &refused.chain(others).collect(), ALLOW, 0)
}

/// An x32 number is searched for without its bit. Some calls have another number then.
#[cfg(target_arch = "x86_64")]
fn x32() -> (Vec<sock_filter>, Vec<(u32, Way)>) {
    use crate::calls::{X32, X32_NUMBERS};
    let others = X32_NUMBERS.iter();
    let others = others.map(|(_, other)| (number(*other), Way::Answer(REFUSE)));
    (vec![crate::programs::keep(!number(X32))], others.collect())
}

/// Other architectures have one number for a call.
#[cfg(not(target_arch = "x86_64"))]
fn x32() -> (Vec<sock_filter>, Vec<(u32, Way)>) {
    (Vec::new(), Vec::new())
}

fn number(call: i64) -> u32 {
    u32::try_from(call).unwrap()
}

/// The way to the answer, once the number is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Answer(u32),
    /// The first answer if the arguments are those, and the second if not.
    Check(Args, u32, u32),
}

impl Way {
    fn of(args: Args, then: u32, otherwise: u32) -> Self {
        match args {
            Any => Self::Answer(then),
            args => Self::Check(args, then, otherwise),
        }
    }

    fn answers(self) -> Vec<u32> {
        match self {
            Self::Answer(answer) => vec![answer],
            Self::Check(_, then, otherwise) => vec![then, otherwise],
        }
    }

    /// The count of a check's instructions.
    fn length(self) -> usize {
        match self {
            Self::Answer(_) => 1,
            Self::Check(Second(values), ..) => 1 + values.len(),
            Self::Check(..) => 2,
        }
    }
}

/// Puts a program together: the check of the processor, the search, the checks of arguments, the answers. All jumps
/// lead forwards.
fn assemble(
    prepare: Vec<sock_filter>,
    ways: &BTreeMap<u32, Way>,
    rest: u32,
    own: u32,
) -> Vec<sock_filter> {
    let mut program = vec![load(ARCH), is(PROCESSOR, 1, 0), answer(END), load(NUMBER)];
    program.extend(prepare);
    let ranges = ranges(ways, Way::Answer(rest));

    // The search is followed by each check once, and then by each answer once.
    let mut place = program.len() + ranges.len() - 1;
    let mut places: Vec<(Way, usize)> = Vec::new();
    let all = ranges.iter().map(|range| range.1);
    let (checks, _): (Vec<_>, Vec<_>) = all.clone().partition(|way| matches!(way, Way::Check(..)));
    let answers = all.flat_map(Way::answers).map(Way::Answer);
    for way in checks.into_iter().chain(answers) {
        if places.iter().all(|(placed, _)| *placed != way) {
            places.push((way, place));
            place += way.length();
        }
    }
    let find = |way| places.iter().find(|(placed, _)| *placed == way).unwrap().1;

    search(&ranges, &find, &mut program);
    for (way, _) in &places {
        match *way {
            Way::Answer(value) => program.push(answer(value)),
            Way::Check(args, then, otherwise) => {
                let (then, otherwise) = (find(Way::Answer(then)), find(Way::Answer(otherwise)));
                check(args, then, otherwise, own, &mut program);
            }
        }
    }
    program
}

/// All numbers, as ranges that lead the same way: the first number of each, in order.
fn ranges(ways: &BTreeMap<u32, Way>, rest: Way) -> Vec<(u32, Way)> {
    let starts = ways.keys().flat_map(|number| [*number, number + 1]);
    let mut starts: Vec<u32> = [0].into_iter().chain(starts).collect();
    starts.sort_unstable();
    starts.dedup();
    let ways = starts
        .into_iter()
        .map(|start| (start, *ways.get(&start).unwrap_or(&rest)));
    let mut ranges: Vec<_> = ways.collect();
    ranges.dedup_by_key(|range| range.1);
    ranges
}

/// Adds the search for the range of the loaded number: one comparison fewer than there are ranges.
fn search(ranges: &[(u32, Way)], find: &dyn Fn(Way) -> usize, program: &mut Vec<sock_filter>) {
    let (lower, upper) = ranges.split_at(ranges.len() / 2);
    if lower.is_empty() {
        return;
    }
    let next = program.len() + 1;
    let way = |half: &[(u32, Way)], place| match half {
        [(_, way)] => find(*way),
        _ => place,
    };
    // The search in the lower half comes next, and then the one in the upper half.
    let then = way(upper, next + lower.len() - 1);
    let otherwise = way(lower, next);
    program.push(at_least(
        upper[0].0,
        jump(next, then),
        jump(next, otherwise),
    ));
    search(lower, find, program);
    search(upper, find, program);
}

/// Adds the check of a call's arguments, which goes on at one of two places.
fn check(args: Args, then: usize, otherwise: usize, own: u32, program: &mut Vec<sock_filter>) {
    let exec = libc::PROT_EXEC.unsigned_abs();
    let (place, values, (then, otherwise)) = match args {
        Any => panic!("this has nothing to check"),
        NewCode | NoNewCode => {
            program.push(load(THIRD));
            let next = program.len() + 1;
            let (then, otherwise) = if args == NewCode {
                (then, otherwise)
            } else {
                (otherwise, then)
            };
            program.push(has(exec, jump(next, then), jump(next, otherwise)));
            return;
        }
        Second(values) => {
            let values = values.iter().map(|value| value.unsigned_abs());
            (SECOND, values.collect(), (then, otherwise))
        }
        Itself => (FIRST, vec![own], (then, otherwise)),
    };
    program.push(load(place));
    for (at, value) in values.iter().enumerate() {
        let next = program.len() + 1;
        let otherwise = if at + 1 == values.len() {
            otherwise
        } else {
            next
        };
        program.push(is(*value, jump(next, then), jump(next, otherwise)));
    }
}

/// The count of instructions that a jump skips, for which there are eight bits.
fn jump(next: usize, place: usize) -> u8 {
    u8::try_from(place - next).expect("the program is too long for its jumps")
}

/// Stands for the number of the guest's process in the written table. No list contains this number.
const OWN: u32 = 0xffff_fffe;

/// The source of the module that has both tables.
pub(super) fn source() -> String {
    let mut text = "\
//! Made by the tests of `calls.rs` from the lists there: the programs of this architecture. Do not edit it.
//! The comments have the place of each instruction, and the places to which a jump leads.

use seccompiler::sock_filter;

use super::{
    ALLOW, ARCH, END, FIRST, NUMBER, REFUSE, SECOND, THIRD, answer, at_least, has, is,"
        .to_owned();
    text += if cfg!(target_arch = "x86_64") {
        " keep, load,\n};\n"
    } else {
        " load,\n};\n"
    };
    let parts = [
        (
            "A guest's process, which has the number `own`.",
            "guest(own: u32)",
            guest(OWN),
        ),
        ("The host.", "host()", host()),
    ];
    for (doc, name, program) in parts {
        let length = program.len();
        writeln!(text, "\n/// {doc}\n#[rustfmt::skip]").unwrap();
        writeln!(
            text,
            "pub(crate) const fn {name} -> [sock_filter; {length}] {{\n    ["
        )
        .unwrap();
        for (place, instruction) in program.iter().enumerate() {
            writeln!(text, "        /* {place:3} */ {}", line(place, instruction)).unwrap();
        }
        writeln!(text, "    ]\n}}").unwrap();
    }
    text
}

fn line(place: usize, instruction: &sock_filter) -> String {
    let sock_filter { code, jt, jf, k } = instruction;
    let k = match *k {
        OWN => "own".to_owned(),
        0..10_000 => k.to_string(),
        k => format!("{:#06x}_{:04x}", k >> 16, k & 0xffff),
    };
    let jump = |name| {
        let [then, otherwise] = [jt, jf].map(|skipped| place + 1 + usize::from(*skipped));
        format!("{name}({k}, {jt}, {jf}), // {then} or {otherwise}")
    };
    match *code {
        code if code == load(0).code => {
            let places = [(NUMBER, "NUMBER"), (ARCH, "ARCH"), (FIRST, "FIRST")];
            let places = places
                .into_iter()
                .chain([(SECOND, "SECOND"), (THIRD, "THIRD")]);
            let name = places
                .into_iter()
                .find(|(place, _)| *place == instruction.k);
            format!("load({}),", name.unwrap().1)
        }
        code if code == answer(0).code => {
            let answers = [(ALLOW, "ALLOW"), (END, "END"), (REFUSE, "REFUSE")];
            let name = answers
                .into_iter()
                .find(|(answer, _)| *answer == instruction.k);
            format!("answer({}),", name.unwrap().1)
        }
        code if code == is(0, 0, 0).code => jump("is"),
        code if code == at_least(0, 0, 0).code => jump("at_least"),
        code if code == has(0, 0, 0).code => jump("has"),
        _ => format!("keep({k}),"),
    }
}
