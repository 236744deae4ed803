use gix_object::Kind;

use super::http::tests::server::{Answer, Heard, OFFERED, RESULT, Server, answer, good, redirect};
use super::pack::tests::Packing;
use super::protocol::tests::{OFFER, fetched, lines};
use super::*;

/// Makes an empty folder, and opens it as a directory.
pub(crate) fn world() -> (tempfile::TempDir, Dir) {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open_ambient(folder.path()).unwrap();
    (folder, dir)
}

/// A credential with this token, as a variable of the platform gives it.
pub(crate) fn credential_of(token: &str) -> Credential {
    let (variable, user) = ("TOKEN".parse().unwrap(), "oauth2".parse().unwrap());
    let found = credential::in_variable(&variable, &user, token.as_bytes());
    found.unwrap().unwrap().credential
}

/// A commit with `dir/sub/file` and a file beside `dir`.
struct Example {
    /// The objects with their ids, in the order in which a server sends them: commit, root, dir, sub, file, other.
    objects: Vec<(ObjectId, Kind, Vec<u8>)>,
}

impl Example {
    fn new() -> Self {
        let mut objects = Vec::new();
        let mut add = |kind, content: Vec<u8>| {
            let id = gix_object::compute_hash(gix_hash::Kind::Sha1, kind, &content).unwrap();
            objects.push((id, kind, content));
            id
        };
        let entry = |mode: &str, name: &str, id: ObjectId| {
            [format!("{mode} {name}\0").as_bytes(), id.as_slice()].concat()
        };
        let other = add(Kind::Blob, b"other".to_vec());
        let file = add(Kind::Blob, b"hello".to_vec());
        let sub = add(Kind::Tree, entry("100644", "file", file));
        let dir = add(Kind::Tree, entry("40000", "sub", sub));
        let root = [entry("40000", "dir", dir), entry("100644", "other", other)].concat();
        let root = add(Kind::Tree, root);
        add(Kind::Commit, format!("tree {root}\n\n").into_bytes());
        objects.reverse();
        Self { objects }
    }

    fn commit(&self) -> ObjectId {
        self.objects[0].0
    }

    fn dir(&self) -> ObjectId {
        self.objects[2].0
    }

    /// Returns an answer with a part of the objects.
    fn answer(&self, objects: std::ops::Range<usize>) -> Answer {
        let mut packing = Packing::default();
        for (_, kind, content) in &self.objects[objects] {
            packing.whole(*kind, content);
        }
        good(RESULT, &fetched(&packing.done()))
    }

    fn refs(&self) -> Answer {
        let main = format!("{} refs/heads/main\n", self.commit());
        good(RESULT, &lines(&[&main, "0000"]))
    }
}

fn offer() -> Answer {
    good(OFFERED, &lines(&[&OFFER[..], &["0000"]].concat()))
}

fn offer_without_filters() -> Answer {
    let least = ["version 2\n", "ls-refs\n", "fetch=shallow\n", "0000"];
    good(OFFERED, &lines(&least))
}

/// The answer of git's own server behind a web server to a request that it does not support.
fn nothing() -> Answer {
    good(RESULT, b"")
}

fn refusal(text: &str) -> Answer {
    good(RESULT, &lines(&[&format!("ERR {text}\n")]))
}

fn session(answers: Vec<Answer>) -> (Server, Session<'static>) {
    let server = Server::new(answers);
    let remote = Remote {
        url: format!("{}/a.git", server.origin).parse().unwrap(),
        credential: None,
        certificates: Vec::new(),
        proxies: Proxies::default(),
    };
    let session = Session::open(remote, DownloadLimits::default()).unwrap();
    (server, session)
}

/// Returns the lines of each request that name objects, filters or refs.
fn wanted(heard: &[Heard]) -> Vec<String> {
    let line = |line: &&str| {
        ["want", "filter", "deepen", "ref-prefix"]
            .iter()
            .any(|word| line[4..].starts_with(word))
    };
    let request = |heard: &Heard| {
        let body = String::from_utf8(heard.body.clone()).unwrap();
        let lines: Vec<_> = body
            .lines()
            .filter(|line| line.len() > 4)
            .filter(line)
            .map(|line| &line[4..])
            .collect();
        lines.join(", ")
    };
    heard.iter().map(request).collect()
}

