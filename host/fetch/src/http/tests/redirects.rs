use super::super::*;
use super::server::{OFFERED, RESULT, answer, good, redirect};
use super::{GET, POST, world};

const NEW: &str = "/group/new.git/info/refs?service=git-upload-pack";

#[test]
fn redirects_within_the_origin_are_followed_and_remembered() {
    let absolute = format!("{{origin}}{NEW}");
    for location in [
        NEW,
        &absolute,
        "../../new.git/info/refs?service=git-upload-pack",
    ] {
        let answers = vec![
            redirect(location),
            good(OFFERED, b"offer"),
            good(RESULT, b"result"),
        ];
        let mut world = world(answers);
        assert_eq!(world.get().unwrap(), b"offer", "{location}");
        assert_eq!(world.post().unwrap(), b"result");
        let expected = [GET, &GET.replace("old", "new"), &POST.replace("old", "new")];
        assert_eq!(world.targets(), expected, "{location}");
        assert_eq!(
            world.http.url().to_string(),
            format!("{}/group/new.git", world.server.origin)
        );
    }
}

#[test]
fn a_redirect_anywhere_else_is_refused_and_the_credential_stays() {
    let moved = "the repository has moved from {origin} to {to}; a credential is for one host, so it wasn't followed";
    let wrong = "{origin}/group/old.git redirects to something that is not a git repository";
    let there = |origin: &str| format!("{origin}{NEW}");
    let table = [
        (there("https://evil.example"), moved, "https://evil.example"),
        (there("//evil.example"), moved, "http://evil.example"),
        (there("http://127.0.0.1:1"), moved, "http://127.0.0.1:1"),
        (
            there("http://user:secret@127.0.0.1:1"),
            moved,
            "http://127.0.0.1:1",
        ),
        (
            "https://sign.in/?next=x".to_owned(),
            "{origin}/group/old.git redirects to something that is not a git repository, at {to}",
            "https://sign.in",
        ),
        ("/users/sign_in".to_owned(), wrong, ""),
        (
            "/new.git/info/refs?service=git-receive-pack".to_owned(),
            wrong,
            "",
        ),
        (
            "/new.git/info/refs?service=git-upload-pack&x=1".to_owned(),
            wrong,
            "",
        ),
        (
            "/new.git?x=/info/refs?service=git-upload-pack".to_owned(),
            wrong,
            "",
        ),
        (
            "/new.git#/info/refs?service=git-upload-pack".to_owned(),
            wrong,
            "",
        ),
        ("http://[".to_owned(), wrong, ""),
    ];
    for (location, text, to) in table {
        let mut world = world(vec![redirect(&location)]);
        let text = text
            .replace("{to}", to)
            .replace("{origin}", &world.server.origin);
        assert_eq!(world.get().unwrap_err().to_string(), text, "{location}");
        assert_eq!(world.targets(), [GET]);
        assert!(world.slept().is_empty());
    }
    let mut world = world(vec![answer("301 Moved", "", b"")]);
    assert!(
        matches!(
            world.get(),
            Err(FetchError::Redirect(RedirectError::WrongRedirect { .. }))
        ),
        "without a location"
    );
}

#[test]
fn a_redirect_that_repeats_the_credential_is_neither_shown_nor_followed() {
    for location in [
        "/hunter2-canary/info/refs?service=git-upload-pack",
        "/group/new.git/info/refs?service=git-upload-pack&token=hunter2-canary",
        "/b2F1dGgyOmh1bnRlcjItY2FuYXJ5/info/refs?service=git-upload-pack",
        "/hunter2%2Dcanary/info/refs?service=git-upload-pack",
        "/HUNTER2_canar.../info/refs?service=git-upload-pack",
        "http://hunter2-canary.example/group/new.git/info/refs?service=git-upload-pack",
        "http://h%75nter2-canary.example/",
        "http://oauth2:hunter2-canary@{origin-host}/group/new.git/info/refs?service=git-upload-pack",
    ] {
        let mut world = world(vec![redirect(location)]);
        let error = world.get().unwrap_err();
        let origin = &world.server.origin;
        let text = format!(
            "{origin} repeats the credential in its answer, so the answer is neither shown nor followed"
        );
        assert_eq!(error.to_string(), text, "{location}");
        assert_eq!(world.targets(), [GET]);
    }
    // Without a credential, no address counts as an echo.
    let mut world = world(vec![redirect(NEW), good(OFFERED, b"offer")]);
    assert_eq!(world.get().unwrap(), b"offer");
}

#[test]
fn redirects_come_to_an_end() {
    let mut world = world((0..9).map(|_| redirect(NEW)).collect());
    let error = world.get().unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Redirect(RedirectError::TooManyRedirects { .. })
        ),
        "{error}"
    );
    assert_eq!(world.targets().len(), 4);
}

#[test]
fn only_the_first_request_is_redirected() {
    let mut world = world(vec![redirect("/group/new.git/git-upload-pack")]);
    let error = world.post().unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Answer(AnswerError::UnexpectedStatus { status: 301, .. })
        ),
        "{error}"
    );
    assert_eq!(world.targets(), [POST]);
}
