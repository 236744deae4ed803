//! Tests guests that exit, fail or never end: each is a fault that names its cause, in bounded time.
//!
//! These guests write nothing.

use std::time::Duration;

use crate::trial::{BUILDPACK, ENDED_ITSELF, FIXABLE, LOG, Phase, Run, SHORT, TIME, TRAP, Trial};

use Phase::{Build, Detect};

/// Runs `case` in both phases: the one that it names is refused with this id, the other does its work.
fn fails_when_due(trial: &Trial, case: &str, id: &str, code: i32) -> Run {
    let due = if case.starts_with("detect") {
        Detect
    } else {
        Build
    };
    let other = if due == Build { Detect } else { Build };
    trial.run(other, case).passed();
    let run = trial.run(due, case);
    run.refused(id, code);
    assert_eq!(run.left(), [""; 0], "{case}");
    run
}

#[test]
fn a_guest_that_ends_itself_is_at_fault_whatever_it_says() {
    let trial = Trial::of("exits");
    for status in ["0", "1", "100"] {
        for phase in ["build", "detect"] {
            let case = format!("{phase}-{status}");
            fails_when_due(&trial, &case, "component-exit", ENDED_ITSELF);
        }
    }
}

#[test]
fn a_trap_is_a_fault_and_no_decline() {
    let trial = Trial::of("traps");
    for case in ["build", "detect"] {
        fails_when_due(&trial, case, "component-trap", TRAP);
    }
    let trial = Trial::of("panics");
    for case in ["build", "detect"] {
        let run = fails_when_due(&trial, case, "component-trap", TRAP);
        let own = "The guest panicked on purpose";
        assert!(run.said().contains(own), "{}", run.said());
    }
}

#[test]
fn a_failure_is_told_in_the_guests_words_and_counted_to_whom_it_belongs() {
    let trial = Trial::of("fails_with_explanation");
    for phase in ["build", "detect"] {
        for (kind, code) in [
            ("application", FIXABLE),
            ("internal", BUILDPACK),
            ("io", FIXABLE),
            ("platform", FIXABLE),
        ] {
            let id = format!("component-{kind}");
            let run = fails_when_due(&trial, &format!("{phase}-{kind}"), &id, code);
            let lines = ["The guest's first line", "and its second"];
            assert_eq!(run.lines(), lines);
            assert!(
                run.said().contains("says: The guest's title"),
                "{}",
                run.said()
            );
        }
    }
}

#[test]
fn a_failure_without_words_and_one_with_too_many_are_told_in_a_few() {
    let trial = Trial::of("fails_with_explanation");
    for phase in ["build", "detect"] {
        let empty = format!("{phase}-empty");
        fails_when_due(&trial, &empty, "component-internal", BUILDPACK);
        let long = format!("{phase}-long");
        let long = fails_when_due(&trial, &long, "component-application", FIXABLE);
        assert!(long.said().contains("TTTT"));
        assert!(long.ended.output().len() < 8192);
    }
}

#[test]
fn a_guest_that_does_not_end_is_ended_at_its_limit() {
    for name in ["loops_forever", "opens_a_pipe", "sleeps_forever"] {
        let trial = Trial::of(name);
        for (case, due, other) in [("build", Build, Detect), ("detect", Detect, Build)] {
            trial.run(other, case).passed();
            let world = trial.world(case);
            let pipe = world.app_dir().join("pipe");
            rustix::fs::mkfifoat(
                rustix::fs::CWD,
                &pipe,
                rustix::fs::Mode::from_raw_mode(0o644),
            )
            .unwrap();
            world
                .edit_descriptor("seconds = 300", "seconds = 1")
                .unwrap();
            let run = trial.run_in(world, due, case);
            // The component did, and not its process, which the host would have killed later: its own clock is the first.
            run.refused("limit-seconds", TIME);
            assert!(run.ended.took >= Duration::from_secs(1), "{name}");
            assert_eq!(run.left(), [""; 0], "{name}");
        }
    }
}

