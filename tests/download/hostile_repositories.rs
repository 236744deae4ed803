//! Tests repositories that try to write outside their folder, or more than the limits allow.

use fetch::{
    DownloadLimits, EntryReason, FetchError, LinkReason, NameReason, PackError, Refused, TreeError,
};
use tests::folder::paths;
use tests::git_server::Filters;
use tests::repository::Repository;
use tests::repository::hostile::{
    BOMBS, COLLISIONS, Case, DOT_GIT, ENTRIES, INNOCENT, LFS_POINTER, NOT_UTF8,
};
use tests::repository::object::{Entry, Mode};

use crate::support::{WANTED, World, each};

fn world(case: &Case) -> World {
    World::new(case.repository().unwrap())
}

/// The refused entry and the reason, which the message must both contain.
fn refused(case: &Case) -> Refused {
    let error = world(case).ask().error();
    let text = error.to_string();
    let FetchError::Tree(TreeError::Refused(refused)) = error else {
        panic!("{}: {error:?}", case.name);
    };
    assert!(text.contains(&format!("'{}'", refused.entry)), "{text}");
    assert!(text.ends_with(&refused.reason.to_string()), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
    refused
}

/// The reason why the case's own entry is refused.
fn reason(case: &Case) -> EntryReason {
    let refused = refused(case);
    assert_eq!(refused.entry.as_bytes(), case.path, "{}", case.name);
    refused.reason
}

#[test]
fn the_folder_of_git_is_refused_in_every_spelling() {
    each(2, DOT_GIT, |case| {
        let reason = reason(case);
        assert_eq!(reason, EntryReason::DotGit, "{}", case.name);
        assert!(reason.to_string().contains("reserved for git"), "{reason}");
    });
}

#[test]
fn names_modes_and_links_that_lead_elsewhere_are_refused() {
    each(2, ENTRIES, |case| {
        let reason = reason(case);
        let mode = |mode: &str| EntryReason::Mode {
            mode: mode.to_owned(),
        };
        let expected = match case.name {
            "an absolute link" => EntryReason::Link(LinkReason::Absolute),
            "a link to nothing" => EntryReason::Link(LinkReason::Empty),
            "a submodule" => EntryReason::Submodule,
            "a device" => mode("20000"),
            "a block device" => mode("60000"),
            "a pipe" => mode("10000"),
            "a mode that is none" => mode("0"),
            "a setuid program" => mode("104755"),
            "a setgid program" => mode("102755"),
            name if name.starts_with("a link") => EntryReason::Link(LinkReason::Outward),
            _ => EntryReason::Name(NameReason::NotPlain),
        };
        assert_eq!(reason, expected, "{}", case.name);
    });
}

#[test]
fn names_that_some_file_system_takes_for_one_are_refused() {
    each(2, COLLISIONS, |case| {
        let Refused { entry, reason } = refused(case);
        let EntryReason::Name(NameReason::Collision { other }) = &reason else {
            panic!("{}: {reason:?}", case.name);
        };
        assert!(
            reason.to_string().contains(&format!("'{other}'")),
            "{reason}"
        );
        // The later entry in the tree's order is refused, and the message also names the earlier one.
        let path = String::from_utf8_lossy(case.path);
        assert!(
            *path == entry.to_string() || path == *other,
            "{entry} and {other}"
        );
    });
}

/// A repository whose folder has a link `a` to `target`, a folder `app`, and a link `in` to that folder.
fn linking(target: &str, name: &str) -> World {
    let repository = Repository::empty().unwrap();
    let blob = |text: &str| repository.blob(text.as_bytes()).unwrap();
    let file = repository
        .tree(&[Entry::new(Mode::FILE, "file", &blob("text"))])
        .unwrap();
    let entries = [
        Entry::new(Mode::TREE, "app", &file),
        Entry::new(Mode::LINK, "in", &blob("app")),
        Entry::new(Mode::LINK, name, &blob(target)),
    ];
    let wanted = repository.tree(&entries).unwrap();
    let root = repository.wrapped(&wanted, &[WANTED]).unwrap();
    repository.commit("main", &root, "Links").unwrap();
    World::new(repository)
}

#[test]
fn a_link_whose_way_leads_through_another_link_is_refused() {
    for target in ["in/..", "in/../..", "in/file", "in/"] {
        let error = linking(target, "a").ask().error();
        assert!(
            matches!(
                &error,
                FetchError::Tree(TreeError::Refused(refused))
                    if refused.reason == EntryReason::Link(LinkReason::ThroughLink) && refused.entry.as_bytes() == b"a"
            ),
            "{target}: {error:?}"
        );
        assert!(
            error.to_string().contains("through another link"),
            "{error}"
        );
    }
    for target in ["in", "app/file", "./app/./file", "app//file"] {
        let world = linking(target, "a");
        assert_eq!(
            world.ask().fetch().entries,
            world.expected("main", WANTED),
            "{target}"
        );
    }
}

#[test]
fn a_link_named_gitmodules_is_refused_and_a_file_is_not() {
    let error = linking("app/file", ".gitmodules").ask().error();
    assert!(error.to_string().contains("'.gitmodules'"), "{error}");
    assert!(
        matches!(
            &error,
            FetchError::Tree(TreeError::Refused(refused)) if refused.reason == EntryReason::LinkedGitmodules
        ),
        "{error:?}"
    );
    let repository = Repository::empty().unwrap();
    let file = repository.blob(b"").unwrap();
    let wanted = repository
        .tree(&[Entry::new(Mode::FILE, ".gitmodules", &file)])
        .unwrap();
    let root = repository.wrapped(&wanted, &[WANTED]).unwrap();
    repository.commit("main", &root, "No link").unwrap();
    assert_eq!(World::new(repository).ask().fetch().files, 1);
}

#[test]
fn what_is_refused_in_a_folder_within_is_named_with_its_way() {
    let repository = Repository::empty().unwrap();
    let file = repository.blob(b"[core]\n").unwrap();
    let deep = repository
        .tree(&[Entry::new(Mode::FILE, ".GIT", &file)])
        .unwrap();
    let root = repository.wrapped(&deep, &[WANTED, "a", "b"]).unwrap();
    repository.commit("main", &root, "Deep").unwrap();
    let error = World::new(repository).ask().error();
    assert!(error.to_string().contains("'a/b/.GIT'"), "{error}");
}

#[test]
fn what_lies_beside_the_wanted_folder_is_not_judged() {
    for filters in [Filters::Allowed, Filters::NotOffered] {
        let repository = Repository::template().unwrap();
        let template = repository.id("main:job-template").unwrap();
        let template = tests::repository::object::Id::parse(&template).unwrap();
        let link = repository.blob(b"/etc/passwd").unwrap();
        let root = repository
            .tree(&[
                Entry::new(Mode::LINK, "passwd", &link),
                Entry::new(Mode::LINK, "JOB-TEMPLATE", &link),
                Entry::new(Mode::TREE, WANTED, &template),
            ])
            .unwrap();
        repository.commit("main", &root, "Beside").unwrap();
        let world = World::with(repository, |options| options.filters(filters));
        assert_eq!(world.ask().fetch().entries, world.expected("main", WANTED));
    }
}

#[test]
fn a_name_and_a_path_that_are_too_long_are_refused() {
    for (folders, length, reason) in [
        (0, 256, Some(EntryReason::Name(NameReason::LongName))),
        (0, 255, None),
        (4, 255, Some(EntryReason::Name(NameReason::LongPath))),
    ] {
        let repository = Repository::empty().unwrap();
        let name = "n".repeat(length);
        let file = repository.blob(b"text").unwrap();
        let tree = repository
            .tree(&[Entry::new(Mode::FILE, &name, &file)])
            .unwrap();
        let way = [&[WANTED][..], &vec![name.as_str(); folders]].concat();
        let root = repository.wrapped(&tree, &way).unwrap();
        repository.commit("main", &root, "Long").unwrap();
        let world = World::new(repository);
        match (world.ask().try_fetch(), reason) {
            (Ok(fetched), None) => assert_eq!(fetched.files, 1),
            (Err(FetchError::Tree(TreeError::Refused(refused))), Some(reason)) => {
                assert_eq!(refused.reason, reason);
                assert!(refused.to_string().contains("nnnn"));
            }
            (fetched, _) => panic!("{length}: {:?}", fetched.err()),
        }
    }
}

#[test]
fn bombs_are_refused_by_the_limit_that_they_break() {
    each(2, BOMBS, |case| {
        let world = world(case);
        for limits in [LARGER, SMALLER] {
            let error = world.ask().limits(limits).error();
            let right = match (&error, case.path) {
                (FetchError::Tree(TreeError::TooDeep { path, .. }), b"d/d/d") => {
                    path.as_bytes().starts_with(case.path) && error.to_string().contains("d/d/d")
                }
                (FetchError::Tree(TreeError::TooManyEntries { most }), b"bomb") => {
                    case.name.contains("entries") && error.to_string().contains(&most.to_string())
                }
                (
                    FetchError::Tree(TreeError::TooLarge { most })
                    | FetchError::Pack(PackError::TooLarge { most }),
                    b"bomb",
                ) => case.name.contains("file") && error.to_string().contains(&most.to_string()),
                _ => false,
            };
            assert!(right, "{}: {error:?}", case.name);
        }
    });
}

const LARGER: fn(&mut DownloadLimits) = |limits| {
    limits.bytes = 64 << 20;
};
const SMALLER: fn(&mut DownloadLimits) = |limits| {
    limits.entries = 1000;
    limits.bytes = 1 << 20;
    limits.depth = 16;
};

#[test]
fn every_limit_is_met_exactly() {
    let repository = Repository::empty().unwrap();
    let file = repository.blob(&[7; 1000]).unwrap();
    let entries: Vec<_> = (0..10)
        .map(|number| Entry::new(Mode::FILE, &number.to_string(), &file))
        .collect();
    let folder = repository.tree(&entries).unwrap();
    let wanted = repository.wrapped(&folder, &["a", "b"]).unwrap();
    let root = repository.wrapped(&wanted, &[WANTED]).unwrap();
    repository.commit("main", &root, "Twelve entries").unwrap();
    let world = World::new(repository);
    let fetch = |entries, bytes, depth, objects| {
        let ask = world.ask().limits(|limits| {
            limits.entries = entries;
            limits.bytes = bytes;
            limits.depth = depth;
            limits.objects = objects;
        });
        ask.try_fetch().map(|fetched| fetched.entries.len())
    };
    assert_eq!(fetch(12, 10_000, 2, 4).unwrap(), 12);
    let error = fetch(11, 10_000, 2, 4).unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Tree(TreeError::TooManyEntries { most: 11 })
        ),
        "{error:?}"
    );
    let error = fetch(12, 9_999, 2, 4).unwrap_err();
    assert!(
        matches!(error, FetchError::Tree(TreeError::TooLarge { most: 9_999 })),
        "{error:?}"
    );
    let error = fetch(12, 10_000, 1, 4).unwrap_err();
    assert!(
        matches!(error, FetchError::Tree(TreeError::TooDeep { most: 1, .. })),
        "{error:?}"
    );
    let error = fetch(12, 10_000, 2, 3).unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Pack(PackError::TooManyObjects { most: 3 })
        ),
        "{error:?}"
    );
}

#[test]
fn the_nearest_innocent_neighbours_are_taken() {
    each(2, INNOCENT, |case| {
        let world = world(case);
        let fetched = world.ask().fetch();
        assert_eq!(
            fetched.entries,
            world.expected("main", WANTED),
            "{}",
            case.name
        );
        assert!(
            fetched.entries.len() > 2,
            "{}: {:?}",
            case.name,
            paths(&fetched.entries)
        );
        assert!(fetched.lfs_pointers.is_empty(), "{}", case.name);
    });
}

#[test]
fn a_name_that_is_no_utf8_is_taken_as_it_is() {
    let world = world(&NOT_UTF8);
    assert_eq!(world.ask().fetch().entries, world.expected("main", WANTED));
}

#[test]
fn a_pointer_of_git_lfs_is_taken_and_told_of() {
    let world = world(&LFS_POINTER);
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(fetched.lfs_pointers, ["model.bin"]);
}
