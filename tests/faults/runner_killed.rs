//! Kills the runner: the host must report it, and leave what any failed build leaves.

use std::time::{Duration, Instant};

use tests::repository::Random;

use crate::scene::{Before, Scene};

/// The exit code for a runner that was killed from outside.
const KILLED: i32 = 87;
const ROUNDS: usize = 60;
/// The greatest number of rounds, in case most runners answer before they are killed.
const MOST_ROUNDS: usize = 600;

/// The lifetime of an undisturbed runner.
fn lifetime(scene: &Scene) -> Duration {
    let lives = (0..5).filter_map(|_| {
        Before::Nothing.prepare(scene);
        let victim = scene.start();
        let life = victim.runner().map(|runner| {
            let began = Instant::now();
            assert!(runner.ends_within(Duration::from_mins(1)));
            began.elapsed()
        });
        victim.end();
        life
    });
    lives.min().expect("none of five runners was seen")
}

#[test]
fn a_runner_that_is_killed_is_an_error_and_leaves_nothing_half() {
    let scene = Scene::new();
    scene.answer_from_memory();
    // The moments are from the runner's start to some time after its answer.
    let longest = lifetime(&scene) * 5 / 4;
    let micros = u64::try_from(longest.as_micros()).unwrap();
    let mut random = Random(0x3c6e_f372_fe94_f82b);
    let mut killed = 0;
    for round in 0..MOST_ROUNDS {
        if round >= ROUNDS && killed > ROUNDS / 4 {
            break;
        }
        let before = Before::EACH[round % 3];
        before.prepare(&scene);
        let victim = scene.start();
        let runner = victim.runner();
        let after = Duration::from_micros(random.number() % micros);
        let what = format!("{before:?}, round {round}, killed after {after:?}");
        if let Some(runner) = runner {
            runner.ends_within(after);
            runner.kill();
        }
        let remains = victim.end();
        assert!(remains.orphans.is_empty(), "{what}: {remains:?}");
        scene.assert_nothing_half(&remains, &what);
        assert!(scene.staged().is_empty(), "{what}: {:?}", scene.staged());
        if remains.code == Some(0) {
            // The runner had already answered.
            scene.assert_whole(&what);
            continue;
        }
        killed += 1;
        assert_eq!(remains.code, Some(KILLED), "{what}: {}", remains.said());
        let title = remains.title();
        let right = Some("The component's process was killed");
        assert_eq!(title.as_deref(), right, "{what}: {}", remains.said());
        scene.assert_mends(&what);
    }
    eprintln!("{killed} runners were killed before they had answered");
    assert!(killed > ROUNDS / 4, "only {killed} were killed");
}
