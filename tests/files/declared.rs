//! Files that buildpack.toml lists.

use std::fs;

use cnb::sha256::Sha256;

use tar::EntryType;

use crate::pack::{entry, tar_gz};
use crate::scene::{Scene, Wanted, declared};

const CONTENT: &[u8] = b"the content";

fn scene(wanted: &[Wanted<'_>]) -> Scene {
    let list = declared(&[("1/a.txt", CONTENT), ("b.txt", b"b")]);
    Scene::new(
        |options| {
            options
                .file("/pub/1/a.txt", CONTENT)
                .file("/pub/b.txt", "b")
        },
        &list,
        wanted,
        &[],
    )
}

#[test]
fn a_listed_file_becomes_a_part_of_its_folder() {
    let wanted = [
        Wanted::file("1/a.txt", CONTENT),
        Wanted::file("b.txt", b"b"),
    ];
    let scene = scene(&wanted);
    let said = scene.builds();
    assert_eq!(scene.file("data/a.txt"), CONTENT);
    assert_eq!(scene.file("data/b.txt"), b"b");
    assert_eq!(scene.asked(), ["/pub/1/a.txt", "/pub/b.txt"]);
    let line = format!("Source 'files': 2 files from {}", scene.server.origin());
    assert!(said.contains(&line), "{said}");
    assert!(
        said.contains("Folder 'data' of layer 'files': 2 files, 12 bytes, of 2 downloads"),
        "{said}"
    );
}

#[test]
fn a_layer_is_kept_by_the_digests_alone_and_nobody_is_asked() {
    let scene = scene(&[Wanted::file("1/a.txt", CONTENT)]);
    scene.builds();
    scene.lifecycle.export().unwrap();
    scene.lifecycle.restore().unwrap();
    let asked = scene.asked().len();
    let said = scene.builds();
    assert!(
        said.contains("Layer 'files': kept, nothing has changed"),
        "{said}"
    );
    assert_eq!(scene.asked().len(), asked);
}

#[test]
fn a_file_that_is_not_listed_is_not_asked_for() {
    let cases = [
        Wanted::file("b.txt", CONTENT),
        Wanted::file("c.txt", CONTENT),
        Wanted::file("1/../b.txt", b"b"),
        Wanted::file("b.txt?q=1", b"b"),
        Wanted::file("https://other.example.com/b.txt", b"b"),
    ];
    for wanted in cases {
        let scene = scene(&[wanted]);
        let said = scene.refuses("file-not-listed");
        assert!(said.contains("buildpack.toml does not list"), "{said}");
        assert!(scene.asked().is_empty());
    }
}

#[test]
fn other_bytes_than_the_digest_says_are_refused() {
    let list = declared(&[("a.txt", CONTENT)]);
    let wanted = [Wanted::file("a.txt", CONTENT)];
    let serve = |content: &'static [u8]| {
        let list = list.clone();
        Scene::new(
            move |options| options.file("/pub/a.txt", content),
            &list,
            &wanted,
            &[],
        )
    };
    for other in [&b"the contenT"[..], b"", b"the content\n"] {
        let said = serve(other).refuses("file-digest");
        assert!(said.contains(&Sha256::of(CONTENT).to_string()), "{said}");
    }
    serve(CONTENT).builds();
}

#[test]
fn a_file_for_another_machine_is_refused() {
    let other = if cfg!(target_arch = "x86_64") {
        "arm64"
    } else {
        "amd64"
    };
    let list = declared(&[("a.txt", CONTENT)]);
    let wanted = [Wanted::file("a.txt", CONTENT)];
    let scene = Scene::new(
        |options| options.file("/pub/a.txt", CONTENT),
        &format!("{list}arch = \"{other}\"\n"),
        &wanted,
        &[],
    );
    let said = scene.refuses("file-of-another-architecture");
    assert!(said.contains(other), "{said}");
    assert!(scene.asked().is_empty());
}

