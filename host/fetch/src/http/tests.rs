pub(crate) mod server;

mod limits;
mod redirects;
mod unsent;

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::io::Write;
use std::net::TcpListener;
use std::rc::Rc;
use std::thread;

use self::server::{Answer, Heard, OFFERED, RESULT, Server, answer, good, redirect};
use super::super::ConnectError;
use super::super::proxy::Proxies;
use super::super::tests::credential_of;
use super::super::tls::client;
use super::*;

/// A clock that advances by each sleep, and by `tick` each time it is read.
#[derive(Default)]
struct TestClock {
    now: Cell<Duration>,
    tick: Duration,
    slept: RefCell<Vec<u64>>,
}

impl Clock for Rc<TestClock> {
    fn now(&self) -> Duration {
        self.now.set(self.now.get() + self.tick);
        self.now.get()
    }

    fn sleep(&self, wait: Duration) {
        self.slept.borrow_mut().push(wait.as_secs());
        self.now.set(self.now.get() + wait);
    }
}

const TOKEN: &str = "hunter2-canary";

struct World {
    server: Server,
    clock: Rc<TestClock>,
    http: Http,
}

fn world_with(tick: Duration, path: &str, token: Option<&str>, answers: Vec<Answer>) -> World {
    let server = Server::new(answers);
    let url: RemoteUrl = format!("{}{path}", server.origin).parse().unwrap();
    let clock = Rc::new(TestClock {
        tick,
        ..TestClock::default()
    });
    let credential = token.map(credential_of);
    let client = client(&url, Vec::new(), None).unwrap();
    let peer = Peer::new(&url, None);
    let http = Http::new(
        client,
        url,
        peer,
        credential,
        Box::new(Rc::clone(&clock)),
        Duration::from_mins(1),
    );
    World {
        server,
        clock,
        http,
    }
}

fn world(answers: Vec<Answer>) -> World {
    world_with(Duration::ZERO, "/group/old.git", Some(TOKEN), answers)
}

fn whole(answer: &mut dyn Read) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    answer.read_to_end(&mut body).map_err(ProtocolError::from)?;
    Ok(body)
}

impl World {
    fn get(&mut self) -> Result<Vec<u8>, FetchError> {
        self.http.get_advertisement(whole)
    }

    fn post(&mut self) -> Result<Vec<u8>, FetchError> {
        self.http.post(b"question", 1000, |_| false, whole)
    }

    fn slept(&self) -> Vec<u64> {
        self.clock.slept.take()
    }

    fn targets(&self) -> Vec<String> {
        let target = |heard: Heard| heard.head.lines().next().unwrap().to_owned();
        self.server.heard().into_iter().map(target).collect()
    }
}

const GET: &str = "GET /group/old.git/info/refs?service=git-upload-pack HTTP/1.1";
const POST: &str = "POST /group/old.git/git-upload-pack HTTP/1.1";

#[test]
fn requests_say_what_they_want_and_who_asks() {
    let mut world = world(vec![good(OFFERED, b"offer"), good(RESULT, b"result")]);
    assert_eq!(world.get().unwrap(), b"offer");
    assert_eq!(world.post().unwrap(), b"result");
    let heard = world.server.heard();
    assert!(heard[0].head.starts_with(GET) && heard[1].head.starts_with(POST));
    assert_eq!((heard[0].connection, heard[1].connection), (0, 0));
    assert_eq!(heard[1].body, b"question");
    for Heard { head, .. } in &heard {
        let sent = head.to_lowercase();
        assert!(sent.contains("\r\ngit-protocol: version=2\r\n"), "{sent}");
        assert!(
            sent.contains("\r\nauthorization: basic b2f1dggyomh1bnrlcjity2fuyxj5\r\n"),
            "{sent}"
        );
        assert!(
            !sent.contains("cookie")
                && !sent.contains("referer")
                && !sent.contains("accept-encoding")
        );
    }
    assert!(
        heard[1]
            .head
            .to_lowercase()
            .contains("\r\ncontent-type: application/x-git-upload-pack-request\r\n")
    );
    let traffic = Traffic {
        requests: 2,
        bytes_received: 11,
    };
    assert_eq!(world.http.traffic(), traffic);
}

#[test]
fn without_a_credential_none_is_sent() {
    let mut world = world_with(
        Duration::ZERO,
        "/a.git",
        None,
        vec![good(OFFERED, b"offer")],
    );
    world.get().unwrap();
    assert!(
        !world.server.heard()[0]
            .head
            .to_lowercase()
            .contains("authorization")
    );
}

#[test]
fn progress_counts_what_comes_in() {
    let mut world = world(vec![good(OFFERED, b"offer"), good(RESULT, b"result")]);
    let seen = Rc::new(Cell::new(0));
    let told = Rc::clone(&seen);
    world
        .http
        .set_progress(Box::new(move |bytes| told.set(bytes)));
    world.get().unwrap();
    assert_eq!(seen.get(), 5);
    world.post().unwrap();
    assert_eq!(seen.get(), 11);
}

