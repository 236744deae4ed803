//! Tests the commit and the folder to which a name resolves.

use fetch::{AbsentError, FetchError, ObjectError};
use tests::repository::Repository;
use tests::repository::object::{Entry, Mode};

use crate::support::{WANTED, World};

/// A commit whose folder contains one file with this text.
fn commit(repository: &Repository, branch: &str, text: &str) -> String {
    let blob = repository.blob(text.as_bytes()).unwrap();
    let wanted = repository
        .tree(&[Entry::new(Mode::FILE, "text", &blob)])
        .unwrap();
    let root = repository.wrapped(&wanted, &[WANTED]).unwrap();
    repository.commit(branch, &root, text).unwrap()
}

fn commit_of(world: &World, revision: &str) -> String {
    world
        .ask()
        .revision(revision)
        .fetch()
        .resolved
        .commit
        .to_string()
}

#[test]
fn branches_tags_and_commits_are_found() {
    let repository = Repository::empty().unwrap();
    let first = commit(&repository, "main", "first");
    repository.tag("light", &first, None).unwrap();
    repository.tag("annotated", &first, Some("A tag")).unwrap();
    repository
        .tag("of-a-tag", "annotated", Some("A tag of a tag"))
        .unwrap();
    let second = commit(&repository, "main", "second");
    let other = commit(&repository, "other", "other");
    let world = World::new(repository);
    for (revision, expected) in [
        ("main", &second),
        ("refs/heads/main", &second),
        ("other", &other),
        ("light", &first),
        ("annotated", &first),
        ("of-a-tag", &first),
        ("refs/tags/annotated", &first),
        (first.as_str(), &first),
        (first.to_uppercase().as_str(), &first),
    ] {
        let fetched = world.ask().revision(revision).fetch();
        assert_eq!(&fetched.resolved.commit.to_string(), expected, "{revision}");
        assert_eq!(
            fetched.entries,
            world.expected(expected, WANTED),
            "{revision}"
        );
        let is_id = revision.len() == 40;
        assert_eq!(
            fetched.traffic.requests,
            if is_id { 2 } else { 3 },
            "{revision}"
        );
    }
}

#[test]
fn a_commit_that_no_branch_holds_any_more_is_found_by_its_id() {
    let repository = Repository::empty().unwrap();
    let lost = commit(&repository, "lost", "lost");
    repository
        .git(&["update-ref", "-d", "refs/heads/lost"])
        .unwrap();
    commit(&repository, "main", "main");
    let world = World::new(repository);
    assert_eq!(commit_of(&world, &lost), lost);
}

#[test]
fn a_branch_goes_before_a_tag_of_its_name() {
    let repository = Repository::empty().unwrap();
    let tagged = commit(&repository, "main", "tagged");
    repository.tag("twice", &tagged, Some("A tag")).unwrap();
    let branched = commit(&repository, "twice", "branched");
    let world = World::new(repository);
    assert_eq!(commit_of(&world, "twice"), branched);
    assert_eq!(commit_of(&world, "refs/tags/twice"), tagged);
}

#[test]
fn odd_names_are_names() {
    let names = [
        "feature/a/b",
        "release-1.0",
        "1.0",
        "v1.0+build",
        "#17",
        "100%",
        "%2e%2e",
        "a&b=c",
        "it's",
        "\"quoted\"",
        "$HOME",
        "`id`",
        "a;b",
        "@here",
        "HEAD",
        "deadbeef",
        "0123456789abcdef0123456789abcdef0123456",
        "\u{fc}ml\u{e4}ut",
        "\u{1f600}",
        "heads/main",
        "tags/main",
    ];
    let repository = Repository::empty().unwrap();
    let main = commit(&repository, "main", "main");
    let expected: Vec<_> = names
        .iter()
        .map(|name| {
            let id = commit(&repository, "base", name);
            repository
                .git(&["update-ref", &format!("refs/heads/{name}"), &id])
                .unwrap();
            id
        })
        .collect();
    let world = World::new(repository);
    for (name, expected) in names.iter().zip(&expected) {
        assert_eq!(&commit_of(&world, name), expected, "{name}");
    }
    assert_eq!(commit_of(&world, "main"), main);
}

