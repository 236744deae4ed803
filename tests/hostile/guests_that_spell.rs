//! Tests unusual paths and names: none leads outside, and none reaches a terminal.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use tests::lifecycle::Lifecycle;

use crate::trial::{BUILDPACK, Phase, Trial};
use crate::walls::{Walls, all_allowed, all_denied, tries};

#[test]
fn no_spelling_leads_out_of_a_directory() {
    let trial = Trial::of("spells_paths");
    for walls in Walls::EACH {
        all_denied(&walls.build(&trial, "out", |_| ()), 100);
        all_allowed(&walls.build(&trial, "in", |_| ()), 30);
    }
}

#[test]
fn names_are_as_long_as_the_kernel_lets_them_be() {
    let trial = Trial::of("spells_paths");
    // Without openat2, the engine resolves a path part by part, and only the deadline limits their number.
    for walls in [Walls::All, Walls::WebAssembly] {
        let run = walls.build(&trial, "long", |_| ());
        for line in tries(&run, 30) {
            let denied = line.contains(": denied: ");
            assert_eq!(denied, line.starts_with("tried too long"), "{line}");
        }
    }
}

#[test]
fn links_in_circles_are_not_followed() {
    let trial = Trial::of("spells_paths");
    for walls in Walls::EACH {
        let run = walls.build(&trial, "loops", |_| ());
        all_denied(&run, 25);
    }
}

#[test]
fn ten_thousand_directories_in_each_other_are_refused() {
    let trial = Trial::of("spells_paths");
    let world = trial.world("deep");
    world
        .edit_descriptor("files = 1000", "files = 20000")
        .unwrap();
    let ended = world.build().unwrap();
    let layers = world.layers_dir();
    // The directory is deeper than a path can name: a walk by paths neither sees nor removes it.
    let removed = Command::new("rm").arg("-rf").arg(&layers).status().unwrap();
    assert!(removed.success());
    let said = ended.output();
    let words: Vec<_> = said.split_whitespace().collect();
    let said = words.join(" ");
    assert!(said.contains("made 10000"), "{said:.2000}");
    assert_eq!(ended.code, Some(BUILDPACK), "{said:.2000}");
    assert_eq!(
        ended.refusal().as_deref(),
        Some("layer-too-deep"),
        "{said:.2000}"
    );
    // A path of 20,000 bytes is no help to a reader.
    assert!(said.len() < 4096, "{} bytes", said.len());
}

/// File names that a foreign repository's checkout can contain.
const ODD: [&[u8]; 5] = [
    b"line\nbreak",
    b"\x1b]0;title\x07\x1b[2J",
    "\u{202e}txt.exe\u{9b}2J".as_bytes(),
    b" -rf \\..\\ ",
    &[b'n'; 255],
];

/// File names that are not UTF-8, which WASI cannot pass to a guest.
const NO_TEXT: [&[u8]; 3] = [b"latin-\xe9\xff.txt", b"\xc0\xae\xc0\xae", b"\x80"];

fn plant(world: &Lifecycle, names: &[&[u8]]) {
    for name in names {
        fs::write(world.app_dir().join(OsStr::from_bytes(name)), "text").unwrap();
    }
}

#[test]
fn an_application_with_odd_names_can_be_listed() {
    let trial = Trial::of("lists_the_application");
    for phase in [Phase::Detect, Phase::Build] {
        let world = trial.world("none");
        plant(&world, &ODD);
        let run = trial.run_in(world, phase, "odd names");
        // Each run also checks the output for characters that steer a terminal.
        run.passed();
        let said = run.said();
        assert!(said.contains("listed everything"), "{said:.2000}");
        assert!(!said.contains("failed"), "{said}");
        assert_eq!(said.matches("read 4 bytes of").count(), ODD.len(), "{said}");
        for shown in [
            "planqk.json",
            "title",
            "2J",
            "txt.exe",
            "-rf",
            &"n".repeat(255),
        ] {
            assert!(said.contains(shown), "{shown}: {said}");
        }
    }
}

#[test]
fn a_name_that_is_no_text_is_an_error_for_who_lists_and_nobody_else() {
    let lists = Trial::of("lists_the_application");
    let innocent = Trial::of("behaves_well");
    for phase in [Phase::Detect, Phase::Build] {
        let world = lists.world("none");
        plant(&world, &NO_TEXT);
        let run = lists.run_in(world, phase, "no text");
        run.passed();
        let said = run.said();
        assert!(said.contains("failed: Illegal byte sequence"), "{said}");
        assert!(said.contains("listed everything"), "{said}");

        let world = innocent.world("none");
        plant(&world, &NO_TEXT);
        innocent.run_in(world, phase, "no text").passed();
    }
}
