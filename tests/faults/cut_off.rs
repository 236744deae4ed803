//! The connection is cut at random bytes of the server's answers: a clear error or a second try, and nothing staged.

use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Length;
use tests::repository::Random;

use crate::scene::Scene;

/// Builds with no time for a second try.
const CUTS: usize = 300;
/// Builds that may try again; each waits a second for it.
const SECOND_TRIES: usize = 8;

/// A byte of all that the server says to an undisturbed build: the number of the answer, and its byte.
fn place(random: &mut Random, lengths: &[usize]) -> (usize, usize) {
    let all: usize = lengths.iter().sum();
    let mut place = usize::try_from(random.number() % all as u64).unwrap();
    // The longest answer would get nearly all of them.
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

/// The next build's answer with this number breaks off behind this byte, on and on.
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
            // Git's pack can come out shorter than it was, and the cut be behind its end. And where there was no
            // answer at all to the first question, what is offered is asked for at once.
            scene.assert_whole(&what);
            passed += 1;
            continue;
        }
        told += 1;
        let said = remains.said();
        assert_eq!(remains.code, Some(1), "{what}: {said}");
        let title = remains.title().unwrap_or_default();
        let is_clear = title == "'job-template' could not be fetched from 127.0.0.1"
            || title == "127.0.0.1 gives no answer for 'job-template'";
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
