//! `cargo xtask bench order`: which functions detect runs. The linker puts them side by side.
//!
//! The kernel maps a program in pieces of 64 KiB, as it is run. What detect runs is a fifth of the host, and was in nearly
//! every piece. The file is no part of what the host does: where it is out of date, detect is slower.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use super::{instructions, world};
use crate::arch::Arch;
use crate::{build, cargo, layout, say};

/// What the linker reads.
const FILE: &str = "host/order.ld";

const BEGINNING: &str = "\
/* What detect runs, by the beginnings of names: written by `cargo xtask bench order`. */
SECTIONS {
  .text.detect : {
    *libc.a:*(.text .text.*)
";

const END: &str = "\
  }
}
INSERT BEFORE .text
";

/// Letters of a name beyond those that others begin with: a `*` stands for more than the number of a crate.
const CERTAIN: usize = 16;

/// The kernel's walls, which are not there under valgrind.
const WALLS: [&str; 3] = ["_8landlock", "_11seccompiler", "_4host7confine"];

/// Looks, and writes the file.
pub fn run() -> anyhow::Result<()> {
    let here = Arch::here()?;
    let buildpack = build::buildpack()?;
    let host = cargo::host_with_names(here)?;
    build::place_host(&buildpack, &host)?;
    layout::settle(&buildpack)?;
    let world = instructions::without_walls(&buildpack)?;
    let seen = instructions::callgrind(&world::phase(&world, "detect"), &["--demangle=no"], &[])?;
    let run: BTreeSet<String> = run_ones(&seen).map(without_numbers).collect();
    let (run, rest): (BTreeSet<String>, BTreeSet<String>) = names(&host)?
        .iter()
        .map(|name| without_numbers(name))
        .partition(|name| run.contains(name) || WALLS.iter().any(|wall| name.contains(wall)));
    let mut text = BEGINNING.to_owned();
    for pattern in patterns(&run, &rest) {
        // Between the two there can be `unlikely.`.
        let _infallible = writeln!(text, "    *(.text.*{pattern})");
    }
    text.push_str(END);
    let file = cargo::root().join(FILE);
    fs::write(&file, text).with_context(|| format!("can't write {}", file.display()))?;
    say::line(&format!("written: {FILE}, for {} functions", run.len()));
    Ok(())
}

/// The names of all that is in a program, but for what is in C. Of that, sections have no names.
fn names(program: &Path) -> anyhow::Result<Vec<String>> {
    let mut command = Command::new("nm");
    command.arg("--format=just-symbols").arg(program);
    let output = command
        .output()
        .context("can't start nm, of the binutils")?;
    ensure!(output.status.success(), "nm failed ({})", output.status);
    let text = String::from_utf8(output.stdout)?;
    let ours = text.lines().filter(|name| name.starts_with("_R"));
    Ok(ours.map(str::to_owned).collect())
}

/// The functions that callgrind saw, where their names stand for the first time: `fn=(12) name`.
fn run_ones(text: &str) -> impl Iterator<Item = &str> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix('c').unwrap_or(line).strip_prefix("fn=("));
    lines.filter_map(|line| {
        let (_, name) = line.split_once(") ")?;
        // Behind it callgrind counts how deep a function calls itself.
        name.split('\'').next()
    })
}

/// A name with a `*` for each number that tells apart versions of a crate: `Cs5kS2b_3url` becomes `Cs*_3url`.
fn without_numbers(name: &str) -> String {
    let mut parts = name.split("Cs");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("Cs");
        match part.split_once('_') {
            Some((number, rest))
                if !number.is_empty() && number.bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                text.push_str("*_");
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}

/// So many letters of each name that no name of the rest begins with them, or else all of it.
fn patterns(run: &BTreeSet<String>, rest: &BTreeSet<String>) -> BTreeSet<String> {
    run.iter()
        .map(|name| {
            let before = rest.range(..name.clone()).next_back();
            let behind = rest.range(name.clone()..).next();
            let common = |other: Option<&String>| other.map_or(0, |other| in_common(name, other));
            let enough = common(before).max(common(behind)) + CERTAIN;
            match name.get(..enough) {
                Some(beginning) if enough < name.len() => format!("{beginning}*"),
                _ => name.clone(),
            }
        })
        .collect()
}

fn in_common(one: &str, other: &str) -> usize {
    let pairs = one.bytes().zip(other.bytes());
    pairs.take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn names_are_told_apart_by_as_little_as_will_do() {
        let run = set(&[
            "_RaOneThatIsRunMoreOften",
            "_RaOneThatIsRunMoreRarely",
            "_Rb",
            "_RcX",
        ]);
        let rest = set(&["_RaOther", "_RbMore", "_Rd"]);
        let expected = set(&[
            "_RaOneThatIsRunMoreO*",
            "_RaOneThatIsRunMoreR*",
            "_Rb",
            "_RcX",
        ]);
        assert_eq!(patterns(&run, &rest), expected);
    }

    #[test]
    fn the_numbers_of_crates_are_left_out() {
        for (name, expected) in [
            ("_RNvCs5kS2b_3url5parse", "_RNvCs*_3url5parse"),
            ("_RNvNtCs1_4core3fmtCs2_3url", "_RNvNtCs*_4core3fmtCs*_3url"),
            ("_RNvC3url5parse", "_RNvC3url5parse"),
        ] {
            assert_eq!(without_numbers(name), expected);
        }
    }

    #[test]
    fn what_was_run_is_read_once_with_its_name() {
        let text = "fn=(1) _Ra\n12 3\ncfn=(2) _Rb'2\ncalls=1 0\nfn=(1)\n";
        assert_eq!(run_ones(text).collect::<Vec<_>>(), ["_Ra", "_Rb"]);
    }
}
