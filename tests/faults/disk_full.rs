//! Tests full disks and file size limits, at each size: the error must be clear, and no file may be incomplete.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::mounts::{Mounted, where_allowed};
use crate::scene::{Before, Scene, USER};
use crate::victim::{Remains, Victim};

/// The titles that name a full disk.
const TITLES: [&str; 6] = [
    "The files fetched for 'job-template' can't be written",
    "The layers can't be written",
    "The files fetched for 'files' can't be written",
    "'a.tar.gz' of source 'files' can't be unpacked",
    "'b.txt' of source 'files' can't be unpacked",
    "A folder of files can't be made",
];

/// Builds with limited space, checks the result, and returns whether the build passed.
fn build(scene: &Scene, command: Command, what: &str, seen: &mut BTreeSet<String>) -> bool {
    let remains = Victim::start(command).end();
    scene.assert_nothing_half(&remains, what);
    if remains.code == Some(0) {
        scene.assert_whole(what);
        return true;
    }
    assert_told(&remains, what);
    seen.insert(remains.title().unwrap());
    false
}

#[track_caller]
fn assert_told(remains: &Remains, what: &str) {
    let said = remains.said();
    assert_eq!(remains.code, Some(1), "{what}: {said}");
    let title = remains.title().unwrap_or_default();
    assert!(TITLES.contains(&title.as_str()), "{what}: {said}");
    assert!(
        said.contains("Check that the disk is not full"),
        "{what}: {said}"
    );
}

/// Builds on larger and larger disks, until one has enough space.
fn ever_larger(option: &str, unit: &str, first: u32, before: Before) {
    ever_larger_for(&Scene::new(), TITLES[0], option, unit, first, before);
}

/// `expected` is a title that one of the disks must lead to.
fn ever_larger_for(
    scene: &Scene,
    expected: &str,
    option: &str,
    unit: &str,
    first: u32,
    before: Before,
) {
    scene.answer_from_memory();
    let mut seen = BTreeSet::new();
    let layers_dir = scene.layers_dir();
    let (mut full, mut size) = (0, first);
    let roomy = "size=16m,nr_inodes=1000";
    let give = |folder| tests::folder::give(folder, USER, USER).unwrap();
    let mounted = Mounted::memory(&layers_dir, roomy).unwrap();
    give(&layers_dir);
    loop {
        before.prepare(scene);
        let what = format!("{before:?}, {option}={size}{unit}");
        // A size below the used space is refused; then the disk has no room for anything else.
        if mounted.change(&format!("{option}={size}{unit}")).is_ok() {
            if build(scene, scene.command(), &what, &mut seen) {
                break;
            }
            full += 1;
            mounted.change(roomy).unwrap();
            scene.assert_mends(&what);
        }
        mounted.change(roomy).unwrap();
        size += 1;
        assert!(size < 500, "there is never room enough");
    }
    eprintln!("{before:?}: no room {full} times below {option}={size}{unit}; {seen:?}");
    assert!(full > 5, "{full}");
    assert!(seen.contains(expected), "{seen:?}");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing_half() {
    where_allowed("a small disk", || {
        ever_larger("size", "k", 4, Before::Nothing);
        ever_larger("size", "k", 4, Before::Other);
    });
}

#[test]
fn a_disk_without_room_for_unpacked_files_is_told_and_leaves_nothing_half() {
    where_allowed("a small disk for unpacked files", || {
        let scene = Scene::files();
        ever_larger_for(&scene, TITLES[3], "size", "k", 4, Before::Nothing);
        ever_larger_for(&scene, TITLES[3], "nr_inodes", "", 2, Before::Nothing);
    });
}

/// A file that does not fit in memory is on the disk twice for a while: spilled, and at its destination.
#[test]
fn a_disk_without_room_for_a_large_file_is_told_and_leaves_nothing_half() {
    where_allowed("a disk for small files", || {
        const LARGE: usize = 20 << 20;
        let scene = Scene::heavy(LARGE);
        let mut seen = BTreeSet::new();
        let layers_dir = scene.layers_dir();
        for mib in [10, 19, 30, 39, 50] {
            let mounted = Mounted::memory(&layers_dir, &format!("size={mib}m")).unwrap();
            tests::folder::give(&layers_dir, USER, USER).unwrap();
            let what = format!("{mib} MiB");
            let built = build(&scene, scene.command(), &what, &mut seen);
            assert_eq!(built, mib << 20 > 2 * LARGE, "{what}");
            drop(mounted);
        }
        assert_eq!(seen, BTreeSet::from([TITLES[0].to_owned()]));
    });
}

#[test]
fn a_disk_without_room_for_names_is_told_and_leaves_nothing_half() {
    where_allowed("a disk for few files", || {
        ever_larger("nr_inodes", "", 2, Before::Nothing);
        ever_larger("nr_inodes", "", 2, Before::Other);
    });
}

/// Limits the size of the command's files. The signal for a larger file is ignored, or kills the process.
fn with_file_size(command: &Command, blocks: u32, ignored: bool) -> Command {
    let trap = if ignored { "trap '' XFSZ; " } else { "" };
    let mut limited = Command::new("/bin/sh");
    limited
        .arg("-c")
        .arg(format!("{trap}ulimit -f {blocks}; exec \"$0\""))
        .arg(command.get_program())
        .env_clear()
        .current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    if rustix::process::geteuid().is_root() {
        limited.uid(USER).gid(USER);
    }
    limited
}

#[test]
fn a_limit_of_a_files_size_is_told_or_kills_and_leaves_nothing_half() {
    let scene = Scene::new();
    scene.answer_from_memory();
    let (mut seen, mut told, mut killed) = (BTreeSet::new(), 0, 0);
    for before in Before::EACH {
        for blocks in 0..12 {
            before.prepare(&scene);
            let what = format!("{before:?}, {blocks} blocks, ignored");
            let command = with_file_size(&scene.command(), blocks, true);
            if !build(&scene, command, &what, &mut seen) {
                told += 1;
                scene.assert_mends(&what);
            }

            before.prepare(&scene);
            let what = format!("{before:?}, {blocks} blocks");
            let remains = Victim::start(with_file_size(&scene.command(), blocks, false)).end();
            scene.assert_nothing_half(&remains, &what);
            if remains.code != Some(0) {
                killed += 1;
                let signal = rustix::process::Signal::XFSZ.as_raw();
                assert_eq!(remains.signal, Some(signal), "{what}: {}", remains.said());
                scene.assert_mends(&what);
            }
        }
    }
    eprintln!("{told} builds told of too large a file, {killed} were killed for it; {seen:?}");
    assert!(told >= 3 && killed >= 3, "{told}, {killed}");
}
