//! Archives that lie, through a whole build.

use tar::EntryType;

use crate::pack::{Member, entry, row, tar_gz, wheel, zip};
use crate::scene::{Scene, Wanted, declared};

const WHEEL: &str = "x-1-py3-none-any.whl";

fn scene(name: &str, unpack: &str, archive: &[u8]) -> Scene {
    limited("", name, unpack, archive)
}

fn limited(limits: &str, name: &str, unpack: &str, archive: &[u8]) -> Scene {
    let wanted = Wanted {
        unpack,
        ..Wanted::file(name, archive)
    };
    let path = format!("/pub/{name}");
    Scene::with_limits(
        limits,
        |options| options.file(&path, archive),
        &declared(&[(name, archive)]),
        &[wanted],
        &[],
    )
}

#[track_caller]
fn refused(name: &str, unpack: &str, archive: &[u8], id: &str, cause: &str) {
    let said = scene(name, unpack, archive).refuses(id);
    assert!(said.contains(cause), "{said}");
}

#[track_caller]
fn wheel_refused(archive: &[u8], cause: &str) {
    refused(WHEEL, "wheel", archive, "archive-wheel", cause);
}

#[test]
fn a_wheel_that_says_the_truth_is_unpacked() {
    let files: [(&str, &[u8]); 3] = [
        ("x/__init__.py", b"1"),
        ("x-1.data/scripts/run", b"#!python\n"),
        (
            "x-1.dist-info/entry_points.txt",
            b"[console_scripts]\nx = x:run\n",
        ),
    ];
    let scene = scene(WHEEL, "wheel", &wheel(&files, ""));
    scene.builds();
    assert_eq!(scene.file("data/x/__init__.py"), b"1");
    assert!(
        scene
            .file("data/bin/run")
            .starts_with(b"#!/usr/bin/env python3\n")
    );
    assert!(
        scene
            .file("data/bin/x")
            .starts_with(b"#!/usr/bin/env python3\n")
    );
}

#[test]
fn a_wheel_whose_record_lies_is_refused() {
    let file: [(&str, &[u8]); 1] = [("x/a.py", b"1")];
    wheel_refused(&wheel(&file, &row("x/b.py", b"1")), "it lists 'x/b.py'");
    wheel_refused(&wheel(&file, &row("x/a.py", b"2")), "it has 'x/a.py' twice");
    let rows: String = (0..2000)
        .map(|number| row(&number.to_string(), b""))
        .collect();
    wheel_refused(
        &wheel(&file, &rows),
        "far more rows than the wheel has files",
    );
    let members = [
        Member::new("x-1.dist-info/METADATA", b"Name: x\nVersion: 1\n"),
        Member::new("x-1.dist-info/WHEEL", b"Wheel-Version: 1.0\n"),
        Member::new(
            "x-1.dist-info/RECORD",
            [
                row("x-1.dist-info/METADATA", b"Name: y\nVersion: 1\n"),
                row("x-1.dist-info/WHEEL", b"Wheel-Version: 1.0\n"),
            ]
            .concat()
            .as_bytes(),
        ),
    ];
    wheel_refused(&zip(&members), "has another digest than it says");
}

#[test]
fn a_wheel_that_places_files_elsewhere_is_refused() {
    let with = |path: &str, content: &[u8]| wheel(&[(path, content)], "");
    wheel_refused(&with("x-1.data/etc/passwd", b""), "is in none of purelib");
    wheel_refused(&with("y-1.dist-info/METADATA", b""), "is not named after");
    wheel_refused(
        &with("x-1.dist-info/INSTALLER", b""),
        "which only an installer writes",
    );
    let scripts = b"[console_scripts]\n../x = x:run\n";
    wheel_refused(
        &with("x-1.dist-info/entry_points.txt", scripts),
        "its script '../x'",
    );
    let code = b"[console_scripts]\nx = os;x:run\n";
    wheel_refused(
        &with("x-1.dist-info/entry_points.txt", code),
        "which is not a module",
    );
    for path in [
        "../x.py",
        "/x.py",
        "x/../../y.py",
        "x\\y.py",
        "x/\u{202e}.py",
    ] {
        let archive = with(path, b"");
        refused(
            WHEEL,
            "wheel",
            &archive,
            "archive-entry",
            "is refused: its ",
        );
    }
}