#[test]
fn bills_of_materials_and_the_receipt_name_each_file_with_its_digest() {
    let scene = scene(&[
        Wanted::file("1/a.txt", CONTENT),
        Wanted::file("b.txt", b"b"),
    ]);
    scene.builds();
    let read = |name: &str| {
        let path = scene.lifecycle.layers_dir().join(name);
        std::fs::read_to_string(path).unwrap()
    };
    for document in [
        "launch.sbom.cdx.json",
        "launch.sbom.spdx.json",
        "launch.toml",
    ] {
        let text = read(document);
        for content in [CONTENT, b"b"] {
            let digest = Sha256::of(content).to_string();
            assert!(text.contains(&digest), "{document}: {text}");
        }
    }
    assert!(read("launch.sbom.cdx.json").contains("pkg:generic/a.txt?checksum=sha256:"));
    assert!(!read("files.toml").contains("127.0.0.1"));
}

#[test]
fn files_in_the_package_are_compared_with_their_digests_and_nobody_is_asked() {
    let digest = Sha256::of(CONTENT);
    let list = format!(
        "{}[metadata.sources.files.vendored]\nsha256 = [\"{digest}\"]\n",
        declared(&[("1/a.txt", CONTENT)])
    );
    let wanted = [Wanted::file("1/a.txt", CONTENT)];
    let packaged = |content: Option<&[u8]>| {
        let scene = Scene::new(|options| options, &list, &wanted, &[]);
        let folder = scene.lifecycle.buildpack_dir().join("vendor/files");
        std::fs::create_dir_all(&folder).unwrap();
        if let Some(content) = content {
            std::fs::write(folder.join(digest.to_string()), content).unwrap();
        }
        scene
    };
    let scene = packaged(Some(CONTENT));
    scene.builds();
    assert_eq!(scene.file("data/a.txt"), CONTENT);
    assert!(scene.asked().is_empty());
    let said = packaged(Some(b"the contenT")).refuses("package-file-digest");
    assert!(said.contains(&digest.to_string()), "{said}");
    packaged(None).refuses("package-source-missing");
}

#[test]
fn a_link_to_programs_that_the_host_brings_later_puts_them_on_the_path_of_later_buildpacks() {
    let archive = tar_gz(|tar| entry(tar, EntryType::Regular, "a/bin/tool", "", b"#!/bin/sh\n"));
    let list = declared(&[("a.tar.gz", &archive)]);
    let wanted = [Wanted {
        unpack: "tar-gz",
        leading: 1,
        ..Wanted::file("a.tar.gz", &archive)
    }];
    let undeclaring = |programs: &str| {
        Scene::new(
            |options| options.file("/pub/a.tar.gz", archive.clone()),
            &format!("{list}\n[metadata.later]\nprograms = \"{programs}\"\n"),
            &wanted,
            &[],
        )
    };
    let refused = |scene: &Scene| scene.lifecycle.build().unwrap().refusal();
    let undeclared = undeclaring("data/bin");
    assert_eq!(
        refused(&undeclared).as_deref(),
        Some("build-variable-undeclared")
    );
    assert!(undeclared.asked().is_empty());
    let declaring = |programs: &str| {
        let scene = undeclaring(programs);
        let file = scene.lifecycle.buildpack_dir().join("buildpack.toml");
        let text = fs::read_to_string(&file).unwrap();
        let text = text.replace("[metadata]\n", "[metadata]\nbuild-variables = [\"PATH\"]\n");
        fs::write(file, text).unwrap();
        scene
    };
    let scene = declaring("data/bin");
    scene.builds();
    assert_eq!(scene.file("bin/tool"), b"#!/bin/sh\n");
    let types = scene.lifecycle.layers_dir().join("files.toml");
    let types = fs::read_to_string(types).unwrap();
    assert!(types.contains("build = true"), "{types}");
    let out = declaring("../data/bin");
    assert_eq!(refused(&out).as_deref(), Some("layer-link-out-of-layer"));
}
