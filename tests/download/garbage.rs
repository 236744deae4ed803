//! Tests answers that are not git's: web pages, noise, and nonsense in git's format.

use std::path::Path;
use std::time::Duration;

use fetch::{AbsentError, AnswerError, ConnectError, FetchError, ProtocolError, RedirectError};
use tests::git_server::fault::{Fault, When};
use tests::git_server::packet::line;
use tests::repository::Random;

use crate::steps::Step;
use crate::support::{ONE_TRY, PATH, WANTED, World, each};

fn canned(name: &str) -> Fault {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/responses");
    Fault::canned(&folder.join(format!("{name}.response"))).unwrap()
}

fn canned_error(step: Step, name: &str) -> (FetchError, usize) {
    let world = World::template();
    world.fault_at(step, usize::MAX, canned(name));
    let error = world.ask().deadline(ONE_TRY).error();
    (error, world.requests())
}

type Right = fn(&FetchError) -> bool;

#[test]
fn what_proxies_and_gitlab_say_is_understood() {
    // Each case has the number of requests that are sent if every answer is this one.
    let cases: [(&str, usize, Right); 8] = [
        (
            "captive_portal",
            2,
            |error| matches!(error, FetchError::Answer(AnswerError::NotGit { found, .. }) if found.starts_with("text/html")),
        ),
        ("control_characters", 2, |error| {
            matches!(
                error,
                FetchError::Answer(AnswerError::UnexpectedStatus { status: 400, .. })
            )
        }),
        ("gitlab_access_denied", 1, |error| {
            matches!(
                error,
                FetchError::Answer(AnswerError::CredentialRefused {
                    status: 401,
                    given: true,
                    ..
                })
            )
        }),
        ("gitlab_bad_gateway", 1, |error| {
            matches!(
                error,
                FetchError::Answer(AnswerError::ServerFailed { status: 502, .. })
            )
        }),
        ("gitlab_project_hidden", 2, |error| {
            matches!(error, FetchError::Answer(AnswerError::NotFound { .. }))
        }),
        ("gitlab_rate_limit", 1, |error| {
            matches!(error, FetchError::Answer(AnswerError::TooManyRequests { retry_after: Some(second), .. })
                if *second == Duration::from_secs(1))
        }),
        ("gitlab_scope_missing", 1, |error| {
            matches!(
                error,
                FetchError::Answer(AnswerError::CredentialRefused {
                    status: 403,
                    given: true,
                    ..
                })
            )
        }),
        ("gitlab_sign_in", 2, |error| {
            matches!(
                error,
                FetchError::Redirect(RedirectError::WrongRedirect { .. })
            )
        }),
    ];
    for (name, expected, right) in cases {
        let world = World::template();
        world.server.fault(When::Any, usize::MAX, canned(name));
        let at_once = world.ask().deadline(ONE_TRY).error();
        assert_eq!(world.requests(), expected, "{name}");

        let (offer, requests) = canned_error(Step::Offer, name);
        assert_eq!(requests, Step::Offer.number() + 1, "{name}");
        for error in [at_once, offer] {
            assert!(right(&error), "{name}: {error:?}");
            assert!(!error.to_string().contains(char::is_control), "{error}");
        }
    }
}

#[test]
fn an_error_line_for_an_unknown_commit_is_no_such_commit() {
    let (error, requests) = canned_error(Step::Trees, "error_line");
    assert!(
        matches!(&error, FetchError::Absent(AbsentError::NoSuchCommit { .. })),
        "{error:?}"
    );
    assert_eq!(requests, 2);
}

#[test]
fn the_servers_own_words_are_shown_short_and_without_control_characters() {
    let words = format!("ERR go \x1b[31maway\x07\u{202e}\r\n{}", "x".repeat(5000));
    let mut body = line(words.as_bytes());
    body.extend_from_slice(b"0000");
    for command in ["ls-refs", "fetch"] {
        let world = World::template();
        world.server.fault(
            When::Command(command),
            usize::MAX,
            Fault::body(body.clone()),
        );
        let error = world.ask().error();
        let FetchError::Protocol(ProtocolError::Refused(said)) = &error else {
            panic!("{error:?}");
        };
        assert!(said.starts_with("go"), "{said}");
        let text = error.to_string();
        assert!(
            !text.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{text:?}"
        );
        assert!(text.chars().count() < 300, "{text}");
    }
}

