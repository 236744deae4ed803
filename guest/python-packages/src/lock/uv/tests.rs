//! Tests the walk through `uv.lock`, and each refusal beside the nearest lock that is taken.

use super::*;
use crate::platform::tests::platform;

fn lock(text: &str) -> Result<Lock, LockError> {
    chosen(text, &Selection::default())
}

fn chosen(text: &str, selection: &Selection) -> Result<Lock, LockError> {
    let text = format!("version = 1\nrevision = 5\n{text}");
    read(&text, &platform(), selection)
}

fn selection(extras: &[&str], groups: &[&str]) -> Selection {
    let names = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    Selection {
        extras: names(extras),
        groups: names(groups),
    }
}

fn names(text: &str) -> Vec<String> {
    names_with(text, &Selection::default())
}

fn names_with(text: &str, selection: &Selection) -> Vec<String> {
    let lock = chosen(text, selection).unwrap();
    let name = |one: &Locked| format!("{} {}", one.name, one.version.as_deref().unwrap_or("?"));
    lock.packages.iter().map(name).collect()
}

/// The project, with dependencies in TOML and more of its table.
fn project(dependencies: &str, more: &str) -> String {
    format!(
        "[[package]]\nname = \"job\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [{dependencies}]\n{more}\n"
    )
}

/// A package of an index.
fn package(name: &str, version: &str, more: &str) -> String {
    format!(
        "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://index.example.com/simple\" }}\n\
         wheels = [{{ url = \"https://files.example.com/{name}-{version}-py3-none-any.whl\", hash = \"sha256:AB\" }}]\n{more}\n"
    )
}

#[test]
fn all_packages_that_the_project_needs_are_found_and_no_others() {
    let text = [
        project(
            "{ name = \"a\" }, { name = \"only-windows\", marker = \"sys_platform == 'win32'\" }",
            "[package.optional-dependencies]\nplot = [{ name = \"plot\" }]\n[package.dev-dependencies]\ndev = [{ name = \"dev\" }]",
        ),
        package(
            "a",
            "1",
            "dependencies = [{ name = \"b\" }, { name = \"a\" }]",
        ),
        package("b", "2", "dependencies = [{ name = \"a\" }]"),
        package("only-windows", "3", ""),
        package("plot", "4", ""),
        package("dev", "5", ""),
    ];
    assert_eq!(names(&text.concat()), ["a 1", "b 2"]);
}

#[test]
fn extras_of_a_dependency_add_their_packages() {
    let optional = "[package.optional-dependencies]\nSocks = [{ name = \"b\" }, { name = \"a\", extra = [\"more\"] }]\n\
                    more = [{ name = \"c\", marker = \"python_version >= '3.12'\" }]\nother = [{ name = \"d\" }]";
    let packages = [
        package("a", "1", optional),
        package("b", "1", ""),
        package("c", "1", ""),
        package("d", "1", ""),
    ];
    let with = |edge: &str| names(&format!("{}{}", project(edge, ""), packages.concat()));
    assert_eq!(with("{ name = \"a\" }"), ["a 1"]);
    // The project may need an extra of its own.
    let own = project(
        "{ name = \"job\", extra = [\"x\"] }",
        "[package.optional-dependencies]\nx = [{ name = \"b\" }]",
    );
    assert_eq!(names(&format!("{own}{}", packages.concat())), ["b 1"]);
    assert_eq!(
        with("{ name = \"a\", extra = [\"socks\"] }"),
        ["a 1", "b 1", "c 1"]
    );
}

#[test]
fn chosen_extras_and_groups_of_the_project_add_their_packages() {
    let own = project(
        "{ name = \"a\" }",
        "[package.optional-dependencies]\nplot = [{ name = \"b\" }]\nall = [{ name = \"job\", extra = [\"plot\"] }]\n\
         [package.dev-dependencies]\ndev = [{ name = \"c\" }]\n\
         [package.metadata]\nprovides-extras = [\"plot\", \"all\", \"empty\"]\nrequires-dist = [{ name = \"a\" }]\n\
         [package.metadata.requires-dev]\ndev = [{ name = \"c\" }]\nnone = []",
    );
    let text = ["a", "b", "c"].map(|name| package(name, "1", ""));
    let text = format!("{own}{}", text.concat());
    let with = |extras: &[&str], groups: &[&str]| names_with(&text, &selection(extras, groups));
    assert_eq!(with(&[], &[]), ["a 1"]);
    assert_eq!(with(&["plot"], &[]), ["a 1", "b 1"]);
    assert_eq!(with(&["all"], &["none"]), ["a 1", "b 1"]);
    assert_eq!(with(&["empty"], &["dev"]), ["a 1", "c 1"]);
    let offered = lock(&text).unwrap().offered;
    assert_eq!(
        offered,
        selection(&["all", "empty", "plot"], &["dev", "none"])
    );
}

