//! Tests the seccomp filter, call by call.

use crate::support::{FULL, Place};

#[test]
fn every_call_that_leads_out_ends_the_process() {
    let place = Place::new();
    let list = place.run("call list").text();
    let names: Vec<_> = list
        .lines()
        .filter_map(|line| line.strip_prefix("forbidden "))
        .filter(|name| *name != "utimensat")
        .collect();
    assert!(names.len() > 60, "{list}");
    let survived: Vec<_> = names
        .into_iter()
        .filter_map(|name| {
            let run = place.run(&format!("call {name}"));
            assert!(run.level().starts_with(FULL), "{}", run.text());
            (run.signal() != Some(libc::SIGSYS)).then(|| format!("{name}: {}", run.text()))
        })
        .collect();
    assert!(survived.is_empty(), "{survived:#?}");
}

#[test]
fn sockets_of_every_family_are_refused() {
    let outcomes = Place::new().run("call socket").outcomes();
    assert_eq!(outcomes["socket"], libc::EPERM.to_string());
}

#[test]
fn times_are_refused_without_an_end() {
    // A guest may call this through WASI, so it gets an error and is not ended.
    let outcomes = Place::new().run("call utimensat").outcomes();
    assert_eq!(outcomes["utimensat"], libc::EPERM.to_string());
}

#[test]
fn what_a_guest_needs_is_let_through() {
    let run = Place::new().run("allowed");
    let outcomes = run.outcomes();
    assert!(outcomes.len() > 8, "{outcomes:?}");
    assert!(
        outcomes.values().all(|came| came == "done"),
        "{outcomes:#?}"
    );
}
