use std::io::{Read, Write};
use std::net::Shutdown;
use std::process::Output;

use super::fault::Delivery;
use super::*;
use crate::repository::{Repository, clean_git};

const PATH: &str = "group/template.git";
const TOKEN: &str = "glpat-canary-0123456789";

fn git(arguments: &[&str]) -> Output {
    let mut command = clean_git();
    // Without these settings, a configured credential helper would ask for a password.
    command.args(["-c", "credential.helper=", "-c", "core.askPass="]);
    command.args(arguments).output().unwrap()
}

fn ls_remote(url: &str) -> Output {
    git(&["ls-remote", url])
}

fn with_credential(url: &str, user: &str, token: &str) -> String {
    url.replacen("://", &format!("://{user}:{token}@"), 1)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Sends one request directly, and reads until the server closes the connection.
fn raw(server: &GitServer, target: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: test\r\nGit-Protocol: version=2\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has delivered all bytes before.
    drop(stream.read_to_end(&mut answer));
    answer
}

const REFS: &str = "/group/template.git/info/refs?service=git-upload-pack";

fn served(options: Options) -> (Repository, GitServer) {
    let repository = Repository::template().unwrap();
    let server = options
        .repository(PATH, repository.git_dir())
        .start()
        .unwrap();
    (repository, server)
}

#[test]
fn git_clones_with_the_token_and_only_with_it() {
    let (repository, server) = served(GitServer::options().token("oauth2", TOKEN));
    let url = server.url(PATH);
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    let output = git(&[
        "clone",
        "--quiet",
        &with_credential(&url, "oauth2", TOKEN),
        clone.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(clone.join("job-template/app/__main__.py").is_file());
    let head = git(&["-C", clone.to_str().unwrap(), "rev-parse", "HEAD"]);
    assert_eq!(text(&head.stdout).trim(), repository.id("main").unwrap());

    assert!(!ls_remote(&url).status.success());
    assert!(
        !ls_remote(&with_credential(&url, "oauth2", "wrong"))
            .status
            .success()
    );
    assert!(
        !ls_remote(&with_credential(&url, "other", TOKEN))
            .status
            .success()
    );
    assert_eq!(server.exchanges().last().unwrap().response.status, 401);
}

#[test]
fn requests_are_recorded_with_nothing_hidden() {
    let (_repository, server) = served(GitServer::options().token("oauth2", TOKEN));
    let url = server.url(PATH);
    assert!(
        ls_remote(&with_credential(&url, "oauth2", TOKEN))
            .status
            .success()
    );
    let exchanges = server.exchanges();
    // Git first tries without the credential.
    let statuses: Vec<_> = exchanges
        .iter()
        .map(|exchange| exchange.response.status)
        .collect();
    assert_eq!(statuses, [401, 200, 200]);
    let last = &exchanges[2].request;
    assert_eq!(
        (last.method.as_str(), last.path()),
        ("POST", "/group/template.git/git-upload-pack")
    );
    let expected = format!(
        "Basic {}",
        lifecycle::search::base64(format!("oauth2:{TOKEN}").as_bytes())
    );
    assert_eq!(last.header("authorization"), Some(expected.as_str()));
    assert_eq!(last.command(), Some("ls-refs"));
    assert_eq!(exchanges[2].connection, 0, "the connection is kept alive");
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_server_that_forgets_bodies_counts_them() {
    let (_repository, server) = served(GitServer::options().forgets_bodies());
    assert!(ls_remote(&server.url(PATH)).status.success());
    let last = server.exchanges().pop().unwrap();
    assert_eq!(last.request.command(), Some("ls-refs"));
    assert_eq!((last.response.status, last.response.body.len()), (200, 0));
    assert!(last.body_bytes > 0, "an answer to ls-refs");
    let (_repository, server) = served(GitServer::options());
    assert!(ls_remote(&server.url(PATH)).status.success());
    let last = server.exchanges().pop().unwrap();
    assert_eq!(last.response.body.len(), last.body_bytes);
}

#[test]
fn an_unknown_repository_is_not_found() {
    let (_repository, server) = served(GitServer::options());
    let output = ls_remote(&server.url("group/other.git"));
    assert!(
        text(&output.stderr).contains("not found"),
        "{}",
        text(&output.stderr)
    );
    // A prefix of a repository's name is another name.
    assert!(!ls_remote(&server.url("group/template.gi")).status.success());
}

#[test]
fn answers_come_in_chunks_where_wished() {
    let (_repository, server) = served(GitServer::options().chunked());
    assert!(ls_remote(&server.url(PATH)).status.success());
    assert!(text(&raw(&server, REFS)).contains("Transfer-Encoding: chunked"));
}

#[test]
fn a_renamed_repository_leads_to_its_new_place() {
    let (_repository, server) = served(GitServer::options());
    server.rename("group/old.git", PATH);
    let output = ls_remote(&server.url("group/old.git"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(server.exchanges()[0].response.status, 301);
}

#[test]
fn a_status_comes_as_often_as_asked_and_then_no_more() {
    let (_repository, server) = served(GitServer::options());
    server.fault(When::Any, 2, Fault::status(503));
    let url = server.url(PATH);
    assert!(!ls_remote(&url).status.success());
    assert!(!ls_remote(&url).status.success());
    assert!(ls_remote(&url).status.success());
}

#[test]
fn faults_meet_the_requests_that_they_are_for() {
    let (_repository, server) = served(GitServer::options());
    let url = server.url(PATH);
    for (when, expected) in [
        (When::Refs, vec![500]),
        (When::Command("ls-refs"), vec![200, 500]),
        (When::Number(4), vec![200, 500]),
        (When::Command("fetch"), vec![200, 200]),
        (
            When::Is(Box::new(|request| request.method == "POST")),
            vec![200, 500],
        ),
    ] {
        let before = server.exchanges().len();
        server.fault(when, 1, Fault::status(500));
        ls_remote(&url);
        let statuses: Vec<_> = server.exchanges()[before..]
            .iter()
            .map(|it| it.response.status)
            .collect();
        assert_eq!(statuses, expected);
    }
}

#[test]
fn a_retry_after_stands_in_the_answer() {
    let (_repository, server) = served(GitServer::options());
    server.fault(When::Any, 1, Fault::too_many_requests(Some("7")));
    server.fault(When::Any, 1, Fault::too_many_requests(None));
    assert!(text(&raw(&server, REFS)).contains("429 Too Many Requests\r\n"));
    assert!(!text(&raw(&server, REFS)).contains("Retry-After"));
    assert_eq!(
        server.exchanges()[0].response.header("retry-after"),
        Some("7")
    );
}

#[test]
fn redirects_lead_where_they_say() {
    let (_repository, server) = served(GitServer::options());
    server.fault(When::Any, 1, Fault::redirect(307, "/elsewhere"));
    server.fault(When::Any, 1, Fault::redirect_to_itself(302));
    server.fault(
        When::Any,
        1,
        Fault::redirect_to_origin(301, "http://example.com"),
    );
    let locations: Vec<_> = (0..3)
        .map(|_| {
            let answer = Response::parse(&raw(&server, REFS)).unwrap();
            (answer.status, answer.header("location").unwrap().to_owned())
        })
        .collect();
    let expected = [
        (307, "/elsewhere".to_owned()),
        (302, REFS.to_owned()),
        (301, format!("http://example.com{REFS}")),
    ];
    assert_eq!(locations, expected);
}

#[test]
fn a_cut_connection_delivers_so_many_bytes_and_no_more() {
    let (_repository, server) = served(GitServer::options());
    for after in [0, 1, 40, 200] {
        server.fault(When::Any, 1, Fault::cut(after));
        assert_eq!(raw(&server, REFS).len(), after);
    }
}

#[test]
fn a_drip_takes_its_time_and_arrives_whole() {
    let (_repository, server) = served(GitServer::options());
    let whole = raw(&server, REFS);
    server.fault(
        When::Any,
        1,
        Fault::drip(whole.len() / 4, Duration::from_millis(20)),
    );
    let began = std::time::Instant::now();
    assert_eq!(raw(&server, REFS), whole);
    assert!(
        began.elapsed() >= Duration::from_millis(80),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn an_endless_body_goes_on_until_the_client_has_enough() {
    let (_repository, server) = served(GitServer::options());
    server.fault(When::Any, 1, Fault::endless(*b"0005x"));
    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(stream, "GET {REFS} HTTP/1.1\r\n\r\n").unwrap();
    let mut taken = vec![0; 5_000_000];
    stream.read_exact(&mut taken).unwrap();
    assert!(text(&taken[..300]).contains("chunked"));
}

#[test]
fn changed_answers_are_whole_answers() {
    let (_repository, server) = served(GitServer::options());
    let (_, whole) = body_of(&raw(&server, REFS));
    for (fault, expected) in [
        (Fault::body(*b"garbage"), b"garbage".to_vec()),
        (Fault::truncate(10), whole[..10].to_vec()),
        (Fault::append(*b"more"), [&whole[..], b"more"].concat()),
        (Fault::content_type("text/html"), whole.clone()),
    ] {
        server.fault(When::Any, 1, fault);
        let (head, body) = body_of(&raw(&server, REFS));
        assert_eq!(body, expected);
        assert!(
            head.contains(&format!("Content-Length: {}", expected.len())),
            "{head}"
        );
    }
    let last = server.exchanges().pop().unwrap();
    assert_eq!(last.response.header("content-type"), Some("text/html"));
}

fn body_of(answer: &[u8]) -> (String, Vec<u8>) {
    let head = memchr::memmem::find(answer, b"\r\n\r\n").unwrap() + 4;
    (text(&answer[..head]), answer[head..].to_vec())
}

#[test]
fn silence_ends_with_the_server() {
    let (_repository, server) = served(GitServer::options());
    server.fault(When::Any, 1, Fault::silence());
    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(stream, "GET {REFS} HTTP/1.1\r\n\r\n").unwrap();
    let (tell, heard) = std::sync::mpsc::channel();
    let reader = thread::spawn(move || {
        tell.send(()).unwrap();
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        answer
    });
    heard.recv().unwrap();
    drop(server);
    assert_eq!(reader.join().unwrap(), b"");
}

#[test]
fn git_refuses_a_pack_with_a_flipped_bit_or_a_lost_end() {
    let (_repository, server) = served(GitServer::options());
    let url = server.url(PATH);
    let fetch = |folder: &std::path::Path| {
        git(&["init", "--quiet", "--bare", folder.to_str().unwrap()]);
        git(&[
            "-C",
            folder.to_str().unwrap(),
            "fetch",
            "--quiet",
            "--depth=1",
            &url,
            "main",
        ])
    };
    let folder = tempfile::tempdir().unwrap();
    assert!(fetch(&folder.path().join("whole")).status.success());
    let exchanges = server.exchanges();
    let pack = packet::pack_of(&exchanges.last().unwrap().response.body);
    assert!(
        pack.starts_with(b"PACK") && pack.len() > 1000,
        "{} bytes",
        pack.len()
    );
    let faults = [
        Fault::flip_pack_bit(pack.len() / 2, 3),
        Fault::truncate_pack(pack.len() - 1),
        Fault::flip_pack_bit(pack.len() - 1, 0),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        server.fault(When::Command("fetch"), 1, fault);
        assert!(
            !fetch(&folder.path().join(number.to_string()))
                .status
                .success(),
            "{number}"
        );
    }
    server.fault(When::Command("fetch"), 1, Fault::append_to_pack(*b"more"));
    fetch(&folder.path().join("more"));
    let last = server.exchanges().pop().unwrap();
    assert_eq!(
        packet::pack_of(&last.response.body),
        [&pack[..], b"more"].concat()
    );
}

#[test]
fn filters_are_treated_as_configured() {
    let tree = "filter tree:1";
    for (filters, offered, by_tree, by_blob) in [
        (Filters::Allowed, true, true, true),
        (Filters::NotOffered, false, false, false),
        (Filters::Refused, true, false, false),
        (Filters::TreeRefused, true, false, true),
    ] {
        let (repository, server) = served(GitServer::options().filters(filters));
        assert_eq!(
            text(&raw(&server, REFS)).contains("filter"),
            offered,
            "{filters:?}"
        );
        let commit = repository.id("main").unwrap();
        for (filter, accepted) in [(tree, by_tree), ("filter blob:none", by_blob)] {
            let answer = fetch_by_hand(&server, &commit, filter);
            assert_eq!(
                answer.contains("packfile"),
                accepted,
                "{filters:?} {filter}: {answer}"
            );
        }
    }
}

/// Fetches a commit with a filter, as the host does, and returns the answer as text.
fn fetch_by_hand(server: &GitServer, commit: &str, filter: &str) -> String {
    let mut body = packet::line(b"command=fetch");
    body.extend_from_slice(b"0001");
    for line in [&format!("want {commit}"), "deepen 1", filter, "done"] {
        body.extend_from_slice(&packet::line(format!("{line}\n").as_bytes()));
    }
    body.extend_from_slice(b"0000");
    let request = Request {
        method: "POST".to_owned(),
        target: "/group/template.git/git-upload-pack".to_owned(),
        headers: [
            ("Content-Type", "application/x-git-upload-pack-request"),
            ("Git-Protocol", "version=2"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        body,
    };
    text(
        &backend::answer(&server.shared.options, &request)
            .unwrap()
            .body,
    )
}

#[test]
fn an_old_server_never_hears_of_protocol_2() {
    let (_repository, server) = served(GitServer::options().first_protocol_only());
    let answer = text(&raw(&server, REFS));
    assert!(
        answer.contains("refs/heads/main") && !answer.contains("version 2"),
        "{answer}"
    );
    let (_repository, server) = served(GitServer::options());
    let answer = text(&raw(&server, REFS));
    assert!(
        answer.contains("version 2") && answer.contains("object-format=sha1"),
        "{answer}"
    );
}

#[test]
fn objects_named_by_sha256_are_announced() {
    let repository = Repository::empty_sha256().unwrap();
    let tree = repository
        .tree_of(&crate::repository::template_folder())
        .unwrap();
    repository.commit("main", &tree, "Template").unwrap();
    let server = GitServer::options()
        .repository(PATH, repository.git_dir())
        .start()
        .unwrap();
    assert!(text(&raw(&server, REFS)).contains("object-format=sha256"));
}

#[test]
fn every_canned_response_is_one() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/responses");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Fault::Answer(response) = Fault::canned(&path).unwrap() else {
            panic!("{path:?}")
        };
        assert!(
            (200..600).contains(&response.status) && !response.body.is_empty(),
            "{path:?}"
        );
        count += 1;
    }
    assert!(count >= 9);
}

#[test]
fn git_trusts_the_server_by_its_own_authority_and_not_without() {
    let (_repository, server) = served(GitServer::options().tls());
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, server.authority().unwrap()).unwrap();
    let url = server.url(PATH);
    assert!(url.starts_with("https://"));
    let trusting = format!("http.sslCAInfo={}", authority.display());
    let output = git(&["-c", &trusting, "ls-remote", &url]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!ls_remote(&url).status.success());
}

#[test]
fn a_hook_runs_while_the_client_waits() {
    let (tell, told) = std::sync::mpsc::channel();
    let tell = Mutex::new(tell);
    let options = GitServer::options()
        .on_request(move |request| tell.lock().unwrap().send(request.target.clone()).unwrap());
    let (_repository, server) = served(options);
    raw(&server, REFS);
    assert_eq!(told.try_recv().as_deref(), Ok(REFS));
}

#[test]
fn a_dropped_server_leaves_no_thread() {
    let (_repository, server) = served(GitServer::options());
    let idle = TcpStream::connect(server.address).unwrap();
    server.fault(When::Any, 1, Fault::Deliver(Delivery::Silence));
    let shared = Arc::downgrade(&server.shared);
    drop(server);
    assert!(
        shared.upgrade().is_none(),
        "a thread still holds the server's state"
    );
    drop(idle);
}
