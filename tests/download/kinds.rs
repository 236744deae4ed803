//! Tests servers other than git's own, and proxies in front of them: each works as far as it can, or its failure is
//! recognised at once.

use std::time::Duration;

use fetch::{AbsentError, AnswerError, FetchError, PackError, ProtocolError};
use tests::git_server::fault::{Fault, When};
use tests::git_server::{Filters, Kind, Options};
use tests::repository::Repository;

use crate::steps::Step::{self, Content, Offer, Refs, Trees};
use crate::support::{Ask, WANTED, World};

/// The wait for an answer that never comes. Its length affects nothing else here.
const SHORT: fn(&mut fetch::DownloadLimits) =
    |limits| limits.first_answer = Duration::from_millis(50);

fn world(change: impl FnOnce(Options) -> Options) -> World {
    World::with(Repository::template().unwrap(), change)
}

/// The template, with a megabyte of other files.
fn beside_much(change: impl FnOnce(Options) -> Options) -> World {
    let repository = Repository::template().unwrap();
    repository.add_random_files("data", 100, 10_000).unwrap();
    World::with(repository, change)
}

fn jgit(options: Options) -> Options {
    options.kind(Kind::JGit).filters(Filters::Allowed)
}

fn go_git(options: Options) -> Options {
    options.kind(Kind::GoGit).filters(Filters::NotOffered)
}

fn pinned(world: &World, revision: &str) -> Ask {
    world
        .ask()
        .revision(&world.repository.id(revision).unwrap())
}

fn posts(world: &World, times: usize, fault: Fault) {
    let post = When::Is(Box::new(|request| request.method == "POST"));
    world.server.fault(post, times, fault);
}

const UNKNOWN: &str = "1234567890123456789012345678901234567890";

#[test]
fn a_server_that_refuses_one_filter_is_asked_for_the_next_smaller_one() {
    let world = beside_much(|options| options.filters(Filters::TreeRefused));
    for subpath in [WANTED, "job-template/bin"] {
        let before = world.requests();
        let fetched = world.ask().subpath(subpath).fetch();
        assert_eq!(fetched.entries, world.expected("main", subpath));
        assert_eq!(world.steps()[before..], [Refs, Trees, Trees, Content]);
        let received = fetched.traffic.bytes_received;
        assert!(received < 100_000, "{received} bytes");
    }
}

#[test]
fn a_server_that_refuses_every_filter_sends_the_commit() {
    for options in [
        (|options: Options| options.filters(Filters::Refused)) as fn(Options) -> Options,
        |options| options.kind(Kind::JGit).filters(Filters::NotOffered),
    ] {
        let world = world(options);
        let fetched = world.ask().fetch();
        assert_eq!(fetched.entries, world.expected("main", WANTED));
        assert_eq!(world.steps(), [Refs, Trees, Trees, Trees]);
    }
}

#[test]
fn jgit_with_filters_leaves_out_what_git_would() {
    let world = beside_much(jgit);
    let steps: [(&str, &[Step]); 2] = [
        (WANTED, &[Refs, Trees, Content]),
        ("job-template/bin", &[Refs, Trees, Trees, Content]),
    ];
    for (subpath, steps) in steps {
        let before = world.requests();
        let fetched = world.ask().subpath(subpath).fetch();
        assert_eq!(fetched.entries, world.expected("main", subpath));
        assert_eq!(&world.steps()[before..], steps);
        let received = fetched.traffic.bytes_received;
        assert!(received < 100_000, "{received} bytes");
    }
}

#[test]
fn what_a_server_sent_unasked_is_not_asked_for_again() {
    let world = world(go_git);
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(world.steps(), [Refs, Trees]);
    let by_commit = pinned(&world, "main").fetch();
    assert_eq!(by_commit.entries, fetched.entries);
    assert_eq!(world.steps()[2..], [Trees]);
}

#[test]
fn a_limit_that_is_reached_by_what_was_not_wanted_is_said_to_be_that() {
    for options in [
        (|options: Options| options.filters(Filters::NotOffered)) as fn(Options) -> Options,
        go_git,
    ] {
        let world = beside_much(options);
        let error = world
            .ask()
            .limits(|limits| limits.response = 100_000)
            .error();
        let FetchError::Unfiltered(limit) = &error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(
                **limit,
                FetchError::Answer(AnswerError::TooLarge { most: 100_000 })
            ),
            "{error:?}"
        );
        let error = world.ask().limits(|limits| limits.bytes = 100_000).error();
        let FetchError::Unfiltered(limit) = &error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(**limit, FetchError::Pack(PackError::TooLarge { .. })),
            "{error:?}"
        );
    }
    // The folder alone is too large, whatever else the repository contains.
    let world = beside_much(|options| options);
    let error = world
        .ask()
        .subpath("data")
        .limits(|limits| limits.response = 100_000)
        .error();
    assert!(
        matches!(error, FetchError::Answer(AnswerError::TooLarge { .. })),
        "{error:?}"
    );
}

