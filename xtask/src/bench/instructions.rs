//! `cargo xtask bench instructions`: counts the instructions that detect and build execute.
//!
//! Times differ between machines and between minutes. This count hardly does, so it is recorded in a file, and each
//! change can be compared with it. It has the programs' own instructions, and not the kernel's.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use lifecycle::Lifecycle;
use server::repository::Repository;

use super::world;
use package::cargo::Profile;
use package::{build, cargo, say};

/// The recorded counts.
const FILE: &str = "docs/performance/instructions.toml";

const HEADER: &str = "\
# The instructions of detect and build, in thousands, without the kernel's and, in build, without the component's.
# `cargo xtask bench instructions` compares with this file, and with --update writes it.
";

/// A smaller change counts as none. The differences between runs are smaller.
const NOISE_PERCENT: f64 = 0.2;

type Counts = BTreeMap<String, u64>;

/// Counts, compares with the record, and writes a new record with `--update`.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let update = match options {
        [] => false,
        ["--update"] => true,
        _ => anyhow::bail!("bench instructions has the option --update, and not {options:?}"),
    };
    if !works(&["valgrind", "--version"]) {
        say::line("valgrind is missing on this machine: instructions were NOT counted");
        return Ok(());
    }
    let counted = count(&build::buildpack(Profile::Release)?)?;
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

fn works(command: &[&str]) -> bool {
    let output = Command::new(command[0]).args(&command[1..]).output();
    output.is_ok_and(|output| output.status.success())
}

fn parse(text: &str) -> anyhow::Result<Counts> {
    toml::from_str(text).with_context(|| format!("can't parse {FILE}"))
}

/// Counts detect, and the host's part of a build that fetches. The component's part of a build is left out: it runs in
/// a process of its own, and does the same as in detect.
fn count(buildpack: &Path) -> anyhow::Result<Counts> {
    let repository = Repository::template()?;
    let server = world::server(repository.git_dir(), Duration::ZERO)?;
    let world = without_walls(buildpack)?;
    world::point_to(&world, &server)?;
    let detect = total(&callgrind(&world::phase(&world, "detect"), &[])?)?;
    let mut counts = Counts::from([("detect".to_owned(), detect)]);
    if !works(&[&UNSHARE[..], &["true"]].concat()) {
        say::line(
            "unshare can't make a mount namespace here: build's instructions were NOT counted",
        );
        return Ok(counts);
    }
    let build = world::phase(&world, "build");
    let (proc, program) = (tempfile::tempdir()?, build.get_program());
    let mut around: Vec<&OsStr> = UNSHARE.map(OsStr::new).into();
    around.extend(["/bin/sh", "-c", OTHER_PROC, "other"].map(OsStr::new));
    around.extend([proc.path().as_os_str(), program]);
    counts.insert("build".to_owned(), total(&callgrind(&build, &around)?)?);
    Ok(counts)
}

/// Reads thousands of instructions from callgrind's file.
fn total(text: &str) -> anyhow::Result<u64> {
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let total = line("totals: ").or_else(|| line("summary: "));
    let total = total.context("callgrind's file has no total")?;
    Ok(total.trim().parse::<u64>()? / 1000)
}

/// A world with the sandbox turned off, because valgrind supports neither Landlock nor seccomp.
fn without_walls(buildpack: &Path) -> anyhow::Result<Lifecycle> {
    let world = world::with_sample(buildpack)?;
    world::add_metadata(&world, "sandbox = \"off\"\n")?;
    Ok(world)
}

/// Starts a program under valgrind. Valgrind forbids changes of the limit of open files and keeps twelve for itself, so
/// the limit that the host wants is set before.
const START: &str = "\
ulimit -n 140
exec valgrind --tool=callgrind --quiet \"--callgrind-out-file=$counted\" \"$@\"
";

/// Gives a user the right to mount, in a mount namespace of its own.
const UNSHARE: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];

/// The host starts itself again as `/proc/self/exe`, which is valgrind's program under valgrind. So the host gets a
/// copy of `/proc` that differs only in this link.
const OTHER_PROC: &str = "\
set -e
real=$1 program=$2
shift 2
mount --rbind /proc \"$real\"
mount -t tmpfs none /proc
mkdir /proc/self
for entry in \"$real\"/self/*; do
    ln -s \"$entry\" /proc/self/
done
ln -sfn \"$program\" /proc/self/exe
exec \"$@\"
";

/// Runs a program under callgrind and returns callgrind's file, without the processes that the program starts. `around`
/// is a command that runs the rest of its command line.
fn callgrind(program: &Command, around: &[&OsStr]) -> anyhow::Result<String> {
    let counted = tempfile::NamedTempFile::new()?;
    let start = ["/bin/sh", "-c", START, "start"].map(OsStr::new);
    let mut words = around.iter().chain(&start);
    let mut command = Command::new(words.next().context("nothing to start")?);
    command
        .args(words)
        .arg(program.get_program())
        .args(program.get_args());
    if let Some(dir) = program.get_current_dir() {
        command.current_dir(dir);
    }
    command.env_clear();
    command.env("counted", counted.path());
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
    Ok(fs::read_to_string(counted.path())?)
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
            format!("instructions of {name}: {counted} thousand, not recorded before")
        }
        (_, None) => format!("instructions of {name}: not counted"),
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
                "instructions of gone: not counted",
                "instructions of new: 2 thousand, not recorded before",
            ]
        );
    }

    #[test]
    fn what_was_written_down_can_be_read() {
        let text = fs::read_to_string(cargo::root().join(FILE)).unwrap();
        assert!(parse(&text).unwrap().keys().any(|name| name == "detect"));
    }
}
