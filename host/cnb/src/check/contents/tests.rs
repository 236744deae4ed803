use std::collections::BTreeSet;

use super::*;
use crate::check::{BuildFacts, CheckError, CheckedOutput, check_output};
use crate::descriptor::source::{FileSource, GitSource};

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn file(path: &str) -> types::SourceFile {
    types::SourceFile {
        path: path.to_owned(),
        sha256: DIGEST.to_owned(),
        unpack: types::Unpack::TarGz,
        leading_folders: 1,
    }
}

fn content(into: &str, source: &str, file: Option<types::SourceFile>) -> types::Content {
    types::Content {
        source: source.to_owned(),
        into: into.to_owned(),
        part: file.map(types::SourcePart::File),
    }
}

fn check(contents: Vec<types::Content>) -> Result<CheckedOutput, CheckError> {
    let (git, files): (SourceName, SourceName) =
        ("repo".parse().unwrap(), "files".parse().unwrap());
    let facts = BuildFacts {
        api: crate::api::Api::V0_10,
        buildpack_plan: BTreeSet::new(),
        sources: KnownSources(BTreeMap::from([
            (&git, GitSource::FORM),
            (&files, FileSource::FORM),
        ])),
    };
    let layer = types::Layer {
        name: "layer".to_owned(),
        types: types::LayerTypes {
            launch: true,
            build: false,
            cache: false,
        },
        metadata: "{}".to_owned(),
        contents,
        env: Vec::new(),
        exec_d: Vec::new(),
        executables: Vec::new(),
    };
    let output = types::BuildOutput {
        layers: vec![layer],
        processes: Vec::new(),
        labels: Vec::new(),
        slices: Vec::new(),
        unmet: Vec::new(),
        store: None,
    };
    check_output(output, &facts)
}

#[track_caller]
fn refused(contents: Vec<types::Content>) -> String {
    text::chain(&check(contents).unwrap_err())
}

#[test]
fn files_are_sorted_into_their_folders_whatever_their_order_is() {
    let contents = || {
        vec![
            content("site", "files", Some(file("b.whl"))),
            content("other", "files", Some(file("c.whl"))),
            content("job", "repo", None),
            content("site", "files", Some(file("a.whl"))),
        ]
    };
    let output = check(contents()).unwrap();
    let folders = &output.layers[0].folders;
    let names = folders.iter().map(|folder| {
        let paths = folder.files.iter().map(|file| file.path.as_str());
        (folder.into.as_str(), paths.collect::<Vec<_>>())
    });
    let expected = [("other", vec!["c.whl"]), ("site", vec!["a.whl", "b.whl"])];
    assert_eq!(names.collect::<Vec<_>>(), expected);
    assert_eq!(output.layers[0].contents.len(), 1);
    let reversed = contents().into_iter().rev().collect();
    assert_eq!(check(reversed).unwrap(), output);
}

#[test]
fn a_source_gives_what_its_kind_has() {
    let said = refused(vec![content("a", "repo", Some(file("b")))]);
    assert!(said.contains("'repo' is a git repository"), "{said}");
    let said = refused(vec![content("a", "files", None)]);
    assert!(said.contains("'files' consists of files"), "{said}");
    for file in [None, Some(file("b"))] {
        let said = refused(vec![content("a", "none", file)]);
        assert!(
            said.contains("declares no source 'none'; it declares 'files', 'repo'"),
            "{said}"
        );
    }
}

#[test]
fn a_folder_is_of_files_or_of_a_repository_and_a_file_is_in_it_once() {
    let twice = vec![
        content("A", "repo", None),
        content("a", "files", Some(file("b"))),
    ];
    assert!(refused(twice).contains("folder 'a' occurs twice"));
    let twice = vec![
        content("a", "files", Some(file("b"))),
        content("a", "files", Some(file("b"))),
    ];
    let said = refused(twice);
    assert!(said.contains("the file 'b' occurs twice"), "{said}");
    let cases = vec![
        content("a", "files", Some(file("b"))),
        content("A", "files", Some(file("c"))),
    ];
    assert!(refused(cases).contains("occurs twice"));
}

#[test]
fn a_digest_is_one_in_lower_case() {
    for digest in [
        "",
        "abc",
        &DIGEST.to_uppercase(),
        &format!("sha256:{DIGEST}"),
    ] {
        let file = types::SourceFile {
            sha256: digest.to_owned(),
            ..file("b")
        };
        let said = refused(vec![content("a", "files", Some(file))]);
        assert!(said.contains("64 hexadecimal digits"), "{said}");
    }
}

