//! Tests redirects: the client follows a renamed repository, and never sends a credential to another origin.

use fetch::{AnswerError, FetchError, RedirectError};
use tests::git_server::GitServer;
use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Response;
use tests::repository::Repository;

use crate::steps::Step;
use crate::support::{PATH, TOKEN, USER, WANTED, World, secrets_in};

const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// A server that would serve the repository to every user.
fn elsewhere(repository: &Repository) -> GitServer {
    GitServer::options()
        .repository(PATH, repository.git_dir())
        .start()
        .unwrap()
}

/// Redirects every request to `location`, permanently.
fn redirected(location: &str) -> World {
    let world = World::template();
    world
        .server
        .fault(When::Any, usize::MAX, Fault::redirect(301, location));
    world
}

/// A redirect of the first POST is not followed. Then the client requests the capabilities, and that redirect counts.
const ASKED: usize = 2;

#[test]
fn a_renamed_repository_is_followed_and_asked_at_its_new_place() {
    for filters in [
        tests::git_server::Filters::Allowed,
        tests::git_server::Filters::NotOffered,
    ] {
        let world = World::with(Repository::template().unwrap(), |options| {
            options.filters(filters)
        });
        world.server.rename("old/name.git", PATH);
        let fetched = world.ask().url(&world.server.url("old/name.git")).fetch();
        assert_eq!(fetched.entries, world.expected("main", WANTED));
        let targets: Vec<_> = world
            .server
            .requests()
            .into_iter()
            .map(|request| request.target)
            .collect();
        let refs = "info/refs?service=git-upload-pack";
        let post = format!("/{PATH}/git-upload-pack");
        let expected = [
            "/old/name.git/git-upload-pack".to_owned(),
            format!("/old/name.git/{refs}"),
            format!("/{PATH}/{refs}"),
        ];
        assert_eq!(targets[..3], expected);
        assert!(targets[3..].iter().all(|target| *target == post));
        // Without filters, the commit's pack contains the folder.
        let posts = if filters == tests::git_server::Filters::Allowed {
            3
        } else {
            2
        };
        assert_eq!(fetched.traffic.requests, 3 + posts);
    }
}

#[test]
fn a_new_address_is_told_and_one_that_differs_in_its_ending_is_none() {
    let world = World::template();
    let short = PATH.trim_end_matches(".git");
    world.server.rename("old/name.git", PATH);
    world.server.rename(short, PATH);
    for (asked, told) in [
        ("old/name.git", Some(world.server.url(PATH))),
        (PATH, None),
        (short, None),
    ] {
        let ask = world.ask().url(&world.server.url(asked));
        let mut session = ask.open().unwrap();
        assert_eq!(session.new_address(), None, "{asked}");
        ask.resolve(&mut session).unwrap();
        assert_eq!(session.new_address(), told, "{asked}");
    }
}

/// A server may redirect to its sign-in page, and repeat the requested address there.
#[test]
fn a_page_to_sign_in_elsewhere_is_no_new_place_of_the_repository() {
    let asked = format!("{PATH}/info/refs?service=git-upload-pack");
    for location in [
        "https://login.example.com/".to_owned(),
        format!("https://login.example.com/?next=/{asked}"),
        format!("https://login.example.com/sign_in?to=https://git.example.com/{asked}"),
        format!("https://login.example.com/{asked}&state=1"),
    ] {
        let world = redirected(&location);
        let error = world.ask().error();
        let FetchError::Redirect(RedirectError::WrongRedirect { to, .. }) = &error else {
            panic!("{location}: {error:?}")
        };
        assert_eq!(to.as_deref(), Some("https://login.example.com"));
        assert!(error.to_string().contains("https://login.example.com"));
        assert_eq!(world.requests(), ASKED, "{location}");
    }
}

#[test]
fn a_repository_renamed_twice_is_followed() {
    let world = World::template();
    world.server.rename("first/name.git", "second/name.git");
    world.server.rename("second/name.git", PATH);
    let fetched = world.ask().url(&world.server.url("first/name.git")).fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(fetched.traffic.requests, 7);
}

