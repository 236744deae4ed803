//! Tests answers that break off, arrive slowly, never arrive or never end.

use std::time::{Duration, Instant};

use fetch::{AnswerError, ConnectError, FetchError, ProtocolError};
use tests::git_server::fault::Fault;
use tests::git_server::http::Length;
use tests::git_server::packet::line;
use tests::repository::Repository;

use crate::steps::Step;
use crate::support::{LONGEST, ONE_TRY, WANTED, World, each};

fn template(chunked: bool) -> World {
    World::with(Repository::template().unwrap(), |options| {
        if chunked { options.chunked() } else { options }
    })
}

/// The length in bytes of the answer to each step of a whole download, with its head.
fn lengths(chunked: bool) -> Vec<(Step, usize)> {
    let world = template(chunked);
    world.misunderstands();
    world.ask().fetch();
    assert_eq!(world.requests(), Step::Offer.whole());
    let length = if chunked {
        Length::Chunked
    } else {
        Length::Known
    };
    // All answers but that to the first request, which was not understood.
    let steps = world.steps().into_iter().skip(1);
    let exchanges = world.server.exchanges();
    let lengths = exchanges[1..]
        .iter()
        .map(|exchange| exchange.response.bytes(length).len());
    steps.zip(lengths).collect()
}

/// Offsets in an answer of this length: the first and the last bytes, and `between` others.
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
        lengths(chunked)
            .into_iter()
            .flat_map(move |(step, length)| {
                let between = if step == Step::Refs || chunked { 3 } else { 12 };
                let places = places(length, between);
                places.into_iter().map(move |place| (chunked, step, place))
            })
    });
    let cases: Vec<_> = cases.collect();
    assert!(cases.len() > 60, "{}", cases.len());
    each(20, cases, |(chunked, step, place)| {
        let world = template(chunked);
        world.fault_at(step, 1, Fault::cut(place));
        let ask = world.ask();
        let fetched = ask.fetch();
        let case = format!("answer to {step:?} at {place}, chunked: {chunked}");
        assert_eq!(fetched.entries, world.expected("main", WANTED), "{case}");
        // Git's answer marks its own end, so the end of the HTTP body after it may be missing.
        let length = if chunked {
            Length::Chunked
        } else {
            Length::Known
        };
        let behind = if chunked { "\r\n0\r\n\r\n".len() } else { 0 };
        let answer = &world.server.exchanges()[step.number()].response;
        let all_is_there = place >= answer.bytes(length).len() - behind;
        // Before any answer, the client requests the capabilities as well.
        let asks = step == Step::Refs && place < answer.head(length).len();
        if all_is_there {
            // The client may notice only at its next request that the connection is closed.
            assert_eq!(world.requests(), step.whole(), "{case}");
        } else {
            let requests = step.whole() + if asks { 2 } else { 1 };
            assert_eq!(world.requests(), requests, "{case}");
            assert_eq!(fetched.traffic.requests as usize, requests, "{case}");
            // A possible misunderstanding is answered by another question at once.
            ask.waits
                .assert_seconds(if asks { &[] } else { &[1] }, &case);
        }
    });
}

#[test]
fn an_answer_that_always_breaks_off_is_an_error() {
    let lengths = lengths(false).into_iter();
    let cases = lengths.filter(|(step, _)| *step != Step::Trees);
    let cases = cases.flat_map(|(step, length)| {
        // Git packs in several threads, and the pack's length varies, so no fixed offset is its end.
        let places = places(length * 3 / 4, 4);
        places.into_iter().map(move |place| (step, place))
    });
    each(8, cases, |(step, place)| {
        let world = template(false);
        world.fault_at(step, usize::MAX, Fault::cut(place));
        let error = world.ask().deadline(ONE_TRY).error();
        assert!(
            matches!(
                &error,
                FetchError::Connect(ConnectError::Cut { .. } | ConnectError::NoAnswer { .. })
                    | FetchError::Deadline { .. }
            ),
            "answer to {step:?} at {place}: {error:?}"
        );
        // Without an answer to the first request, the client requests the capabilities and then tries once more.
        let asks = step == Step::Refs
            && matches!(&error, FetchError::Connect(ConnectError::NoAnswer { .. }));
        assert!(
            world.requests() <= step.number() + if asks { 3 } else { 1 },
            "answer to {step:?} at {place}"
        );
    });
}

#[test]
fn an_answer_in_drips_is_taken_while_there_is_time() {
    let world = World::template();
    for step in Step::ALL {
        world.fault_at(step, 1, Fault::drip(7, Duration::from_millis(1)));
    }
    assert_eq!(world.ask().fetch().entries, world.expected("main", WANTED));

    for step in Step::ALL {
        let world = World::template();
        world.fault_at(step, usize::MAX, Fault::drip(1, Duration::from_millis(100)));
        let started = Instant::now();
        let deadline = Duration::from_millis(600);
        let error = world.ask().deadline(deadline).error();
        assert!(
            matches!(&error, FetchError::Deadline { limit } if *limit == deadline),
            "{error:?}"
        );
        assert!(error.to_string().contains("600ms"), "{error}");
        assert!(started.elapsed() < LONGEST, "{:?}", started.elapsed());
    }
}

#[test]
fn silence_ends_with_the_deadline() {
    each(4, Step::ALL, |step| {
        let world = World::template();
        world.fault_at(step, usize::MAX, Fault::silence());
        let started = Instant::now();
        let error = world.ask().deadline(ONE_TRY).error();
        assert!(
            matches!(&error, FetchError::Deadline { .. }),
            "{step:?}: {error:?}"
        );
        assert!(started.elapsed() >= ONE_TRY, "{step:?}");
        assert!(started.elapsed() < LONGEST, "{step:?}");
        assert!(world.requests() <= step.number() + 1, "never a second try");
    });
}

type Right = fn(&FetchError) -> bool;

#[test]
fn an_endless_answer_is_refused_at_its_cap() {
    let refs = line(format!("{} refs/heads/other\n", "12".repeat(20)).as_bytes());
    let too_large: Right = |error| match error {
        FetchError::Unfiltered(limit) => {
            matches!(**limit, FetchError::Answer(AnswerError::TooLarge { .. }))
        }
        error => matches!(error, FetchError::Answer(AnswerError::TooLarge { .. })),
    };
    let too_many: Right = |error| matches!(error, FetchError::Protocol(ProtocolError::TooManyRefs));
    let cases: [(Step, &[u8], Right); 4] = [
        (Step::Offer, b"000eversion 2\n", too_large),
        (Step::Refs, &refs, too_many),
        (Step::Trees, b"0011shallow-info\n", too_large),
        (Step::Content, b"0011shallow-info\n", too_large),
    ];
    for (step, again, right) in cases {
        let world = World::template();
        world.fault_at(step, usize::MAX, Fault::endless(again));
        let started = Instant::now();
        let error = world
            .ask()
            .limits(|limits| limits.response = 100_000)
            .error();
        assert!(right(&error), "{}: {error:?}", again.escape_ascii());
        assert!(started.elapsed() < LONGEST, "{:?}", started.elapsed());
        assert_eq!(world.requests(), step.number() + 1, "never a second try");
    }
}