#[test]
fn a_status_says_what_to_do_and_only_some_are_tried_again() {
    let patience = "Retry-After: 7\r\n";
    let table = [
        ("401 No", "", 1, "{origin} refused the credential (401)"),
        ("403 No", "", 1, "{origin} refused the credential (403)"),
        (
            "404 No",
            "",
            1,
            "there is no repository {url}, or the credential may not see it (404)",
        ),
        (
            "429 No",
            "",
            4,
            "{origin} answered that there were too many requests (429)",
        ),
        ("500 No", "", 4, "{origin} failed (500)"),
        ("503 No", patience, 4, "{origin} failed (503)"),
        ("400 No", "", 1, "{url} answered with the status 400"),
        ("407 No", "", 1, "{url} answered with the status 407"),
        ("204 No", "", 1, "{url} answered with the status 204"),
        ("206 No", "", 1, "{url} answered with the status 206"),
    ];
    for (status, headers, requests, text) in table {
        let mut world = world((0..5).map(|_| answer(status, headers, b"")).collect());
        let origin = world.server.origin.clone();
        let text = text
            .replace("{url}", "{origin}/group/old.git")
            .replace("{origin}", &origin);
        assert_eq!(world.get().unwrap_err().to_string(), text);
        assert_eq!(world.server.heard().len(), requests, "{status}");
        let waits: &[u64] = match (requests, headers) {
            (1, _) => &[],
            (_, "") => &[1, 2, 4],
            _ => &[7, 7, 7],
        };
        assert_eq!(world.slept(), waits, "{status}");
    }
}

#[test]
fn what_git_says_of_its_failure_is_told_and_a_page_about_it_is_not() {
    let refusal = b"000bERR no\n";
    let failed = |kind: &str, body: &[u8]| {
        let kind = format!("Content-Type: {kind}\r\n");
        let mut world = world(vec![answer("500 No", &kind, body)]);
        let error = world.http.post(b"question", 1000, |_| true, whole);
        let text = error.unwrap_err().to_string();
        text.replace(&world.server.origin, "it")
    };
    assert_eq!(failed(RESULT, refusal), "it failed (500); it says: no");
    let token = format!("{:04x}ERR {TOKEN}", TOKEN.len() + 8);
    assert_eq!(
        failed(RESULT, token.as_bytes()),
        "it failed (500); it says: something with the credential in it, which is not shown"
    );
    assert_eq!(failed("text/html", refusal), "it failed (500)");
    assert_eq!(failed(RESULT, b"oops"), "it failed (500)");
    assert_eq!(failed(RESULT, b""), "it failed (500)");
}

#[test]
fn a_server_that_wants_a_credential_is_told_from_one_that_refuses_it() {
    let refused = |token, status| {
        let mut world = world_with(
            Duration::ZERO,
            "/a.git",
            token,
            vec![answer(status, "", b"")],
        );
        world.get().unwrap_err()
    };
    assert!(matches!(
        refused(None, "401 No"),
        FetchError::Answer(AnswerError::NeedsCredential { .. })
    ));
    assert!(matches!(
        refused(Some(TOKEN), "401 No"),
        FetchError::Answer(AnswerError::CredentialRefused { given: true, .. })
    ));
    let error = refused(None, "403 No").to_string();
    assert!(
        error.ends_with("refused access without a credential (403)"),
        "{error}"
    );
}

#[test]
fn what_passes_is_tried_until_it_has_passed() {
    let mut world = world(vec![
        answer("503 Busy", "", b"later"),
        answer("429 Slow", "Retry-After: 20\r\n", b""),
        good(OFFERED, b"offer").cut(0),
        good(OFFERED, b"offer"),
        good(RESULT, b"result").cut(90),
        good(RESULT, b"result"),
    ]);
    assert_eq!(world.get().unwrap(), b"offer");
    assert_eq!(world.slept(), [1, 20, 4]);
    assert_eq!(world.post().unwrap(), b"result");
    assert_eq!(world.slept(), [1]);
    assert_eq!(world.targets(), [GET, GET, GET, GET, POST, POST]);
}

#[test]
fn a_cut_answer_is_never_taken_for_a_whole_one() {
    let length = good(RESULT, b"result").len();
    for at in 0..length {
        let mut world = world(vec![
            good(RESULT, b"result").cut(at),
            good(RESULT, b"result"),
        ]);
        assert_eq!(world.post().unwrap(), b"result", "{at}");
        assert_eq!(world.slept(), [1], "{at}");
    }
}