fn paths(tree: &Tree) -> Vec<String> {
    tree.entries()
        .iter()
        .map(|entry| entry.path.to_string())
        .collect()
}

fn revision(text: &str) -> Revision {
    text.parse().unwrap()
}

fn subpath(text: &str) -> Subpath {
    text.parse().unwrap()
}

#[test]
fn a_folder_is_fetched_by_its_id_and_nothing_beside_it() {
    let example = Example::new();
    let answers = vec![example.refs(), example.answer(0..2), example.answer(2..5)];
    let (server, mut session) = session(answers);
    let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
    let (commit, tree) = (example.commit(), example.dir());
    assert_eq!(resolved, Resolved { commit, tree });
    assert_eq!(
        paths(&session.download(&resolved).unwrap()),
        ["sub", "sub/file"]
    );
    let expected = [
        "ref-prefix refs/heads/main, ref-prefix refs/tags/main".to_owned(),
        format!("want {commit}, deepen 1, filter tree:1"),
        format!("want {tree}"),
    ];
    assert_eq!(wanted(&server.heard()), expected);
    assert_eq!(session.traffic().requests, 3);
}

#[test]
fn a_commit_id_is_not_looked_up_and_a_deeper_folder_is_found_at_once() {
    let example = Example::new();
    let answers = vec![example.answer(0..3), example.answer(3..5)];
    let (server, mut session) = session(answers);
    let commit = example.commit();
    let resolved = session
        .resolve(&revision(&commit.to_string()), &subpath("dir/sub"))
        .unwrap();
    assert_eq!(paths(&session.download(&resolved).unwrap()), ["file"]);
    let expected = [
        format!("want {commit}, deepen 1, filter combine:tree:2+blob:none"),
        format!("want {}", resolved.tree),
    ];
    assert_eq!(wanted(&server.heard()), expected);
}

#[test]
fn a_server_without_filters_sends_the_whole_commit_once() {
    let example = Example::new();
    let answers = vec![
        example.refs(),
        nothing(),
        offer_without_filters(),
        example.answer(0..6),
    ];
    let (server, mut session) = session(answers);
    let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
    assert_eq!(
        paths(&session.download(&resolved).unwrap()),
        ["sub", "sub/file"]
    );
    let commit = example.commit();
    let expected = [
        format!("want {commit}, deepen 1, filter tree:1"),
        String::new(),
        format!("want {commit}, deepen 1"),
    ];
    assert_eq!(wanted(&server.heard())[1..], expected);
}

#[test]
fn a_server_that_refuses_filters_is_asked_with_a_smaller_one_and_then_without() {
    let example = Example::new();
    let answers = vec![
        example.refs(),
        refusal("filter 'tree' not supported"),
        refusal("filter 'blob:none' not supported"),
        example.answer(0..6),
    ];
    let (server, mut session) = session(answers);
    let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
    assert_eq!(
        paths(&session.download(&resolved).unwrap()),
        ["sub", "sub/file"]
    );
    let commit = example.commit();
    let expected = [
        format!("want {commit}, deepen 1, filter tree:1"),
        format!("want {commit}, deepen 1, filter blob:none"),
        format!("want {commit}, deepen 1"),
    ];
    assert_eq!(wanted(&server.heard())[1..], expected);
}

#[test]
fn what_came_with_the_commit_is_used_if_it_is_all_of_the_folder_and_not_otherwise() {
    let example = Example::new();
    let all = vec![example.refs(), example.answer(0..6)];
    let all_but_a_file = vec![example.refs(), example.answer(0..4), example.answer(2..5)];
    for (answers, requests) in [(all, 2), (all_but_a_file, 3)] {
        let (server, mut session) = session(answers);
        let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
        assert_eq!(
            paths(&session.download(&resolved).unwrap()),
            ["sub", "sub/file"]
        );
        assert_eq!(server.heard().len(), requests);
    }
}

#[test]
fn a_server_that_gives_no_tree_by_its_id_is_asked_for_the_commit() {
    let example = Example::new();
    let refused = refusal("upload-pack: not our ref 1234");
    let answers = vec![
        example.refs(),
        example.answer(0..2),
        refused,
        example.answer(0..6),
    ];
    let (server, mut session) = session(answers);
    let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
    assert_eq!(
        paths(&session.download(&resolved).unwrap()),
        ["sub", "sub/file"]
    );
    let expected = [
        format!("want {}", example.dir()),
        format!("want {}, deepen 1", example.commit()),
    ];
    assert_eq!(wanted(&server.heard())[2..], expected);
}

