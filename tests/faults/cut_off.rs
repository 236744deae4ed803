//! Cuts the connection at random bytes of the server's answers. The build must retry or end with a clear error, and
//! stage nothing.

use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Length;
use tests::repository::Random;

use crate::scene::Scene;

/// Builds that have no time for a second attempt.
const CUTS: usize = 300;
/// Builds that may try again, after a wait of one second each.
const SECOND_TRIES: usize = 8;

/// A random byte of the server's answers to an undisturbed build: the answer's index and the byte's offset.
fn place(random: &mut Random, lengths: &[usize]) -> (usize, usize) {
    let all: usize = lengths.iter().sum();
    let mut place = usize::try_from(random.number() % all as u64).unwrap();
    // The answer is chosen first, since the longest one would otherwise get nearly all cuts.
    let number = usize::try_from(random.number() % lengths.len() as u64).unwrap();
    place %= lengths[number];
    (number, place)
}

fn lengths(scene: &Scene) -> Vec<usize> {
    let exchanges = scene.server().exchanges();
    exchanges
        .iter()
        .map(|exchange| exchange.response.bytes(Length::Known).len())
        .collect()
}

/// Cuts the next build's answer with this index after this byte, `times` times.
fn cut(scene: &Scene, number: usize, place: usize, times: usize) {
    let number = scene.server().requests().len() + number;
    scene
        .server()
        .fault(When::Number(number), times, Fault::cut(place));
}

fn cut_at_random_bytes(seed: u64) {
    let scene = Scene::new();
    let lengths = lengths(&scene);
    let limits = "[metadata.limits]\nfetch-seconds = 1\n\n[metadata.credentials.gitlab]";
    scene
        .world
        .edit_descriptor("[metadata.credentials.gitlab]", limits)
        .unwrap();
    let mut random = Random(seed);
    let (mut told, mut passed) = (0, 0);
    for round in 0..CUTS / 2 {
        scene.empty();
        let (number, place) = place(&mut random, &lengths);
        let what = format!("round {round}, answer {number} cut behind byte {place}");
        cut(&scene, number, place, 1);
        let remains = scene.build();
        scene.assert_nothing_half(&remains, &what);
        if remains.code == Some(0) {
            // Git's pack can be shorter than before, so that the cut is after its end. Without any answer to the
            // first request, the client requests the capabilities at once.
            scene.assert_whole(&what);
            passed += 1;
            continue;
        }
        told += 1;
        let said = remains.said();
        assert_eq!(remains.code, Some(1), "{what}: {said}");
        let title = remains.title().unwrap_or_default();
        let is_clear = title == "'job-template' could not be fetched from 127.0.0.1"
            || title == "127.0.0.1 does not answer for 'job-template'";
        assert!(is_clear, "{what}: {said}");
        assert!(scene.layers().is_empty(), "{what}: {:?}", scene.layers());
        if round % 10 == 0 {
            scene.assert_mends(&what);
        }
    }
    eprintln!("{told} builds told that they were cut off, {passed} had all they needed");
    assert!(told > CUTS / 4, "{told}");
}

#[test]
fn a_cut_without_time_for_a_second_try_is_told() {
    cut_at_random_bytes(0xa54f_f53a_5f1d_36f1);
}

#[test]
fn a_cut_at_other_bytes_is_told_as_well() {
    cut_at_random_bytes(0x510e_527f_ade6_82d1);
}

#[test]
fn a_cut_with_time_for_a_second_try_does_no_harm() {
    let scene = Scene::new();
    let lengths = lengths(&scene);
    let mut random = Random(0x9b05_688c_2b3e_6c1f);
    for round in 0..SECOND_TRIES {
        scene.empty();
        let (number, place) = place(&mut random, &lengths);
        let what = format!("round {round}, answer {number} cut behind byte {place}, once");
        cut(&scene, number, place, 1);
        let remains = scene.build();
        assert_eq!(remains.code, Some(0), "{what}: {}", remains.said());
        scene.assert_nothing_half(&remains, &what);
        scene.assert_whole(&what);
    }
}