#[test]
fn an_answer_that_ends_early_by_its_own_account_is_tried_again_too() {
    let short = |_: &mut dyn Read| Err::<(), _>(ProtocolError::CutShort.into());
    let mut world = world((0..4).map(|_| good(RESULT, b"half")).collect());
    let error = world
        .http
        .post(b"question", 1000, |_| false, short)
        .unwrap_err();
    assert!(matches!(
        error,
        FetchError::Protocol(ProtocolError::CutShort)
    ));
    assert_eq!(world.slept(), [1, 2, 4]);
    let connections: Vec<_> = world
        .server
        .heard()
        .iter()
        .map(|heard| heard.connection)
        .collect();
    assert_eq!(connections, [0; 4], "each was read to its end");
}

#[test]
fn an_answer_without_a_body_is_told_from_one_that_ends_early() {
    let empty = |_: &mut dyn Read| Err::<(), _>(ProtocolError::CutShort.into());
    let mut world = world((0..4).map(|_| good(RESULT, b"")).collect());
    let error = world
        .http
        .post(b"question", 1000, |_| false, empty)
        .unwrap_err();
    assert!(matches!(error, FetchError::Protocol(ProtocolError::Empty)));
    assert_eq!(world.slept(), [1, 2, 4], "tried again all the same");
}

#[test]
fn what_the_caller_knows_to_be_final_is_not_tried_again() {
    let mut world = world(vec![
        answer("503 Busy", "", b""),
        answer("500 No", "", b""),
        good(RESULT, b"result"),
    ]);
    let is_500 = |error: &FetchError| {
        matches!(
            error,
            FetchError::Answer(AnswerError::ServerFailed { status: 500, .. })
        )
    };
    let error = world.http.post(b"question", 1000, is_500, whole);
    assert!(is_500(&error.unwrap_err()));
    assert_eq!(world.slept(), [1]);
    assert_eq!(world.post().unwrap(), b"result");
}

#[test]
fn more_patience_than_time_is_no_try_at_all() {
    let mut world = world(vec![answer("429 Slow", "Retry-After: 61\r\n", b"")]);
    let FetchError::Answer(AnswerError::TooManyRequests { retry_after, .. }) =
        world.get().unwrap_err()
    else {
        panic!("another error")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(61)));
    assert!(world.slept().is_empty());
}

#[test]
fn nobody_there_is_tried_again() {
    let mut world = world(Vec::new());
    // The port is free again, or another test has it and closes at once.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    world.http.base = format!("{origin}/a.git").parse().unwrap();
    let error = world.get().unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1 can't be reached");
    assert_eq!(world.slept(), [1, 2, 4]);
}

#[test]
fn a_name_that_leads_nowhere_is_told_from_a_host_that_is_silent() {
    let url: RemoteUrl = "https://no-such-host.invalid/a.git".parse().unwrap();
    let client = client(&url, Vec::new(), None).unwrap();
    let clock = Rc::new(TestClock::default());
    let peer = Peer::new(&url, None);
    let mut http = Http::new(
        client,
        url,
        peer,
        None,
        Box::new(clock),
        Duration::from_mins(1),
    );
    let error = http.get_advertisement(whole).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the address of no-such-host.invalid can't be found"
    );
}

#[test]
fn only_what_git_would_send_is_read() {
    let typed = |kind: &str| {
        let mut world = world(vec![good(kind, b"offer")]);
        world.get().map_err(|error| error.to_string())
    };
    typed("application/x-git-upload-pack-advertisement; charset=utf-8").unwrap();
    for kind in [
        "text/html",
        "application/x-git-upload-pack-result",
        "",
        "text/plain; x-git",
    ] {
        let error = typed(kind).unwrap_err();
        assert!(
            error.contains(" doesn't answer as a git repository; it sent "),
            "{error}"
        );
    }
    let mut world = world(vec![answer("200 OK", "", b"offer")]);
    assert!(
        world
            .get()
            .unwrap_err()
            .to_string()
            .ends_with("it sent nothing")
    );
}

#[test]
fn no_text_of_an_error_holds_the_credential() {
    let answers: [fn() -> Answer; 8] = [
        || answer("401 No", "WWW-Authenticate: Basic realm=x\r\n", b""),
        || answer("404 No", "", b""),
        || answer("500 No", "", b""),
        || redirect("https://evil.example/info/refs?service=git-upload-pack"),
        || redirect("/users/sign_in"),
        || good("text/html", b""),
        || good(OFFERED, b"offer").cut(100),
        || good(OFFERED, b"offer").cut(0),
    ];
    for make in answers {
        let mut world = world((0..4).map(|_| make()).collect());
        let error = world.get().unwrap_err();
        let mut texts = format!("{error:?}");
        let mut cause: Option<&dyn Error> = Some(&error);
        while let Some(error) = cause {
            texts.push_str(&error.to_string());
            cause = error.source();
        }
        for secret in [TOKEN, "oauth2", "b2F1dGgyOmh1bnRlcjItY2FuYXJ5"] {
            assert!(!texts.contains(secret), "{texts}");
        }
        assert!(
            world.server.heard()[0]
                .head
                .contains("b2F1dGgyOmh1bnRlcjItY2FuYXJ5"),
            "it was sent"
        );
    }
}