#[test]
fn of_conflicting_extras_the_chosen_one_decides_and_both_are_refused() {
    let edge = |version: &str, extra: &str| {
        format!(
            "{{ name = \"a\", version = \"{version}\", source = {{ registry = \"https://index.example.com/simple\" }}, \
             marker = \"extra == 'extra-3-job-{extra}'\" }}"
        )
    };
    let list = |version: &str| {
        format!(
            "[{{ name = \"a\", version = \"{version}\", source = {{ registry = \"https://index.example.com/simple\" }} }}]"
        )
    };
    let own = project(
        &format!(
            "{{ name = \"b\" }}, {}, {}",
            edge("1", "old"),
            edge("2", "new")
        ),
        &format!(
            "[package.optional-dependencies]\nold = {}\nnew = {}",
            list("1"),
            list("2")
        ),
    );
    let others = [
        package("a", "1", ""),
        package("a", "2", ""),
        package("b", "1", ""),
    ];
    let conflicts = "conflicts = [[{ package = \"job\", extra = \"old\" }, { package = \"job\", extra = \"new\" }]]\n";
    let text = format!("{conflicts}{own}{}", others.concat());
    let with = |extras: &[&str]| chosen(&text, &selection(extras, &[]));
    assert_eq!(names(&text), ["b 1"]);
    assert_eq!(names_with(&text, &selection(&["old"], &[])), ["a 1", "b 1"]);
    assert_eq!(names_with(&text, &selection(&["new"], &[])), ["a 2", "b 1"]);
    let error = with(&["old", "new"]).unwrap_err();
    let words = "declares that extra 'old' of 'job' and extra 'new' of 'job' exclude each other";
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn a_chosen_extra_brings_a_conflicting_one_of_another_project_with_what_that_needs() {
    let member = "[[package]]\nname = \"m\"\nversion = \"1\"\nsource = { editable = \"m\" }\n\
        dependencies = [{ name = \"b\", marker = \"extra != 'extra-1-m-gpu'\" }]\n\
        [package.optional-dependencies]\ncpu = [{ name = \"c\" }]\n\
        gpu = [{ name = \"g\", marker = \"extra == 'extra-1-m-gpu'\" }]\n";
    let own = project(
        "{ name = \"a\" }",
        "[package.optional-dependencies]\n\
         ml = [{ name = \"m\", extra = [\"gpu\"], marker = \"extra == 'extra-1-m-gpu'\" }]\n\
         plain = [{ name = \"m\", extra = [\"cpu\"] }]",
    );
    let conflicts = "conflicts = [[{ package = \"m\", extra = \"cpu\" }, { package = \"m\", extra = \"gpu\" }]]\n";
    let others = ["a", "b", "c", "g"].map(|name| package(name, "1", ""));
    let text = format!("{conflicts}{own}{member}{}", others.concat());
    let with = |extras: &[&str]| names_with(&text, &selection(extras, &[]));
    assert_eq!(with(&[]), ["a 1"]);
    assert_eq!(with(&["ml"]), ["a 1", "g 1", "m 1"]);
    assert_eq!(with(&["plain"]), ["a 1", "b 1", "c 1", "m 1"]);
    let error = chosen(&text, &selection(&["ml", "plain"], &[])).unwrap_err();
    assert!(matches!(error, LockError::Conflict { .. }), "{error}");
}

#[test]
fn one_of_several_versions_is_taken_by_markers_and_by_the_edge() {
    let versions = [
        package(
            "a",
            "1",
            "resolution-markers = [\"python_full_version < '3.12'\"]",
        ),
        package(
            "a",
            "2",
            "resolution-markers = [\"python_full_version >= '3.12'\"]",
        ),
    ];
    let with = |edges: &str| format!("{}{}", project(edges, ""), versions.concat());
    assert_eq!(names(&with("{ name = \"a\" }")), ["a 2"]);
    assert_eq!(names(&with("{ name = \"a\", version = \"2\" }")), ["a 2"]);
    let error = lock(&with("{ name = \"a\", version = \"1\" }")).unwrap_err();
    assert!(matches!(error, LockError::Missing { .. }), "{error}");
    let both = versions.concat().replace("< '3.12'", "< '4'");
    let error = lock(&format!("{}{both}", project("{ name = \"a\" }", ""))).unwrap_err();
    assert!(
        error.to_string().contains("'a' in the versions 1 and 2"),
        "{error}"
    );
    let error = lock(&format!(
        "{}{both}",
        project(
            "{ name = \"a\", version = \"1\" }, { name = \"a\", version = \"2\" }",
            ""
        )
    ));
    assert!(matches!(error, Err(LockError::TwoVersions { .. })));
}

#[test]
fn the_files_of_each_kind_of_source_are_kept_apart() {
    let sources = [
        (
            "source = { registry = \"../flat\" }\nwheels = [{ path = \"a-1-py3-none-any.whl\" }]",
            PackageOrigin::Files,
        ),
        (
            "source = { path = \"a-1-py3-none-any.whl\" }\nwheels = [{ filename = \"a-1-py3-none-any.whl\", hash = \"sha256:1\" }]",
            PackageOrigin::Files,
        ),
        (
            "source = { url = \"https://files.example.com/a.tar.gz\" }\nsdist = { hash = \"sha256:1\" }",
            PackageOrigin::Files,
        ),
        (
            "source = { git = \"https://git.example.com/a?rev=1#2\" }",
            PackageOrigin::Repository,
        ),
        (
            "source = { editable = \"packages/a\" }",
            PackageOrigin::Folder,
        ),
        (
            "source = { directory = \"packages/a\" }",
            PackageOrigin::Folder,
        ),
    ];
    for (source, origin) in sources {
        let text = format!(
            "{}[[package]]\nname = \"a\"\n{source}\n",
            project("{ name = \"a\" }", "")
        );
        let lock = lock(&text).unwrap();
        assert_eq!(lock.packages[0].origin, origin, "{source}");
        assert!(
            lock.packages[0]
                .wheels
                .iter()
                .all(|file| matches!(file.place, Place::Path(_)))
        );
    }
    let text = format!(
        "{}{}",
        project("{ name = \"a\" }", ""),
        package("a", "1", "")
    );
    let file = lock(&text).unwrap().packages.remove(0).wheels.remove(0);
    assert_eq!(file.sha256.as_deref(), Some("ab"));
    assert_eq!(
        file.place,
        Place::Url("https://files.example.com/a-1-py3-none-any.whl".to_owned())
    );
}

#[test]
fn a_workspace_without_a_project_starts_from_its_members() {
    let members = "[manifest]\nmembers = [\"one\", \"two\"]\n";
    let member = |name: &str, needs: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nsource = {{ editable = \"packages/{name}\" }}\ndependencies = [{{ name = \"{needs}\" }}]\n"
        )
    };
    let rest = [
        member("one", "a"),
        member("two", "one"),
        package("a", "1", ""),
    ]
    .concat();
    assert_eq!(names(&format!("{members}{rest}")), ["a 1"]);
    let error = lock(&rest).unwrap_err();
    assert!(matches!(error, LockError::NoProject { .. }), "{error}");
}

#[test]
fn an_installed_project_is_told_from_a_virtual_one() {
    let text = project("", "");
    assert!(!lock(&text).unwrap().has_own_package);
    assert!(
        lock(&text.replace("virtual", "editable"))
            .unwrap()
            .has_own_package
    );
    assert!(lock("").unwrap().packages.is_empty());
}

#[test]
fn the_dependencies_of_the_project_for_this_platform_are_recorded() {
    let text = project(
        "",
        "[package.metadata]\nrequires-dist = [{ name = \"A.b\", extras = [\"x\"], specifier = \">=1\" }, \
         { name = \"c\", marker = \"extra == 'plot'\" }, { name = \"d\", git = \"https://git.example.com/d\" }, \
         { name = \"e\" }]",
    );
    let name = |text: &str| text.parse::<Name>().unwrap();
    let expected = vec![
        (name("a-b"), vec![name("x")], Some(">=1".to_owned())),
        (name("d"), vec![], None),
        (name("e"), vec![], Some(String::new())),
    ];
    assert_eq!(
        lock(&text).unwrap().recorded,
        Recorded::Dependencies(expected)
    );
    let none = lock(&project("", "")).unwrap().recorded;
    assert_eq!(none, Recorded::Dependencies(vec![]));
    let older = format!(
        "{}{}",
        project("{ name = \"a\" }", ""),
        package("a", "1", "")
    );
    assert_eq!(lock(&older).unwrap().recorded, Recorded::Nothing);
}

#[test]
fn a_lock_for_other_pythons_platforms_or_tools_is_refused() {
    for (text, why) in [
        (
            "requires-python = \">=3.13\"",
            "made for Python >=3.13, and the chosen one is 3.12.4",
        ),
        ("requires-python = \"nonsense\"", "made for Python nonsense"),
        (
            "supported-markers = [\"sys_platform == 'win32'\"]",
            "made for other platforms",
        ),
        (
            "supported-markers = [\"sys_platform = 'win32'\"]",
            "cannot be evaluated",
        ),
    ] {
        let error = lock(text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    for text in [
        "requires-python = \">=3.12\"",
        "supported-markers = [\"sys_platform == 'linux'\"]",
    ] {
        assert!(lock(text).is_ok(), "{text}");
    }
    let error = read("version = 2\n", &platform(), &Selection::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("version '2'"), "{error}");
    assert!(
        read(
            "version = 1\nrevision = 99\nnew-key = [1]\n",
            &platform(),
            &Selection::default()
        )
        .is_ok()
    );
}

#[test]
fn a_syntax_error_names_the_line_and_shows_nothing_of_it() {
    let text = "version = 1\n\n[[package]]\nname = \"a\"\nsource = { url = \"https://u:hunter2@files.example.com\" \n";
    let error = read(text, &platform(), &Selection::default()).unwrap_err();
    let LockError::Syntax { line, .. } = &error else {
        panic!("{error}");
    };
    assert!((4..=6).contains(line), "{line}");
    let text = error.explained().to_string();
    assert!(!text.contains("hunter2"), "{text}");
}
