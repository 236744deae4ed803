use proptest::prelude::*;

use super::*;

/// Returns a packet line with this text.
pub(crate) fn line(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    [format!("{:04x}", text.len() + 4).as_bytes(), text].concat()
}

/// Returns packet lines with these texts. `0000` and `0001` stay as they are.
pub(crate) fn lines(texts: &[&str]) -> Vec<u8> {
    let packet = |text: &&str| match *text {
        "0000" | "0001" | "0002" => text.as_bytes().to_vec(),
        text => line(text),
    };
    texts.iter().flat_map(packet).collect()
}

/// Returns an answer to `fetch` with this pack.
pub(crate) fn fetched(pack: &[u8]) -> Vec<u8> {
    let mut answer = lines(&[
        "shallow-info\n",
        "shallow 0123\n",
        "0001",
        "packfile\n",
        "\x02Counting\n",
    ]);
    for part in pack.chunks(1000) {
        answer.extend_from_slice(&line([b"\x01", part].concat()));
    }
    answer.extend_from_slice(b"0000");
    answer
}

/// The capabilities of git's own server.
pub(crate) const OFFER: [&str; 6] = [
    "version 2\n",
    "agent=git/2.39.5\n",
    "ls-refs=unborn\n",
    "fetch=shallow wait-for-done filter\n",
    "server-option\n",
    "object-format=sha1\n",
];

fn offer(texts: &[&str]) -> Result<Capabilities, ProtocolError> {
    read_capabilities(&lines(&[texts, &["0000"]].concat())[..])
}

const ALL: Capabilities = Capabilities {
    agent: true,
    object_format: true,
    filter: true,
};
const NONE: Capabilities = Capabilities {
    agent: false,
    object_format: false,
    filter: false,
};

#[test]
fn what_a_server_offers_is_understood() {
    assert_eq!(offer(&OFFER).unwrap(), ALL);
    let announced = [&["# service=git-upload-pack\n", "0000"][..], &OFFER].concat();
    assert_eq!(offer(&announced).unwrap(), ALL);
    let least = ["version 2\n", "ls-refs\n", "fetch=shallow\n"];
    assert_eq!(offer(&least).unwrap(), NONE);
    let unended = [
        "version 2",
        "ls-refs",
        "fetch=filters shallow xfilter",
        "unknown=x",
    ];
    assert_eq!(offer(&unended).unwrap(), NONE);
}

#[test]
fn a_server_that_can_not_do_what_is_needed_is_refused() {
    let old = "0123456789012345678901234567890123456789 HEAD\0multi_ack\n";
    let table: [(&[&str], &str); 10] = [
        (
            &["version 1\n"],
            "the server speaks only an older version of git's protocol; version 2 is needed",
        ),
        (
            &["version 22\n"],
            "the server answered 'version 22' instead of what it offers",
        ),
        (
            &["0123456789 is no id\n"],
            "the server answered '0123456789 is no id' instead of what it offers",
        ),
        (
            &[old],
            "the server speaks only an older version of git's protocol; version 2 is needed",
        ),
        (
            &["# service=git-upload-pack\n", "0000", old],
            "the server speaks only an older version of git's protocol; version 2 is needed",
        ),
        (
            &["version 2\n", "fetch=shallow\n"],
            "the server doesn't offer 'ls-refs', which is needed",
        ),
        (
            &["version 2\n", "ls-refs\n"],
            "the server doesn't offer 'fetch', which is needed",
        ),
        (
            &["version 2\n", "ls-refs\n", "fetch=filter\n"],
            "the server doesn't offer 'shallow', which is needed",
        ),
        (
            &["version 2\n", "ls-refs\n", "object-format=sha256\n"],
            "the repository uses the object format 'sha256'; only sha1 can be fetched",
        ),
        (&["ERR go \x1b[1maway\n"], "the server says: go [1maway"),
    ];
    for (texts, error) in table {
        assert_eq!(offer(texts).unwrap_err().to_string(), error, "{texts:?}");
    }
    for garbage in [
        &b"<html>"[..],
        b"0003",
        b"0004",
        b"xxxxversion 2",
        b"ffff",
        b"0002",
        b"0001",
    ] {
        let error = read_capabilities(&[garbage, &[b'x'; 100]].concat()[..]).unwrap_err();
        assert!(
            matches!(error, ProtocolError::Line | ProtocolError::CutShort),
            "{error}"
        );
    }
}

