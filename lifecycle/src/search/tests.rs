use std::process::{Command, Stdio};

use super::*;

/// Its base64 has both letters that the URL-safe alphabet replaces.
const TOKEN: &str = "glpat-Canary_~~~???>>>+/456";

#[test]
fn base64_is_as_others_make_it() {
    for (bytes, expected) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("oauth2:token", "b2F1dGgyOnRva2Vu"),
        ("\u{3fe}\u{3ff}", "z77Pvw=="),
    ] {
        assert_eq!(base64(bytes.as_bytes()), expected);
    }
}

#[test]
fn every_form_is_found_in_the_midst_of_other_bytes() {
    let canary = Canary::new(TOKEN);
    let hex = TOKEN
        .bytes()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    for (form, text) in [
        ("plain", TOKEN.to_owned()),
        (
            "percent-encoded",
            TOKEN
                .replace('?', "%3F")
                .replace('>', "%3E")
                .replace('+', "%2B")
                .replace('/', "%2F"),
        ),
        ("reversed", TOKEN.chars().rev().collect()),
        ("upper case hexadecimal", hex.to_uppercase()),
        ("hexadecimal", hex),
    ] {
        let found = canary.in_bytes(format!("before{text}behind").as_bytes());
        assert!(found.contains(&form), "{form}: {found:?}");
    }
}

#[test]
fn base64_is_found_wherever_the_token_begins_and_whatever_is_behind() {
    let canary = Canary::new(TOKEN);
    for before in [
        "",
        "a",
        "ab",
        "oauth2:",
        "gitlab-ci-token:",
        "Authorization: x",
    ] {
        for behind in ["", "\n", "ab", "abc"] {
            let text = base64(format!("{before}{TOKEN}{behind}").as_bytes());
            assert_eq!(
                canary.in_bytes(text.as_bytes()),
                ["base64"],
                "{before:?} {behind:?}"
            );
            let text = text.replace('+', "-").replace('/', "_");
            assert!(
                !canary.in_bytes(text.as_bytes()).is_empty(),
                "{before:?} {behind:?}"
            );
        }
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let canary = Canary::new(TOKEN);
    for text in [
        "",
        "glpat-Canary_~~~???>>>+/45",
        "canary",
        &base64(b"oauth2:another-token-of-this-length"),
    ] {
        assert_eq!(canary.in_bytes(text.as_bytes()), Vec::<&str>::new());
    }
}

#[test]
fn a_folder_is_searched_in_names_links_and_files() {
    let canary = Canary::new("canary-0123456789");
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("innocent"), "nothing").unwrap();
    assert_eq!(
        canary.in_folder(folder.path()).unwrap(),
        Vec::<String>::new()
    );
    fs::write(deep.join("file"), "x canary-0123456789 x").unwrap();
    fs::write(deep.join("canary-0123456789"), "").unwrap();
    std::os::unix::fs::symlink("/canary-0123456789", deep.join("link")).unwrap();
    let mut places = canary.in_folder(folder.path()).unwrap();
    places.sort();
    let root = deep.display();
    assert_eq!(
        places,
        [
            format!("content of {root}/file (plain)"),
            format!("name of {root}/canary-0123456789 (plain)"),
            format!("target of {root}/link (plain)"),
        ]
    );
}

#[test]
fn arguments_environment_and_memory_of_a_process_and_its_children_are_seen() {
    let canary = Canary::new("canary-0123456789");
    // The shell waits for its child, and the child for the end of its input, which this test keeps open.
    let mut parent = Command::new("/bin/sh")
        .args([
            "-c",
            "CHILD=canary-0123456789 sh -c 'echo; read line' canary-0123456789; exit 0",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = [0];
    std::io::Read::read_exact(parent.stdout.as_mut().unwrap(), &mut line).unwrap();
    let mut sightings = BTreeSet::new();
    look_at(parent.id(), &mut sightings);
    let places = canary.in_processes(&Vec::from_iter(sightings.clone()));
    let child = sightings
        .iter()
        .map(|it| it.process)
        .find(|process| *process != parent.id())
        .unwrap();
    assert!(
        places.contains(&format!("environment of process {child} sh (plain)")),
        "{places:?}"
    );
    assert!(
        places.contains(&format!("arguments of process {child} sh (plain)")),
        "{places:?}"
    );
    assert!(!canary.in_memory(child).unwrap().is_empty());
    assert!(
        Canary::new("another-0123456789")
            .in_memory(child)
            .unwrap()
            .is_empty()
    );
    drop(parent.stdin.take());
    parent.wait().unwrap();
    assert!(canary.in_memory(child).is_err());
}
