//! Tests that files arrive exactly as git has them, and that little else is transferred.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dir::Dir;
use tests::folder::{paths, snapshot};
use tests::git_server::Filters;
use tests::repository::Repository;
use tests::repository::object::{Entry, Id, Mode};

use crate::support::{WANTED, World, each};

/// The limit for the template's folder and the protocol around it, in bytes.
const SMALL: u64 = 24 * 1024;

const ALL_FILTERS: [(Filters, u32); 4] = [
    (Filters::Allowed, 3),
    (Filters::NotOffered, 4),
    (Filters::Refused, 4),
    (Filters::TreeRefused, 4),
];

fn varied_kinds() -> Repository {
    let repository = Repository::empty().unwrap();
    let blob = |bytes: &[u8]| repository.blob(bytes).unwrap();
    let every_byte: Vec<u8> = (0..=255).collect();
    let (bytes, lines, empty) = (blob(&every_byte), blob(b"a\r\nb\n"), blob(b""));
    let script = blob(b"#!/bin/sh\nexit 0\n");
    let (to_file, to_folder, dangling) =
        (blob(b"../bytes"), blob(b"folder/"), blob(b"folder/later"));
    let inner = repository
        .tree(&[
            Entry::new(Mode::PROGRAM, "run", &script),
            Entry::new(Mode::LINK, "up", &to_file),
        ])
        .unwrap();
    let wanted = repository
        .tree(&[
            Entry::new(Mode::FILE, "bytes", &bytes),
            Entry::new(Mode::FILE, "lines", &lines),
            Entry::new(Mode::FILE, "empty", &empty),
            Entry::new(Mode("100664"), "of-the-group", &lines),
            Entry::new(Mode::TREE, "folder", &inner),
            Entry::new(Mode::TREE, "again", &inner),
            Entry::new(Mode::LINK, "link", &to_folder),
            Entry::new(Mode::LINK, "later", &dangling),
        ])
        .unwrap();
    let root = repository.wrapped(&wanted, &[WANTED]).unwrap();
    repository.commit("main", &root, "Every kind").unwrap();
    repository
}

#[test]
fn a_folder_arrives_as_it_is_in_the_repository() {
    let world = World::template();
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(
        fetched.resolved.commit.to_string(),
        world.repository.id("main").unwrap()
    );
    assert_eq!(
        fetched.resolved.tree.to_string(),
        world.repository.id("main:job-template").unwrap()
    );
    assert_eq!(fetched.traffic.requests, 3);
    assert_eq!(world.requests(), 3);
    assert_eq!(world.server.connections(), 1, "one connection for all");
    assert!(
        fetched.traffic.bytes_received < SMALL,
        "{:?}",
        fetched.traffic
    );
}

#[test]
fn files_links_and_executable_bits_are_the_same_to_the_byte() {
    let world = World::new(varied_kinds());
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(fetched.entries.len(), 12);
    assert_eq!(fetched.files, 6);
    let sizes = 256 + 5 + 5 + 2 * 17;
    assert_eq!(
        fetched.bytes, sizes,
        "a file that is there twice counts twice"
    );
}

#[test]
fn every_way_of_filtering_and_sending_gives_the_same_folder() {
    let cases = ALL_FILTERS
        .into_iter()
        .flat_map(|filters| [(filters, false), (filters, true)]);
    each(2, cases, |((filters, requests), chunked)| {
        let world = World::with(varied_kinds(), |options| {
            let options = options.filters(filters);
            if chunked { options.chunked() } else { options }
        });
        let fetched = world.ask().fetch();
        let case = format!("{filters:?}, chunked: {chunked}");
        assert_eq!(fetched.entries, world.expected("main", WANTED), "{case}");
        assert_eq!(fetched.traffic.requests, requests, "{case}");
        assert_eq!(world.requests(), requests as usize, "{case}");
        assert_eq!(world.server.connections(), 1, "{case}");
    });
}

#[test]
fn a_long_history_is_left_where_it_is() {
    let repository = Repository::template().unwrap();
    repository.lengthen_history(2000).unwrap();
    let world = World::new(repository);
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(fetched.traffic.requests, 3);
    assert!(
        fetched.traffic.bytes_received < SMALL,
        "{:?}",
        fetched.traffic
    );
}