#[test]
fn memory_is_refused_beyond_the_limit() {
    let trial = Trial::of("eats_memory");
    let asks = trial.run(Build, "asks");
    asks.passed();
    let got = asks.lines().into_iter().find_map(|line| {
        let number = line.strip_prefix("got ")?.strip_suffix(" MiB")?;
        number.parse::<u32>().ok()
    });
    assert!(got.is_some_and(|mib| (32..64).contains(&mib)), "{got:?}");

    let at_once = trial.run(Build, "at-once");
    at_once.passed();
    assert!(at_once.said().contains("tried 3 GiB: denied"));

    let insists = trial.run(Build, "insists");
    insists.refused("limit-memory-mib", SHORT);
    assert_eq!(insists.left(), [""; 0]);
}

#[test]
fn what_a_guest_lists_is_held_to_its_memory_in_both_phases() {
    let trial = Trial::of("lists_without_end");
    for (case, due, other) in [("build", Build, Detect), ("detect", Detect, Build)] {
        trial.run(other, case).passed();
        let world = trial.world(case);
        for n in 0..1000 {
            std::fs::write(world.app_dir().join(format!("file-{n}")), "").unwrap();
        }
        world
            .edit_descriptor("memory-mib = 64", "memory-mib = 4")
            .unwrap();
        let run = trial.run_in(world, due, case);
        run.refused("limit-memory-mib-listings", SHORT);
        assert_eq!(run.left(), [""; 0], "{case}");
    }
}

#[test]
fn a_recursion_without_end_is_a_fault() {
    // One case exhausts the engine's stack, the other the guest's own stack in its memory.
    let trial = Trial::of("recurses_deeply");
    trial.refuses_with(SHORT, &[("little", "limit-stack-kib", &[])], |_| ());
    trial.refuses_with(TRAP, &[("much", "component-trap", &[])], |_| ());
}

#[test]
fn a_recursion_that_ends_has_the_stack_that_the_descriptor_says() {
    let trial = Trial::of("recurses_deeply");
    trial.run(Build, "ends").passed();
    trial.refuses_with(SHORT, &[("ends", "limit-stack-kib", &[])], |world| {
        world
            .edit_descriptor("[metadata.limits]", "[metadata.limits]\nstack-kib = 64")
            .unwrap();
    });
}

#[test]
fn a_flood_is_cut_at_its_limit_and_the_limit_is_named() {
    for (name, cases) in [
        ("floods_stdout", &["stderr", "stdout"][..]),
        (
            "floods_the_log",
            &[
                "empty-lines",
                "long-line",
                "many-lines",
                "one-with-many-lines",
            ],
        ),
    ] {
        let trial = Trial::of(name);
        for case in cases {
            let run = trial.run(Build, case);
            // Both are allowed: to go on without the rest, and to stop.
            match run.ended.code {
                Some(0) => run.passed(),
                _ => run.refused("limit-log-kib", LOG),
            }
            let said = run.said();
            assert!(said.contains("log-kib"), "{name}, {case}: {said:.500}");
            let printed = run.ended.output().len();
            // The limit counts the text without the line ends.
            assert!(
                printed < 2 * 64 * 1024 + 1024,
                "{name}, {case}: {printed} bytes"
            );
        }
    }
}

#[test]
fn a_component_that_asks_for_what_nobody_offers_is_refused_before_it_starts() {
    for (name, interface) in [
        (
            "imports_an_unknown_interface",
            "example:vault/secrets@1.0.0",
        ),
        ("imports_http", "wasi:http/outgoing-handler@0.3.0"),
        ("opens_a_socket", "wasi:sockets/"),
    ] {
        let trial = Trial::of(name);
        for phase in [Detect, Build] {
            let run = trial.run(phase, "none");
            run.refused("component-incompatible", BUILDPACK);
            assert!(run.said().contains(interface), "{}", run.said());
            assert_eq!(run.left(), [""; 0], "{name}");
        }
    }
}
