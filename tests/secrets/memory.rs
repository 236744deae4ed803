//! Tests where in memory the token is: never in a guest's, in no process while a guest runs, and only later in the
//! host's.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tests::search::{Canary, Sighting, look_at};

use crate::support::{Scene, TOKEN, Template, USER};

/// A text that is passed to the guest, so that a search of the memory must find it.
const TOLD: &str = "told_V6.qS2-wJ8fN3xG9rK4";

/// The end of the host's name, and the names of both processes that know the guest's variables.
const HOST: &str = "bin/build";
const BOTH: [&str; 2] = [HOST, "runner"];

fn backwards(text: &str) -> String {
    text.chars().rev().collect()
}

/// The processes of a build in this world: the host, and its descendants.
fn processes(world: &str) -> Vec<Sighting> {
    let mut seen = BTreeSet::new();
    look_at(std::process::id(), &mut seen);
    let mut ours = BTreeSet::new();
    for sighting in &seen {
        if String::from_utf8_lossy(&sighting.arguments).contains(world) {
            look_at(sighting.process, &mut ours);
        }
    }
    ours.into_iter().collect()
}

#[test]
fn a_guest_that_searches_all_its_memory_finds_no_token() {
    for place in ["variable", "binding"] {
        let scene = Scene::of_guest("searches_its_memory");
        scene.set("NEEDLE_REVERSED", backwards(TOKEN));
        if place == "variable" {
            scene.set("BP_TEST_TOKEN", format!("{TOKEN}\n"));
        } else {
            scene
                .world
                .binding("b", &[("type", "test"), ("token", TOKEN)])
                .unwrap();
        }
        // The guest does not log the needle, and only the platform's directory contains it.
        for ended in [scene.detect(), scene.build()] {
            let said = ended.output();
            assert!(ended.passed(), "{said}");
            assert!(said.contains("needle: not found"), "{said}");
            assert!(said.contains("control: found"), "{said}");
        }
    }
}

#[test]
fn no_process_of_a_build_has_the_token_in_memory_while_the_guest_runs() {
    for sandbox in ["prefer", "off"] {
        search_while_the_guest_runs(sandbox);
    }
}

fn search_while_the_guest_runs(sandbox: &str) {
    let mut scene = Scene::of_guest("sleeps_forever");
    scene.world.watch();
    scene.sandbox(sandbox);
    scene.set("CASE", "build");
    scene.set("NEEDLE_REVERSED", TOLD);
    scene.set("BP_TEST_TOKEN", format!("{TOKEN}\n"));
    scene
        .world
        .binding("b", &[("type", "test"), ("token", TOKEN)])
        .unwrap();
    let world = scene.world.world().display().to_string();
    let ended = AtomicBool::new(false);
    let (told, found) = thread::scope(|scope| {
        let search = scope.spawn(|| {
            let (mut told, mut found) = (BTreeSet::new(), BTreeSet::new());
            while !ended.load(Ordering::Relaxed) {
                let both = BOTH.iter().all(|end| ends_with(&told, end));
                for process in processes(&world) {
                    let name = name(&process);
                    // A process that ends meanwhile has no memory any more.
                    let places = |token| {
                        Canary::new(token)
                            .in_memory(process.process)
                            .unwrap_or_default()
                    };
                    if !places(TOLD).is_empty() {
                        told.insert(name.clone());
                    }
                    found.extend(places(TOKEN));
                    // One more round after both texts were found ends the search.
                    if both && name.ends_with(HOST) {
                        stop(process.process);
                    }
                }
            }
            (told, found)
        });
        let build = scene.build();
        ended.store(true, Ordering::Relaxed);
        let signal = Some(Signal::TERM.as_raw());
        assert_eq!(build.signal, signal, "{}", build.output());
        search.join().unwrap()
    });
    assert!(found.is_empty(), "{found:?}");
    for end in BOTH {
        assert!(ends_with(&told, end), "{end} was not searched: {told:?}");
    }
}

/// Whether one of the names has this end.
fn ends_with(names: &BTreeSet<String>, end: &str) -> bool {
    names.iter().any(|name| name.ends_with(end))
}

/// The first argument of a process.
fn name(process: &Sighting) -> String {
    let mut arguments = process.arguments.split(|byte| *byte == 0);
    String::from_utf8_lossy(arguments.next().unwrap_or_default()).into_owned()
}

fn stop(process: u32) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    // The process may have ended already.
    let _stopped = kill_process(process.unwrap(), Signal::TERM);
}

#[test]
fn a_proxys_password_is_not_in_memory_where_detects_guest_runs() {
    // The control: in build, the host needs the password, and the guest runs in another process.
    for (phase, found) in [("detect", false), ("build", true)] {
        let mut scene = Scene::of_guest("sleeps_forever");
        scene.world.watch();
        let edited = scene.world.edit_descriptor("seconds = 300", "seconds = 2");
        edited.unwrap();
        scene.set("CASE", phase);
        scene.set("NEEDLE_REVERSED", TOLD);
        let proxy = format!("http://user:{TOKEN}@127.0.0.1:9");
        scene.world.variable("https_proxy", proxy);
        let world = scene.world.world().display().to_string();
        let ended = AtomicBool::new(false);
        let (hosts, with_password) = thread::scope(|scope| {
            let search = scope.spawn(|| {
                let (mut hosts, mut with_password) = (0, 0);
                while !ended.load(Ordering::Relaxed) {
                    for process in processes(&world) {
                        let has = |text| {
                            let found = Canary::new(text).in_memory(process.process);
                            found.is_ok_and(|places| !places.is_empty())
                        };
                        // Only from the moment at which the guest's context is in memory.
                        if !process.arguments.starts_with(b"runner") && has(TOLD) {
                            hosts += 1;
                            with_password += usize::from(has(TOKEN));
                        }
                    }
                }
                (hosts, with_password)
            });
            // The harness runs the phase: the password is in the process environment, where it belongs.
            let run = match phase {
                "detect" => scene.world.detect(),
                _ => scene.world.build(),
            };
            ended.store(true, Ordering::Relaxed);
            let run = run.unwrap();
            assert_eq!(run.code, Some(83), "{}", run.output());
            search.join().unwrap()
        });
        assert!(hosts > 0, "{phase}: the host was not searched");
        assert_eq!(with_password > 0, found, "{phase}: {with_password}");
    }
}

#[test]
fn the_search_of_memory_finds_the_token_where_it_is_used_and_the_runner_is_gone() {
    let seen = Arc::new(Mutex::new((String::new(), Vec::new(), Vec::new())));
    let template = Template::with(|options| {
        let seen = Arc::clone(&seen);
        options.token(USER, TOKEN).on_request(move |_| {
            let mut seen = seen.lock().unwrap();
            for process in processes(&seen.0) {
                let found = Canary::new(TOKEN).in_memory(process.process).unwrap();
                seen.1.extend(found);
                seen.2
                    .push(String::from_utf8_lossy(&process.arguments).into_owned());
            }
        })
    });
    let scene = Scene::variable_for(&template);
    seen.lock().unwrap().0 = scene.world.world().display().to_string();
    scene.builds();
    let seen = seen.lock().unwrap();
    assert!(
        !seen.1.is_empty(),
        "it must be somewhere, or it could not be sent: {:?}",
        seen.2
    );
    assert!(
        seen.2
            .iter()
            .all(|arguments| !arguments.starts_with("runner")),
        "{:?}",
        seen.2
    );
}
