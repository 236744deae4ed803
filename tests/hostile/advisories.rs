//! Published vulnerabilities of this engine and of its file access: each is tried here, or shown not to apply.
//!
//! | advisory | vulnerability | here |
//! |---|---|---|
//! | GHSA-vqjp-4c8c-hfgg, RUSTSEC-2026-0269 | escape by links and slashes at the end | tried |
//! | GHSA-m9f7-9w4p-gv38 | escape by renaming a link with a final slash | tried; by the fix, Linux does not follow |
//! | GHSA-2r75-cxrj-cmph | a file opened for reading could be truncated | tried |
//! | GHSA-4ch3-9j33-3pmj, RUSTSEC-2026-0188 | links and renames into a read-only directory | tried |
//! | GHSA-852m-cvvp-9p4w | the host's memory exhausted by requests of any size | tried |
//! | GHSA-q554-3cjc-rx7p | handles without limit | tried |
//! | GHSA-gqmc-89g8-p25r | the host's memory exhausted without standard output | it exists, with a limit: see the floods |
//! | GHSA-mr2v-56j5-cmfc | a panic at times before 1970, by WASI 0.3 | tried by 0.2; 0.3 is refused |
//! | GHSA-p8xm-42r7-89xg, RUSTSEC-2026-0114 | a panic at tables larger than the address space | no such tables |
//! | GHSA-cfhf-m2cr-62wj, GHSA-hw8m-q44c-ggrf | the collector's heap, by tags and exceptions | neither compiles |
//! | GHSA-32h6-97mm-8q3c, GHSA-9pvw-hwfg-92h5, GHSA-x84v-gj2h-g759 | async components and streams | not compiled |
//! | GHSA-243v-98vx-264h, GHSA-w4qr-p94g-mjhv, GHSA-5qpp-g3j2-8frx, GHSA-r8xh-cgf7-392j | wasi:http | refused |
//! | GHSA-j366-h8gg-77pm, GHSA-96f6-r43r-8c24 | WASI of modules, without components | refused |
//! | GHSA-c2f5-jxjv-2hh8, GHSA-f2pq-268w-886c | special names on Windows | they are plain names on Linux |
//! | GHSA-q49f-xg75-m9xw, GHSA-xx5w-cvp6-jv83 | the compiler Winch | not compiled in |
//!
//! Each attempt at files is made in the whole sandbox, in WebAssembly's alone, and without `openat2`.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use tests::folder;
use tests::lifecycle::Lifecycle;

use crate::trial::Trial;
use crate::walls::Walls::{self, All, WebAssembly};
use crate::walls::{all_allowed, all_denied, fails, tries};

const SECRET: &str = "what lies outside is nobody's business";

#[test]
fn slashes_behind_links_lead_nowhere() {
    // GHSA-vqjp-4c8c-hfgg, GHSA-m9f7-9w4p-gv38
    let trial = Trial::of("slips_through_slashes");
    for walls in Walls::EACH {
        // One target leads out of a layer, the other out of the application.
        let run = walls.build(&trial, "../../../outside", |world| {
            let outside = world.world().join("outside");
            fs::create_dir_all(outside.join("sub")).unwrap();
            fs::write(outside.join("secret.txt"), SECRET).unwrap();
            // Only the sandbox denies writing there: the permissions allow it to everybody.
            folder::give(&outside, 0, 0).unwrap();
            let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(&outside, everybody).unwrap();
            plant_doors(world, "../outside");
        });
        let outside = run.world.world().join("outside");
        let left = folder::snapshot(&outside).unwrap();
        assert_eq!(folder::paths(&left), ["secret.txt", "sub"], "{walls:?}");
        let text = fs::read_to_string(outside.join("secret.txt")).unwrap();
        assert_eq!(text, SECRET);
        // The links lead there: a process that follows them as the kernel does reads the secret.
        let through = run.world.app_dir().join("out-slash/secret.txt");
        assert_eq!(fs::read_to_string(through).unwrap(), SECRET);
        assert!(!run.ended.output().contains(SECRET));
        all_denied(&run, 100);
    }
}

