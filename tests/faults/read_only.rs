//! Tests a read-only layers directory: the error is clear, and nothing changes. A read-only application is allowed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::mounts::{Mounted, where_allowed};
use crate::scene::{Before, Scene};

fn set_mode(folder: &Path, mode: u32) {
    fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
}

/// Asserts that a build fails since it cannot write its layers, and leaves them unchanged.
#[track_caller]
fn assert_told(scene: &Scene, before: Before, titles: &[&str]) {
    let there = scene.layers();
    let remains = scene.build();
    let said = remains.said();
    assert_eq!(remains.code, Some(1), "{before:?}: {said}");
    let title = remains.title().unwrap_or_default();
    assert!(titles.contains(&title.as_str()), "{before:?}: {said}");
    assert!(said.contains("that the build's user can write the layers directory"));
    assert!(scene.layers() == there, "{before:?}: {:?}", scene.staged());
}

const TITLES: [&str; 2] = [
    "The files fetched for 'job-template' can't be written",
    "The layers can't be written",
];

#[test]
fn layers_without_permission_to_write_are_told_and_stay_as_they_are() {
    let scene = Scene::new();
    scene.answer_from_memory();
    for before in Before::EACH {
        before.prepare(&scene);
        // The build's user is not root, whom no permission stops.
        set_mode(&scene.layers_dir(), 0o555);
        assert_told(&scene, before, &TITLES);
        set_mode(&scene.layers_dir(), 0o755);
        scene.assert_mends(&format!("{before:?}"));
    }
}

#[test]
fn layers_on_a_disk_that_is_read_only_are_told_and_stay_as_they_are() {
    where_allowed("a read-only disk", || {
        let scene = Scene::new();
        scene.answer_from_memory();
        for before in Before::EACH {
            before.prepare(&scene);
            let layers_dir = scene.layers_dir();
            let mounted = Mounted::read_only(&layers_dir).unwrap();
            assert_told(&scene, before, &TITLES);
            drop(mounted);
            scene.assert_mends(&format!("{before:?}"));
        }
    });
}

#[test]
fn what_a_killed_build_left_where_nothing_can_be_removed_is_told() {
    let scene = Scene::new();
    scene.empty();
    let left = scene.layers_dir().join(".staged-:job-template");
    fs::create_dir(&left).unwrap();
    set_mode(&scene.layers_dir(), 0o555);
    assert_told(&scene, Before::Nothing, &TITLES[1..]);
    set_mode(&scene.layers_dir(), 0o755);
    scene.assert_mends("a leftover");
}

#[test]
fn an_application_that_is_read_only_is_built() {
    let scene = Scene::new();
    scene.empty();
    set_mode(&scene.world.app_dir(), 0o555);
    scene.assert_mends("an application without permission to write");
    set_mode(&scene.world.app_dir(), 0o755);
    where_allowed("an application on a read-only disk", || {
        scene.empty();
        let app_dir = scene.world.app_dir();
        let _mounted = Mounted::read_only(&app_dir).unwrap();
        scene.assert_mends("an application on a read-only disk");
    });
}
