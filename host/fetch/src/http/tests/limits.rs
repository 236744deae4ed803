use std::time::Instant;

use super::super::super::ConnectError;
use super::super::super::clock::SystemClock;
use super::super::*;
use super::server::{RESULT, good};
use super::{whole, world, world_with};

#[test]
fn an_answer_may_fill_its_limit_and_not_pass_it() {
    let mut world = world(vec![good(RESULT, &[0; 1000]), good(RESULT, &[0; 1001])]);
    assert_eq!(world.post().unwrap().len(), 1000);
    assert_eq!(
        world.post().unwrap_err().to_string(),
        "the server's answer is larger than 1000 bytes"
    );
    assert!(world.slept().is_empty());
}

#[test]
fn what_is_not_needed_of_an_answer_is_read_too_so_that_the_connection_stays() {
    let first = |answer: &mut dyn Read| {
        let mut byte = [0];
        answer.read_exact(&mut byte).map_err(ProtocolError::from)?;
        Ok(byte[0])
    };
    let mut world = world(vec![
        good(RESULT, &vec![7; 900_000]),
        good(RESULT, b"result"),
    ]);
    assert_eq!(
        world
            .http
            .post(b"question", 1_000_000, |_| false, first)
            .unwrap(),
        7
    );
    world.post().unwrap();
    let connections: Vec<_> = world
        .server
        .heard()
        .iter()
        .map(|heard| heard.connection)
        .collect();
    assert_eq!(connections, [0, 0]);
}

#[test]
fn many_short_reads_do_not_add_up_to_more_than_the_deadline() {
    let slowly = |answer: &mut dyn Read| {
        let mut byte = [0];
        while answer.read(&mut byte).map_err(ProtocolError::from)? > 0 {}
        Ok(())
    };
    let mut world = world_with(
        Duration::from_secs(1),
        "/a.git",
        None,
        vec![good(RESULT, &[0; 100])],
    );
    let error = world
        .http
        .post(b"question", 1000, |_| false, slowly)
        .unwrap_err();
    assert_eq!(error.to_string(), "the download took longer than 60s");
    assert!(world.http.traffic().bytes_received < 60);
    let error = world.post().unwrap_err();
    assert!(
        matches!(error, FetchError::Deadline { .. }),
        "nothing is sent any more: {error}"
    );
    assert_eq!(world.http.traffic().requests, 1);
}

#[test]
fn a_server_that_falls_silent_before_the_deadline_may_be_asked_otherwise() {
    let length = good(RESULT, b"result").len();
    for most in [0, 10, length - 1] {
        let answers = vec![good(RESULT, b"result").stuck(most)];
        let mut world = world(answers);
        world.http.set_patience(Some(Duration::from_millis(50)));
        let no_answer = |error: &FetchError| {
            matches!(error, FetchError::Connect(ConnectError::NoAnswer { .. }))
        };
        let error = world.http.post(b"question", 1000, no_answer, whole);
        let error = error.unwrap_err();
        assert!(no_answer(&error), "{most}: {error}");
        assert!(world.slept().is_empty(), "the clock stood still");
    }
}

#[test]
fn a_server_that_falls_silent_is_left_at_the_deadline() {
    let length = good(RESULT, b"result").len();
    for most in [0, 10, length - 1] {
        let mut world = world(vec![good(RESULT, b"result").stuck(most)]);
        world.http.clock = Box::new(SystemClock::start());
        world.http.started = Duration::ZERO;
        world.http.deadline = Duration::from_millis(50);
        let began = Instant::now();
        let error = world.post().unwrap_err();
        assert!(
            matches!(error, FetchError::Deadline { .. }),
            "{most}: {error}"
        );
        assert!(
            began.elapsed() < Duration::from_mins(2),
            "{:?}",
            began.elapsed()
        );
    }
}