#[test]
fn a_repository_on_another_origin_is_not_followed_and_gets_no_credential() {
    for status in REDIRECTS {
        let world = World::template();
        let other = elsewhere(&world.repository);
        let fault = Fault::redirect_to_origin(status, &other.origin());
        world.server.fault(When::Any, usize::MAX, fault);
        let error = world.ask().error();
        assert!(
            matches!(&error, FetchError::Redirect(RedirectError::Moved { from, to })
                if *from == world.server.origin() && *to == other.origin()),
            "{status}: {error:?}"
        );
        assert!(error.to_string().contains(&other.origin()), "{error}");
        assert!(
            other.requests().is_empty() && other.connections() == 0,
            "{status}"
        );
        assert_eq!(world.requests(), ASKED, "never a second try");
    }
}

#[test]
fn the_other_origin_would_have_served_and_seen_the_credential() {
    let world = World::template();
    let other = elsewhere(&world.repository);
    let fetched = world.ask().url(&other.url(PATH)).fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    for request in other.requests() {
        let sent = request.header("authorization").unwrap();
        assert!(!secrets_in(sent).is_empty(), "{sent}");
    }
}

#[test]
fn another_name_of_the_same_machine_is_another_origin() {
    let world = World::template();
    let by_name = world.server.origin().replace("127.0.0.1", "localhost");
    let fault = Fault::redirect_to_origin(301, &by_name);
    world.server.fault(When::Any, usize::MAX, fault);
    let error = world.ask().error();
    assert!(
        matches!(&error, FetchError::Redirect(RedirectError::Moved { to, .. }) if *to == by_name),
        "{error:?}"
    );
    assert_eq!(world.requests(), ASKED);
}

#[test]
fn neither_the_way_out_of_tls_nor_the_way_into_it_is_followed() {
    let tls = World::with(
        Repository::template().unwrap(),
        tests::git_server::Options::tls,
    );
    let plain = World::template();
    for (from, to) in [(&tls, &plain), (&plain, &tls)] {
        let before = (from.requests(), to.requests());
        let fault = Fault::redirect_to_origin(301, &to.server.origin());
        from.server.fault(When::Any, ASKED, fault);
        let error = from.ask().error();
        assert!(
            matches!(&error, FetchError::Redirect(RedirectError::Moved { to: found, .. }) if *found == to.server.origin()),
            "{error:?}"
        );
        assert_eq!(
            (from.requests(), to.requests()),
            (before.0 + ASKED, before.1)
        );
    }
    let same_port = tls.server.origin().replace("https", "http");
    let fault = Fault::redirect_to_origin(308, &same_port);
    tls.server.fault(When::Any, ASKED, fault);
    let error = tls.ask().error();
    assert!(
        matches!(&error, FetchError::Redirect(RedirectError::Moved { to, .. }) if *to == same_port),
        "{error:?}"
    );
}

#[test]
fn a_redirect_in_a_circle_ends() {
    for status in REDIRECTS {
        let world = World::template();
        world
            .server
            .fault(When::Any, usize::MAX, Fault::redirect_to_itself(status));
        let error = world.ask().error();
        assert!(
            matches!(
                &error,
                FetchError::Redirect(RedirectError::TooManyRedirects { .. })
            ),
            "{status}: {error:?}"
        );
        assert!(
            error.to_string().contains(&world.server.url(PATH)),
            "{error}"
        );
        assert_eq!(world.requests(), 1 + 4, "three are followed");
    }
    let world = World::template();
    world.server.rename("one.git", "two.git");
    world.server.rename("two.git", "one.git");
    let error = world.ask().url(&world.server.url("one.git")).error();
    assert!(
        matches!(
            &error,
            FetchError::Redirect(RedirectError::TooManyRedirects { .. })
        ),
        "{error:?}"
    );
    assert_eq!(world.requests(), 1 + 4);
}

#[test]
fn a_redirect_to_what_is_no_repository_is_refused() {
    let locations = [
        "/users/sign_in",
        "/",
        "/new.git/info/refs",
        "/new.git/info/refs?service=git-receive-pack",
        "/new.git/info/refs?service=git-upload-pack&x=1",
        "/new.git/info/refs?service=git-upload-pack#x",
    ];
    for location in locations {
        let world = redirected(location);
        let error = world.ask().error();
        assert!(
            matches!(
                &error,
                FetchError::Redirect(RedirectError::WrongRedirect { .. })
            ),
            "{location}: {error:?}"
        );
        assert!(
            error.to_string().contains(&world.server.url(PATH)),
            "{error}"
        );
        assert_eq!(world.requests(), ASKED, "{location}");
    }
    let silent = World::template();
    let answer = Response::text(301, "Moved, and not said where to\n");
    silent
        .server
        .fault(When::Any, usize::MAX, Fault::Answer(answer));
    let error = silent.ask().error();
    assert!(
        matches!(
            &error,
            FetchError::Redirect(RedirectError::WrongRedirect { .. })
        ),
        "{error:?}"
    );
}

