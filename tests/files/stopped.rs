//! Builds that end at a moment that others choose, and two at once.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tests::git_server::fault::{Delivery, Fault, When};

use crate::pack::{Member, zip};
use crate::scene::{Scene, Wanted, declared};

const CONTENT: &[u8] = b"the content";
/// The time after which a wait has failed.
const LONGEST: Duration = Duration::from_mins(2);

/// A build with an archive that is unpacked, and a file of which the server sends nothing the first time.
fn scene() -> Scene {
    let archive = zip(&[Member::new("x/a", b"1")]);
    let wanted = [
        Wanted {
            unpack: "zip",
            ..Wanted::file("a.zip", &archive)
        },
        Wanted::file("b.txt", CONTENT),
    ];
    let scene = Scene::new(
        |options| {
            options
                .file("/pub/a.zip", &archive[..])
                .file("/pub/b.txt", CONTENT)
        },
        &declared(&[("a.zip", &archive), ("b.txt", CONTENT)]),
        &wanted,
        &[],
    );
    let is_second = When::Is(Box::new(|request| request.path().ends_with("b.txt")));
    scene
        .server
        .fault(is_second, 1, Fault::Deliver(Delivery::Silence));
    scene
}

/// Starts a build, and waits until its archive is unpacked and its server silent.
fn started(scene: &Scene) -> Child {
    let lifecycle = &scene.lifecycle;
    let plan = lifecycle.buildpack_plan_path();
    if !plan.exists() {
        fs::write(plan, "").unwrap();
    }
    let mut command = lifecycle.by_hand("build");
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let unpacked = lifecycle.layers_dir().join("files/.staged-data/x/a");
    let began = Instant::now();
    while !unpacked.exists() || scene.asked().len() < 2 {
        assert!(began.elapsed() < LONGEST, "waited in vain");
        std::thread::yield_now();
    }
    child.unwrap()
}

#[test]
fn what_a_killed_build_has_unpacked_is_no_layer_and_the_next_build_removes_it() {
    let scene = scene();
    let mut child = started(&scene);
    child.kill().unwrap();
    child.wait().unwrap();
    let layers = scene.lifecycle.layers_dir();
    assert!(!layers.join("files.toml").exists());
    assert!(!layers.join("files/data").exists());
    scene.builds();
    assert_eq!(scene.file("data/x/a"), b"1");
    assert_eq!(scene.file("data/b.txt"), CONTENT);
    let names = fs::read_dir(layers.join("files")).unwrap();
    let names: Vec<_> = names.map(|name| name.unwrap().file_name()).collect();
    assert_eq!(names, ["data"]);
}

#[test]
fn a_second_build_at_the_same_time_is_refused_and_disturbs_nothing() {
    let scene = scene();
    let mut child = started(&scene);
    let ended = scene.lifecycle.build().unwrap();
    assert_eq!(
        ended.refusal().as_deref(),
        Some("layers-in-use"),
        "{}",
        ended.output()
    );
    assert!(child.try_wait().unwrap().is_none(), "the first goes on");
    let unpacked = scene.lifecycle.layers_dir().join("files/.staged-data/x/a");
    assert!(unpacked.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    scene.builds();
}
