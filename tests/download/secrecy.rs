//! Tests that the credential goes to one origin, in one header, and into no message.
//!
//! `support` searches every error of a failed download for it; the tests here prove that this search works.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fetch::{ConnectError, FetchError};
use tests::git_server::fault::{Fault, When};
use tests::git_server::packet::line;
use tests::search::base64;

use crate::steps::Step;
use crate::support::{TOKEN, USER, World, assert_no_secret, chain, credential_of, secrets_in};

#[test]
fn the_search_finds_the_credential_in_every_form_and_depth() {
    let basic = base64(format!("{USER}:{TOKEN}").as_bytes());
    for leak in [
        format!("https://{USER}:{TOKEN}@git.example.com/a.git"),
        format!("Authorization: Basic {basic}"),
        TOKEN
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D"),
    ] {
        assert!(!secrets_in(&leak).is_empty(), "{leak}");
        // The secret is deep in a chain, where only the cause of a cause contains it.
        let source = std::io::Error::other(std::io::Error::other(leak));
        let error = FetchError::Connect(ConnectError::Cut {
            host: "git.example.com".to_owned(),
            source,
        });
        assert!(
            !error.to_string().contains(TOKEN),
            "the text itself is clean"
        );
        assert!(!secrets_in(&chain(&error)).is_empty());
        let check = AssertUnwindSafe(|| assert_no_secret(&error));
        catch_unwind(check).unwrap_err();
    }
    assert!(secrets_in("glpat-another").is_empty());
}

#[test]
fn the_credential_is_in_one_header_of_every_request_and_nowhere_else() {
    let world = World::template();
    world.ask().fetch();
    assert_eq!(world.requests(), Step::Refs.whole());
    world.misunderstands();
    world.ask().fetch();
    let requests = world.server.requests();
    assert_eq!(requests.len(), Step::Refs.whole() + Step::Offer.whole());
    let basic = format!("Basic {}", base64(format!("{USER}:{TOKEN}").as_bytes()));
    for request in requests {
        for (name, value) in &request.headers {
            let found = !secrets_in(value).is_empty();
            assert_eq!(found, name.eq_ignore_ascii_case("authorization"), "{name}");
            assert!(!found || *value == basic, "{value}");
        }
        assert!(secrets_in(&request.target).is_empty(), "{}", request.target);
        assert!(secrets_in(&String::from_utf8_lossy(&request.body)).is_empty());
    }
}

#[test]
fn without_a_credential_nothing_is_sent_in_its_place() {
    let repository = tests::repository::Repository::template().unwrap();
    let server = tests::git_server::GitServer::options()
        .repository(crate::support::PATH, repository.git_dir())
        .start()
        .unwrap();
    let world = World { repository, server };
    world.ask().anonymous().fetch();
    assert!(
        world
            .server
            .requests()
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
}

#[test]
fn a_credential_does_not_show_its_token() {
    let credential = credential_of(USER, TOKEN);
    let text = format!("{credential:?} {credential:#?}");
    assert!(secrets_in(&text).is_empty(), "{text}");
}

#[test]
fn a_server_that_says_the_token_aloud_does_not_bring_it_into_an_error() {
    let basic = base64(format!("{USER}:{TOKEN}").as_bytes());
    for said in [
        TOKEN.to_owned(),
        basic,
        format!("https://{USER}:{TOKEN}@git.example.com/"),
        // Shortening the first text cuts it within the token; cleaning the other two yields the token.
        format!("{} {TOKEN}", "x".repeat(180)),
        TOKEN.chars().flat_map(|c| [c, '\u{1b}']).collect(),
        TOKEN.chars().flat_map(|c| [c, '\u{200b}']).collect(),
    ] {
        let mut body = line(format!("ERR no access with {said}\n").as_bytes());
        body.extend_from_slice(b"0000");
        let world = World::template();
        world
            .server
            .fault(When::Command("ls-refs"), 2, Fault::body(body));
        assert_nothing_told(&world.ask().error());
        let in_a_header = said.replace(|c: char| !c.is_ascii_graphic(), "");
        let found = format!("text/html; token={in_a_header}");
        world.fault_at(Step::Offer, 1, Fault::content_type(&found));
        assert_nothing_told(&world.ask().error());
        world.fault_at(Step::Trees, 1, Fault::content_type(&found));
        assert_nothing_told(&world.ask().error());
    }
}

/// The error must not contain even the beginning of the token, which a shortened text could keep.
#[track_caller]
fn assert_nothing_told(error: &FetchError) {
    let text = chain(error);
    assert!(!text.contains(&TOKEN[..8]), "{text}");
    assert!(text.contains("which is not shown"), "{text}");
}
