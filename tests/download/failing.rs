//! Tests servers that refuse or fail: which answers are an error, which are retried, and how often.

use std::time::Duration;

use fetch::{AnswerError, ConnectError, FetchError, ProtocolError};
use tests::git_server::Filters;
use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Response;
use tests::repository::Repository;

use crate::steps::Step;
use crate::support::{Ask, ONE_TRY, PATH, WANTED, World, each};

type MakeFault = fn() -> Fault;

fn always(fault: Fault) -> World {
    let world = World::template();
    world.server.fault(When::Any, usize::MAX, fault);
    world
}

/// Fails from the request for the capabilities on.
fn from_the_offer_on(fault: Fault) -> World {
    let world = World::template();
    world.misunderstands();
    world.server.fault(When::Any, usize::MAX, fault);
    world
}

#[test]
fn without_a_credential_a_401_says_that_one_is_needed() {
    let world = World::template();
    let error = world.ask().anonymous().error();
    assert!(
        matches!(&error, FetchError::Answer(AnswerError::NeedsCredential { origin }) if *origin == world.server.origin()),
        "{error:?}"
    );
    assert!(error.to_string().contains("401"), "{error}");
    assert_eq!(world.requests(), 1, "never a second try");
    assert!(world.server.requests()[0].header("authorization").is_none());
}

#[test]
fn a_wrong_credential_is_refused_and_never_tried_again() {
    let world = World::template();
    for credential in [
        ("oauth2", "glpat-wrong"),
        ("someone", crate::support::TOKEN),
    ] {
        let before = world.requests();
        let (user, token) = credential;
        let credential = Some((user.to_owned(), token.to_owned()));
        let error = Ask {
            credential,
            ..world.ask()
        }
        .error();
        assert!(
            matches!(
                &error,
                FetchError::Answer(AnswerError::CredentialRefused {
                    status: 401,
                    given: true,
                    ..
                })
            ),
            "{error:?}"
        );
        let text = crate::support::chain(&error);
        assert!(!text.contains(token) && !text.contains("someone"), "{text}");
        assert_eq!(world.requests() - before, 1);
    }
    assert!(world.ask().try_fetch().is_ok(), "the right one is taken");
}

