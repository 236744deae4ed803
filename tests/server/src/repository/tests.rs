use super::hostile::{
    BOMBS, COLLISIONS, Case, DOT_GIT, ENTRIES, INNOCENT, LFS_POINTER, NOT_UTF8, WANTED,
};
use super::pack::{Pack, repeating_delta};
use super::*;

fn listing(repository: &Repository, tree: &str) -> Vec<String> {
    let listing = repository.feed(&["ls-tree", "-z", tree], b"").unwrap();
    let lines = listing
        .split(|byte| *byte == 0)
        .filter(|line| !line.is_empty());
    lines
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect()
}

/// The tree's own bytes: `git ls-tree` shows only modes that git would write.
fn raw(repository: &Repository, tree: &str) -> Vec<u8> {
    repository.feed(&["cat-file", "tree", tree], b"").unwrap()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

#[test]
fn ids_are_the_same_on_every_machine() {
    let repository = Repository::empty().unwrap();
    let file = repository.blob(b"hello\n").unwrap();
    assert_eq!(file.to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
    let tree = repository
        .tree(&[Entry::new(Mode::FILE, "hello", &file)])
        .unwrap();
    let commit = repository.commit("main", &tree, "Hello").unwrap();
    assert_eq!(commit, "631ddb895e9bdf13ba54eb17a3087eaf900fed26");
}

#[test]
fn git_agrees_with_objects_written_without_it() {
    let repository = Repository::empty().unwrap();
    for size in [0, 1, 65_535, 65_536, 200_000] {
        let bytes = Random(size as u64 + 1).bytes(size);
        let id = repository.blob(&bytes).unwrap().to_string();
        assert_eq!(
            repository.feed(&["cat-file", "blob", &id], b"").unwrap(),
            bytes
        );
    }
    let tree = repository.tree_of(&template_folder()).unwrap();
    repository.commit("main", &tree, "Template").unwrap();
    repository.git(&["fsck", "--strict"]).unwrap();
}

#[test]
fn the_template_has_what_is_wanted_and_what_is_not() {
    let repository = Repository::template().unwrap();
    let all = repository
        .git(&["ls-tree", "-r", "--name-only", "main"])
        .unwrap();
    assert!(
        all.lines()
            .any(|line| line == "job-template/app/__main__.py"),
        "{all}"
    );
    assert!(
        all.lines().any(|line| line == "docs/measurements.csv"),
        "{all}"
    );
    let modes = repository
        .git(&[
            "ls-tree",
            "-r",
            "main",
            "job-template/bin",
            "job-template/app/README.md",
        ])
        .unwrap();
    assert!(
        modes.contains("100755 blob") && modes.contains("120000 blob"),
        "{modes}"
    );
}

#[test]
fn a_long_history_is_long_and_keeps_the_rest() {
    let repository = Repository::template().unwrap();
    let wanted = repository.id("main:job-template").unwrap();
    repository.lengthen_history(300).unwrap();
    assert_eq!(
        repository.git(&["rev-list", "--count", "main"]).unwrap(),
        "301"
    );
    assert_eq!(repository.id("main:job-template").unwrap(), wanted);
}

#[test]
fn random_files_stand_beside_what_is_wanted() {
    let repository = Repository::template().unwrap();
    let wanted = repository.id("main:job-template").unwrap();
    repository.add_random_files("data", 3, 1000).unwrap();
    assert_eq!(repository.id("main:job-template").unwrap(), wanted);
    assert_eq!(listing(&repository, "main:data").len(), 3);
    repository.git(&["fsck", "--strict"]).unwrap();
}

#[test]
fn branches_and_tags_may_have_odd_names_and_share_one() {
    let repository = Repository::template().unwrap();
    let first = repository.id("main").unwrap();
    repository.lengthen_history(1).unwrap();
    for name in ["feature/\u{fc}#1", "release-1.x", "both"] {
        repository.branch(name, &first).unwrap();
        assert_eq!(repository.id(&format!("refs/heads/{name}")).unwrap(), first);
    }
    repository
        .tag("both", "main", Some("A tag of the same name"))
        .unwrap();
    repository.tag("light", "main", None).unwrap();
    assert_ne!(
        repository.id("refs/tags/both").unwrap(),
        repository.id("main").unwrap()
    );
    assert_eq!(
        repository.id("both^{commit}").unwrap(),
        repository.id("main").unwrap()
    );
    assert_eq!(
        repository.id("light").unwrap(),
        repository.id("main").unwrap()
    );
}

#[test]
fn folders_can_be_wrapped_into_others() {
    let repository = Repository::empty().unwrap();
    let tree = repository
        .tree_of(&template_folder().join("job-template"))
        .unwrap();
    let root = repository
        .wrapped(&tree, &["a", "b", "job-template"])
        .unwrap();
    repository.commit("main", &root, "Nested").unwrap();
    assert_eq!(
        repository.id("main:a/b/job-template").unwrap(),
        tree.to_string()
    );
}

#[test]
fn every_case_holds_what_it_says() {
    let entries = [DOT_GIT, ENTRIES, COLLISIONS, &[LFS_POINTER, NOT_UTF8]].concat();
    for case in entries {
        let repository = case.repository().unwrap();
        let tree = raw(&repository, "main:job-template");
        let name = [b" ", case.path, b"\0"].concat();
        assert!(
            holds(&tree, &name),
            "{}: {}",
            case.name,
            String::from_utf8_lossy(&tree)
        );
        assert!(holds(&tree, b"40000 app\0"), "{}", case.name);
    }
}

#[test]
fn odd_modes_stand_in_the_tree_as_they_are() {
    for (name, mode) in [
        ("setuid", "104755"),
        ("setgid", "102755"),
        ("console", "20000"),
        ("odd", "0"),
    ] {
        let case = find(ENTRIES, |case| case.path == name.as_bytes());
        let repository = case.repository().unwrap();
        let tree = raw(&repository, "main:job-template");
        assert!(
            holds(&tree, format!("{mode} {name}\0").as_bytes()),
            "{name}"
        );
    }
    let old = find(INNOCENT, |case| case.path == b"old")
        .repository()
        .unwrap();
    assert!(holds(&raw(&old, "main:job-template"), b"100664 old\0"));
}

#[test]
fn links_hold_their_targets() {
    for case in ENTRIES
        .iter()
        .filter(|case| case.name.contains("link that climbs out"))
    {
        let repository = case.repository().unwrap();
        let target = repository
            .git(&["cat-file", "blob", "main:job-template/passwd"])
            .unwrap();
        assert_eq!(target, "../../../../../etc/passwd");
        assert!(
            listing(&repository, "main:job-template")
                .iter()
                .any(|line| line.starts_with("120000 blob"))
        );
    }
}

#[test]
fn collisions_are_two_entries_of_one_folder() {
    for case in COLLISIONS {
        let repository = case.repository().unwrap();
        assert_eq!(
            listing(&repository, "main:job-template").len(),
            3,
            "{}",
            case.name
        );
    }
}

#[test]
fn a_submodule_is_a_commit_that_is_not_there() {
    let repository = find(ENTRIES, |case| case.path == b"vendored")
        .repository()
        .unwrap();
    let listing = listing(&repository, "main:job-template");
    assert!(
        listing
            .iter()
            .any(|line| line.starts_with("160000 commit 1234567890")),
        "{listing:?}"
    );
}

#[test]
fn bombs_are_small_and_large() {
    for case in BOMBS.iter().filter(|case| !case.name.contains("megabytes")) {
        let repository = case.repository().unwrap();
        let count = repository
            .git(&["rev-list", "--objects", "--count", "main"])
            .unwrap();
        assert!(
            count.parse::<usize>().unwrap() < 3100,
            "{}: {count}",
            case.name
        );
    }
    let thousands = find(BOMBS, |case| case.name.starts_with("a hundred thousand"))
        .repository()
        .unwrap();
    let files = thousands
        .git(&["ls-tree", "-r", "main:job-template/bomb"])
        .unwrap();
    assert_eq!(files.lines().count(), 100_000);
    let deep = find(INNOCENT, |case| case.path == b"d/d/d")
        .repository()
        .unwrap();
    let path = "d/".repeat(20);
    assert!(deep.id(&format!("main:{WANTED}/{path}config")).is_ok());
}

#[test]
fn zeros_are_as_many_as_asked_for_and_compress_well() {
    let repository = Repository::empty().unwrap();
    let id = repository.zeros(10 << 20).unwrap().to_string();
    assert_eq!(
        repository.git(&["cat-file", "-s", &id]).unwrap(),
        (10 << 20).to_string()
    );
    let (folder, file) = id.split_at(2);
    let file = repository.git_dir().join("objects").join(folder).join(file);
    assert!(std::fs::metadata(file).unwrap().len() < 100_000);
}

#[test]
fn innocent_cases_pass_gits_own_check_but_for_odd_modes() {
    for case in INNOCENT.iter().filter(|case| case.path != b"old") {
        let repository = case.repository().unwrap();
        repository
            .git(&["fsck", "--strict"])
            .unwrap_or_else(|error| panic!("{}: {error:#}", case.name));
    }
}

#[test]
fn git_unpacks_packs_written_by_hand() {
    let base = b"0123456789".repeat(30);
    let mut pack = Pack::default();
    let first = pack.object(3, &base);
    let second = pack.delta(first, &repeating_delta(300, 4));
    pack.delta(second, &repeating_delta(1200, 100));
    let repository = Repository::empty().unwrap();
    repository
        .feed(&["unpack-objects", "-q"], &pack.bytes().unwrap())
        .unwrap();
    for times in [1, 4, 400] {
        let id = object::id_of("blob", &base.repeat(times))
            .unwrap()
            .to_string();
        let size = repository.git(&["cat-file", "-s", &id]).unwrap();
        assert_eq!(size, (300 * times).to_string());
    }
}

#[test]
fn a_repository_can_name_objects_by_sha256() {
    let repository = Repository::empty_sha256().unwrap();
    let tree = repository.tree_of(&template_folder()).unwrap();
    let commit = repository.commit("main", &tree, "Template").unwrap();
    assert_eq!(commit.len(), 64);
}

fn find(cases: &'static [Case], wanted: impl Fn(&Case) -> bool) -> &'static Case {
    cases.iter().find(|case| wanted(case)).unwrap()
}
