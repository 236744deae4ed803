//! `bench guests`: the same buildpack in each language, beside scripts that do the same.
//!
//! Its build fetches nothing, so only detect is measured. Each task here is one of an author's or of a lifecycle's.

pub(crate) mod aims;
pub(crate) mod compiling;
pub(crate) mod made;
pub(crate) mod scripts;

use std::fs;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use engine::artifact::COMPONENT_FILE;
use lifecycle::Lifecycle;
use package::cargo::Profile;
use package::say;
use serde::Serialize;
use xtask::bench::world;

use self::aims::Measured;
use self::compiling::Compiled;
use self::made::{Made, PYTHON, Way, Workshop};
use self::scripts::Interpreter;
use crate::case::{Case, Facts, Pace};
use crate::machine::Machine;
use crate::options::Output;
use crate::reach::Reach;
use crate::rounds::{self, Found};
use crate::{plots, table, work_dir, write_json};

/// The group of the guests' cases.
pub(crate) const GUESTS: &str = "guests";

const ROUNDS: usize = 100;

/// All results of a run.
#[derive(Serialize)]
struct Results {
    machine: Machine,
    /// The profile of the host.
    host: &'static str,
    interpreters: Vec<Interpreter>,
    skipped: Vec<Skipped>,
    found: Vec<Found>,
    compiled: Vec<Compiled>,
    ways: Vec<Way>,
    reached: Vec<Reach>,
    not_measured: Vec<String>,
}

/// The languages and engines that this machine cannot run.
#[derive(Serialize)]
struct Skipped {
    what: &'static str,
    reason: String,
}

/// Measures all that this machine can run.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Output::parse(arguments)?;
    let machine = Machine::this(work_dir())?;
    let host = Profile::of_trials()?;
    say::line(&machine.text());
    let warning = warning(host);
    if let Some(warning) = &warning {
        say::line(warning);
    }

    let mut skipped = Vec::new();
    let (made, _workshop) = make(&mut skipped)?;
    let (cases, interpreters) = cases(&made, &mut skipped)?;
    for Interpreter { script, version } in &interpreters {
        say::line(&format!("{script}: {version}"));
    }
    let rounds = options.rounds.unwrap_or(ROUNDS);
    let say = |text: &str| say::step(&format!("{GUESTS}: {text}"));
    let found = rounds::run(&cases, rounds, &say)?;
    let compiled = match made.iter().find(|made| made.name == PYTHON) {
        Some(python) => {
            let component = python.buildpack().join(COMPONENT_FILE);
            let say = |text: &str| say(&format!("compiling, {text}"));
            compiling::run(&component, rounds, &say)?
        }
        None => Vec::new(),
    };
    let ways: Vec<Way> = made.into_iter().filter_map(|made| made.way).collect();
    let measured = Measured {
        found: &found,
        compiled: &compiled,
        ways: &ways,
    };
    let (reached, not_measured) = aims::apart(measured.aims());

    say::line(&table::comparisons(&found));
    say::line(&table::compilers(&compiled));
    say::line(&table::ways(&ways));
    say::line(&table::aims(&reached));
    for what in &not_measured {
        say::line(&format!("not measured: {what}"));
    }
    if let Some(warning) = &warning {
        say::line(warning);
    }
    if let Some(folder) = &options.plots {
        plots::draw_all(&found, folder)?;
    }
    if let Some(file) = &options.json {
        let results = Results {
            machine,
            host: host.name(),
            interpreters,
            skipped,
            found,
            compiled,
            ways,
            reached,
            not_measured,
        };
        write_json(file, &results)?;
    }
    Ok(())
}

/// The warning if the host is not the one that ships.
pub(crate) fn warning(host: Profile) -> Option<String> {
    (host != Profile::Release).then(|| {
        format!(
            "WARNING: the host has the profile '{}', which is not the one that ships: no time here is one of the project. \
             Set HOST_PROFILE=release",
            host.name()
        )
    })
}

fn make(skipped: &mut Vec<Skipped>) -> Result<(Vec<Made>, Workshop)> {
    let workshop = Workshop::new()?;
    let mut all = Vec::new();
    for guest in &made::ALL {
        match workshop.make(guest)? {
            Ok(made) => all.push(made),
            Err(reason) => skip(guest.name, reason, skipped),
        }
    }
    Ok((all, workshop))
}

