//! Tests the first request: it is sent without a capability request, which follows only if the server does not
//! understand, and once.

use fetch::{AnswerError, FetchError, ProtocolError};
use tests::git_server::Filters;
use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Response;
use tests::repository::Repository;

use crate::steps::Step::{Content, Offer, Refs, Trees};
use crate::support::{Ask, ONE_TRY, PATH, WANTED, World, each};

type MakeFault = fn() -> Fault;

/// A request for the id of `main`'s commit.
fn pinned(world: &World) -> Ask {
    world.ask().revision(&world.repository.id("main").unwrap())
}

fn posts(world: &World, times: usize, fault: Fault) {
    let post = When::Is(Box::new(|request| request.method == "POST"));
    world.server.fault(post, times, fault);
}

#[test]
fn a_branch_takes_three_requests_and_a_commit_two() {
    let world = World::template();
    assert_eq!(world.ask().fetch().traffic.requests, 3);
    assert_eq!(world.steps(), [Refs, Trees, Content]);

    let world = World::template();
    assert_eq!(pinned(&world).fetch().traffic.requests, 2);
    assert_eq!(world.steps(), [Trees, Content]);
    assert_eq!(world.server.connections(), 1);
}

#[test]
fn a_server_without_filters_says_so_and_sends_the_commit() {
    let without = || {
        World::with(Repository::template().unwrap(), |options| {
            options.filters(Filters::NotOffered)
        })
    };
    let world = without();
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(world.steps(), [Refs, Trees, Offer, Trees]);
    assert_eq!(world.server.connections(), 1);

    let world = without();
    let fetched = pinned(&world).fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(world.steps(), [Trees, Offer, Trees]);
}

#[test]
fn a_server_that_refuses_filters_is_not_asked_what_it_offers() {
    let steps: [(Filters, &[_]); 2] = [
        (Filters::Refused, &[Trees, Trees, Trees]),
        (Filters::TreeRefused, &[Trees, Trees, Content]),
    ];
    for (filters, steps) in steps {
        let world = World::with(Repository::template().unwrap(), |options| {
            options.filters(filters)
        });
        let fetched = pinned(&world).fetch();
        assert_eq!(fetched.entries, world.expected("main", WANTED));
        assert_eq!(world.steps(), steps, "{filters:?}");
    }
}

#[test]
fn a_server_that_speaks_an_older_protocol_is_refused_by_name() {
    let old = World::with(Repository::template().unwrap(), |options| {
        options.first_protocol_only()
    });
    for ask in [old.ask(), pinned(&old)] {
        let before = old.requests();
        let error = ask.error();
        assert!(
            matches!(&error, FetchError::Protocol(ProtocolError::Version)),
            "{error:?}"
        );
        assert_eq!(old.requests() - before, 2);
    }
    assert_eq!(old.steps(), [Refs, Offer, Trees, Offer]);
}

/// Another object format is not a fault of the address: git exits, and GitLab then answers 500.
#[test]
fn another_object_format_is_refused_by_name_however_git_ends() {
    let sha256 = World::new(Repository::empty_sha256().unwrap());
    for fault in [None, Some(Fault::status(500))] {
        let before = sha256.requests();
        if let Some(fault) = fault {
            posts(&sha256, 1, fault);
        }
        let error = sha256.ask().error();
        assert!(
            matches!(&error, FetchError::Protocol(ProtocolError::ObjectFormat(name)) if name == "sha256"),
            "{error:?}"
        );
        assert_eq!(sha256.requests() - before, 2);
    }
}

#[test]
fn whatever_may_be_a_misunderstanding_is_asked_about() {
    let faults: [(&str, MakeFault); 12] = [
        ("no answer", || Fault::cut(0)),
        ("half a head", || Fault::cut(40)),
        ("301", || Fault::redirect(301, "/elsewhere")),
        ("400", || Fault::status(400)),
        ("404", || Fault::status(404)),
        ("405", || Fault::status(405)),
        ("415", || Fault::status(415)),
        ("422", || Fault::status(422)),
        ("500", || Fault::status(500)),
        ("501", || Fault::status(501)),
        ("a page", || Fault::content_type("text/html")),
        ("nothing", || Fault::body(*b"")),
    ];
    each(4, faults, |(name, fault)| {
        for by_commit in [false, true] {
            let world = World::template();
            posts(&world, 1, fault());
            let fetched = if by_commit {
                pinned(&world).fetch()
            } else {
                world.ask().fetch()
            };
            assert_eq!(fetched.entries, world.expected("main", WANTED), "{name}");
            let expected = if by_commit {
                vec![Trees, Offer, Trees, Content]
            } else {
                vec![Refs, Offer, Refs, Trees, Content]
            };
            assert_eq!(world.steps(), expected, "{name}");
            assert_eq!(fetched.traffic.requests as usize, expected.len(), "{name}");
        }
    });
}

