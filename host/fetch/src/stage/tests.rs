use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use gix_hash::ObjectId;
use gix_object::Kind;
use proptest::prelude::*;

use super::super::pack::tests::Packing;
use super::super::tree::tests::{folder, try_folder};
use super::super::{DownloadLimits, tree_of_pack};
use super::*;
use crate::tests::world;

#[test]
fn a_folder_is_written_as_it_is() {
    let (world, dir) = world();
    let tree = folder(&[
        ("a", b"one"),
        ("run*", b"#!/bin/sh\n"),
        ("link -> sub/b", b""),
        ("sub/b", b""),
        ("sub/up -> ../a", b""),
        ("z", &[0, 255]),
    ]);
    tree.stage(&dir, "staged").unwrap();
    assert_eq!(dir.names(9).unwrap(), ["staged"]);
    let at = |path: &str| world.path().join("staged").join(path);
    assert_eq!(fs::read(at("a")).unwrap(), b"one");
    assert_eq!(fs::read(at("z")).unwrap(), [0, 255]);
    assert_eq!(fs::read(at("sub/up")).unwrap(), b"one");
    assert_eq!(fs::read_link(at("link")).unwrap().to_str(), Some("sub/b"));
    for (path, mode) in [
        ("", 0o755),
        ("sub", 0o755),
        ("a", 0o644),
        ("sub/b", 0o644),
        ("run", 0o755),
    ] {
        assert_eq!(
            fs::metadata(at(path)).unwrap().permissions().mode() & 0o7777,
            mode,
            "{path}"
        );
    }
}

#[test]
fn what_was_put_aside_is_written_like_the_rest() {
    let (world, dir) = world();
    let large = vec![5; 100_000];
    let aside = |dir| {
        let mut packing = Packing::default();
        packing.whole(Kind::Blob, &large);
        packing.whole(Kind::Blob, b"run");
        let id = |kind, content: &[u8]| {
            gix_object::compute_hash(gix_hash::Kind::Sha1, kind, content).unwrap()
        };
        let (large, link) = (id(Kind::Blob, &large), id(Kind::Blob, b"run"));
        let entry = |mode: &str, name: &str, id: ObjectId| {
            [format!("{mode} {name}\0").as_bytes(), id.as_slice()].concat()
        };
        let tree = [
            entry("100644", "data", large),
            entry("120000", "link", link),
            entry("100755", "run", large),
        ];
        packing.whole(Kind::Tree, &tree.concat());
        let limits = DownloadLimits {
            memory: 0,
            ..DownloadLimits::default()
        };
        let root = id(Kind::Tree, &tree.concat());
        tree_of_pack(&packing.done()[..], root, limits, Some(dir)).unwrap()
    };
    aside(&dir).stage(&dir, "staged").unwrap();
    assert_eq!(dir.names(9).unwrap(), ["staged"]);
    let at = |path: &str| world.path().join("staged").join(path);
    for (path, mode) in [("data", 0o644), ("run", 0o755), ("link", 0o755)] {
        assert_eq!(fs::read(at(path)).unwrap(), large, "{path}");
        let metadata = fs::metadata(at(path)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, mode, "{path}");
    }
    assert_eq!(fs::read_link(at("link")).unwrap().to_str(), Some("run"));
}

#[test]
fn a_taken_name_is_not_written_to() {
    let (_world, dir) = world();
    let tree = folder(&[("a", b"new")]);
    let old = dir.create_dir("taken", 0o755).unwrap();
    old.write_new("a", b"old", 0o644).unwrap();
    tree.stage(&dir, "taken").unwrap_err();
    assert_eq!(dir.open_dir("taken").unwrap().read("a", 9).unwrap(), b"old");
}

/// Makes a tree with enough folders, links and files for several writers.
fn crowd() -> Tree {
    let names: Vec<String> = (0..200)
        .flat_map(|n| {
            [
                format!("{n}*"),
                format!("sub/{n}"),
                format!("l{n} -> sub/{n}"),
            ]
        })
        .collect();
    let entries = names.iter().map(|name| (name.as_str(), name.as_bytes()));
    folder(&entries.collect::<Vec<_>>())
}

#[test]
fn however_many_write_the_same_lies_there() {
    let tree = crowd();
    let written = |writers: usize| {
        let (world, dir) = world();
        tree.fill(dir.create_dir("staged", 0o755).unwrap(), writers)
            .unwrap();
        let at = |entry: &Entry| {
            let path = world.path().join("staged").join(entry.path.to_string());
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = match entry.mode {
                Mode::File { .. } => fs::read(&path).unwrap(),
                Mode::Link => fs::read_link(&path).unwrap().into_os_string().into_vec(),
                Mode::Dir => Vec::new(),
            };
            (
                path.file_name().unwrap().to_owned(),
                metadata.mode(),
                content,
            )
        };
        tree.entries().iter().map(at).collect::<Vec<_>>()
    };
    let alone = written(0);
    for (entry, (_, mode, content)) in tree.entries().iter().zip(&alone) {
        let expected = match entry.mode {
            Mode::File { executable: true } => 0o100_755,
            Mode::File { executable: false } => 0o100_644,
            Mode::Link => 0o120_777,
            Mode::Dir => 0o40_755,
        };
        assert_eq!(*mode, expected, "{}", entry.path);
        assert_eq!(*content, *tree_content(&tree, entry), "{}", entry.path);
    }
    for writers in [1, 2, 9] {
        assert_eq!(written(writers), alone, "{writers}");
    }
}

fn tree_content<'t>(tree: &'t Tree, entry: &Entry) -> std::borrow::Cow<'t, [u8]> {
    match entry.mode {
        Mode::Dir => (&[][..]).into(),
        _ => tree.content(entry).unwrap(),
    }
}

#[test]
fn a_writer_that_fails_ends_the_others_and_its_error_is_told() {
    let mut tree = crowd();
    tree.repeat_first_file();
    for writers in [0, 1, 2, 9] {
        let (_world, dir) = world();
        let root = dir.create_dir("staged", 0o755).unwrap();
        let error = tree.fill(root, writers).unwrap_err();
        assert!(error.to_string().starts_with("can't create "), "{error}");
    }
}

/// Generates parts of paths and targets that often match one another.
fn part() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("a"),
        Just("b"),
        Just("sub"),
        Just(".."),
        Just("."),
        Just("")
    ]
}

fn target() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 1..6).prop_map(|parts| parts.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Checks the rule for links against the kernel: no path in an accepted folder leads out.
    #[test]
    fn no_link_that_is_taken_leads_out(targets in prop::collection::vec(target(), 4)) {
        let names = ["a", "b", "sub/a", "sub/b"];
        let links: Vec<String> =
            names.iter().zip(&targets).map(|(name, target)| format!("{name} -> {target}")).collect();
        let entries: Vec<_> = links.iter().map(|link| (link.as_str(), &b""[..])).collect();
        let Ok(tree) = try_folder(&entries) else {
            return Ok(());
        };
        let (world, dir) = world();
        tree.stage(&dir, "staged").unwrap();
        let root = world.path().join("staged").canonicalize().unwrap();
        for name in names {
            match root.join(name).canonicalize() {
                Ok(real) => prop_assert!(real.starts_with(&root), "{name}: {real:?} with {links:?}"),
                // A loop, or a missing target.
                Err(error) => prop_assert!(error.raw_os_error().is_some()),
            }
        }
    }
}
