//! Tests `wasm-buildpack package --vendor` for sources of files: a build with such a package asks no server.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use cnb::context::Environment;
use package::vendor::{self, Brought, bring_along};

use crate::scene::{Scene, Wanted, declared};

const CONTENT: &[u8] = b"the content";
const LIST: &[(&str, &[u8])] = &[("1/a.txt", CONTENT), ("b.txt", b"b"), ("c.txt", b"b")];

fn wanted() -> [Wanted<'static>; 2] {
    [
        Wanted::file("1/a.txt", CONTENT),
        Wanted::file("b.txt", b"b"),
    ]
}

fn descriptor(scene: &Scene) -> String {
    fs::read_to_string(scene.lifecycle.buildpack_dir().join("buildpack.toml")).unwrap()
}

/// Fetches the sources of a scene for a package.
fn fetch(scene: &Scene, wanted: &[&str]) -> Result<Vec<Brought>, String> {
    let wanted: Vec<_> = wanted.iter().map(|one| one.parse().unwrap()).collect();
    let environment = Environment::new([].into(), PathBuf::from("/"));
    let brought = vendor::fetch(&descriptor(scene), &wanted, &environment);
    brought.map_err(|error| format!("{error:#}"))
}

/// Puts sources into the package of a scene.
fn bring(scene: &Scene, brought: &[Brought]) {
    let package = scene.lifecycle.buildpack_dir();
    bring_along(&package, &descriptor(scene), brought).unwrap();
}

#[test]
fn listed_files_are_fetched_once_for_a_package_that_then_asks_nobody() {
    let serve = |content: &'static [u8]| {
        Scene::new(
            |options| {
                options
                    .file("/pub/1/a.txt", CONTENT)
                    .file("/pub/b.txt", content)
            },
            &declared(LIST),
            &wanted(),
            &[],
        )
    };
    let scene = serve(b"b");
    let brought = fetch(&scene, &["files"]).unwrap();
    let mut asked = scene.asked();
    asked.sort();
    assert_eq!(asked, ["/pub/1/a.txt", "/pub/b.txt"]);
    bring(&scene, &brought);
    let said = scene.builds();
    assert!(
        said.contains("Source 'files': 2 files of this package; no server is asked"),
        "{said}"
    );
    assert_eq!(scene.file("data/a.txt"), CONTENT);
    assert_eq!(scene.file("data/b.txt"), b"b");
    assert_eq!(scene.asked().len(), 2);

    let said = fetch(&serve(b"c"), &["files"]).unwrap_err();
    assert!(said.contains("/pub/b.txt"), "{said}");
}

#[test]
fn files_that_an_application_lists_come_from_a_folder() {
    let digest = cnb::sha256::Sha256::of(CONTENT);
    let lock = format!(
        "[[file]]\nurl = \"https://files.example.com/a.txt\"\nhash = \"sha256:{digest}\"\n"
    );
    let wanted = [Wanted::file("https://files.example.com/a.txt", CONTENT)];
    let source = "listed-in = [\"some.lock\"]\n";
    let scene = Scene::new(|options| options, source, &wanted, &[("some.lock", &lock)]);
    let folder = tempfile::tempdir().unwrap();
    let from = format!("files={}", folder.path().display());
    let said = fetch(&scene, &[&from]).unwrap_err();
    assert!(said.contains("The folder has no files"), "{said}");
    fs::create_dir(folder.path().join("deep")).unwrap();
    fs::write(folder.path().join("deep/any name"), CONTENT).unwrap();
    let brought = fetch(&scene, &[&from]).unwrap();
    bring(&scene, &brought);
    scene.builds();
    assert_eq!(scene.file("data/a.txt"), CONTENT);
}

#[test]
fn a_source_that_cannot_be_packaged_so_is_named_with_the_right_way() {
    let of_buildpack = Scene::new(|options| options, &declared(LIST), &[], &[]);
    let of_application = Scene::new(|options| options, "listed-in = [\"some.lock\"]\n", &[], &[]);
    for (scene, wanted, words) in [
        (&of_buildpack, &["files=v1"][..], "Write: --vendor files"),
        (&of_buildpack, &["other"], "Its sources: files"),
        (&of_application, &["files"], "--vendor files=DIR"),
        (
            &of_application,
            &["files=/nowhere"],
            "This is not a folder: '/nowhere'",
        ),
        (
            &of_application,
            &["files=/dev/null"],
            "This is not a folder: '/dev/null'",
        ),
    ] {
        let said = fetch(scene, wanted).unwrap_err();
        assert!(said.contains(words), "{wanted:?}: {said}");
        assert!(scene.asked().is_empty());
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), CONTENT).unwrap();
    let from = format!("files={}", folder.path().display());
    symlink("a", folder.path().join("b")).unwrap();
    let said = fetch(&of_application, &[&from]).unwrap_err();
    assert!(
        said.contains("This is neither a file nor a folder: '"),
        "{said}"
    );
    fs::remove_file(folder.path().join("b")).unwrap();
    let said = fetch(&of_application, &[&from, &from]).unwrap_err();
    assert!(said.contains("names source 'files' twice"), "{said}");
}