#[test]
fn leading_folders_are_left_off_in_archives_alone() {
    let with = |unpack, leading_folders| {
        let file = types::SourceFile {
            unpack,
            leading_folders,
            ..file("b")
        };
        check(vec![content("a", "files", Some(file))])
    };
    for unpack in [
        types::Unpack::TarGz,
        types::Unpack::TarZst,
        types::Unpack::Zip,
    ] {
        with(unpack, MOST_LEADING).unwrap();
        with(unpack, MOST_LEADING + 1).unwrap_err();
    }
    for unpack in [types::Unpack::File, types::Unpack::Wheel] {
        with(unpack, 0).unwrap();
        let said = with(unpack, 1).unwrap_err().to_string();
        assert!(said.contains("leading-folders is 1"), "{said}");
    }
}

#[test]
fn the_number_of_files_and_their_paths_are_limited() {
    let many = |count: usize| {
        let files = (0..count).map(|n| content("a", "files", Some(file(&n.to_string()))));
        check(files.collect())
    };
    many(MOST_FILES).unwrap();
    let said = many(MOST_FILES + 1).unwrap_err().to_string();
    assert!(said.contains("2049 files"), "{said}");
    for path in ["", "a\nb", &"a".repeat(LONGEST_PATH + 1)] {
        refused(vec![content("a", "files", Some(file(path)))]);
    }
}

fn packages(packages: &[(&str, &[&str])], tags: &[&str]) -> types::Content {
    let of = |(name, sha256): &(&str, &[&str])| types::IndexedPackage {
        name: (*name).to_owned(),
        sha256: sha256.iter().map(|digest| (*digest).to_owned()).collect(),
    };
    let packages = types::IndexedPackages {
        packages: packages.iter().map(of).collect(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    types::Content {
        part: Some(types::SourcePart::Packages(packages)),
        ..content("site", "files", None)
    }
}

#[test]
fn packages_are_sorted_and_may_share_a_folder_with_files() {
    let two = packages(
        &[("b", &[DIGEST]), ("a-b", &[DIGEST, DIGEST])],
        &["py3-none-any"],
    );
    let contents = vec![two, content("site", "files", Some(file("a.whl")))];
    let output = check(contents).unwrap();
    let [folder] = &output.layers[0].folders[..] else {
        panic!("{output:?}");
    };
    let [packages] = &folder.packages[..] else {
        panic!("{folder:?}");
    };
    let names = packages
        .packages
        .iter()
        .map(|package| package.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["a-b", "b"]);
    assert_eq!(packages.packages[0].sha256.len(), 1);
    assert_eq!((folder.files.len(), packages.tags.len()), (1, 1));
}

#[test]
fn packages_without_what_they_need_are_refused_by_the_cause() {
    let tags: &[&str] = &["py3-none-any"];
    for (content, cause) in [
        (packages(&[], tags), "the list of packages"),
        (packages(&[("a", &[])], tags), "the list of digests"),
        (packages(&[("a", &["abc"])], tags), "64 hexadecimal digits"),
        (packages(&[("A", &[DIGEST])], tags), "normal form"),
        (packages(&[("a--b", &[DIGEST])], tags), "normal form"),
        (packages(&[("../a", &[DIGEST])], tags), "normal form"),
        (
            packages(&[("a", &[DIGEST]), ("a", &[DIGEST])], tags),
            "occurs twice",
        ),
        (packages(&[("a", &[DIGEST])], &["py3-none"]), "is not a tag"),
        (
            packages(&[("a", &[DIGEST])], &["py3-none-Any"]),
            "is not a tag",
        ),
        (packages(&[("a", &[DIGEST])], &["py3--any"]), "is not a tag"),
    ] {
        let said = refused(vec![content]);
        assert!(said.contains(cause), "{said}");
    }
    let one = || packages(&[("a", &[DIGEST])], tags);
    let said = refused(vec![one(), one()]);
    assert!(
        said.contains("packages of source 'files' occurs twice"),
        "{said}"
    );
    let of_git = types::Content {
        source: "repo".to_owned(),
        ..one()
    };
    assert!(refused(vec![of_git]).contains("'repo' is a git repository"));
    check(vec![packages(&[("a", &[DIGEST])], &[])]).unwrap();
}

#[test]
fn packages_count_as_files() {
    let many = |count: usize| {
        let names: Vec<_> = (0..count).map(|n| format!("p{n}")).collect();
        let all: Vec<(&str, &[&str])> = names.iter().map(|name| (&**name, &[DIGEST][..])).collect();
        check(vec![
            packages(&all, &[]),
            content("a", "files", Some(file("b"))),
        ])
    };
    many(MOST_FILES - 1).unwrap();
    let said = many(MOST_FILES).unwrap_err().to_string();
    assert!(said.contains("2049 files"), "{said}");
}