#[test]
fn a_large_folder_beside_the_wanted_one_is_left_where_it_is() {
    let repository = Repository::template().unwrap();
    repository.add_random_files("data", 200, 10_000).unwrap();
    let world = World::new(repository);
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert!(
        fetched.traffic.bytes_received < SMALL,
        "{:?}",
        fetched.traffic
    );
    let sent: usize = world
        .server
        .exchanges()
        .iter()
        .map(|exchange| exchange.response.body.len())
        .sum();
    assert_eq!(fetched.traffic.bytes_received, sent as u64);
}

#[test]
fn a_server_without_filters_sends_one_commit_and_none_before_it() {
    let repository = Repository::template().unwrap();
    repository.add_random_files("gone", 10, 100_000).unwrap();
    let folder = tests::repository::template_folder();
    let tree = repository.tree_of(&folder).unwrap();
    repository.commit("main", &tree, "Without them").unwrap();
    let world = World::with(repository, |options| options.filters(Filters::NotOffered));
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert!(
        fetched.traffic.bytes_received < 2 * SMALL,
        "{:?}",
        fetched.traffic
    );
}

#[test]
fn a_folder_in_folders_is_found_whatever_the_server_can_filter() {
    const DEEP: &str = "a/b/c/job-template";
    each(2, ALL_FILTERS, |(filters, requests)| {
        let repository = Repository::template().unwrap();
        let template = repository.id("main:job-template").unwrap();
        let template = Id::parse(&template).unwrap();
        let beside = repository.blob(&[7; 3000]).unwrap();
        let c = repository
            .tree(&[
                Entry::new(Mode::TREE, "job-template", &template),
                Entry::new(Mode::FILE, "beside", &beside),
            ])
            .unwrap();
        let root = repository.wrapped(&c, &["a", "b", "c"]).unwrap();
        repository.commit("main", &root, "Deeper").unwrap();
        let world = World::with(repository, |options| options.filters(filters));
        let fetched = world.ask().subpath(DEEP).fetch();
        assert_eq!(fetched.entries, world.expected("main", DEEP), "{filters:?}");
        assert_eq!(fetched.traffic.requests, requests, "{filters:?}");
        assert!(paths(&fetched.entries).contains(&"app/__main__.py".to_owned()));
    });
}

#[test]
fn two_downloads_of_one_folder_are_the_same() {
    let world = World::new(varied_kinds());
    assert_eq!(world.ask().fetch().entries, world.ask().fetch().entries);
}

#[test]
fn a_server_with_an_authority_of_its_own_is_believed_when_that_is_given() {
    let world = World::with(varied_kinds(), tests::git_server::Options::tls);
    let fetched = world.ask().fetch();
    assert_eq!(fetched.entries, world.expected("main", WANTED));
    assert_eq!(fetched.traffic.requests, 3);
}

#[test]
fn what_does_not_fit_in_memory_lies_on_the_disk_all_the_same() {
    for (repository, name) in [
        (Repository::template().unwrap(), "the template"),
        (varied_kinds(), "every kind"),
    ] {
        let world = World::new(repository);
        for memory in [0, 100, 2000] {
            let fetched = world.ask().limits(|limits| limits.memory = memory).fetch();
            let expected = world.expected("main", WANTED);
            assert_eq!(fetched.entries, expected, "{name} with {memory}");
        }
    }
}

#[test]
fn progress_tells_of_every_byte() {
    let world = World::template();
    let ask = world.ask();
    let last = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&last);
    let progress = Box::new(move |bytes| {
        assert!(told.swap(bytes, Ordering::Relaxed) <= bytes, "never less");
    });
    let mut session = ask.open().unwrap().with_progress(progress);
    let resolved = ask.resolve(&mut session).unwrap();
    session.download(&resolved).unwrap();
    assert_eq!(
        last.load(Ordering::Relaxed),
        session.traffic().bytes_received
    );
}

#[test]
fn what_lies_there_is_not_replaced() {
    let world = World::new(varied_kinds());
    let ask = world.ask();
    let mut session = ask.open().unwrap();
    let resolved = ask.resolve(&mut session).unwrap();
    let tree = session.download(&resolved).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open_ambient(folder.path()).unwrap();
    dir.write_new("taken", b"mine", 0o600).unwrap();
    tree.stage(&dir, "taken").unwrap_err();
    let there = paths(&snapshot(folder.path()).unwrap());
    assert_eq!(there, ["taken"]);
    assert_eq!(dir.read("taken", 10).unwrap(), b"mine");
}