#[test]
fn names_and_links_that_lead_elsewhere_are_refused() {
    for path in ["../x", "/x", "a/../../x", "a//x", "a\\x"] {
        let archive = zip(&[Member::new(path, b"")]);
        refused("a.zip", "zip", &archive, "archive-entry", "is refused");
        let archive = tar_gz(|tar| entry(tar, EntryType::Regular, path, "", b""));
        refused(
            "a.tar.gz",
            "tar-gz",
            &archive,
            "archive-entry",
            "is refused",
        );
    }
    for target in ["/etc", "../..", "b/../../.."] {
        let archive = tar_gz(|tar| entry(tar, EntryType::Symlink, "a", target, b""));
        refused("a.tar.gz", "tar-gz", &archive, "archive-entry", "'a'");
    }
    let through = tar_gz(|tar| {
        entry(tar, EntryType::Symlink, "a", "b", b"");
        entry(tar, EntryType::Regular, "a/x", "", b"");
    });
    let cause = "'a' is a file or link, and not a folder";
    refused("a.tar.gz", "tar-gz", &through, "archive-entry", cause);
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
        let archive = tar_gz(|tar| entry(tar, kind, "a", "", b""));
        refused(
            "a.tar.gz",
            "tar-gz",
            &archive,
            "archive-tar",
            "'a' is refused: it is a",
        );
    }
    let link = Member::new("a", b"/etc").with(|member| member.mode = 0o120_777);
    refused(
        "a.zip",
        "zip",
        &zip(&[link]),
        "archive-zip",
        "is not that of a file",
    );
}

#[test]
fn headers_that_disagree_are_refused() {
    let member = || Member::new("a", &[7; 5000]);
    let cases = [
        (
            member().with(|member| member.own_name = "b".to_owned()),
            "differ in the name",
        ),
        (
            member().with(|member| member.size = 4999),
            "is not as large as its header says",
        ),
        (
            member().with(|member| member.crc ^= 1),
            "its checksum is not that of its content",
        ),
    ];
    for (member, cause) in cases {
        refused("a.zip", "zip", &zip(&[member]), "archive-zip", cause);
    }
    let mut trailing = zip(&[member()]);
    trailing.push(0);
    refused(
        "a.zip",
        "zip",
        &trailing,
        "archive-zip",
        "does not end with the end record",
    );
    scene("a.zip", "zip", &zip(&[member()])).builds();
}

#[test]
fn what_inflates_beyond_the_limits_is_refused_by_their_names() {
    let zeros = vec![0; 2 << 20];
    let small = "content-mib = 1\n";
    let packed = tar_gz(|tar| entry(tar, EntryType::Regular, "a", "", &zeros));
    limited(small, "a.tar.gz", "tar-gz", &packed).refuses("limit-content-mib");
    let packed = zip(&[Member::new("a", &zeros)]);
    limited(small, "a.zip", "zip", &packed).refuses("limit-content-mib");
    let packed = wheel(&[("x/a", &zeros)], "");
    limited(small, WHEEL, "wheel", &packed).refuses("limit-content-mib");
    let lying = Member::new("a", &zeros).with(|member| member.size = 1000);
    let said = limited(small, "a.zip", "zip", &zip(&[lying])).refuses("archive-zip");
    assert!(said.contains("not as large as its header says"), "{said}");
    let deep: Vec<_> = (0..20).map(|top| format!("{top}/a/b/c/d.pyc")).collect();
    let files: Vec<_> = deep.iter().map(|path| (path.as_str(), &b""[..])).collect();
    let few = "content-files = 40\n";
    limited(few, WHEEL, "wheel", &wheel(&files, "")).refuses("limit-content-files");
    limited(few, WHEEL, "wheel", &wheel(&files[..10], "")).builds();
}

#[test]
fn archives_that_disagree_about_a_path_are_refused() {
    let one = zip(&[Member::new("x/a", b"1")]);
    let other = zip(&[Member::new("x/a", b"2")]);
    let inside = zip(&[Member::new("x/a/b", b"1")]);
    let build = |second: &[u8]| {
        let wanted = [("1.zip", &one[..]), ("2.zip", second)].map(|(name, archive)| Wanted {
            unpack: "zip",
            ..Wanted::file(name, archive)
        });
        Scene::new(
            |options| {
                options
                    .file("/pub/1.zip", &one[..])
                    .file("/pub/2.zip", second)
            },
            &declared(&[("1.zip", &one), ("2.zip", second)]),
            &wanted,
            &[],
        )
    };
    let said = build(&other).refuses("archive-collision");
    assert!(
        said.contains("'x/a' is in 1.zip and, with other bytes, in 2.zip"),
        "{said}"
    );
    build(&inside).refuses("archive-collision-of-kinds");
    let same = zip(&[Member::new("x/a", b"1"), Member::new("x/b", b"2")]);
    build(&same).builds();
}
