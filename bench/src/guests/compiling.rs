//! Compiles a component ahead of time by several compilers in turn, and measures the time.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use package::arch::Arch;
use package::cargo::{self, Profile};
use serde::Serialize;
use server::repository::Random;

use crate::process;
use crate::rounds::shuffle;
use crate::spread::Spread;

/// The compiler that ships, on one thread.
pub(crate) const SHIPPED_ALONE: &str = "the compiler that ships, 1 thread";
/// The compiler that ships, with a thread for each processor.
pub(crate) const SHIPPED: &str = "the compiler that ships, all threads";
/// The compiler of tests, which has few optimisations, on one thread: packages were once made by it.
pub(crate) const OF_TESTS: &str = "the compiler of tests, 1 thread";

/// A compilation takes seconds, so it runs in few of the rounds.
const MOST_ROUNDS: usize = 3;

/// The variable with the number of the compiler's threads.
const THREADS: &str = "RAYON_NUM_THREADS";

/// A compiler and its result.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Compiled {
    pub(crate) compiler: &'static str,
    pub(crate) rounds: usize,
    /// In seconds.
    pub(crate) wall: Spread,
    /// In seconds, of all threads.
    pub(crate) processor: Spread,
}

struct Compiler {
    name: &'static str,
    program: PathBuf,
    is_alone: bool,
}

/// Compiles a component for this machine's architecture.
pub(crate) fn run(component: &Path, rounds: usize, say: &dyn Fn(&str)) -> Result<Vec<Compiled>> {
    let shipped = cargo::compiler(Profile::Release)?;
    let compilers = [
        (SHIPPED_ALONE, shipped.clone(), true),
        (SHIPPED, shipped, false),
        (OF_TESTS, cargo::compiler(Profile::Trial)?, true),
    ];
    let compilers = compilers.map(|(name, program, is_alone)| Compiler {
        name,
        program,
        is_alone,
    });
    let folder = tempfile::Builder::new().prefix("compiled-").tempdir()?;
    let rounds = rounds.min(MOST_ROUNDS);
    let mut seen = compilers.each_ref().map(|_| (Vec::new(), Vec::new()));
    let mut random = Random(RandomState::new().hash_one("compilers") | 1);
    for round in 1..=rounds {
        let mut order: Vec<usize> = (0..compilers.len()).collect();
        shuffle(&mut order, &mut random);
        for number in order {
            let command = compilers[number].command(component, folder.path())?;
            let run = process::run(command, &folder.path().join("printed"))
                .with_context(|| compilers[number].name)?;
            seen[number].0.push(run.wall.as_secs_f64());
            seen[number].1.push(run.processor.as_secs_f64());
        }
        say(&format!("round {round} of {rounds}"));
    }
    let results = compilers.iter().zip(seen);
    let results = results.map(|(compiler, (wall, processor))| {
        Ok(Compiled {
            compiler: compiler.name,
            rounds: wall.len(),
            wall: Spread::of(wall).context("no round")?,
            processor: Spread::of(processor).context("no round")?,
        })
    });
    results.collect()
}

impl Compiler {
    fn command(&self, component: &Path, folder: &Path) -> Result<Command> {
        let mut command = Command::new(&self.program);
        command
            .arg(component)
            .args(["--target", Arch::here()?.name()])
            .arg(folder.join("guest.cwasm"))
            .env_remove(THREADS);
        if self.is_alone {
            command.env(THREADS, "1");
        }
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn the_number_of_threads_is_set_or_left_to_the_compiler() {
        for (is_alone, expected) in [(true, Some(OsStr::new("1"))), (false, None)] {
            let compiler = Compiler {
                name: SHIPPED,
                program: "compiler".into(),
                is_alone,
            };
            let command = compiler
                .command(Path::new("in"), Path::new("folder"))
                .unwrap();
            let set: Vec<_> = command.get_envs().collect();
            assert_eq!(set, [(OsStr::new(THREADS), expected)]);
            let arguments: Vec<_> = command.get_args().collect();
            assert_eq!(arguments[3], "folder/guest.cwasm");
        }
    }
}
