//! `cargo xtask bench instructions`: how many instructions detect executes.
//!
//! Times differ from machine to machine and from minute to minute. This figure hardly does, so it is written down, and
//! each change can be compared with what was before it. It counts the programs' own instructions and not the kernel's.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use super::world;
use crate::{build, cargo, say};

/// What was written down.
const FILE: &str = "docs/performance/instructions.toml";

const HEADER: &str = "\
# How many instructions detect executes, in thousands, without the kernel's:
# `cargo xtask bench instructions` compares, and with --update writes this file.
";

/// A change below this is said in the same words as none: what differs from run to run is less.
const NOISE_PERCENT: f64 = 0.2;

type Counts = BTreeMap<String, u64>;

/// Counts, and compares with what was written down or writes it down.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let update = match options {
        [] => false,
        ["--update"] => true,
        _ => anyhow::bail!("bench instructions knows --update, not {options:?}"),
    };
    if !has_valgrind() {
        say::line("no valgrind on this machine: instructions were NOT counted");
        return Ok(());
    }
    let counted = count(&build::buildpack()?)?;
    let file = cargo::root().join(FILE);
    let known = if file.exists() {
        parse(&fs::read_to_string(&file)?)?
    } else {
        Counts::new()
    };
    for line in differences(&known, &counted) {
        say::line(&line);
    }
    if update {
        let text = format!("{HEADER}{}", toml::to_string(&counted)?);
        fs::write(&file, text).with_context(|| format!("can't write {}", file.display()))?;
        say::line(&format!("written: {FILE}"));
    }
    Ok(())
}

fn has_valgrind() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

fn parse(text: &str) -> anyhow::Result<Counts> {
    toml::from_str(text).with_context(|| format!("{FILE} can't be understood"))
}

/// Detect, as far as it is not the kernel's.
///
/// Build can't be counted so: the host starts itself once more as `/proc/self/exe`, and under valgrind that is valgrind.
fn count(buildpack: &Path) -> anyhow::Result<Counts> {
    let world = world::with_sample(buildpack)?;
    // Valgrind knows neither of the kernel's walls.
    world::add_metadata(&world, "sandbox = \"off\"\n")?;
    let instructions = callgrind(&world::phase(&world, "detect"))?;
    Ok(Counts::from([("detect".to_owned(), instructions / 1000)]))
}

/// Runs a program of one process under callgrind, and counts.
fn callgrind(program: &Command) -> anyhow::Result<u64> {
    let file = tempfile::NamedTempFile::new()?;
    // Valgrind lets nobody change the most open files, and keeps twelve for itself: so they are what the host asks for
    // before it starts.
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "ulimit -n 140 && exec valgrind \"$@\"", "valgrind"])
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", file.path().display()))
        .arg(program.get_program())
        .args(program.get_args());
    if let Some(dir) = program.get_current_dir() {
        command.current_dir(dir);
    }
    command.env_clear();
    command.envs(
        program
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = command.output().context("can't start valgrind")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "under valgrind it ended with {}:\n{told}",
        output.status
    );
    let text = fs::read_to_string(file.path())?;
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let total = line("totals: ").or_else(|| line("summary: "));
    Ok(total
        .context("no total in callgrind's file")?
        .trim()
        .parse()?)
}

fn differences(known: &Counts, counted: &Counts) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = known.keys().chain(counted.keys()).collect();
    names
        .into_iter()
        .map(|name| difference(name, known.get(name), counted.get(name)))
        .collect()
}

fn difference(name: &str, known: Option<&u64>, counted: Option<&u64>) -> String {
    match (known, counted) {
        (Some(known), Some(counted)) => {
            #[expect(clippy::cast_precision_loss, reason = "millions")]
            let percent = (*counted as f64 / *known as f64 - 1.0) * 100.0;
            let changed = if percent.abs() < NOISE_PERCENT {
                "as before".to_owned()
            } else {
                format!("{percent:+.1} %")
            };
            format!("instructions of {name}: {counted} thousand, {changed}")
        }
        (None, Some(counted)) => {
            format!("instructions of {name}: {counted} thousand, not known before")
        }
        (_, None) => format!("instructions of {name}: not counted any more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_said_and_noise_is_not() {
        let counts = |pairs: &[(&str, u64)]| {
            pairs
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect()
        };
        let known: Counts = counts(&[("build", 20_000), ("detect", 1000), ("gone", 1)]);
        let counted: Counts = counts(&[("build", 20_010), ("detect", 1100), ("new", 2)]);
        assert_eq!(
            differences(&known, &counted),
            [
                "instructions of build: 20010 thousand, as before",
                "instructions of detect: 1100 thousand, +10.0 %",
                "instructions of gone: not counted any more",
                "instructions of new: 2 thousand, not known before",
            ]
        );
    }

    #[test]
    fn what_was_written_down_can_be_read() {
        let text = fs::read_to_string(cargo::root().join(FILE)).unwrap();
        assert!(parse(&text).unwrap().keys().any(|name| name == "detect"));
    }
}
