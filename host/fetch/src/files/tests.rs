mod limits;
mod places;
mod redirects;
mod tls;

use std::fmt::Debug;
use std::io::Read as _;
use std::sync::{Barrier, Mutex};

use super::*;
use crate::http::tests::server::{Answer, Server, answer};
use crate::tests::{credential_of, world};

const TOKEN: &str = "glpat-Example_0123456789";
/// The value of the header that carries the token.
const BASIC: &str = "basic b2f1dggyomdscgf0luv4yw1wbgvfmdeymzq1njc4oq==";

/// A clock that advances by each sleep, and by `tick` each time it is read.
#[derive(Default)]
struct TestClock {
    now: Mutex<Duration>,
    tick: Duration,
    slept: Mutex<Duration>,
}

impl Clock for Arc<TestClock> {
    fn now(&self) -> Duration {
        let mut now = self.now.lock().unwrap();
        *now += self.tick;
        *now
    }

    fn sleep(&self, wait: Duration) {
        *self.now.lock().unwrap() += wait;
        *self.slept.lock().unwrap() += wait;
    }
}

impl TestClock {
    fn slept(&self) -> u64 {
        self.slept.lock().unwrap().as_secs()
    }
}

fn limits() -> DownloadLimits {
    DownloadLimits {
        response: 1000,
        downloads: 10_000,
        deadline: Duration::from_mins(1),
        ..DownloadLimits::default()
    }
}

fn origin(server: &Server) -> Origin {
    server.origin.parse().unwrap()
}

/// Returns settings that grant these servers.
fn granted(servers: &[&Server]) -> FileSettings {
    FileSettings {
        private: servers.iter().map(|server| origin(server)).collect(),
        connections: 4,
        ..FileSettings::default()
    }
}

/// Returns a request for this content.
fn wants(url: &str, content: &[u8]) -> FileRequest {
    FileRequest {
        url: url.parse().unwrap(),
        expected: Expected::Sha256(Sha256::of(content)),
        may_be_private: true,
        credential: None,
    }
}

fn with_token(request: FileRequest) -> FileRequest {
    FileRequest {
        credential: Some(Arc::new(credential_of(TOKEN))),
        ..request
    }
}

fn ok(content: &[u8]) -> Answer {
    answer(
        "200 OK",
        "Content-Type: application/x-anything\r\n",
        content,
    )
}

/// Returns what the file holds.
#[expect(
    clippy::panic_in_result_fn,
    clippy::unnecessary_wraps,
    reason = "a test's closure, which may also refuse"
)]
fn whole(_: usize, mut verified: Verified) -> Result<Vec<u8>, FileError> {
    let mut content = Vec::new();
    verified.file.read_to_end(&mut content).unwrap();
    assert_eq!(content.len() as u64, verified.len);
    Ok(content)
}

/// The outcome of one download: the content, or the error's texts with those of its causes.
struct Outcome {
    content: Result<Vec<u8>, String>,
    slept: u64,
    requests: u32,
}

/// Downloads one file.
fn fetch_with(settings: FileSettings, limits: DownloadLimits, request: FileRequest) -> Outcome {
    let (_folder, dir) = world();
    let clock = Arc::new(TestClock::default());
    let files = Files::open(settings, limits, &dir).with_clock(Box::new(Arc::clone(&clock)));
    let content = files.download(&[request], whole);
    assert!(dir.names(9).unwrap().is_empty(), "nothing gets a name");
    Outcome {
        content: content.map(|mut all| all.remove(0)).map_err(|error| {
            for secret in [TOKEN, "canary", "b2F1dGgyOmdscGF0"] {
                assert!(!format!("{error:?}").contains(secret), "{error:?}");
            }
            match error {
                FilesError::Download(error) => text::chain(&error),
                FilesError::Take { .. } => panic!("{error:?}"),
            }
        }),
        slept: clock.slept(),
        requests: files.traffic().requests,
    }
}

/// Downloads one file with this content from a server that gives these answers.
fn fetch(content: &[u8], answers: Vec<Answer>) -> (Outcome, Server) {
    let server = Server::new(answers);
    let request = wants(&format!("{}/a/b.whl", server.origin), content);
    let outcome = fetch_with(granted(&[&server]), limits(), request);
    (outcome, server)
}

#[track_caller]
fn assert_error(outcome: &Outcome, server: &Server, text: &str) {
    let url = format!("{}/a/b.whl", server.origin);
    let text = text
        .replace("{url}", &url)
        .replace("{origin}", &server.origin);
    assert_eq!(outcome.content, Err(text));
}