#[test]
fn a_name_that_only_begins_like_another_is_not_that_other() {
    let repository = Repository::empty().unwrap();
    commit(&repository, "main-2", "longer");
    repository.tag("maintained", "main-2", None).unwrap();
    let world = World::new(repository);
    let error = world.ask().error();
    assert!(
        matches!(&error, FetchError::Absent(AbsentError::NoSuchRevision { revision, abbreviated: false, .. }) if revision == "main"),
        "{error}"
    );
    assert!(error.to_string().contains("'main'"), "{error}");
    assert_eq!(world.requests(), 1, "no content is asked for");
    assert!(world.ask().revision("main-2").try_fetch().is_ok());
}

#[test]
fn the_beginning_of_a_commit_id_is_refused_with_a_hint() {
    let world = World::template();
    let id = world.repository.id("main").unwrap();
    for length in [4, 7, 12, 39] {
        let error = world.ask().revision(&id[..length]).error();
        assert!(
            matches!(
                &error,
                FetchError::Absent(AbsentError::NoSuchRevision {
                    abbreviated: true,
                    ..
                })
            ),
            "{error}"
        );
        assert!(error.to_string().contains("40 digits"), "{error}");
    }
    assert_eq!(commit_of(&world, &id), id);
}

#[test]
fn a_commit_that_is_not_there_is_named() {
    let world = World::template();
    let id = "1234567890123456789012345678901234567890";
    let error = world.ask().revision(id).error();
    assert!(
        matches!(&error, FetchError::Absent(AbsentError::NoSuchCommit { .. })),
        "{error:?}"
    );
    assert!(error.to_string().contains(id), "{error}");
    assert!(
        error
            .to_string()
            .contains(&world.server.url("group/template.git")),
        "{error}"
    );
}

#[test]
fn the_id_of_what_is_no_commit_is_refused() {
    let repository = Repository::template().unwrap();
    repository.tag("annotated", "main", Some("A tag")).unwrap();
    let world = World::new(repository);
    for name in ["annotated", "main^{tree}", "main:README.md"] {
        let id = world.repository.id(name).unwrap();
        let error = world.ask().revision(&id).error();
        assert!(
            matches!(
                &error,
                FetchError::Object(ObjectError::Kind { .. } | ObjectError::Missing { .. })
            ),
            "{name}: {error:?}"
        );
        assert!(error.to_string().contains(&id), "{name}: {error}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named_as_far_as_it_goes() {
    let world = World::template();
    for (subpath, missing) in [
        ("absent", "absent"),
        ("absent/deeper", "absent"),
        ("job-template/absent", "job-template/absent"),
        ("job-template/app/absent/deeper", "job-template/app/absent"),
        ("Job-Template", "Job-Template"),
    ] {
        let error = world.ask().subpath(subpath).error();
        assert!(
            matches!(&error, FetchError::Absent(AbsentError::NoSuchSubpath { missing: found, .. }) if found == missing),
            "{subpath}: {error:?}"
        );
        assert!(
            error.to_string().contains(&format!("'{missing}'")),
            "{error}"
        );
    }
    assert_eq!(
        world.ask().subpath("job-template/bin").fetch().entries,
        world.expected("main", "job-template/bin")
    );
}

#[test]
fn a_file_a_link_and_a_submodule_are_no_folders() {
    let repository = Repository::empty().unwrap();
    let file = repository.blob(b"folder").unwrap();
    let folder = repository
        .tree(&[Entry::new(Mode::FILE, "file", &file)])
        .unwrap();
    let elsewhere = tests::repository::object::Id::parse(&"12".repeat(20)).unwrap();
    let root = repository
        .tree(&[
            Entry::new(Mode::FILE, "file", &file),
            Entry::new(Mode::LINK, "link", &file),
            Entry::new(Mode::COMMIT, "module", &elsewhere),
            Entry::new(Mode::TREE, "folder", &folder),
        ])
        .unwrap();
    repository.commit("main", &root, "No folders").unwrap();
    let world = World::new(repository);
    for (subpath, path) in [
        ("file", "file"),
        ("file/deeper", "file"),
        ("link", "link"),
        ("link/file", "link"),
        ("module", "module"),
        ("folder/file", "folder/file"),
    ] {
        let error = world.ask().subpath(subpath).error();
        assert!(
            matches!(&error, FetchError::Absent(AbsentError::NotAFolder { path: found, .. }) if found == path),
            "{subpath}: {error:?}"
        );
        assert!(error.to_string().contains(&format!("'{path}'")), "{error}");
    }
    assert_eq!(world.ask().subpath("folder").fetch().files, 1);
}