#[test]
fn what_servers_say_no_with_is_understood() {
    let id = "1".repeat(40);
    for (words, unknown, denied) in [
        (format!("upload-pack: not our ref {id}"), true, false),
        (format!("want {id} not valid"), true, false),
        (
            "FATAL: R any a.git b DENIED by fallthru".to_owned(),
            false,
            true,
        ),
        ("filter 'tree' not supported".to_owned(), false, false),
        (
            "expected 'want', got 'command=ls-refs'".to_owned(),
            false,
            false,
        ),
        ("want of memory".to_owned(), false, false),
    ] {
        let understood = (is_unknown(&words), is_denied(&words));
        assert_eq!(understood, (unknown, denied), "{words}");
    }
}

#[test]
fn a_refusal_is_found_in_an_answer_and_nothing_else_is_taken_for_one() {
    let said = |texts: &[&str]| refusal(&lines(texts)[..]);
    let words = said(&["ERR go away"]).unwrap();
    assert_eq!(words.to_string(), "go away");
    for other in [&["packfile\n"][..], &["0000"], &["go away\n", "ERR x"], &[]] {
        assert_eq!(said(other), None, "{other:?}");
    }
    assert_eq!(refusal(&b"ERR go away"[..]), None);
}

#[test]
fn every_answer_that_is_cut_is_known_as_such() {
    let names = ["refs/heads/main".to_owned()];
    let refs = lines(&[
        "0123456789012345678901234567890123456789 refs/heads/main\n",
        "0000",
    ]);
    let offer = lines(&[&OFFER[..], &["0000"]].concat());
    let pack = fetched(&[7; 2500]);
    let cut_short = |error: ProtocolError| matches!(error, ProtocolError::CutShort);
    for end in 0..offer.len() {
        assert!(
            cut_short(read_capabilities(&offer[..end]).unwrap_err()),
            "{end}"
        );
    }
    for end in 0..refs.len() {
        assert!(
            cut_short(read_refs(&refs[..end], &names).unwrap_err()),
            "{end}"
        );
    }
    for end in 0..pack.len() {
        assert!(cut_short(whole_pack(&pack[..end]).unwrap_err()), "{end}");
    }
    assert_eq!(whole_pack(&pack[..]).unwrap(), [7; 2500]);
}

fn whole_pack(answer: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    read_pack(answer, |pack| {
        let mut bytes = Vec::new();
        pack.read_to_end(&mut bytes)?;
        Ok(bytes)
    })
}

const ONE: &str = "1111111111111111111111111111111111111111";
const TWO: &str = "2222222222222222222222222222222222222222";
const THREE: &str = "3333333333333333333333333333333333333333";

fn refs(texts: &[String]) -> Result<Option<String>, ProtocolError> {
    let names = ["refs/heads/v1".to_owned(), "refs/tags/v1".to_owned()];
    let texts: Vec<_> = texts.iter().map(String::as_str).chain(["0000"]).collect();
    read_refs(&lines(&texts)[..], &names).map(|id| id.map(|id| id.to_string()))
}

#[test]
fn a_branch_is_found_before_a_tag_and_a_tag_by_what_it_leads_to() {
    let branch = format!("{ONE} refs/heads/v1\n");
    let longer = format!("{THREE} refs/heads/v1.1\n");
    let tag = format!("{TWO} refs/tags/v1\n");
    let annotated = format!("{TWO} refs/tags/v1 peeled:{THREE}\n");
    let symbolic = format!("{ONE} refs/heads/v1 symref-target:refs/heads/other\n");
    let table: [(&[String], Option<&str>); 8] = [
        (&[], None),
        (std::slice::from_ref(&longer), None),
        (&[longer.clone(), branch.clone()], Some(ONE)),
        (&[branch.clone(), tag.clone()], Some(ONE)),
        (&[tag.clone(), branch], Some(ONE)),
        (&[tag], Some(TWO)),
        (&[annotated], Some(THREE)),
        (&[symbolic], Some(ONE)),
    ];
    for (texts, found) in table {
        assert_eq!(refs(texts).unwrap().as_deref(), found, "{texts:?}");
    }
}

