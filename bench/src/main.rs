//! The benchmark. `cargo xtask bench` starts it with the programs that it has built.

mod case;
mod groups;
mod guests;
mod machine;
mod memory;
mod options;
mod packages;
mod peers;
mod plots;
mod process;
mod reach;
mod repositories;
mod rounds;
mod spread;
mod table;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use package::{cargo, say};
use serde::Serialize;

use crate::groups::Groups;
use crate::machine::{Machine, Sizes};
use crate::options::Options;
use crate::peers::Programs;
use crate::reach::{Measured, Reach};
use crate::rounds::Found;

/// A folder in memory. On a disk, most of a measurement would be the disk's noise.
const IN_MEMORY: &str = "/dev/shm";

/// All results of a run.
#[derive(Serialize)]
struct Results {
    machine: Machine,
    sizes: Sizes,
    found: Vec<Found>,
    reached: Vec<Reach>,
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    if let [first, rest @ ..] = arguments
        && first == guests::GUESTS
    {
        return guests::run(rest);
    }
    if let [first, rest @ ..] = arguments
        && first == packages::PACKAGES
    {
        return packages::run(rest);
    }
    let options = Options::parse(arguments)?;
    let work = work_dir();
    let machine = Machine::this(work)?;
    let sizes = Sizes::of(&options.buildpack);
    say::line(&machine.text());
    let programs = Programs {
        buildpack: options.buildpack.clone(),
        native: options.native.clone(),
    };
    let repositories = cargo::target_dir().join("bench/repositories");
    let groups = Groups {
        programs: &programs,
        repositories: &repositories,
    };
    let mut found = Vec::new();
    for group in &options.groups {
        for cases in groups.parts(group)? {
            let say =
                |text: &str| say::step(&format!("{group}, {}: {text}", cases[0].facts.repository));
            let rounds = options
                .output
                .rounds
                .unwrap_or(if *group == groups::DETECT { 300 } else { 30 });
            found.extend(rounds::run(&cases, rounds, &say)?);
        }
    }
    let reached = Measured {
        found: &found,
        sizes: &sizes,
    }
    .reached();
    say::line(&table::comparisons(&found));
    say::line(&table::aims(&reached));
    if let Some(folder) = &options.output.plots {
        plots::draw_all(&found, folder)?;
    }
    if let Some(file) = &options.output.json {
        let results = Results {
            machine,
            sizes,
            found,
            reached,
        };
        write_json(file, &results)?;
    }
    Ok(())
}

fn write_json(file: &Path, results: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(results)?;
    fs::write(file, text + "\n").with_context(|| format!("can't write {}", file.display()))
}

/// Sets the folder for all temporary files, and returns its description for the report.
fn work_dir() -> String {
    let in_memory = Path::new(IN_MEMORY);
    if in_memory.is_dir() && tempfile::tempdir_in(in_memory).is_ok() {
        // The override is set once, before the first temporary file.
        let _set = tempfile::env::override_temp_dir(in_memory);
        return format!("{IN_MEMORY}, in memory");
    }
    format!("{}, which may be a disk", std::env::temp_dir().display())
}