#[test]
fn the_same_links_are_followed_where_they_stay_within() {
    let trial = Trial::of("slips_through_slashes");
    for walls in Walls::EACH {
        let run = walls.build(&trial, "inside", |world| {
            let inside = world.app_dir().join("inside");
            fs::create_dir(&inside).unwrap();
            fs::write(inside.join("secret.txt"), "an innocent secret").unwrap();
            plant_doors(world, "inside");
        });
        let lines = tries(&run, 100);
        let mut read: Vec<_> = lines.iter().filter(|line| !line.contains(" to ")).collect();
        assert!(read.len() > 60, "{read:#?}");
        read.retain(|line| !line.ends_with(": ALLOWED"));
        assert_eq!(read, [""; 0]);
        assert!(run.said().contains("secret.txt: an innocent secret"));
        for what in [
            "to make a directory in",
            "to make a directory with a slash in",
            "to make a link in",
            "to make a file in",
            "to hard link from",
            "to rename into",
            "to rename with slashes into",
            "to rename out of",
            "to remove a directory in",
        ] {
            let start = format!("tried {what} ");
            let done = |line: &&String| line.starts_with(&start) && line.ends_with(": ALLOWED");
            assert!(lines.iter().any(|line| done(&line)), "{what}: {lines:#?}");
        }
    }
}

/// Links of the application: to a directory, to the directory with a slash, and to the file in it.
fn plant_doors(world: &Lifecycle, target: &str) {
    let app = world.app_dir();
    symlink(target, app.join("out")).unwrap();
    symlink(format!("{target}/"), app.join("out-slash")).unwrap();
    symlink(format!("{target}/secret.txt"), app.join("out-file")).unwrap();
}

/// A link for the attempts that follow one.
fn plant_link(world: &Lifecycle) {
    symlink("planqk.json", world.app_dir().join("link")).unwrap();
}

#[test]
fn no_combination_of_flags_changes_the_application() {
    // GHSA-2r75-cxrj-cmph, GHSA-4ch3-9j33-3pmj
    let trial = Trial::of("changes_by_raw_calls");
    for walls in Walls::EACH {
        all_denied(&walls.build(&trial, "application", plant_link), 25);
        all_denied(&walls.build(&trial, "across", plant_link), 40);
        all_allowed(&walls.build(&trial, "layer", plant_link), 25);
    }
}

#[test]
fn a_hard_link_of_a_link_is_judged_as_the_link() {
    let trial = Trial::of("changes_by_raw_calls");
    for walls in Walls::EACH {
        let run = walls.build(&trial, "link-of-a-link", plant_link);
        fails(&run, "layer-link-out-of-layers");
        let said = run.said();
        assert!(
            said.contains("tools/out") || said.contains("tools/twin"),
            "{said}"
        );
    }
}

#[test]
fn times_before_1970_and_after_all_clocks_are_answered() {
    // GHSA-mr2v-56j5-cmfc
    let trial = Trial::of("changes_by_raw_calls");
    for before in [Duration::from_nanos(1), Duration::from_secs(400_000_000)] {
        let run = WebAssembly.build(&trial, "times-odd", |world| {
            let old = File::create(world.app_dir().join("old")).unwrap();
            old.set_modified(SystemTime::UNIX_EPOCH - before).unwrap();
        });
        run.passed();
        let lines = run.lines();
        let answers = lines.iter().filter(|line| line.starts_with("old: "));
        assert_eq!(answers.count(), 2, "{lines:#?}");
        assert!(lines.contains(&"tried everything".to_owned()), "{lines:#?}");
    }
}

#[test]
fn times_of_the_application_cannot_be_set() {
    let trial = Trial::of("changes_by_raw_calls");
    for walls in Walls::EACH {
        all_denied(&walls.build(&trial, "times-application", plant_link), 5);
    }
    all_allowed(&WebAssembly.build(&trial, "times-layer", plant_link), 5);
    // The guest gets an error and goes on, since WASI provides the call.
    all_denied(&All.build(&trial, "times-layer", plant_link), 5);
}

#[test]
fn the_hosts_memory_is_not_the_guests_to_spend() {
    // GHSA-852m-cvvp-9p4w, GHSA-q554-3cjc-rx7p
    let trial = Trial::of("asks_for_much");
    // A trap by itself could be another one: the engine's own words say which.
    for (case, id, word) in [
        ("bytes", "component-trap", "exceeds limit"),
        ("handles", "component-trap", "handle limit exceeded"),
        ("waits", "component-trap", "handle limit exceeded"),
        ("waits-for-nothing", "component-trap", "empty poll list"),
        ("writes", "limit-files-mib", ""),
    ] {
        let run = All.build(&trial, case, |_| ());
        fails(&run, id);
        assert!(run.said().contains(word), "{case}: {}", run.said());
        assert!(!run.said().contains("ALLOWED"), "{case}: {}", run.said());
    }
    let run = All.build(&trial, "bytes-often", |_| ());
    run.passed();
    assert!(run.said().contains("got 83886080 bytes"), "{}", run.said());
}

