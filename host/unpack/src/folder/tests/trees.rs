use super::*;
use crate::making::{block, pax};

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    entry(b'0', name, "", content)
}

fn link(name: &str, target: &str) -> Vec<u8> {
    entry(b'2', name, target, b"")
}

fn hard(name: &str, target: &str) -> Vec<u8> {
    entry(b'1', name, target, b"")
}

fn of(entries: &[Vec<u8>]) -> Given {
    of_tar("a.tar.gz", entries)
}

#[test]
fn a_tar_archive_without_directories_and_with_links_is_unpacked() {
    let mut python = of(&[
        file("python/bin/python3.11", b"program"),
        link("python/bin/python3", "python3.11"),
        link("python/lib/up", "../bin/python3.11"),
        hard("python/bin/hard", "python/bin/python3.11"),
        entry(b'5', "python/empty/", "", b""),
    ]);
    python.leading = 1;
    let tree = tree(&[python.clone()]);
    assert_eq!(
        tree.paths(),
        [
            "bin/hard",
            "bin/python3",
            "bin/python3.11",
            "empty/",
            "lib/up"
        ]
    );
    assert_eq!(tree.text("bin/hard"), "program");
    assert_eq!(tree.text("bin/python3"), "python3.11");
    assert_eq!((tree.finished.files, tree.finished.bytes), (2, 14));
    python.format = ArchiveFormat::TarZst;
    python.bytes = zstd(&super::tar(&[file("python/a", b"x")]));
    assert_eq!(super::tree(&[python]).paths(), ["a"]);
}

#[test]
fn a_zip_archive_is_unpacked_with_its_empty_folders() {
    let program = part("top/run", b"#!/bin/sh\n").mode(0o100_700);
    let bytes = zip(&[part("top/", b""), part("top/empty/", b""), program]);
    let mut given = given("a.zip", ArchiveFormat::Zip, bytes);
    given.leading = 1;
    let tree = tree(&[given]);
    assert_eq!(tree.paths(), ["empty/", "run"]);
    assert_eq!(tree.mode("run"), 0o755);
}

#[test]
fn names_that_lead_elsewhere_are_refused_in_every_format() {
    let cases = [
        ("/etc/x", "its path is absolute"),
        ("../x", "its name is not a plain name"),
        ("a/../../x", "its name is not a plain name"),
        ("a//x", "its name is not a plain name"),
        ("a\\x", "its path has a backslash"),
        ("a\u{1b}", "its path has a character that can't be seen"),
    ];
    for (name, reason) in cases {
        let wheel = of_wheel("w-1", &[(name, b"")]);
        for given in [
            of(&[file(name, b"")]),
            of_zip("a.zip", &[(name, b"")]),
            wheel,
        ] {
            let text = refused(&[given]);
            assert!(text.ends_with(reason), "{name}: {text}");
        }
    }
    assert_eq!(tree(&[of(&[file("./..a/x", b"")])]).paths(), ["..a/x"]);
}

#[test]
fn paths_of_one_archive_are_not_the_same_to_any_file_system() {
    for (one, other, reason) in [
        ("a/b", "a/b", "the archive has it twice"),
        ("a/b", "A/c", "can't be told from that of 'a'"),
        ("a", "a/b", "'a' is a file or link, and not a folder"),
    ] {
        let files: [(&str, &[u8]); 2] = [(one, b""), (other, b"")];
        let wheel = of_wheel("w-1", &files);
        for given in [
            of(&[file(one, b""), file(other, b"")]),
            of_zip("a.zip", &files),
            wheel,
        ] {
            let text = refused(&[given]);
            assert!(text.contains(reason), "{text}");
        }
    }
}

#[test]
fn a_link_stays_within_the_folder_and_passes_no_other() {
    for (links, reason) in [
        (
            vec![link("a", "/etc/passwd")],
            "it leads to an absolute path",
        ),
        (
            vec![link("d/a", "../../x")],
            "it leads out of the fetched folder",
        ),
        (vec![link("a", "")], "a link must have a target"),
        (
            vec![link("d/a", ".."), link("b", "d/a/../x")],
            "its target leads through another link",
        ),
    ] {
        let text = refused(&[of(&links)]);
        assert!(
            text.starts_with("a.tar.gz is refused: its entry '"),
            "{text}"
        );
        assert!(text.ends_with(reason), "{text}");
    }
    let fine = [
        link("d/a", ".."),
        link("b", "d/a"),
        link("c", "missing/../b"),
    ];
    assert_eq!(tree(&[of(&fine)]).paths(), ["b", "c", "d/a"]);
}