#[test]
fn a_ref_without_a_whole_id_is_refused() {
    for text in [
        "refs/heads/v1".to_owned(),
        "unborn refs/heads/v1".to_owned(),
        format!("{} refs/heads/v1", &ONE[1..]),
        format!("{ONE}{} refs/heads/v1", &ONE[..24]),
        format!("{ONE} refs/heads/v1 peeled:x"),
        format!("{}g refs/heads/v1", &ONE[1..]),
    ] {
        let error = refs(std::slice::from_ref(&text)).unwrap_err().to_string();
        let expected = format!(
            "the server answered '{text}' instead of an id and the name of a branch or tag"
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn more_refs_than_anyone_needs_are_refused() {
    let one = line(format!("{ONE} refs/heads/v1.x\n"));
    let names = ["refs/heads/v1".to_owned()];
    let many = |count| [one.repeat(count), b"0000".to_vec()].concat();
    assert_eq!(read_refs(&many(MOST_REFS)[..], &names).unwrap(), None);
    let error = read_refs(&many(MOST_REFS + 1)[..], &names).unwrap_err();
    assert!(matches!(error, ProtocolError::TooManyRefs), "{error}");
}

#[test]
fn requests_are_what_git_expects() {
    let names = ["refs/heads/main".to_owned(), "refs/tags/main".to_owned()];
    let agent = format!("agent={AGENT}");
    let expected = [
        "command=ls-refs\n",
        &agent,
        "object-format=sha1",
        "0001",
        "peel\n",
        "ref-prefix refs/heads/main\n",
        "ref-prefix refs/tags/main\n",
        "0000",
    ];
    assert_eq!(ls_refs_request(&ALL, &names).unwrap(), lines(&expected));
    let id = ObjectId::from_hex(ONE.as_bytes()).unwrap();
    let want = format!("want {ONE}\n");
    let table: [(Extent, &[&str]); 4] = [
        (Extent::Trees(1), &["deepen 1\n", "filter tree:1\n"]),
        (
            Extent::Trees(3),
            &["deepen 1\n", "filter combine:tree:3+blob:none\n"],
        ),
        (Extent::Commit, &["deepen 1\n"]),
        (Extent::Tree, &[]),
    ];
    for (extent, rest) in table {
        let begin = [
            "command=fetch\n",
            "0001",
            "no-progress\n",
            "ofs-delta\n",
            &want,
        ];
        let expected = [&begin[..], rest, &["done\n", "0000"]].concat();
        assert_eq!(
            fetch_request(&NONE, id, extent).unwrap(),
            lines(&expected),
            "{extent:?}"
        );
    }
}

#[test]
fn a_pack_comes_out_of_its_band() {
    let table: [(&[&str], &[u8]); 4] = [
        (
            &[
                "packfile\n",
                "\x01PA",
                "\x02noise",
                "\x01",
                "\x01CK",
                "0000",
            ],
            b"PACK",
        ),
        (&["packfile\n", "0000"], b""),
        (
            &["shallow-info\n", "0001", "packfile", "\x01x", "0000"],
            b"x",
        ),
        (
            &[
                "shallow-info\n",
                "shallow 1\n",
                "unshallow 2\n",
                "0001",
                "packfile\n",
                "\x01x",
                "0000",
            ],
            b"x",
        ),
    ];
    for (texts, pack) in table {
        assert_eq!(whole_pack(&lines(texts)[..]).unwrap(), pack, "{texts:?}");
    }
}

#[test]
fn an_answer_without_a_pack_is_refused() {
    let table: [(&[&str], &str); 8] = [
        (
            &["ERR upload-pack: not our ref 1\n"],
            "the server says: upload-pack: not our ref 1",
        ),
        (
            &["packfile\n", "\x01PA", "\x03disk\tfull\n"],
            "the server says: disk full",
        ),
        (&["packfile\n", "ERR late\n"], "the server says: late"),
        (
            &["acknowledgments\n", "NAK\n"],
            "the server answered 'acknowledgments' instead of a pack",
        ),
        (&["0000"], "the server answered 'nothing' instead of a pack"),
        (
            &["packfile\n", "\x04x"],
            "the server's answer isn't in git's form",
        ),
        (
            &["packfile\n", "0001"],
            "the server's answer isn't in git's form",
        ),
        (
            &["packfile\n", "0002"],
            "the server's answer isn't in git's form",
        ),
    ];
    for (texts, error) in table {
        assert_eq!(
            whole_pack(&lines(texts)[..]).unwrap_err().to_string(),
            error,
            "{texts:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_answer_makes_reading_panic(
        texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..6),
        tail in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut answer: Vec<u8> = texts.iter().flat_map(line).collect();
        answer.extend_from_slice(&tail);
        drop(read_capabilities(&answer[..]));
        drop(read_refs(&answer[..], &["refs/heads/main".to_owned()]));
        drop(whole_pack(&answer[..]));
        let mut pack = line("packfile\n");
        pack.extend_from_slice(&answer);
        drop(whole_pack(&pack[..]));
    }
}