#[test]
fn offsets_and_sizes_without_measure_are_answered() {
    let trial = Trial::of("asks_for_much");
    let run = All.build(&trial, "reads", |_| ());
    run.passed();
    let lines = run.lines();
    let answers = lines.iter().filter(|line| line.starts_with("read: "));
    assert_eq!(answers.count(), 4, "{lines:#?}");
    assert!(lines.contains(&"read: Ok(4)".to_owned()), "{lines:#?}");
}

/// A component that contains this core module but never instantiates it.
fn component_of(sections: &[u8]) -> Vec<u8> {
    let module = [b"\0asm\x01\0\0\0", sections].concat();
    let size = u8::try_from(module.len()).unwrap();
    assert!(size < 128);
    [b"\0asm\x0d\0\x01\0\x01", &[size][..], &module].concat()
}

#[test]
fn what_the_engine_does_not_need_is_not_compiled() {
    // Pairs of an innocent and a hostile section: section id, length, count, and content.
    for (what, word, innocent, hostile) in [
        // GHSA-p8xm-42r7-89xg: a table of 64 bits
        (
            "table",
            "memory64",
            &[4, 4, 1, 0x70, 0, 1][..],
            &[4, 4, 1, 0x70, 4, 1][..],
        ),
        (
            "64-bit memory",
            "memory64",
            &[5, 3, 1, 0, 1],
            &[5, 3, 1, 4, 1],
        ),
        (
            "shared memory",
            "threads",
            &[5, 4, 1, 1, 1, 1],
            &[5, 4, 1, 3, 1, 1],
        ),
        // GHSA-cfhf-m2cr-62wj, GHSA-hw8m-q44c-ggrf: a structure on the heap, and a tag
        (
            "structure",
            "gc",
            &[1, 4, 1, 0x60, 0, 0],
            &[1, 3, 1, 0x5f, 0],
        ),
        (
            "tag",
            "exceptions",
            &[1, 4, 1, 0x60, 0, 0],
            &[1, 4, 1, 0x60, 0, 0, 13, 3, 1, 0, 0],
        ),
    ] {
        let compiled = compile(&component_of(innocent));
        assert!(compiled.is_ok(), "{what}: {:#}", compiled.err().unwrap());
        let error = compile(&component_of(hostile)).err();
        let error = format!("{:#}", error.expect(what));
        assert!(error.contains(word), "{what}: {error}");
    }
}

/// Compiles as packaging does for this machine.
fn compile(component: &[u8]) -> anyhow::Result<package::aot::Compiled> {
    package::aot::compile(component, package::arch::Arch::here()?)
}

#[test]
fn async_components_and_plain_modules_are_not_compiled() {
    // GHSA-32h6-97mm-8q3c, GHSA-9pvw-hwfg-92h5, GHSA-x84v-gj2h-g759: a type `stream`, beside a type `list`.
    let component_type = |kind: u8| [b"\0asm\x0d\0\x01\0\x07\x03\x01", &[kind, 0x7d][..]].concat();
    let list = compile(&component_type(0x70));
    assert!(list.is_ok(), "{:#}", list.err().unwrap());
    let stream = b"\0asm\x0d\0\x01\0\x07\x04\x01\x66\x01\x7d";
    let error = compile(stream).err().unwrap();
    assert!(
        format!("{error:#}").contains("component model async"),
        "{error:#}"
    );
    // GHSA-j366-h8gg-77pm, GHSA-96f6-r43r-8c24: WASI 0.1 is for modules, which are not components.
    let error = compile(b"\0asm\x01\0\0\0").err().unwrap();
    assert!(format!("{error:#}").contains("component"), "{error:#}");
}

#[test]
fn what_holes_of_windows_ask_for_is_a_plain_name_here() {
    // GHSA-c2f5-jxjv-2hh8, GHSA-f2pq-268w-886c
    let run = All.build(&Trial::of("spells_paths"), "names", |_| ());
    all_allowed(&run, 7);
    let left = run.left();
    for name in ["COM\u{b9}", "CONOUT$", "C:x", "C:\\x"] {
        assert!(left.contains(&format!("tools/{name}")), "{name}: {left:?}");
    }
}
