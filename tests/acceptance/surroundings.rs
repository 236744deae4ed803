//! Tests builds beside other builds, in unusual folders, and on applications that belong to others or are read-only.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;

use tests::folder;

use crate::world::World;

/// A user who is neither root nor the one who builds.
const OTHER: u32 = 2000;

/// Runs detect and build, which must pass, and returns the template's files.
fn detect_and_build(world: &World) -> Vec<String> {
    let detected = world.lifecycle.detect().unwrap();
    assert_eq!(detected.code, Some(0), "{}", detected.output());
    assert!(world.lifecycle.has_build_plan());
    world.build();
    let template = world
        .lifecycle
        .layers_dir()
        .join("job-template/job-template");
    folder::paths(&folder::snapshot(&template).unwrap())
}

fn set_modes(folder: &Path, file_mode: u32, folder_mode: u32) {
    folder::walk(folder, &mut |path, metadata| {
        let mode = if metadata.is_dir() {
            folder_mode
        } else {
            file_mode
        };
        Ok(fs::set_permissions(path, Permissions::from_mode(mode))?)
    })
    .unwrap();
}

#[test]
fn ten_builds_at_once_do_not_meet() {
    let alone = detect_and_build(&World::sample());
    assert!(!alone.is_empty());
    let worlds: Vec<_> = (0..10).map(|_| World::sample()).collect();
    thread::scope(|scope| {
        let running: Vec<_> = worlds
            .iter()
            .map(|world| scope.spawn(|| detect_and_build(world)))
            .collect();
        for one in running {
            assert_eq!(one.join().unwrap(), alone);
        }
    });
    for world in &worlds {
        let layers = folder::paths(&world.layers());
        assert!(
            layers.iter().all(|path| !path.starts_with('.')),
            "{layers:?}"
        );
    }
}

#[test]
fn ten_detections_of_one_application_do_not_meet() {
    let world = World::sample();
    let alone = detect_and_build(&world);
    let ended = thread::scope(|scope| {
        let detects: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| world.lifecycle.by_hand("detect").output().unwrap()))
            .collect();
        let ended = detects.into_iter().map(|one| one.join().unwrap());
        ended.collect::<Vec<_>>()
    });
    for one in ended {
        assert!(
            one.status.success(),
            "{}",
            String::from_utf8_lossy(&one.stderr)
        );
    }
    assert_eq!(detect_and_build(&world), alone);
}

#[test]
fn folders_may_have_spaces_and_letters_of_any_alphabet() {
    let world = World::in_folder("Projekt Ähre \u{65e5}\u{672c} 'x' ");
    let paths = detect_and_build(&world);
    assert_eq!(paths, detect_and_build(&World::sample()));
    let layers = world.lifecycle.layers_dir();
    let python_path = world.layer_file("job-template/env.launch/PYTHONPATH.append");
    assert_eq!(
        python_path,
        format!(":{}/job-template/job-template", layers.display())
    );
}

#[test]
fn an_application_of_another_user_is_built_if_it_can_be_read() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped for want of root: an application that is another user's");
        return;
    }
    let mut world = World::sample();
    world.lifecycle.give_app_to(OTHER);
    detect_and_build(&world);

    let mut world = World::sample();
    world.lifecycle.give_app_to(OTHER);
    // Not even the working directory is accessible.
    let app = world.lifecycle.app_dir();
    fs::set_permissions(&app, Permissions::from_mode(0o700)).unwrap();
    let detected = world.lifecycle.detect();
    assert!(!detected.is_ok_and(|ended| ended.passed()));
}

#[test]
fn an_application_that_cannot_be_written_is_built_and_stays_as_it_was() {
    let world = World::sample();
    let app = world.lifecycle.app_dir();
    set_modes(&app, 0o444, 0o555);
    let before = folder::snapshot(&app).unwrap();
    detect_and_build(&world);
    assert_eq!(folder::snapshot(&app).unwrap(), before);
    set_modes(&app, 0o644, 0o755);
}