fn assert_send<T: Send + Sync + Debug>() {}

#[test]
fn files_come_in_order_over_several_connections() {
    assert_send::<FileError>();
    let together = Barrier::new(3);
    let server = Server::answering(move |head| {
        // The first three are answered at once.
        if ["/0 ", "/1 ", "/2 "].iter().any(|path| head.contains(path)) {
            together.wait();
        }
        let path = head.split(' ').nth(1).unwrap();
        ok(path.as_bytes())
    });
    let (_folder, dir) = world();
    let mut settings = granted(&[&server]);
    settings.connections = 3;
    let told = Arc::new(AtomicU64::new(0));
    let progress = Arc::clone(&told);
    let files = Files::open(settings, limits(), &dir).with_progress(Box::new(move |bytes| {
        progress.fetch_max(bytes, Ordering::Relaxed);
    }));
    let requests: Vec<_> = (0..50)
        .map(|index| {
            wants(
                &format!("{}/{index}", server.origin),
                format!("/{index}").as_bytes(),
            )
        })
        .collect();
    let contents = files.download(&requests, whole).unwrap();
    for (index, content) in contents.iter().enumerate() {
        assert_eq!(content, format!("/{index}").as_bytes());
    }
    let bytes_received = contents.iter().map(|content| content.len() as u64).sum();
    let traffic = Traffic {
        requests: 50,
        bytes_received,
    };
    assert_eq!(files.traffic(), traffic);
    assert_eq!(told.load(Ordering::Relaxed), bytes_received);
    let connections = server.heard().iter().map(|heard| heard.connection).max();
    assert_eq!(connections, Some(2), "they are used again");
    assert!(dir.names(9).unwrap().is_empty());
}

#[test]
fn a_request_says_what_is_wanted_and_no_more() {
    let (outcome, server) = fetch(b"content", vec![ok(b"content")]);
    assert_eq!(outcome.content.unwrap(), b"content");
    let head = server.heard().remove(0).head.to_lowercase();
    assert!(head.starts_with("get /a/b.whl http/1.1\r\n"), "{head}");
    for absent in [
        "authorization",
        "cookie",
        "referer",
        "accept-encoding",
        "git",
    ] {
        assert!(!head.contains(absent), "{head}");
    }
}

#[test]
fn an_empty_file_is_a_file() {
    let (outcome, _server) = fetch(b"", vec![ok(b"")]);
    assert_eq!(outcome.content.unwrap(), b"");
}

