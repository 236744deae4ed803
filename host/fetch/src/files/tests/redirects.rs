use super::*;
use crate::http::tests::server::redirect;

/// Downloads a file from a server, with a credential.
fn fetch_from(server: &Server, settings: FileSettings) -> Outcome {
    let url = format!("{}/a/b.whl", server.origin);
    fetch_with(settings, limits(), with_token(wants(&url, b"content")))
}

fn heads(server: &Server) -> Vec<(String, bool)> {
    let heard = server.heard().into_iter();
    heard
        .map(|heard| {
            let path = heard.head.split(' ').nth(1).unwrap().to_owned();
            (path, heard.head.to_lowercase().contains("authorization"))
        })
        .collect()
}

#[test]
fn a_redirect_within_the_origin_takes_the_credential_along() {
    for (location, path) in [
        ("/c/d", "/c/d"),
        ("d?e=f", "/a/d?e=f"),
        ("{origin}/c/d#e", "/c/d"),
    ] {
        let server = Server::new(vec![redirect(location), ok(b"content")]);
        let outcome = fetch_from(&server, granted(&[&server]));
        assert_eq!(outcome.content.unwrap(), b"content", "{location}");
        let expected = [("/a/b.whl".to_owned(), true), (path.to_owned(), true)];
        assert_eq!(heads(&server), expected, "{location}");
    }
}

#[test]
fn a_redirect_to_a_declared_origin_is_followed_without_the_credential() {
    let other = Server::new(vec![ok(b"content")]);
    let server = Server::new(vec![redirect(&format!("{}/s?sig=canary", other.origin))]);
    let mut settings = granted(&[&server, &other]);
    settings.redirects_to = vec![origin(&other)];
    let outcome = fetch_from(&server, settings);
    assert_eq!(outcome.content.unwrap(), b"content");
    assert_eq!(heads(&server), [("/a/b.whl".to_owned(), true)]);
    assert_eq!(heads(&other), [("/s?sig=canary".to_owned(), false)]);
}

#[test]
fn a_redirect_that_leads_back_does_not_bring_the_credential_back() {
    // The first server learns the address of the second, which leads back to it.
    let there = Arc::new(Mutex::new(String::new()));
    let first = Server::answering({
        let there = Arc::clone(&there);
        move |head| {
            if head.starts_with("GET /back ") {
                ok(b"content")
            } else {
                redirect(&there.lock().unwrap())
            }
        }
    });
    let second = Server::new(vec![redirect(&format!("{}/back", first.origin))]);
    there.lock().unwrap().clone_from(&second.origin);
    let mut settings = granted(&[&first, &second]);
    settings.redirects_to = vec![origin(&second)];
    let outcome = fetch_from(&first, settings);
    assert_eq!(outcome.content.unwrap(), b"content");
    let expected = [("/a/b.whl".to_owned(), true), ("/back".to_owned(), false)];
    assert_eq!(heads(&first), expected);
    assert_eq!(heads(&second), [("/".to_owned(), false)]);
}

#[test]
fn a_redirect_to_an_origin_that_was_not_declared_is_refused_and_shown_by_its_origin_alone() {
    let text = "the file {url} can't be downloaded: {origin} redirects to {to}, which is neither the same origin nor \
                one of those that were declared";
    for (location, to) in [
        ("https://evil.example/a?sig=canary", "https://evil.example"),
        ("//evil.example/a", "http://evil.example"),
        ("http://127.0.0.1:1/canary", "http://127.0.0.1:1"),
        ("https://169.254.169.254/canary", "https://169.254.169.254"),
        (
            "http://metadata.internal/canary",
            "http://metadata.internal",
        ),
        (
            "https://files.example.com.evil.example/",
            "https://files.example.com.evil.example",
        ),
        ("http://files.example.com/", "http://files.example.com"),
        (
            "https://files.example.com:444/",
            "https://files.example.com:444",
        ),
    ] {
        let server = Server::new(vec![redirect(location)]);
        let mut settings = granted(&[&server]);
        settings.redirects_to = vec!["https://files.example.com".parse().unwrap()];
        let outcome = fetch_from(&server, settings);
        assert_error(&outcome, &server, &text.replace("{to}", to));
        assert_eq!(outcome.requests, 1, "{location}");
    }
}