#[test]
fn refusals_are_final_at_every_step() {
    let cases = [401, 403, 404, 400, 410, 418]
        .into_iter()
        .flat_map(|status| Step::ALL.map(|step| (status, step)));
    each(4, cases, |(status, step)| {
        let world = World::template();
        world.fault_at(step, usize::MAX, Fault::status(status));
        let error = world.ask().error();
        let right = match status {
            401 | 403 => matches!(
                &error,
                FetchError::Answer(AnswerError::CredentialRefused { status: found, given: true, .. }) if *found == status
            ),
            404 => matches!(&error, FetchError::Answer(AnswerError::NotFound { .. })),
            _ => matches!(
                &error,
                FetchError::Answer(AnswerError::UnexpectedStatus { status: found, .. }) if *found == status
            ),
        };
        assert!(right, "{status} at {step:?}: {error:?}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        // A first request may have failed since it was not understood: the client requests the capabilities and tries
        // once more.
        let asks = step == Step::Refs && ![401, 403].contains(&status);
        let requests = step.number() + 1 + if asks { 2 } else { 0 };
        assert_eq!(world.requests(), requests, "{status} at {step:?}");
    });
}

#[test]
fn a_403_without_a_credential_says_that_none_was_given() {
    let world = always(Fault::status(403));
    let error = world.ask().anonymous().error();
    assert!(
        matches!(
            &error,
            FetchError::Answer(AnswerError::CredentialRefused {
                status: 403,
                given: false,
                ..
            })
        ),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("without a credential"),
        "{error}"
    );
    assert_eq!(world.requests(), 1);
}

#[test]
fn an_unknown_repository_is_named() {
    let world = World::template();
    let url = world.server.url("group/other.git");
    let error = world.ask().url(&url).error();
    assert!(
        matches!(&error, FetchError::Answer(AnswerError::NotFound { url: found, .. }) if *found == url),
        "{error:?}"
    );
    assert!(error.to_string().contains(&url), "{error}");
    // The repository may have another address, to which the capability request would be redirected.
    assert_eq!(world.requests(), 2);
}

#[test]
fn what_passes_by_itself_is_tried_again_at_every_step() {
    let faults: [(&str, MakeFault); 5] = [
        ("429", || Fault::too_many_requests(None)),
        ("429, now", || Fault::too_many_requests(Some("0"))),
        ("429, in a second", || Fault::too_many_requests(Some("1"))),
        ("429, in no number", || {
            Fault::too_many_requests(Some("soon"))
        }),
        ("503", || Fault::status(503)),
    ];
    // At an earlier step, these may come from a misunderstanding; `asking` tests that.
    let internal: (&str, MakeFault) = ("500", || Fault::status(500));
    let silent: (&str, MakeFault) = ("no answer", || Fault::cut(0));
    let cases = Step::ALL
        .into_iter()
        .flat_map(|step| faults.map(|fault| (step, fault)))
        .chain([Step::Offer, Step::Content].map(|step| (step, internal)))
        .chain([Step::Offer, Step::Trees, Step::Content].map(|step| (step, silent)));
    each(14, cases, |(step, (name, fault))| {
        let world = World::template();
        world.fault_at(step, 1, fault());
        let ask = world.ask();
        let fetched = ask.fetch();
        assert_eq!(
            fetched.entries,
            world.expected("main", WANTED),
            "{name} at {step:?}"
        );
        let requests = step.whole() + 1;
        assert_eq!(
            fetched.traffic.requests as usize, requests,
            "{name} at {step:?}"
        );
        assert_eq!(world.requests(), requests, "{name} at {step:?}");
        ask.waits
            .assert_seconds(&[1], &format!("{name} at {step:?}"));
    });
}

#[test]
fn of_an_answer_that_was_cut_nothing_is_left_for_the_next_try() {
    let world = World::template();
    world.fault_at(Step::Content, 1, Fault::cut(4_000));
    let fetched = world.ask().limits(|limits| limits.memory = 0).fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(fetched.traffic.requests as usize, Step::Content.whole() + 1);
}

#[test]
fn what_does_not_pass_is_tried_four_times() {
    let faults: [(&str, MakeFault); 3] = [
        ("429", || Fault::too_many_requests(None)),
        ("429, now", || Fault::too_many_requests(Some("0"))),
        ("502", || Fault::status(502)),
    ];
    let unclear: [(&str, MakeFault); 2] = [
        ("500", || Fault::status(500)),
        ("no answer", || Fault::cut(0)),
    ];
    let at_once = faults.map(|fault| (always as fn(Fault) -> World, 4, fault));
    let asked = faults.map(|fault| (from_the_offer_on as fn(Fault) -> World, 5, fault));
    // The first request is sent once, since it may not be understood; the capability request is sent four times.
    let unclear = unclear.map(|fault| (always as fn(Fault) -> World, 5, fault));
    let cases = at_once.into_iter().chain(asked).chain(unclear);
    each(8, cases, |(world, requests, (name, fault))| {
        let world = world(fault());
        let ask = world.ask();
        let error = ask.error();
        let right = match name {
            "429" => matches!(
                &error,
                FetchError::Answer(AnswerError::TooManyRequests {
                    retry_after: None,
                    ..
                })
            ),
            "429, now" => matches!(
                &error,
                FetchError::Answer(AnswerError::TooManyRequests {
                    retry_after: Some(Duration::ZERO),
                    ..
                })
            ),
            "500" => matches!(
                &error,
                FetchError::Answer(AnswerError::ServerFailed { status: 500, .. })
            ),
            "502" => matches!(
                &error,
                FetchError::Answer(AnswerError::ServerFailed { status: 502, .. })
            ),
            _ => matches!(&error, FetchError::Connect(ConnectError::NoAnswer { .. })),
        };
        assert!(right, "{name}: {error:?}");
        assert_eq!(world.requests(), requests, "{name}");
        ask.waits.assert_seconds(&[1, 2, 4], name);
    });
}

#[test]
fn there_is_no_further_try_when_the_time_is_up_before_it() {
    let patience: [(MakeFault, Duration, usize); 4] = [
        (
            || Fault::too_many_requests(Some("3600")),
            Duration::from_mins(1),
            1,
        ),
        (|| Fault::too_many_requests(None), ONE_TRY, 1),
        (|| Fault::status(503), ONE_TRY, 1),
        (|| Fault::status(503), Duration::from_millis(2900), 2),
    ];
    let at_once = patience.map(|patience| (always as fn(Fault) -> World, 0, patience));
    let asked = patience.map(|patience| (from_the_offer_on as fn(Fault) -> World, 1, patience));
    let cases = at_once.into_iter().chain(asked);
    each(4, cases, |(world, before, (fault, deadline, tries))| {
        let world = world(fault());
        let ask = world.ask().deadline(deadline);
        let error = ask.error();
        assert!(
            matches!(
                &error,
                FetchError::Answer(
                    AnswerError::TooManyRequests { .. } | AnswerError::ServerFailed { .. }
                )
            ),
            "{error:?}"
        );
        assert_eq!(world.requests(), before + tries, "{deadline:?}");
        let waits = if tries == 2 { &[1][..] } else { &[] };
        ask.waits.assert_seconds(waits, &format!("{deadline:?}"));
    });
}

#[test]
fn an_error_says_for_how_long_the_server_wants_to_be_left_alone() {
    let hour = Some(Duration::from_hours(1));
    let world = always(Fault::too_many_requests(Some("3600")));
    let error = world.ask().error();
    assert!(
        matches!(&error, FetchError::Answer(AnswerError::TooManyRequests { retry_after, .. }) if *retry_after == hour),
        "{error:?}"
    );
    let closed = Response::text(503, "Closed for an hour\n").with("Retry-After", "3600");
    let world = always(Fault::Answer(closed));
    let error = world.ask().error();
    assert!(
        matches!(&error, FetchError::Answer(AnswerError::ServerFailed { status: 503, retry_after, .. }) if *retry_after == hour),
        "{error:?}"
    );
    assert_eq!(world.requests(), 1);
}

#[test]
fn nobody_listening_is_no_connection() {
    let world = World::template();
    let ask = world.ask().deadline(ONE_TRY);
    drop(world);
    let error = ask.error();
    assert!(
        matches!(
            &error,
            FetchError::Connect(ConnectError::NoConnection { .. })
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[test]
fn an_unknown_authority_is_not_believed_and_gets_no_credential() {
    let world = World::with(
        Repository::template().unwrap(),
        tests::git_server::Options::tls,
    );
    let another = World::with(
        Repository::template().unwrap(),
        tests::git_server::Options::tls,
    );
    for authority in [None, another.server.authority().map(str::to_owned)] {
        let error = Ask {
            authority,
            ..world.ask()
        }
        .error();
        assert!(
            matches!(&error, FetchError::Connect(ConnectError::Tls { .. })),
            "{error:?}"
        );
        assert_eq!(world.requests(), 0);
    }
    assert_eq!(world.ask().fetch().traffic.requests, 3);
}

#[test]
fn an_older_protocol_and_another_object_format_are_refused_by_name() {
    let old = World::with(Repository::template().unwrap(), |options| {
        options.first_protocol_only()
    });
    let error = old.ask().error();
    assert!(
        matches!(&error, FetchError::Protocol(ProtocolError::Version)),
        "{error:?}"
    );
    assert_eq!(old.requests(), 2);

    let repository = Repository::empty_sha256().unwrap();
    let file = repository
        .blob(b"text")
        .unwrap_or_else(|error| panic!("{error:#}"));
    let listing = format!("100644 blob {file}\tfile\n");
    drop(repository.feed(&["mktree", "--missing"], listing.as_bytes()));
    let sha256 = World::new(repository);
    let error = sha256.ask().error();
    assert!(
        matches!(&error, FetchError::Protocol(ProtocolError::ObjectFormat(name)) if name == "sha256"),
        "{error:?}"
    );
    assert!(error.to_string().contains("sha256"), "{error}");
    assert_eq!(sha256.requests(), 2);
}

#[test]
fn an_answer_over_the_limit_is_refused_while_it_is_read() {
    let repository = Repository::template().unwrap();
    repository.add_random_files("data", 20, 50_000).unwrap();
    let world = World::with(repository, |options| options.filters(Filters::NotOffered));
    let error = world
        .ask()
        .limits(|limits| limits.response = 100_000)
        .error();
    assert!(
        matches!(&error, FetchError::Unfiltered(limit)
            if matches!(**limit, FetchError::Answer(AnswerError::TooLarge { most: 100_000 }))),
        "{error:?}"
    );
    // The requests are for a branch, its commit, the capabilities, and the whole commit.
    assert_eq!(world.requests(), 4, "never a second try");
    let enough = world
        .ask()
        .limits(|limits| limits.response = 2_000_000)
        .fetch();
    assert_eq!(enough.entries, world.expected("main", WANTED));
    assert_eq!(world.server.url(PATH), world.ask().url);
}
