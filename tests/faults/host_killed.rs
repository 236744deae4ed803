//! Kills the host: no layer may be incomplete, no process may survive, and the next build must succeed.

use std::time::Duration;

use rustix::process::Signal;
use tests::repository::Random;

use crate::scene::{Before, Scene};

/// Builds that are killed at a random moment, for each state of the layers directory.
const MOMENTS: u64 = 100;
/// Hosts that are killed at a random moment while the runner runs.
const ROUNDS: u64 = 60;

/// A random moment of a build with this duration, or a little later, since the next build may take longer.
fn moment(random: &mut Random, took: Duration) -> Duration {
    let micros = u64::try_from(took.as_micros()).unwrap() * 5 / 4;
    Duration::from_micros(random.number() % micros)
}

#[track_caller]
fn killed_at_random_moments(scene: &Scene, before: Before, seed: u64) {
    scene.answer_from_memory();
    // A build that keeps a layer ends sooner than one that makes it.
    let undisturbed = (0..3).map(|_| {
        before.prepare(scene);
        scene.build().took
    });
    let mut took = undisturbed.min().unwrap();
    let mut random = Random(seed);
    let mut killed = 0;
    for round in 0..MOMENTS {
        before.prepare(scene);
        let after = moment(&mut random, took);
        let what = format!("{before:?}, round {round}, killed after {after:?}");
        let victim = scene.start();
        victim.handle().ends_within(after);
        victim.handle().kill();
        let remains = victim.end();
        killed += u64::from(remains.was_killed());
        if !remains.was_killed() {
            // The machine is less busy than before.
            took = took.min(remains.took);
        }
        assert!(
            remains.was_killed() || remains.code == Some(0),
            "{what}: {remains:?}"
        );
        scene.assert_nothing_half(&remains, &what);
        scene.assert_mends(&what);
    }
    eprintln!("{before:?}: {killed} of {MOMENTS} builds were killed");
    assert!(killed > MOMENTS / 3, "only {killed} were killed");
}

#[test]
fn a_first_build_that_is_killed_leaves_nothing_half() {
    killed_at_random_moments(&Scene::new(), Before::Nothing, 0x1f2e_3d4c_5b6a_7988);
}

#[test]
fn a_build_of_the_same_that_is_killed_leaves_nothing_half() {
    killed_at_random_moments(&Scene::new(), Before::Same, 0x0123_4567_89ab_cdef);
}

#[test]
fn a_build_of_files_by_digest_that_is_killed_leaves_nothing_half() {
    let scene = Scene::files();
    killed_at_random_moments(&scene, Before::Nothing, 0x3243_f6a8_885a_308d);
    killed_at_random_moments(&scene, Before::Same, 0x1319_8a2e_0370_7344);
}

#[test]
fn a_build_of_something_new_that_is_killed_leaves_nothing_half() {
    killed_at_random_moments(&Scene::new(), Before::Other, 0x6a09_e667_f3bc_c908);
}

#[test]
fn a_host_that_is_killed_takes_its_runner_with_it() {
    // The builds that set the scene end at once, with an error.
    let scene = Scene::guest("sleeps_forever", "neither");
    scene.world.platform_variable("CASE", "build").unwrap();
    let mut random = Random(0xbb67_ae85_84ca_a73b);
    let mut asleep = 0;
    // On a busy machine, the runner starts to sleep late: then there are more rounds, and longer ones.
    for round in 0..ROUNDS * 10 {
        if round >= ROUNDS && asleep > ROUNDS / 3 {
            break;
        }
        let victim = scene.start();
        // The moment is between the runner's start and long after it has begun to sleep.
        let runner = victim.runner().expect("its guest sleeps");
        let after = Duration::from_micros(random.number() % (20_000 << (round / ROUNDS)));
        assert!(!victim.handle().ends_within(after));
        victim.handle().kill();
        let remains = victim.end();
        let what = format!("round {round}, {after:?}: {remains:?}");
        assert!(remains.was_killed(), "{what}");
        assert!(runner.ends_within(Duration::ZERO), "{what}");
        for orphan in &remains.orphans {
            // A runner whose host ended before the runner asked to die with it ends by itself.
            let by_signal = orphan.terminating_signal() == Some(Signal::KILL.as_raw());
            let by_itself = orphan.exit_status() == Some(1);
            assert!(by_signal || by_itself, "{what}");
            asleep += u64::from(by_signal);
        }
    }
    eprintln!("{asleep} runners died with their host");
    assert!(asleep > ROUNDS / 3, "only {asleep}");
}
