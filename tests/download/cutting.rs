//! Answers that break off, come in drips, not at all, or without an end.

use std::time::{Duration, Instant};

use host::source::{FetchError, ProtocolError};
use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Length;
use tests::git_server::packet::line;
use tests::repository::Repository;

use crate::support::{ONE_TRY, WANTED, World, each};

/// The advertisement, and the pack with the folder, by the numbers of their requests.
const ADVERTISEMENT: usize = 0;
const PACK: usize = 3;

fn template(chunked: bool) -> World {
    World::with(Repository::template().unwrap(), |options| {
        if chunked { options.chunked() } else { options }
    })
}

/// How many bytes each answer of a whole download has, heads included.
fn lengths(chunked: bool) -> Vec<usize> {
    let world = template(chunked);
    world.ask().fetch();
    let length = if chunked {
        Length::Chunked
    } else {
        Length::Known
    };
    let exchanges = world.server.exchanges();
    exchanges
        .iter()
        .map(|exchange| exchange.response.bytes(length).len())
        .collect()
}

/// Places in an answer of this length: the first and the last bytes, and as many between.
fn places(length: usize, between: usize) -> Vec<usize> {
    let mut places: Vec<_> = (0..=between)
        .map(|part| part * (length - 1) / between)
        .collect();
    places.extend([1, length - 2, length - 5, length - 21]);
    places.sort_unstable();
    places.dedup();
    places
}

#[test]
fn an_answer_that_breaks_off_once_is_asked_for_again() {
    let cases = [false, true].into_iter().flat_map(|chunked| {
        let lengths = lengths(chunked);
        [ADVERTISEMENT, 1, 2, PACK]
            .into_iter()
            .flat_map(move |number| {
                let places = places(lengths[number], if number == 1 || chunked { 3 } else { 12 });
                places
                    .into_iter()
                    .map(move |place| (chunked, number, place))
            })
    });
    let cases: Vec<_> = cases.collect();
    assert!(cases.len() > 60, "{}", cases.len());
    each(20, cases, |(chunked, number, place)| {
        let world = template(chunked);
        world
            .server
            .fault(When::Number(number), 1, Fault::cut(place));
        let fetched = world.ask().fetch();
        let case = format!("answer {number} at {place}, chunked: {chunked}");
        assert_eq!(fetched.entries, world.expected("main", WANTED), "{case}");
        // Git's answer has an end of its own: what HTTP says behind it may be missing.
        let length = if chunked {
            Length::Chunked
        } else {
            Length::Known
        };
        let behind = if chunked { "\r\n0\r\n\r\n".len() } else { 0 };
        let answer = &world.server.exchanges()[number].response;
        let all_is_there = place >= answer.bytes(length).len() - behind;
        if all_is_there {
            // The client may notice only with its next request that the connection is gone.
            assert_eq!(world.requests(), 4, "{case}");
        } else {
            assert_eq!(world.requests(), 5, "{case}");
            assert_eq!(fetched.traffic.requests, 5, "{case}");
        }
    });
}

#[test]
fn an_answer_that_always_breaks_off_is_an_error() {
    let lengths = lengths(false);
    let cases = [ADVERTISEMENT, PACK].into_iter().flat_map(|number| {
        // Git packs in several threads, and not always to the same length: its end is no fixed place.
        let places = places(lengths[number] * 3 / 4, 4);
        places.into_iter().map(move |place| (number, place))
    });
    each(8, cases, |(number, place)| {
        let world = template(false);
        let when = if number == ADVERTISEMENT {
            When::Refs
        } else {
            When::Number(number)
        };
        world.server.fault(when, usize::MAX, Fault::cut(place));
        let error = world.ask().deadline(ONE_TRY).error();
        assert!(
            matches!(
                &error,
                FetchError::Cut { .. }
                    | FetchError::NoConnection { .. }
                    | FetchError::Deadline { .. }
            ),
            "answer {number} at {place}: {error:?}"
        );
        assert!(world.requests() <= number + 1, "answer {number} at {place}");
    });
}

#[test]
fn an_answer_in_drips_is_taken_while_there_is_time() {
    let world = World::template();
    let fault = Fault::drip(7, Duration::from_millis(1));
    world.server.fault(When::Refs, 1, fault);
    assert_eq!(world.ask().fetch().entries, world.expected("main", WANTED));

    for when in [When::Refs, When::Command("ls-refs"), When::Command("fetch")] {
        let world = World::template();
        world
            .server
            .fault(when, usize::MAX, Fault::drip(1, Duration::from_millis(100)));
        let started = Instant::now();
        let deadline = Duration::from_millis(600);
        let error = world.ask().deadline(deadline).error();
        assert!(
            matches!(&error, FetchError::Deadline { limit } if *limit == deadline),
            "{error:?}"
        );
        assert!(error.to_string().contains("600ms"), "{error}");
        assert!(
            started.elapsed() < Duration::from_secs(3),
            "{:?}",
            started.elapsed()
        );
    }
}

#[test]
fn silence_ends_with_the_deadline() {
    each(4, 0..4, |number| {
        let world = World::template();
        world
            .server
            .fault(When::Number(number), usize::MAX, Fault::silence());
        let started = Instant::now();
        let error = world.ask().deadline(ONE_TRY).error();
        assert!(
            matches!(&error, FetchError::Deadline { .. }),
            "{number}: {error:?}"
        );
        assert!(started.elapsed() >= ONE_TRY, "{number}");
        assert!(started.elapsed() < Duration::from_secs(4), "{number}");
        assert!(world.requests() <= number + 1, "never a second try");
    });
}

type Right = fn(&FetchError) -> bool;

#[test]
fn an_endless_answer_is_refused_at_its_cap() {
    let refs = line(format!("{} refs/heads/other\n", "12".repeat(20)).as_bytes());
    let too_large: Right = |error| matches!(error, FetchError::AnswerTooLarge { .. });
    let too_many: Right = |error| matches!(error, FetchError::Protocol(ProtocolError::TooManyRefs));
    let cases: [(When, &[u8], Right); 3] = [
        (When::Refs, b"000eversion 2\n", too_large),
        (When::Command("ls-refs"), &refs, too_many),
        (When::Command("fetch"), b"0011shallow-info\n", too_large),
    ];
    for (when, again, right) in cases {
        let world = World::template();
        world.server.fault(when, usize::MAX, Fault::endless(again));
        let started = Instant::now();
        let error = world
            .ask()
            .limits(|limits| limits.response = 100_000)
            .error();
        assert!(right(&error), "{}: {error:?}", again.escape_ascii());
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{:?}",
            started.elapsed()
        );
        assert!(world.requests() <= 3, "never a second try");
    }
}