#[test]
fn nothing_is_written_through_a_link() {
    let text = refused(&[of(&[link("lib", "/tmp"), file("lib/x", b"x")])]);
    assert!(
        text.contains("'lib' is a file or link, and not a folder"),
        "{text}"
    );
    let archives = [
        of(&[link("lib", "lib64")]),
        of_zip("b.zip", &[("lib/x", b"x")]),
    ];
    for order in [[0, 1], [1, 0]] {
        let error = unpacked_in_order(&archives, &order, LIMITS).unwrap_err();
        assert_eq!(
            error.to_string(),
            "'lib' is a folder or link in b.zip and something else in a.tar.gz"
        );
    }
    // A link of one archive changes where that of another leads.
    let archives = [
        of_tar("a.tar.gz", &[link("a", "d/e/../../x")]),
        of_tar("b.tar.gz", &[link("d/e", ".")]),
    ];
    let text = refused(&archives);
    assert!(
        text.ends_with("its target leads through another link"),
        "{text}"
    );
    assert!(text.starts_with("a.tar.gz is refused"), "{text}");
}

#[test]
fn a_hard_link_is_another_file_with_the_bytes_of_an_earlier_one() {
    let entries = [
        file("a", b"abc"),
        hard("b", "a"),
        hard("d/c", "./a"),
        file("e", b""),
    ];
    let tree = tree(&[of(&entries)]);
    assert_eq!((tree.text("b"), tree.text("d/c")), ("abc", "abc"));
    assert_eq!(tree.finished.bytes, 9);
    for entries in [
        vec![hard("b", "a"), file("a", b"")],
        vec![hard("b", "/etc/passwd")],
        vec![hard("b", "../a")],
        vec![link("a", "x"), hard("b", "a")],
        vec![entry(b'5', "a", "", b""), hard("b", "a")],
        vec![file("a", b""), hard("b", "a"), hard("c", "b")],
    ] {
        let text = refused(&[of(&entries)]);
        assert!(text.contains("it is a hard link to"), "{text}");
        assert!(text.ends_with("which is not an earlier file"), "{text}");
    }
}

#[test]
fn hard_links_count_against_the_limit_of_bytes() {
    let mut entries = vec![file("a", &vec![1; 300_000])];
    entries.extend((0..3).map(|n| hard(&format!("b{n}"), "a")));
    assert_eq!(
        refused(&[of(&entries)]),
        "the folder's files have more than 1048576 bytes"
    );
    entries.pop();
    assert_eq!(tree(&[of(&entries)]).finished.bytes, 900_000);
}

#[test]
fn a_size_is_counted_before_anything_is_written() {
    let text = refused(&[of(&[block(b'0', "a", "", "77777777777\0")])]);
    assert_eq!(text, "the folder's files have more than 1048576 bytes");
}

#[test]
fn what_lies_outside_the_leading_folders_is_refused() {
    let mut given = of(&[
        entry(b'5', "top", "", b""),
        file("top/a", b""),
        file("b", b""),
    ]);
    given.leading = 1;
    let text = refused(&[given.clone()]);
    assert_eq!(
        text,
        "a.tar.gz is refused: its entry 'b' is refused: it lies outside the 1 leading folders that are to be left off"
    );
    given.leading = 0;
    assert_eq!(tree(&[given]).paths(), ["b", "top/a"]);
}

#[test]
fn an_archive_names_its_own_folder_no_more_often_than_it_may_have_entries() {
    let own = |count| {
        let mut entries = vec![entry(b'5', "./", "", b""); count];
        entries.push(file("a", b""));
        of(&entries)
    };
    assert_eq!(tree(&[own(300)]).finished.files, 1);
    let text = refused(&[own(400)]);
    assert_eq!(
        text,
        "the folder has more than 200 files, folders and links"
    );
}

#[test]
fn targets_of_links_are_limited_before_they_are_kept() {
    let with = |target: &str| {
        let long = pax(b'x', &[("linkpath", target)]);
        of(&[long, link("a", "")])
    };
    let text = refused(&[with(&"x/".repeat(2048))]);
    assert_eq!(
        text,
        "a.tar.gz is refused: its entry 'a' is refused: its target is longer than 4095 bytes"
    );
    let long = "x/".repeat(2000);
    assert_eq!(tree(&[with(&long)]).paths(), ["a"]);
    let links = |count| {
        let entries = (0..count).flat_map(|number| {
            let long = pax(b'x', &[("linkpath", &long)]);
            [long, link(&number.to_string(), "")]
        });
        unpacked_in_order(
            &[of(&entries.collect::<Vec<_>>())],
            &[0],
            FolderLimits {
                bytes: 50_000,
                ..LIMITS
            },
        )
    };
    links(12).unwrap();
    let text = links(13).unwrap_err().to_string();
    assert_eq!(text, "the folder's files have more than 50000 bytes");
}

#[test]
fn a_file_may_have_more_names_than_can_be_open_at_once() {
    let mut entries = vec![file("one", b"content")];
    entries.extend((0..100).map(|number| hard(&number.to_string(), "one")));
    let tree = tree(&[of(&entries), of_zip("b.zip", &[("7", b"content")])]);
    assert_eq!((tree.finished.files, tree.finished.bytes), (101, 707));
    assert!(tree.files.iter().all(|(.., content)| content == b"content"));
}
