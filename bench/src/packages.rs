//! `bench packages`: a build with real packages, beside pip, uv and what only unpacks archives.
//!
//! Each task here is a phase of a build or a command of a client. What it needs is made in the modules beneath.

pub(crate) mod aims;
mod cases;
pub(crate) mod clients;
mod ours;
mod server;
mod wheels;

use package::cargo::{self, Profile};
use package::{arch::Arch, say};
use serde::Serialize;

use anyhow::Result;

use self::aims::Measured;
use self::cases::Workshop;
use self::clients::{Clients, Version};
use self::wheels::Wheel;
use crate::guests::aims::apart;
use crate::machine::Machine;
use crate::options::PackagesOptions;
use crate::reach::Reach;
use crate::rounds::{self, Found};
use crate::{guests, plots, table, work_dir, write_json};

/// The group of the cases.
pub(crate) const PACKAGES: &str = "packages";

/// All wheels.
pub(crate) const WHEELS: &str = "wheels";
/// All wheels, of which one is not that of the previous build.
pub(crate) const CHANGED: &str = "one-changed";
/// One wheel with one large member.
pub(crate) const LARGE: &str = "large-member";
/// A tar archive of this machine's Python.
pub(crate) const PYTHON: &str = "python";

const ROUNDS: usize = 7;
/// The rounds for the large wheel, of which only the memory matters.
const FEW: usize = 1;

/// All results of a run.
#[derive(Serialize)]
struct Results {
    machine: Machine,
    /// The profile of the host.
    host: &'static str,
    /// The size of the host's program, in bytes.
    host_bytes: u64,
    versions: Vec<Version>,
    skipped: Vec<(&'static str, String)>,
    wheels: Vec<Wheel>,
    found: Vec<Found>,
    reached: Vec<Reach>,
    not_measured: Vec<String>,
}

/// Measures all that this machine can run.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = PackagesOptions::parse(arguments)?;
    let machine = Machine::this(work_dir())?;
    let host = Profile::of_trials()?;
    say::line(&machine.text());
    let warning = guests::warning(host);
    if let Some(warning) = &warning {
        say::line(warning);
    }

    let folder = cargo::target_dir().join("bench");
    std::fs::create_dir_all(&folder)?;
    let clients = Clients::find(&folder)?;
    for (program, reason) in &clients.skipped {
        say::line(&format!("SKIPPED: {program}: {reason}"));
    }
    for Version { program, version } in &clients.versions {
        say::line(&format!("{program}: {version}"));
    }
    let python = clients.python();
    let wheels = match options.wheels {
        Some(folder) => folder,
        None => wheels::downloaded(&python, &folder)?,
    };
    let copies = tempfile::Builder::new().prefix("wheels-").tempdir()?;
    let wheels = wheels::read(&wheels, copies.path(), &python)?;
    let bytes: usize = wheels.iter().map(|wheel| wheel.bytes).sum();
    let count = wheels.len();
    say::line(&format!("{count} wheels, {} MB", bytes / 1_000_000));

    let host_bytes = std::fs::metadata(cargo::host(Arch::here()?, host)?)?.len();
    let workshop = Workshop::new(&clients, &wheels)?;
    let rounds = options.output.rounds.unwrap_or(ROUNDS);
    let say = |text: &str| say::step(&format!("{PACKAGES}: {text}"));
    let mut found = rounds::run(&workshop.wheels()?, rounds, &say)?;
    found.extend(rounds::run(&workshop.python()?, rounds, &say)?);
    found.extend(rounds::run(&workshop.large()?, rounds.min(FEW), &say)?);
    let measured = Measured {
        found: &found,
        packages: count,
        host_bytes: (host == Profile::Release).then_some(host_bytes),
    };
    let (reached, not_measured) = apart(measured.aims());

    say::line(&table::comparisons(&found));
    say::line(&table::aims(&reached));
    for what in &not_measured {
        say::line(&format!("not measured: {what}"));
    }
    if let Some(warning) = &warning {
        say::line(warning);
    }
    if let Some(folder) = &options.output.plots {
        plots::draw_all(&found, folder)?;
    }
    if let Some(file) = &options.output.json {
        let results = Results {
            machine,
            host: host.name(),
            host_bytes,
            versions: clients.versions.clone(),
            skipped: clients.skipped.clone(),
            wheels: wheels.clone(),
            found,
            reached,
            not_measured,
        };
        write_json(file, &results)?;
    }
    Ok(())
}