#[test]
fn another_content_type_is_refused_at_every_step() {
    // One type is not a valid header, so that there is no answer at all; git does not use the other one.
    let kinds = ["text/plain; \x1b[31mred", "text/plain; red"];
    for (step, kind) in Step::ALL
        .into_iter()
        .flat_map(|step| kinds.map(|kind| (step, kind)))
    {
        let world = World::template();
        world.fault_at(step, usize::MAX, Fault::content_type(kind));
        let error = world.ask().deadline(ONE_TRY).error();
        let right = match kind {
            "text/plain; red" => matches!(&error, FetchError::Answer(AnswerError::NotGit { .. })),
            _ => matches!(&error, FetchError::Connect(ConnectError::NoAnswer { .. })),
        };
        assert!(right, "{step:?}: {error:?}");
        assert!(!error.to_string().contains(char::is_control), "{error}");
        // The first request may not have been understood: the client requests the capabilities and tries once more.
        let requests = step.number() + if step == Step::Refs { 3 } else { 1 };
        assert_eq!(world.requests(), requests, "{step:?}");
    }
    let world = World::template();
    for (step, kind) in [(Step::Offer, "advertisement"), (Step::Refs, "result")] {
        let kind = format!("application/x-git-upload-pack-{kind}; charset=utf-8");
        world.fault_at(step, 1, Fault::content_type(&kind));
    }
    assert_eq!(world.ask().fetch().entries, world.expected("main", WANTED));
}

#[test]
fn noise_in_place_of_any_answer_is_refused() {
    let mut random = Random(7);
    let mut bodies: Vec<Vec<u8>> = [
        &b""[..],
        b"0",
        b"0000",
        b"0001",
        b"0002",
        b"0003",
        b"0004",
        b"0005",
        b"ffff",
        b"fff0",
        b"-001",
        b"+00a",
        b"zzzz",
        b"00000000",
        b"000dpackfile\n",
        b"000dpackfile\n0000",
        b"000dpackfile\n0005\x010000",
        b"000dpackfile\n0005\x040000",
        b"000dpackfile\n000d\x03go away0000",
        b"000eversion 2\n0000",
        b"000eversion 1\n0000",
        b"000eversion 2\n0008fetch",
        b"<!DOCTYPE html>",
        b"PACK\0\0\0\x02\0\0\0\0",
    ]
    .map(<[u8]>::to_vec)
    .into();
    bodies.extend([1, 3, 40, 5000].map(|length| random.bytes(length)));
    let cases = bodies
        .into_iter()
        .flat_map(|body| Step::ALL.map(|step| (step, body.clone())));
    each(4, cases, |(step, body)| {
        let world = World::template();
        world.fault_at(step, usize::MAX, Fault::body(body.clone()));
        if step == Step::Content && body.ends_with(b"go away0000") {
            // Some servers cannot send a folder by its id. The client then fetches the whole commit, which is valid.
            assert_eq!(world.ask().fetch().entries, world.expected("main", WANTED));
            return;
        }
        let error = world.ask().deadline(ONE_TRY).error();
        // Lines about refs that were not requested are ignored.
        let ends = body.starts_with(b"0000") || body.ends_with(b"0000");
        let nothing_found = step == Step::Refs && ends;
        let right = match &error {
            FetchError::Absent(AbsentError::NoSuchRevision { .. }) => nothing_found,
            FetchError::Protocol(_) | FetchError::Pack(_) | FetchError::Object(_) => true,
            _ => false,
        };
        assert!(right, "{step:?} {}: {error:?}", body.escape_ascii());
        assert!(!error.to_string().contains(char::is_control), "{error}");
        // If a server refuses a filtered fetch, the client requests the whole commit, once.
        assert!(world.requests() <= 4, "{step:?}: {error:?}");
    });
}

#[test]
fn an_offer_without_what_is_needed_is_refused_by_name() {
    let offers: [(&[&str], &str); 4] = [
        (&["version 2\n", "fetch=shallow\n"], "ls-refs"),
        (&["version 2\n", "ls-refs\n"], "fetch"),
        (&["version 2\n", "ls-refs\n", "fetch=filter\n"], "shallow"),
        (
            &[
                "version 2\n",
                "ls-refs\n",
                "fetch=shallow\n",
                "object-format=md5\n",
            ],
            "md5",
        ),
    ];
    for (lines, named) in offers {
        let mut body: Vec<u8> = lines
            .iter()
            .flat_map(|text| line(text.as_bytes()))
            .collect();
        body.extend_from_slice(b"0000");
        let world = World::template();
        world.fault_at(Step::Offer, usize::MAX, Fault::body(body));
        let error = world.ask().error();
        assert!(
            matches!(
                &error,
                FetchError::Protocol(ProtocolError::Lacks(_) | ProtocolError::ObjectFormat(_))
            ),
            "{error:?}"
        );
        assert!(error.to_string().contains(&format!("'{named}'")), "{error}");
        assert_eq!(world.requests(), 2);
    }
    let world = World::template();
    let mut least: Vec<u8> = [
        "version 2\n",
        "ls-refs\n",
        "fetch=shallow\n",
        "unheard-of=1\n",
    ]
    .iter()
    .flat_map(|text| line(text.as_bytes()))
    .collect();
    least.extend_from_slice(b"0000");
    world.fault_at(Step::Offer, 1, Fault::body(least));
    assert_eq!(
        world.ask().fetch().entries,
        world.expected("main", WANTED),
        "{PATH}"
    );
}