#[test]
fn a_redirect_into_a_private_network_needs_a_grant_besides_its_declaration() {
    for (to, inside) in [
        (
            "https://169.254.169.254",
            "is an address or a name of a private network",
        ),
        (
            "https://localhost:1",
            "is an address or a name of a private network",
        ),
        (
            "https://metadata.internal",
            "is an address or a name of a private network",
        ),
        ("http://127.0.0.1:1", "is not https"),
    ] {
        let server = Server::new(vec![redirect(&format!("{to}/canary"))]);
        let mut settings = granted(&[&server]);
        settings.redirects_to = vec![to.parse().unwrap()];
        let outcome = fetch_from(&server, settings);
        let text = format!("the file {{url}} is not downloaded, because {to} {inside}");
        assert_error(&outcome, &server, &text);
        assert_eq!(outcome.requests, 1, "{to}");
    }
}

#[test]
fn a_redirect_without_a_plain_address_is_refused() {
    let long = format!("/{}", "a".repeat(8192));
    for location in [
        "ftp://files.example.com/a",
        "file:///etc/passwd",
        "data:,content",
        "https://",
        "https://files.example.com:99999/",
        "{origin-with-user}/a",
        &long,
    ] {
        let with_user = |origin: &str| origin.replace("http://", "http://user:canary@");
        let server = Server::answering({
            let location = location.to_owned();
            move |head| {
                let host = head
                    .lines()
                    .find_map(|line| line.strip_prefix("host: "))
                    .unwrap();
                let origin = with_user(&format!("http://{host}"));
                redirect(&location.replace("{origin-with-user}", &origin))
            }
        });
        let mut settings = granted(&[&server]);
        settings.redirects_to = vec!["https://files.example.com".parse().unwrap()];
        let outcome = fetch_from(&server, settings);
        let text = "the file {url} can't be downloaded: {origin} redirects to something that is not a plain https \
                    address";
        assert_error(&outcome, &server, text);
        assert_eq!(outcome.requests, 1, "{location}");
    }
    let (outcome, _server) = fetch(b"content", vec![answer("302 Found", "", b"")]);
    let error = outcome.content.unwrap_err();
    assert!(error.ends_with("is not a plain https address"), "{error}");
}

#[test]
fn a_redirect_that_repeats_the_credential_is_neither_shown_nor_followed() {
    for location in [
        "/glpat-Example_0123456789",
        "/a?token=glpat%2DExample%5F0123456789",
        "https://glpat-example-0123456789.example.com/a",
        "https://glpat-Ex%61mple_0123456789.example.com/a",
        "https://oauth2:glpat-Example_0123456789@files.example.com/a",
    ] {
        let server = Server::new(vec![redirect(location)]);
        let outcome = fetch_from(&server, granted(&[&server]));
        let text = "the file {url} can't be downloaded: {origin} repeats the credential in its answer, so the \
                    answer is neither shown nor followed";
        assert_error(&outcome, &server, text);
        assert_eq!(outcome.requests, 1, "{location}");
    }
}

#[test]
fn redirects_come_to_an_end() {
    let answers = |count: usize| {
        let mut answers: Vec<_> = (0..count).map(|_| redirect("/c")).collect();
        answers.push(ok(b"content"));
        answers
    };
    let server = Server::new(answers(3));
    let outcome = fetch_from(&server, granted(&[&server]));
    assert_eq!(outcome.content.unwrap(), b"content");
    let server = Server::new(answers(4));
    let outcome = fetch_from(&server, granted(&[&server]));
    let text = "the file {url} can't be downloaded: {origin} redirects too often";
    assert_error(&outcome, &server, text);
    assert_eq!(outcome.requests, 4);
}

#[test]
fn a_refusal_after_a_redirect_names_the_origin_that_refused_and_no_signature() {
    for (status, text) in [
        (
            "404 No",
            "{other} has no file {url}, or the credential may not see it (404)",
        ),
        (
            "401 No",
            "the file {url} can't be downloaded: {other} requires a credential (401)",
        ),
        (
            "400 No",
            "the file {url} can't be downloaded: {other} answered with the status 400",
        ),
    ] {
        let other = Server::new(vec![answer(status, "", b"")]);
        let server = Server::new(vec![redirect(&format!("{}/s?sig=canary", other.origin))]);
        let mut settings = granted(&[&server, &other]);
        settings.redirects_to = vec![origin(&other)];
        let outcome = fetch_from(&server, settings);
        assert_error(&outcome, &server, &text.replace("{other}", &other.origin));
    }
    let cut = || ok(b"content").cut(80);
    let other = Server::new((0..4).map(|_| cut()).collect());
    let to = format!("{}/s?sig=canary", other.origin);
    let server = Server::answering(move |_| redirect(&to));
    let mut settings = granted(&[&server, &other]);
    settings.redirects_to = vec![origin(&other)];
    let outcome = fetch_from(&server, settings);
    // The helper looks for the signature in the whole error.
    outcome.content.unwrap_err();
    assert_eq!(outcome.requests, 8, "each attempt begins anew");
}