#[test]
fn another_content_is_refused_with_both_digests_and_not_asked_for_again() {
    let (outcome, server) = fetch(b"abc", vec![ok(b"abd"), ok(b"abc")]);
    assert_error(
        &outcome,
        &server,
        "the file {url} is not the one that was asked for: its SHA-256 is \
         a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, not \
         ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    assert_eq!((outcome.slept, outcome.requests), (0, 1));
    for other in [&b"ab"[..], b"abcd", b""] {
        let (outcome, _server) = fetch(b"abc", vec![ok(other)]);
        let error = outcome.content.unwrap_err();
        assert!(error.contains(" is not the one that "), "{error}");
    }
}

#[test]
fn a_cut_file_is_downloaded_again_from_its_beginning() {
    let length = ok(b"content").len();
    for at in [0, 10, length - 7, length - 1] {
        let (outcome, _server) = fetch(b"content", vec![ok(b"content").cut(at), ok(b"content")]);
        assert_eq!(outcome.content.unwrap(), b"content", "{at}");
        assert_eq!((outcome.slept, outcome.requests), (1, 2), "{at}");
    }
    let longer = ok(b"longer than the other");
    let most = longer.len() - 1;
    let (outcome, _server) = fetch(b"short", vec![longer.cut(most), ok(b"short")]);
    assert_eq!(outcome.content.unwrap(), b"short");
    let chunked = || ok(&[7; 900]).chunked();
    let most = chunked().len() - 5;
    let (outcome, _server) = fetch(&[7; 900], vec![chunked().cut(most), chunked()]);
    assert_eq!(outcome.content.unwrap(), [7; 900]);
}

#[test]
fn a_server_that_sends_something_else_the_second_time_is_found_out() {
    let first = ok(b"content");
    let most = first.len() - 3;
    let (outcome, _server) = fetch(b"content", vec![first.cut(most), ok(b"ent")]);
    let error = outcome.content.unwrap_err();
    assert!(error.contains(" is not the one that "), "{error}");
    assert_eq!(outcome.requests, 2);
}

#[test]
fn a_file_that_is_cut_each_time_is_given_up() {
    let answers = (0..5).map(|_| ok(b"content").cut(80)).collect();
    let (outcome, server) = fetch(b"content", answers);
    let error = outcome.content.unwrap_err();
    let begin = format!("the file {}/a/b.whl can't be downloaded: ", server.origin);
    assert!(error.starts_with(&begin), "{error}");
    assert_eq!((outcome.slept, outcome.requests), (7, 4));
}

#[test]
fn a_status_says_what_to_do_and_only_some_are_tried_again() {
    let cannot = "the file {url} can't be downloaded: ";
    let none = "{origin} has no file {url}, or the credential may not see it";
    for (status, headers, requests, slept, text) in [
        (
            "401 No",
            "",
            1,
            0,
            "{cannot}{origin} requires a credential (401)",
        ),
        (
            "403 No",
            "",
            1,
            0,
            "{cannot}{origin} refused access without a credential (403)",
        ),
        ("404 No", "", 1, 0, "{none} (404)"),
        ("410 No", "", 1, 0, "{none} (410)"),
        (
            "429 No",
            "",
            4,
            7,
            "{cannot}{origin} answered that there were too many requests (429)",
        ),
        (
            "429 No",
            "Retry-After: 61\r\n",
            1,
            0,
            "{cannot}{origin} answered that there were too many requests (429)",
        ),
        (
            "503 No",
            "Retry-After: 9\r\n",
            4,
            27,
            "{cannot}{origin} failed (503)",
        ),
        (
            "400 No",
            "",
            1,
            0,
            "{cannot}{url} answered with the status 400",
        ),
        (
            "204 No",
            "",
            1,
            0,
            "{cannot}{url} answered with the status 204",
        ),
        (
            "206 No",
            "",
            1,
            0,
            "{cannot}{url} answered with the status 206",
        ),
    ] {
        let answers = (0..5).map(|_| answer(status, headers, b"")).collect();
        let (outcome, server) = fetch(b"", answers);
        let text = text.replace("{cannot}", cannot).replace("{none}", none);
        assert_error(&outcome, &server, &text);
        assert_eq!(
            (outcome.requests, outcome.slept),
            (requests, slept),
            "{status}"
        );
    }
}

#[test]
fn a_credential_goes_to_the_files_server_and_is_told_when_it_is_refused() {
    let server = Server::new(vec![ok(b"content"), answer("401 No", "", b"")]);
    for text in [
        Ok(b"content".to_vec()),
        Err("the file {url} can't be downloaded: {origin} refused the credential (401)"),
    ] {
        let url = format!("{}/a/b.whl", server.origin);
        let request = with_token(wants(&url, b"content"));
        let outcome = fetch_with(granted(&[&server]), limits(), request);
        match text {
            Ok(content) => assert_eq!(outcome.content, Ok(content)),
            Err(text) => assert_error(&outcome, &server, text),
        }
        let head = server.heard().remove(0).head.to_lowercase();
        assert!(
            head.contains(&format!("\r\nauthorization: {BASIC}\r\n")),
            "{head}"
        );
    }
}

#[test]
fn what_the_caller_refuses_ends_the_download_and_is_named() {
    let server = Server::answering(|_| ok(b"content"));
    let (_folder, dir) = world();
    let files = Files::open(granted(&[&server]), limits(), &dir);
    let requests: Vec<_> = (0..1000)
        .map(|index| wants(&format!("{}/{index}", server.origin), b"content"))
        .collect();
    let error = files.download(
        &requests,
        |index, _| if index == 5 { Err("no") } else { Ok(()) },
    );
    let Err(FilesError::Take { index, url, source }) = error else {
        panic!("{error:?}");
    };
    assert_eq!((index, source), (5, "no"));
    assert_eq!(url, format!("{}/5", server.origin));
    assert!(files.traffic().requests < 1000);
}

#[test]
fn the_first_file_that_fails_ends_the_downloads_of_all() {
    let server = Server::answering(|head| {
        if head.starts_with("GET /7 ") {
            answer("404 No", "", b"")
        } else {
            ok(b"content")
        }
    });
    let (_folder, dir) = world();
    let files = Files::open(granted(&[&server]), limits(), &dir);
    let requests: Vec<_> = (0..1000)
        .map(|index| wants(&format!("{}/{index}", server.origin), b"content"))
        .collect();
    let Err(FilesError::Download(error)) = files.download(&requests, whole) else {
        panic!("it did not fail")
    };
    assert!(
        matches!(&error, FileError::NotFound { url, .. } if url.ends_with("/7")),
        "{error}"
    );
    assert!(files.traffic().requests < 1000);
}
