//! Compares this crate's judgement with Python's own, on the sources of this machine's Python installation.
//!
//! The tests need Python 3. Without it they are skipped, and say so.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::string::String;
use std::vec::Vec;
use std::{eprintln, vec};

use super::flaw;
use crate::entry_point::{Run, judge};

/// The number of cases, and of those in which the judgement was as certain as Python's own.
#[derive(Debug, Default)]
struct Count {
    cases: usize,
    refused: usize,
    flaws: usize,
    missing: usize,
    told: usize,
}

#[test]
fn what_is_told_of_real_sources_is_so() {
    compare(100);
}

#[test]
#[ignore = "takes minutes: all the sources, by `cargo test -p guest --lib -- --ignored`"]
fn what_is_told_of_all_real_sources_is_so() {
    compare(1);
}

/// Judges one in `every` of the sources.
fn compare(every: usize) {
    let every = std::format!("{every}");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/syntax/cpython.py");
    let started = Command::new("python3")
        .args(["-I", script, &every])
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = started else {
        eprintln!("skipped for want of python3: the comparison with CPython");
        return;
    };
    let mut output = BufReader::new(python.stdout.take().unwrap());
    let mut count = Count::default();
    let mut wrong = Vec::new();
    loop {
        let mut head = String::new();
        if output.read_line(&mut head).unwrap() == 0 {
            break;
        }
        let [verdict, length, name] = head.trim_end().splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{head}");
        };
        let mut source = vec![0; length.parse().unwrap()];
        output.read_exact(&mut source).unwrap();
        let source = String::from_utf8_lossy(&source);
        let source = source.strip_prefix('\u{feff}').unwrap_or(&source);
        if let Some(problem) = problem(verdict, source, &mut count) {
            wrong.push(std::format!("{name}: {problem}"));
        }
    }
    assert!(python.wait().unwrap().success());
    eprintln!("{count:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count.flaws > 0 && count.told > 0, "{count:?}");
}

/// Describes a case in which the judgement claims more than Python's own.
fn problem(verdict: &str, source: &str, count: &mut Count) -> Option<String> {
    count.cases += 1;
    let flaw = flaw(source);
    if verdict == "refused" {
        count.refused += 1;
        count.flaws += usize::from(flaw.is_some());
        return None;
    }
    if flaw.is_some() {
        return Some(std::format!("CPython takes it, and here is {flaw:?}"));
    }
    let run = judge(source);
    count.missing += usize::from(verdict == "missing");
    count.told += usize::from(run == Run::Missing);
    match (run, verdict) {
        (Run::Possible, _) | (Run::Missing, "missing") | (Run::Coroutine, "async") => None,
        _ => Some(std::format!(
            "CPython finds 'run' {verdict}, and here it is {run:?}"
        )),
    }
}