#[test]
fn a_redirect_that_brings_user_info_is_refused_and_does_not_show_it() {
    let path = format!("{PATH}/info/refs?service=git-upload-pack");
    let world = World::template();
    let host = world.server.origin().replace("http://", "");
    for user_info in [
        format!("{USER}:s3cret"),
        "s3cret".to_owned(),
        format!("{USER}:{TOKEN}"),
    ] {
        let user_info = user_info.replace('/', "%2F");
        for host in [host.as_str(), "git.example.com"] {
            let location = format!("http://{user_info}@{host}/new-{path}");
            let before = world.requests();
            world
                .server
                .fault(When::Any, ASKED, Fault::redirect(301, &location));
            let error = world.ask().error();
            assert!(
                matches!(
                    &error,
                    FetchError::Redirect(
                        RedirectError::WrongRedirect { .. } | RedirectError::Moved { .. }
                    ) | FetchError::Answer(AnswerError::Echo { .. })
                ),
                "{error:?}"
            );
            let text = crate::support::chain(&error);
            assert!(!text.contains("s3cret") && !text.contains('@'), "{text}");
            assert_eq!(world.requests(), before + ASKED);
        }
    }
}

#[test]
fn places_that_only_look_near_are_another_origin() {
    for location in [
        "//git.example.com/a.git/info/refs?service=git-upload-pack",
        "\\\\git.example.com/a.git/info/refs?service=git-upload-pack",
        "https://git.example.com/a.git/info/refs?service=git-upload-pack",
        "http://127.0.0.1/a.git/info/refs?service=git-upload-pack",
        "file:///a.git/info/refs?service=git-upload-pack",
        "data:,/info/refs?service=git-upload-pack",
    ] {
        let world = redirected(location);
        let error = world.ask().error();
        assert!(
            matches!(&error, FetchError::Redirect(RedirectError::Moved { .. })),
            "{location}: {error:?}"
        );
        assert_eq!(world.requests(), ASKED, "{location}");
    }
}

#[test]
fn a_redirect_of_a_later_request_is_refused() {
    for step in [Step::Refs, Step::Trees, Step::Content] {
        for status in REDIRECTS {
            let world = World::template();
            let other = elsewhere(&world.repository);
            let target = format!("/{PATH}/git-upload-pack");
            for location in [target.clone(), format!("{}{target}", other.origin())] {
                let before = world.requests();
                // A redirect of the first request leads to the capability request, whose redirect is followed.
                world.misunderstands();
                world.fault_at(step, 1, Fault::redirect(status, &location));
                let error = world.ask().error();
                assert!(
                    matches!(&error, FetchError::Answer(AnswerError::UnexpectedStatus { status: found, .. }) if *found == status),
                    "{step:?} {status}: {error:?}"
                );
                // After the request that was not understood, and the capability request.
                let expected = 2 + step.number() + 1;
                assert_eq!(world.requests() - before, expected, "{step:?} {status}");
            }
            assert_eq!(other.connections(), 0, "{step:?} {status}");
        }
    }
}

#[test]
fn a_redirect_of_the_questions_alone_leads_nowhere() {
    for status in REDIRECTS {
        let world = World::template();
        let other = elsewhere(&world.repository);
        let target = format!("/{PATH}/git-upload-pack");
        for location in [target.clone(), format!("{}{target}", other.origin())] {
            let before = world.requests();
            // The redirect comes before the capability request, and after it.
            world.fault_at(Step::Refs, 2, Fault::redirect(status, &location));
            let error = world.ask().error();
            assert!(
                matches!(&error, FetchError::Answer(AnswerError::UnexpectedStatus { status: found, .. }) if *found == status),
                "{status}: {error:?}"
            );
            assert_eq!(world.requests() - before, 3, "{status}");
        }
        assert_eq!(other.connections(), 0, "{status}");
    }
}