fn skip(what: &'static str, reason: String, skipped: &mut Vec<Skipped>) {
    say::line(&format!("SKIPPED: {what}: {reason}"));
    skipped.push(Skipped { what, reason });
}

/// The cases of all buildpacks. They share one application.
fn cases(made: &[Made], skipped: &mut Vec<Skipped>) -> Result<(Vec<Case>, Vec<Interpreter>)> {
    let first = made.first().context("no language can be built here")?;
    let app = first.app();
    let mut cases = Vec::new();
    for made in made {
        let world = Lifecycle::with_app(&made.buildpack(), &app)?;
        // A kernel without the whole sandbox must end the measurement.
        world::add_metadata(&world, "sandbox = \"require\"\n")?;
        cases.push(case(made.name, world)?);
    }
    let mut interpreters = Vec::new();
    for script in &scripts::ALL {
        match script.lay_out()? {
            Ok(laid_out) => {
                let world = Lifecycle::with_app(laid_out.folder.path(), &app)?;
                cases.push(case(script.name, world)?);
                interpreters.extend(laid_out.interpreter);
            }
            Err(reason) => skip(script.name, reason, skipped),
        }
    }
    Ok((cases, interpreters))
}

fn case(peer: &'static str, world: Lifecycle) -> Result<Case> {
    refuses_without_procfile(&world).with_context(|| peer)?;
    let world = Rc::new(world);
    let (before, command) = (Rc::clone(&world), Rc::clone(&world));
    Ok(Case {
        facts: Facts::new(GUESTS, peer),
        pace: Pace::Often,
        before: Box::new(move || Ok(fs::write(before.build_plan_path(), "")?)),
        command: Box::new(move || world::phase(&command, "detect")),
        // The status is the whole answer: this buildpack has no build plan.
        after: Box::new(|| Ok(())),
        server: None,
        printed: world.world().join("printed"),
    })
}

/// Checks that detect reads the application: without the Procfile it must not pass.
fn refuses_without_procfile(world: &Lifecycle) -> Result<()> {
    let procfile = world.app_dir().join("Procfile");
    let away = world.world().join("Procfile");
    let moved = |from: &Path, to: &Path| {
        fs::rename(from, to).with_context(|| format!("can't move {}", from.display()))
    };
    moved(&procfile, &away)?;
    fs::write(world.build_plan_path(), "")?;
    let output = world::phase(world, "detect").output()?;
    moved(&away, &procfile)?;
    let text = [output.stdout, output.stderr].concat();
    ensure!(
        output.status.code() == Some(NOT_FOR_THIS_APP),
        "without a Procfile, detect ended with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&text)
    );
    Ok(())
}

/// The status of a detect that does not take part.
const NOT_FOR_THIS_APP: i32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_that_ships_is_measured_without_a_warning() {
        assert_eq!(warning(Profile::Release), None);
        let text = warning(Profile::Trial).unwrap();
        assert!(text.contains("'trial'"), "{text}");
        assert!(text.ends_with("Set HOST_PROFILE=release"), "{text}");
    }

    #[test]
    fn a_script_reads_the_application_and_one_that_always_passes_is_refused() {
        let app = tempfile::tempdir().unwrap();
        fs::write(app.path().join("Procfile"), "web: true\n").unwrap();
        let world = |text: Option<&str>| {
            let laid_out = scripts::ALL[1].lay_out().unwrap().unwrap();
            if let Some(text) = text {
                fs::write(laid_out.folder.path().join("bin/detect"), text).unwrap();
            }
            Lifecycle::with_app(laid_out.folder.path(), app.path()).unwrap()
        };
        let case = case("bash", world(None)).unwrap();
        (case.before)().unwrap();
        assert!((case.command)().status().unwrap().success());
        let error = super::case("bash", world(Some("#!/bin/sh\necho passes\n")));
        let error = format!("{:#}", error.err().unwrap());
        assert!(
            error.contains("exit status: 0") && error.contains("passes"),
            "{error}"
        );
    }
}
