//! Tests guests that exit, fail or never end: each is a fault that names its cause, in bounded time.
//!
//! These guests write nothing.

use std::time::Duration;

use crate::trial::{BUILDPACK, ENDED_ITSELF, LOG, MENDABLE, Phase, Run, SHORT, TIME, TRAP, Trial};

use Phase::{Build, Detect};

/// Runs `case` in both phases: the phase that it names fails with these texts, the other one passes.
fn fails_when_due(trial: &Trial, case: &str, code: i32, words: &[&str]) -> Run {
    let due = if case.starts_with("detect") {
        Detect
    } else {
        Build
    };
    let other = if due == Build { Detect } else { Build };
    trial.run(other, case).passed();
    let run = trial.run(due, case);
    run.refused(code, words);
    assert_eq!(run.left(), [""; 0], "{case}");
    run
}

#[test]
fn a_guest_that_ends_itself_is_at_fault_whatever_it_says() {
    let trial = Trial::of("exits");
    for status in ["0", "1", "100"] {
        for phase in ["build", "detect"] {
            let word = format!("exit status {status}");
            // WASI's exit conveys only success or failure.
            let words = if status == "0" { &*word } else { "exit status" };
            fails_when_due(&trial, &format!("{phase}-{status}"), ENDED_ITSELF, &[words]);
        }
    }
}

#[test]
fn a_trap_is_a_fault_and_no_decline() {
    let trial = Trial::of("traps");
    for case in ["build", "detect"] {
        let words = ["component trapped", "unreachable"];
        fails_when_due(&trial, case, TRAP, &words);
    }
    let trial = Trial::of("panics");
    for case in ["build", "detect"] {
        let words = ["component trapped", "The guest panicked on purpose"];
        fails_when_due(&trial, case, TRAP, &words);
    }
}

#[test]
fn a_failure_is_told_in_the_guests_words_and_counted_to_whom_it_belongs() {
    let trial = Trial::of("fails_with_explanation");
    let advice = [
        (
            "application",
            MENDABLE,
            "The buildpack says so of the application.",
        ),
        (
            "internal",
            BUILDPACK,
            "This is for the buildpack's author to mend.",
        ),
        (
            "io",
            MENDABLE,
            "The buildpack could not read or write a file.",
        ),
        (
            "platform",
            MENDABLE,
            "The buildpack says so of the platform's inputs.",
        ),
    ];
    for phase in ["build", "detect"] {
        for (kind, code, advice) in advice {
            let run = fails_when_due(&trial, &format!("{phase}-{kind}"), code, &[]);
            let title = "[Error: The buildpack's component says: The guest's title]";
            let text = format!(
                "{title}\n  (component-{kind})\n| The guest's first line\n| and its second\n{advice}\n"
            );
            assert_eq!(String::from_utf8_lossy(&run.ended.stderr), text);
        }
    }
}

#[test]
fn a_failure_without_words_and_one_with_too_many_are_told_in_a_few() {
    let trial = Trial::of("fails_with_explanation");
    for phase in ["build", "detect"] {
        fails_when_due(&trial, &format!("{phase}-empty"), BUILDPACK, &["author"]);
        let long = fails_when_due(
            &trial,
            &format!("{phase}-long"),
            MENDABLE,
            &["TTTT", "long"],
        );
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
            world.edit_descriptor("seconds = 5", "seconds = 1").unwrap();
            let run = trial.run_in(world, due, case);
            // The component's own timeout ended it, and not the host, which would have killed its process later.
            let own = "The buildpack's component took too long";
            run.refused(TIME, &[own, "seconds in [metadata.limits]"]);
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
    insists.refused(
        SHORT,
        &["needs more memory", "memory-mib in [metadata.limits]"],
    );
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
        run.refused(
            SHORT,
            &[
                "needs more memory for what it lists",
                "memory-mib in [metadata.limits]",
            ],
        );
        assert_eq!(run.left(), [""; 0], "{case}");
    }
}

#[test]
fn a_recursion_without_end_is_a_fault() {
    // One case exhausts the engine's stack, the other the guest's own stack in its memory.
    let trial = Trial::of("recurses_deeply");
    let little = [
        "needs more stack",
        "call stack exhausted",
        "stack-kib in [metadata.limits]",
    ];
    trial.refuses_with(SHORT, &[("little", &little, &[])], |_| ());
    let much = ["component trapped", "out of bounds memory access"];
    trial.refuses_with(TRAP, &[("much", &much, &[])], |_| ());
}

#[test]
fn a_recursion_that_ends_has_the_stack_that_the_descriptor_says() {
    let trial = Trial::of("recurses_deeply");
    trial.run(Build, "ends").passed();
    let words = ["needs more stack", "stack-kib in [metadata.limits]"];
    trial.refuses_with(SHORT, &[("ends", &words, &[])], |world| {
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
                _ => run.refused(LOG, &[]),
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
            run.refused(BUILDPACK, &["doesn't fit this host", interface]);
            assert_eq!(run.left(), [""; 0], "{name}");
        }
    }
}