#[test]
fn a_commit_that_is_not_there_is_told_apart_from_a_failing_server() {
    // With a message, in a status that is usually temporary.
    let world = world(jgit);
    let error = world.ask().revision(UNKNOWN).error();
    let FetchError::Answer(AnswerError::ServerFailed { said, .. }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(said.as_deref(), Some("Internal server error"));
    assert!(
        error.to_string().contains("Internal server error"),
        "{error}"
    );
    assert_eq!(world.steps(), [Trees, Offer, Trees], "and no further try");
    // Without a message.
    let world = self::world(go_git);
    let error = world.ask().revision(UNKNOWN).error();
    assert!(
        matches!(
            &error,
            FetchError::Answer(AnswerError::ServerFailed {
                status: 500,
                said: None,
                ..
            })
        ),
        "{error:?}"
    );
    assert_eq!(world.steps(), [Trees, Offer, Trees], "and no further try");
}

#[test]
fn a_commit_that_no_branch_leads_to_is_named_in_jgits_words_too() {
    let repository = Repository::template().unwrap();
    repository.lengthen_history(1).unwrap();
    let gone = repository.id("main").unwrap();
    repository.branch("main", "main^").unwrap();
    let world = World::with(repository, jgit);
    let error = world.ask().revision(&gone).error();
    assert!(
        matches!(&error, FetchError::Absent(AbsentError::NoSuchCommit { commit, .. }) if *commit == gone),
        "{error:?}"
    );
    assert_eq!(world.requests(), 1);
    let fetched = pinned(&world, "main").fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
}

#[test]
fn a_server_that_says_no_in_words_has_no_such_repository() {
    let world = world(|options| options.kind(Kind::Gitolite));
    let url = world.server.url("group/other.git");
    let error = world.ask().url(&url).error();
    let FetchError::Answer(AnswerError::NotFound { url: found, said }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*found, url);
    let said = said.as_deref().unwrap_or_default();
    assert!(said.contains("DENIED by fallthru"), "{said}");
    assert_eq!(world.steps(), [Refs, Offer]);
    assert!(world.ask().try_fetch().is_ok(), "the right one is there");
}

#[test]
fn a_server_that_never_answers_a_question_is_asked_what_it_offers() {
    // A server with an older protocol only then says so.
    let old = world(Options::first_protocol_only);
    posts(&old, usize::MAX, Fault::silence());
    let error = old.ask().limits(SHORT).error();
    assert!(
        matches!(&error, FetchError::Protocol(ProtocolError::Version)),
        "{error:?}"
    );
    assert_eq!(old.steps(), [Refs, Offer]);
    // After one slow answer, the client waits longer.
    let slow = world(|options| options);
    posts(&slow, 1, Fault::silence());
    let answers_later = Fault::drip(64, Duration::from_millis(10));
    posts(&slow, 1, answers_later);
    let fetched = slow.ask().limits(SHORT).fetch();
    assert_eq!(fetched.entries, slow.expected("main", WANTED));
    assert_eq!(slow.steps(), [Refs, Offer, Refs, Trees, Content]);
}

#[test]
fn a_connection_that_closes_without_an_answer_leads_to_what_is_offered() {
    let world = world(|options| options);
    posts(&world, 1, Fault::cut(0));
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(world.steps(), [Refs, Offer, Refs, Trees, Content]);
    // Apache also closes some POST requests to a missing repository.
    let url = world.server.url("group/other.git");
    posts(&world, 1, Fault::cut(0));
    let before = world.requests();
    let error = world.ask().url(&url).error();
    assert!(
        matches!(&error, FetchError::Answer(AnswerError::NotFound { .. })),
        "{error:?}"
    );
    assert_eq!(world.steps()[before..], [Refs, Offer]);
}

#[test]
fn a_server_that_speaks_an_older_protocol_is_told_apart_however_it_takes_a_question() {
    for fault in [
        None,
        Some(Fault::status(500)),
        Some(Fault::cut(0)),
        Some(Fault::content_type("text/plain")),
    ] {
        let world = world(Options::first_protocol_only);
        if let Some(fault) = fault {
            posts(&world, usize::MAX, fault);
        }
        let error = world.ask().error();
        assert!(
            matches!(&error, FetchError::Protocol(ProtocolError::Version)),
            "{error:?}"
        );
        assert_eq!(world.steps(), [Refs, Offer]);
    }
}