#[test]
fn what_a_server_offers_is_asked_for_once() {
    for status in [307, 400, 404, 405, 415] {
        let world = World::template();
        posts(&world, usize::MAX, Fault::status(status));
        let error = world.ask().error();
        assert!(
            error.to_string().contains(&status.to_string()),
            "{status}: {error:?}"
        );
        assert_eq!(world.steps(), [Refs, Offer, Refs], "{status}");
    }
    let world = World::template();
    posts(&world, usize::MAX, Fault::body(*b""));
    let error = world.ask().deadline(ONE_TRY).error();
    assert!(
        matches!(&error, FetchError::Protocol(ProtocolError::Empty)),
        "{error:?}"
    );
    assert_eq!(world.steps(), [Refs, Offer, Refs]);
}

#[test]
fn a_server_that_has_said_what_it_offers_is_not_asked_for_it_again() {
    let faults: [(&str, MakeFault); 2] = [
        ("503", || Fault::status(503)),
        ("nothing", || Fault::body(*b"")),
    ];
    each(2, faults, |(name, fault)| {
        let world = World::template();
        world.misunderstands();
        world.fault_at(Trees, 1, fault());
        let fetched = world.ask().fetch();
        assert_eq!(fetched.entries, world.expected("main", WANTED), "{name}");
        let expected = [Refs, Offer, Refs, Trees, Trees, Content];
        assert_eq!(world.steps(), expected, "{name}");
    });
}

#[test]
fn a_server_that_fails_at_what_it_said_to_offer_is_not_asked_again() {
    let world = World::template();
    world.misunderstands();
    world.fault_at(Trees, usize::MAX, Fault::status(500));
    let error = world.ask().error();
    assert!(
        matches!(
            &error,
            FetchError::Answer(AnswerError::ServerFailed { status: 500, .. })
        ),
        "{error:?}"
    );
    assert_eq!(world.steps(), [Refs, Offer, Refs, Trees]);
}

#[test]
fn a_server_that_has_answered_is_believed_to_be_a_repository() {
    let faults: [(&str, MakeFault); 4] = [
        ("301", || Fault::redirect(301, "/elsewhere")),
        ("404", || Fault::status(404)),
        ("405", || Fault::status(405)),
        ("a page", || Fault::content_type("text/html")),
    ];
    for (name, fault) in faults {
        let world = World::template();
        world.fault_at(Trees, usize::MAX, fault());
        world.ask().error();
        assert_eq!(world.steps(), [Refs, Trees], "{name}");
    }
}

#[test]
fn a_refused_credential_is_not_shown_again_to_ask_what_is_offered() {
    for status in [401, 403] {
        let world = World::template();
        posts(&world, 1, Fault::status(status));
        let error = world.ask().error();
        assert!(
            matches!(&error, FetchError::Answer(AnswerError::CredentialRefused { status: found, given: true, .. }) if *found == status),
            "{error:?}"
        );
        assert_eq!(world.steps(), [Refs], "{status}");
    }
}

#[test]
fn a_busy_server_is_not_asked_what_it_offers() {
    let patience = Response::text(500, "Restarting\n").with("Retry-After", "3600");
    for fault in [
        Fault::too_many_requests(None),
        Fault::status(502),
        Fault::status(503),
        Fault::status(504),
        Fault::Answer(patience),
    ] {
        let world = World::template();
        posts(&world, usize::MAX, fault);
        world.ask().deadline(ONE_TRY).error();
        assert_eq!(world.steps(), [Refs]);
    }
}

/// GitLab redirects to the address with `.git` only when a client requests the capabilities.
#[test]
fn an_address_without_its_ending_is_asked_first_what_it_offers() {
    let world = World::template();
    let short = PATH.trim_end_matches(".git");
    let is_short = |target: &str| target.starts_with(&format!("/{short}/"));
    posts_to(&world, format!("/{short}/"), Fault::status(401));
    world.server.rename(short, PATH);
    let fetched = world.ask().url(&world.server.url(short)).fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(world.steps(), [Offer, Offer, Refs, Trees, Content]);
    let requests = world.server.requests();
    assert!(is_short(&requests[0].target));
    assert!(!requests[1..].iter().any(|it| is_short(&it.target)));
}

fn posts_to(world: &World, start: String, fault: Fault) {
    let post = move |request: &tests::git_server::http::Request| {
        request.method == "POST" && request.target.starts_with(&start)
    };
    let post = When::Is(Box::new(post));
    world.server.fault(post, usize::MAX, fault);
}