#[test]
fn a_commit_that_the_server_does_not_know_is_named() {
    let unknown = revision(&"1".repeat(40));
    let words = [
        format!("upload-pack: not our ref {unknown}"),
        format!("want {unknown} not valid"),
    ];
    let fronts = || [vec![], vec![nothing(), offer_without_filters()]];
    let cases = words
        .iter()
        .flat_map(|words| fronts().map(|front| (words, front)));
    for (words, front) in cases {
        let requests = front.len() + 1;
        let answers = front.into_iter().chain([refusal(words)]).collect();
        let (server, mut session) = session(answers);
        let error = session.resolve(&unknown, &subpath("dir")).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{}/a.git has no commit {unknown}", server.origin)
        );
        assert_eq!(server.heard().len(), requests);
    }
}

#[test]
fn a_name_that_the_server_does_not_have_is_named() {
    let hint = "; a commit id must have all of its 40 digits";
    for (name, hint) in [
        ("mian", ""),
        ("abc", ""),
        ("0123abc", hint),
        ("beef", hint),
        ("refs/heads/x", ""),
    ] {
        let (server, mut session) = session(vec![good(RESULT, b"0000")]);
        let error = session
            .resolve(&revision(name), &subpath("dir"))
            .unwrap_err();
        let text = format!(
            "{}/a.git has no branch and no tag '{name}'{hint}",
            server.origin
        );
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_folder_that_the_commit_does_not_have_is_named() {
    let example = Example::new();
    let commit = example.commit();
    let table = [
        ("absent", format!("the commit {commit} has no 'absent'")),
        (
            "absent/deeper",
            format!("the commit {commit} has no 'absent'"),
        ),
        (
            "dir/absent",
            format!("the commit {commit} has no 'dir/absent'"),
        ),
        (
            "other",
            format!("'other' is not a folder in the commit {commit}"),
        ),
        (
            "other/deeper",
            format!("'other' is not a folder in the commit {commit}"),
        ),
    ];
    for (path, text) in table {
        let (_server, mut session) = session(vec![example.refs(), example.answer(0..6)]);
        let error = session
            .resolve(&revision("main"), &subpath(path))
            .unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn what_the_server_leaves_out_is_named() {
    let example = Example::new();
    let (_server, mut session) = session(vec![example.refs(), example.answer(0..1)]);
    let error = session
        .resolve(&revision("main"), &subpath("dir"))
        .unwrap_err();
    let text = format!("the pack lacks the tree {}", example.objects[1].0);
    assert_eq!(error.to_string(), text);
    let answers = vec![example.refs(), example.answer(0..2), example.answer(2..4)];
    let (_server, mut session) = self::session(answers);
    let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
    let error = session.download(&resolved).unwrap_err();
    let text = format!("the pack lacks the blob {}", example.objects[4].0);
    assert_eq!(error.to_string(), text);
}

#[test]
fn another_object_than_the_wanted_one_is_no_answer() {
    let example = Example::new();
    let answers = vec![example.refs(), example.answer(4..6)];
    let (_server, mut session) = session(answers);
    let error = session
        .resolve(&revision("main"), &subpath("dir"))
        .unwrap_err();
    let text = format!("the pack lacks the commit {}", example.commit());
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_tag_object_is_no_commit() {
    let mut packing = Packing::default();
    let content = b"object 1111111111111111111111111111111111111111\ntype commit\ntag v1\n\n";
    packing.whole(Kind::Tag, content);
    let id = gix_object::compute_hash(gix_hash::Kind::Sha1, Kind::Tag, content).unwrap();
    let (_server, mut session) = session(vec![good(RESULT, &fetched(&packing.done()))]);
    let error = session
        .resolve(&revision(&id.to_string()), &subpath("dir"))
        .unwrap_err();
    assert_eq!(error.to_string(), format!("{id} is a tag and not a commit"));
}

/// Returns the first lines of all requests, without the HTTP version.
fn asked(server: &Server) -> Vec<String> {
    let line = |heard: Heard| heard.head.lines().next().unwrap_or_default().to_owned();
    let lines = server.heard().into_iter().map(line);
    lines.map(|line| line.replace(" HTTP/1.1", "")).collect()
}

const GET: &str = "GET /a.git/info/refs?service=git-upload-pack";
const POST: &str = "POST /a.git/git-upload-pack";

#[test]
fn what_is_offered_is_asked_for_if_a_question_is_not_understood() {
    let example = Example::new();
    for first in [
        nothing(),
        answer("404 No", "", b""),
        answer("405 No", "", b""),
        answer("500 No", "", b""),
        redirect("/b.git/git-upload-pack"),
        good("text/html", b""),
        refusal("expected want"),
    ] {
        let (server, mut session) = session(vec![
            first,
            offer(),
            example.refs(),
            example.answer(0..2),
            example.answer(2..5),
        ]);
        let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
        session.download(&resolved).unwrap();
        assert_eq!(asked(&server), [POST, GET, POST, POST, POST]);
    }
}

#[test]
fn what_is_offered_is_asked_for_once() {
    let not_found = || answer("404 No", "", b"");
    let answers = vec![not_found(), offer(), not_found(), offer()];
    let (server, mut session) = session(answers);
    let error = session
        .resolve(&revision("main"), &subpath("dir"))
        .unwrap_err();
    assert!(
        matches!(error, FetchError::Answer(AnswerError::NotFound { .. })),
        "{error:?}"
    );
    assert_eq!(asked(&server), [POST, GET, POST]);
}

#[test]
fn a_refused_credential_is_not_shown_again_to_ask_what_is_offered() {
    for status in ["401 No", "403 No"] {
        let (server, mut session) = session(vec![answer(status, "", b""), offer()]);
        let error = session
            .resolve(&revision("main"), &subpath("dir"))
            .unwrap_err();
        assert!(error.to_string().contains(&status[..3]), "{error}");
        assert_eq!(asked(&server), [POST]);
    }
}

#[test]
fn an_address_without_its_ending_is_not_guessed_at() {
    let example = Example::new();
    let moved = redirect("/a.git/info/refs?service=git-upload-pack");
    let (server, _) = session(vec![moved, offer(), example.refs(), example.answer(0..2)]);
    let remote = Remote {
        url: format!("{}/a", server.origin).parse().unwrap(),
        credential: None,
        certificates: Vec::new(),
        proxies: Proxies::default(),
    };
    let mut session = Session::open(remote, DownloadLimits::default()).unwrap();
    let resolved = session.resolve(&revision("main"), &subpath("dir"));
    assert_eq!(resolved.unwrap().tree, example.dir());
    let first = "GET /a/info/refs?service=git-upload-pack";
    assert_eq!(asked(&server), [first, GET, POST, POST]);
}

#[test]
fn a_folders_pack_gives_the_folder_again_and_no_other() {
    let example = Example::new();
    let answers = vec![example.refs(), example.answer(0..2), example.answer(2..5)];
    let (_server, mut session) = session(answers);
    let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
    let pack = session.download_pack(&resolved).unwrap();
    let limits = DownloadLimits::default();
    let tree = tree_of_pack(&pack[..], resolved.tree, limits, None).unwrap();
    assert_eq!(paths(&tree), ["sub", "sub/file"]);
    let error = tree_of_pack(&pack[..], example.commit(), limits, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the pack lacks the tree {}", example.commit())
    );
    let few = DownloadLimits {
        objects: 2,
        ..limits
    };
    let error = tree_of_pack(&pack[..], resolved.tree, few, None).unwrap_err();
    assert_eq!(error.to_string(), "the pack holds more than 2 objects");
}

#[test]
fn a_pack_that_lacks_a_part_of_the_folder_is_not_taken_for_it() {
    let example = Example::new();
    let answers = vec![example.refs(), example.answer(0..2), example.answer(2..4)];
    let (_server, mut session) = session(answers);
    let resolved = session.resolve(&revision("main"), &subpath("dir")).unwrap();
    let error = session.download_pack(&resolved).unwrap_err();
    let text = format!("the pack lacks the blob {}", example.objects[4].0);
    assert_eq!(error.to_string(), text);
}
