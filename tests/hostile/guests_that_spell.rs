//! Paths and names that nobody should spell: none leads out, and none reaches a terminal.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use crate::advisories::{WALLS, all_allowed, all_denied, tries, without_the_kernel};
use crate::trial::{Phase, Run, Trial};

fn build(trial: &Trial, case: &str, walls: bool) -> Run {
    let world = trial.world(case);
    if !walls {
        without_the_kernel(&world);
    }
    trial.run_in(world, Phase::Build, case)
}

#[test]
fn no_spelling_leads_out_of_a_directory() {
    let trial = Trial::of("spells_paths");
    for walls in WALLS {
        all_denied(&build(&trial, "out", walls), 100);
        all_allowed(&build(&trial, "in", walls), 30);
    }
}

#[test]
fn names_are_as_long_as_the_kernel_lets_them_be() {
    let trial = Trial::of("spells_paths");
    for walls in WALLS {
        let run = build(&trial, "long", walls);
        for line in tries(&run, 30) {
            let denied = line.contains(": denied: ");
            assert_eq!(denied, line.starts_with("tried too long"), "{line}");
        }
    }
}

#[test]
fn links_in_circles_are_not_followed() {
    let trial = Trial::of("spells_paths");
    for walls in WALLS {
        let run = build(&trial, "loops", walls);
        all_denied(&run, 25);
    }
}

#[test]
fn ten_thousand_directories_in_each_other_are_refused() {
    let trial = Trial::of("spells_paths");
    let world = trial.world("deep");
    let ended = world.build().unwrap();
    let layers = world.layers_dir();
    // Deeper than a path can say: what walks by paths neither sees nor removes it.
    let removed = Command::new("rm").arg("-rf").arg(&layers).status().unwrap();
    assert!(removed.success());
    let said = ended.output();
    let words: Vec<_> = said.split_whitespace().collect();
    let said = words.join(" ");
    assert!(said.contains("made 10000"), "{said:.2000}");
    assert!(!matches!(ended.code, None | Some(0 | 100)), "{said:.2000}");
    assert!(said.contains("folders"), "{said:.2000}");
    // A path of 20,000 bytes is no help to a reader.
    assert!(said.len() < 4096, "{} bytes", said.len());
}

#[test]
fn names_that_the_guest_makes_up_stay_names() {
    let trial = Trial::of("spells_paths");
    let run = build(&trial, "names", true);
    all_allowed(&run, 7);
}

/// Names that a checkout of somebody else's repository can hold.
const NAMES: [&[u8]; 7] = [
    b"latin-\xe9\xff.txt",
    b"\xc0\xae\xc0\xae",
    b"line\nbreak",
    b"\x1b]0;title\x07\x1b[2J",
    "\u{202e}txt.exe\u{9b}2J".as_bytes(),
    b" -rf \\..\\ ",
    &[b'n'; 255],
];

#[test]
fn an_application_with_any_names_can_be_listed() {
    let trial = Trial::of("lists_the_application");
    for phase in [Phase::Detect, Phase::Build] {
        let world = trial.world("none");
        for name in NAMES {
            fs::write(world.app_dir().join(OsStr::from_bytes(name)), "text").unwrap();
        }
        let folder = world.app_dir().join(OsStr::from_bytes(b"folder-\xff"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("within"), "text").unwrap();
        let run = trial.run_in(world, phase, "names");
        // What is printed is looked through for what steers a terminal in each run.
        run.passed();
        let said = run.said();
        assert!(said.contains("listed everything"), "{said:.2000}");
        // Three names are no text: each is told as an error, and hides no other.
        assert_eq!(
            said.matches("failed: Illegal byte sequence").count(),
            3,
            "{said}"
        );
        for shown in [
            "planqk.json",
            "title",
            "2J",
            "txt.exe",
            "break",
            &"n".repeat(255),
        ] {
            assert!(said.contains(shown), "{shown}: {said}");
        }
        assert!(said.matches("read 4 bytes of").count() >= 5, "{said}");
        assert!(!said.contains("within"), "{said}");
    }
}

#[test]
fn a_name_that_is_no_text_is_no_problem_of_a_guest_that_does_not_look() {
    let trial = Trial::of("behaves_well");
    for phase in [Phase::Detect, Phase::Build] {
        let world = trial.world("none");
        for name in NAMES {
            fs::write(world.app_dir().join(OsStr::from_bytes(name)), "text").unwrap();
        }
        trial.run_in(world, phase, "names").passed();
    }
}
