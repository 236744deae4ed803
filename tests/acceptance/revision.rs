//! Tests `BP_JOB_TEMPLATE_REF`: it selects the template's revision, and never its address.
//!
//! Unusual names of branches and tags are in the tests of the download.

use tests::repository::Repository;
use tests::repository::object::{Entry, Id, Mode};

use crate::world::{World, error, stdout};

/// Makes a branch, two tags and a commit, each with a template that names it.
fn variants(repository: &Repository) -> String {
    let commit = |branch: &str, text: &str| {
        let blob = repository.blob(text.as_bytes()).unwrap();
        let folder = repository
            .tree(&[Entry::new(Mode::FILE, "which.txt", &blob)])
            .unwrap();
        let tree: Id = repository.wrapped(&folder, &["job-template"]).unwrap();
        repository.commit(branch, &tree, text).unwrap()
    };
    commit("feature/next", "the branch");
    let tagged = commit("scratch", "the tag");
    repository.tag("v1.0", &tagged, None).unwrap();
    repository
        .tag("v1.0-signed", &tagged, Some("A release"))
        .unwrap();
    let alone = commit("scratch", "the commit");
    commit("scratch", "behind the commit");
    alone
}

fn choose(world: &World, value: &str) {
    world
        .lifecycle
        .platform_variable("BP_JOB_TEMPLATE_REF", value)
        .unwrap();
}

#[test]
fn a_branch_a_tag_or_a_commit_is_built_where_the_variable_names_it() {
    let world = World::sample();
    let commit = variants(&world.repository);
    for (revision, content) in [
        ("feature/next", "the branch"),
        ("refs/heads/feature/next", "the branch"),
        ("v1.0", "the tag"),
        ("v1.0-signed", "the tag"),
        ("refs/tags/v1.0", "the tag"),
        (commit.as_str(), "the commit"),
    ] {
        for end in ["", "\n"] {
            choose(&world, &format!("{revision}{end}"));
            world.lifecycle.forget().unwrap();
            let ended = world.build();
            let line = format!(" at {revision}, chosen by BP_JOB_TEMPLATE_REF\n");
            assert!(stdout(&ended).contains(&line), "{}", stdout(&ended));
            assert_eq!(
                world.layer_file("job-template/job-template/which.txt"),
                content,
                "{revision}"
            );
            let noted: toml::Table =
                toml::from_str(&world.layer_file("job-template.toml")).unwrap();
            let note = &noted["metadata"]["host"]["contents"][0];
            assert_eq!(note["revision"].as_str(), Some(revision));
            let id = world
                .repository
                .id(&format!("{revision}^{{commit}}"))
                .unwrap();
            assert_eq!(note["commit"].as_str(), Some(&*id));
        }
    }
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let world = World::sample();
    choose(&world, "\n");
    let ended = world.build();
    assert!(stdout(&ended).contains(" at main\n"), "{}", stdout(&ended));
}

#[test]
fn a_value_that_names_no_revision_is_refused_with_the_variable() {
    let world = World::sample();
    for value in [
        "--upload-pack=touch /tmp/x",
        "-b",
        "main branch",
        "main ",
        "@",
        "a..b",
        "main@{1}",
        "main^",
        "main~1",
        "main:docs",
        "../main",
        "/main",
        "main/",
        "main\nmain",
        "\u{1b}[2J",
        "https://elsewhere.example.com/x.git#main",
        "x*",
    ] {
        choose(&world, value);
        let ended = world.lifecycle.build().unwrap();
        assert_eq!(ended.code, Some(1), "{value:?}: {}", ended.output());
        let text = error(&ended);
        assert!(
            text.contains("BP_JOB_TEMPLATE_REF is not a valid branch, tag or commit"),
            "{value:?}: {text}"
        );
        let title = "[Error: The requested revision can't be used]";
        assert!(text.starts_with(title), "{value:?}: {text}");
        assert!(
            text.contains("Set BP_JOB_TEMPLATE_REF to a branch"),
            "{value:?}: {text}"
        );
        assert!(!text.contains("by hand"), "{value:?}: {text}");
        assert!(!text.contains('\u{1b}'));
        assert_eq!(world.layers(), [], "{value:?}");
    }
    assert_eq!(world.server.requests().len(), 0, "the server was asked");
}

#[test]
fn a_value_that_is_no_text_is_refused_with_the_variable() {
    let world = World::sample();
    world
        .lifecycle
        .platform_variable("BP_JOB_TEMPLATE_REF", b"ma\xffn")
        .unwrap();
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    assert!(
        error(&ended).contains("BP_JOB_TEMPLATE_REF is not UTF-8"),
        "{}",
        ended.output()
    );
    assert_eq!(world.layers(), []);
}

#[test]
fn a_revision_that_the_server_does_not_have_is_named() {
    let world = World::sample();
    let abbreviated = &world.repository.id("main").unwrap()[..12];
    for (value, words) in [
        ("no-such-branch", &["'no-such-branch'"][..]),
        (abbreviated, &[abbreviated, "40 digits"]),
        (
            "1111111111111111111111111111111111111111",
            &["1111111111111111111111111111111111111111"],
        ),
    ] {
        choose(&world, value);
        let ended = world.lifecycle.build().unwrap();
        assert_eq!(ended.code, Some(1), "{value}: {}", ended.output());
        for word in words {
            assert!(error(&ended).contains(word), "{word}: {}", ended.output());
        }
        assert_eq!(world.layers(), [], "{value}");
    }
}

#[test]
fn a_revision_without_the_folder_is_refused_by_its_name() {
    let world = World::sample();
    let blob = world.repository.blob(b"text").unwrap();
    let tree = world
        .repository
        .tree(&[Entry::new(Mode::FILE, "README.md", &blob)])
        .unwrap();
    world
        .repository
        .commit("bare", &tree, "No template")
        .unwrap();
    choose(&world, "bare");
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    assert!(
        error(&ended).contains("has no 'job-template'"),
        "{}",
        ended.output()
    );
    assert_eq!(world.layers(), []);
}

#[test]
fn other_variables_of_the_environment_folder_move_nothing() {
    let world = World::sample();
    for (name, value) in [
        ("BP_JOB_TEMPLATE_GIT", "http://127.0.0.1:1/x.git"),
        ("BP_JOB_TEMPLATE_SUBPATH", "docs"),
        ("CNB_BUILDPACK_DIR", "/nonexistent"),
        ("GIT_DIR", "/nonexistent"),
        ("https_proxy", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
    ] {
        world.lifecycle.platform_variable(name, value).unwrap();
    }
    world.build();
    assert!(
        world
            .layer_file("job-template/job-template/README.md")
            .len()
            > 10
    );
}
