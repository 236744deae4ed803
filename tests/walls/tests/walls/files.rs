//! Tests the Landlock rules, right by right.

use std::fs;
use std::os::unix::net::UnixListener;

use crate::support::{FULL, Place};

/// The attempts that must succeed. All others must fail with `EACCES`, or with `EXDEV` for a link or move between
/// directories with different rights.
const DONE: [&str; 12] = [
    "read the application",
    "list the application",
    "make a directory",
    "write a file",
    "read it back",
    "empty it",
    "move it",
    "link it",
    "make a link",
    "list the layers",
    "remove it",
    "look at a file elsewhere",
];

#[test]
fn the_host_keeps_the_layers_and_the_network_before_it_hears_a_server() {
    let place = Place::new();
    let _another_process = UnixListener::bind(place.path("socket")).unwrap();
    let run = place.run("host");
    let outcomes = run.outcomes();
    for done in [
        "make a directory",
        "write a file",
        "make a link",
        "set permissions",
        "move within a directory",
        "move it back",
        "connect",
        "look at a file elsewhere",
    ] {
        assert_eq!(outcomes[done], "done", "{done}");
    }
    // In an image without the resolver's files, this attempt is not made.
    assert_eq!(
        outcomes.get("look up names").map_or("done", |came| came),
        "done"
    );
    let rest: Vec<_> = outcomes
        .iter()
        .filter(|(_, came)| **came == "done")
        .map(|(what, _)| what.as_str())
        .filter(|what| {
            what.starts_with("read") || what.starts_with("list") || what.starts_with("start")
        })
        .collect();
    assert!(rest.is_empty(), "{rest:?}");
    assert!(outcomes.contains_key("read the platform's token"));
    assert_eq!(outcomes["start a program"], libc::EPERM.to_string());
    let calls: Vec<_> = outcomes
        .iter()
        .filter(|(what, _)| what.starts_with("call "))
        .collect();
    assert_eq!(calls.len(), 29, "{calls:?}");
    let open: Vec<_> = calls
        .iter()
        .filter(|(_, came)| **came != libc::EPERM.to_string())
        .collect();
    assert!(open.is_empty(), "{open:?}");
    assert!(!place.path("elsewhere").exists());
    // Landlock covers this since Linux 7.1, later than everything else.
    let socket = &outcomes["connect to a socket by its path"];
    if run.landlock() < 9 {
        eprintln!(
            "SKIPPED: sockets by their path: Landlock ABI {}",
            run.landlock()
        );
        assert_eq!(socket, "done");
    } else {
        assert_eq!(*socket, libc::EACCES.to_string());
    }
}

#[test]
fn only_granted_files_can_be_had() {
    let place = Place::new();
    let run = place.run("files");
    assert!(run.level().starts_with(FULL), "{}", run.text());
    let outcomes = run.outcomes();
    assert!(outcomes.len() > 40, "{outcomes:#?}");
    let wrong: Vec<_> = outcomes
        .iter()
        .filter(|(what, came)| {
            let done = *came == "done";
            let denied = [libc::EACCES, libc::EXDEV]
                .iter()
                .any(|errno| **came == errno.to_string());
            if DONE.contains(&what.as_str()) {
                !done
            } else {
                !denied
            }
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        fs::read_to_string(place.path("app/planqk.json")).unwrap(),
        "{}"
    );
    assert!(!place.path("elsewhere").exists());
    assert!(!place.path("app/new").exists());
}

#[test]
fn memory_beyond_the_limit_is_refused_by_the_kernel() {
    let outcomes = Place::new().run("memory").outcomes();
    assert_eq!(outcomes["take 16 MiB"], "done");
    assert_eq!(outcomes["take 128 MiB"], libc::ENOMEM.to_string());
}
