//! Tests the list of `pylock.toml`, and each refusal beside the nearest lock that is taken.

use super::*;
use crate::platform::tests::platform;

fn lock(text: &str) -> Result<Lock, LockError> {
    chosen(text, &Selection::default())
}

fn chosen(text: &str, selection: &Selection) -> Result<Lock, LockError> {
    let project = "job".parse().unwrap();
    read(
        &format!("lock-version = \"1.0\"\n{text}"),
        &platform(),
        Some(&project),
        selection,
    )
}

fn package(name: &str, more: &str) -> String {
    format!(
        "[[packages]]\nname = \"{name}\"\nversion = \"1\"\n{more}\n[[packages.wheels]]\nname = \"other\"\n\
         url = \"https://files.example.com/{name}-1-py3-none-any.whl\"\n[packages.wheels.hashes]\nsha256 = \"AB\"\n"
    )
}

fn names(text: &str) -> Vec<String> {
    lock(text)
        .unwrap()
        .packages
        .iter()
        .map(|one| one.name.to_string())
        .collect()
}

#[test]
fn packages_are_taken_by_their_markers_and_the_default_groups() {
    let text = [
        "default-groups = [\"default\"]\n".to_owned(),
        package("b", ""),
        package("a", "marker = \"'default' in dependency_groups\""),
        package("c", "marker = \"'dev' in dependency_groups\""),
        package("d", "marker = \"sys_platform == 'win32'\""),
        package("e", "marker = \"'plot' in extras\""),
    ];
    assert_eq!(names(&text.concat()), ["a", "b"]);
}

#[test]
fn chosen_extras_and_groups_are_added_to_the_default_groups() {
    let text = [
        "extras = [\"plot\"]\ndependency-groups = [\"dev\"]\ndefault-groups = [\"default\"]\n"
            .to_owned(),
        package("a", "marker = \"'default' in dependency_groups\""),
        package("c", "marker = \"'dev' in dependency_groups\""),
        package("e", "marker = \"'plot' in extras\""),
    ];
    let selection = Selection {
        extras: ["plot".parse().unwrap()].into(),
        groups: ["dev".parse().unwrap()].into(),
    };
    let lock = chosen(&text.concat(), &selection).unwrap();
    let names = lock.packages.iter().map(|one| one.name.to_string());
    assert_eq!(names.collect::<Vec<_>>(), ["a", "c", "e"]);
    let groups = lock.offered.groups.iter().map(ToString::to_string);
    assert_eq!(groups.collect::<Vec<_>>(), ["default", "dev"]);
    assert_eq!(lock.offered.extras, selection.extras);
}

#[test]
fn two_entries_of_one_name_are_taken_if_only_one_applies() {
    let text = [
        package("a", "marker = \"python_version < '3.12'\""),
        package("a", "marker = \"python_version >= '3.12'\""),
    ];
    assert_eq!(names(&text.concat()), ["a"]);
    let error = lock(&text.concat().replace("< '3.12'", "< '4'")).unwrap_err();
    assert!(
        error.to_string().contains("'a' in the versions 1 and 1"),
        "{error}"
    );
}

#[test]
fn the_project_itself_is_no_package_and_other_folders_are() {
    let folder = |name: &str, path: &str| {
        format!(
            "[[packages]]\nname = \"{name}\"\ndirectory = {{ path = \"{path}\", editable = true }}\n"
        )
    };
    for (name, path) in [("other", "."), ("job", "/home/user/job")] {
        let lock = lock(&folder(name, path)).unwrap();
        assert!(lock.packages.is_empty() && lock.has_own_package, "{name}");
    }
    let lock = lock(&folder("other", "packages/other")).unwrap();
    assert_eq!(lock.packages[0].origin, PackageOrigin::Folder);
    assert!(!lock.has_own_package);
}

#[test]
fn an_archive_is_a_wheel_by_the_name_in_its_address() {
    let archive = |url: &str| {
        let text = format!(
            "[[packages]]\nname = \"a\"\narchive = {{ url = \"{url}\", hashes = {{ sha256 = \"ab\" }} }}\n"
        );
        lock(&text).unwrap().packages.remove(0)
    };
    let wheel = archive("https://files.example.com/a-1-py3-none-any.whl#x");
    assert!(wheel.wheels.len() == 1 && !wheel.has_source && wheel.version.is_none());
    let source = archive("https://files.example.com/a-1.tar.gz");
    assert!(source.wheels.is_empty() && source.has_source);
}

#[test]
fn digests_and_places_are_read_and_the_name_is_not() {
    let file = lock(&package("a", ""))
        .unwrap()
        .packages
        .remove(0)
        .wheels
        .remove(0);
    assert_eq!(file.sha256.as_deref(), Some("ab"));
    assert_eq!(
        file.place,
        Place::Url("https://files.example.com/a-1-py3-none-any.whl".to_owned())
    );
    let text = "[[packages]]\nname = \"a\"\nwheels = [{ path = \"a-1-py3-none-any.whl\", hashes = { md5 = \"1\" } }]\n";
    let file = lock(text).unwrap().packages.remove(0).wheels.remove(0);
    assert_eq!(file.sha256, None);
    assert!(matches!(file.place, Place::Path(_)));
    let text = "[[packages]]\nname = \"a\"\nvcs = { type = \"git\", url = \"https://git.example.com/a\", commit-id = \"1\" }\n";
    assert_eq!(
        lock(text).unwrap().packages[0].origin,
        PackageOrigin::Repository
    );
}

#[test]
fn a_lock_for_other_pythons_platforms_or_versions_is_refused() {
    for (text, why) in [
        (
            "requires-python = \">=3.13\"".to_owned(),
            "made for Python >=3.13",
        ),
        (
            "environments = [\"sys_platform == 'win32'\"]".to_owned(),
            "made for other platforms",
        ),
        (
            package("a", "requires-python = \">=3.13\""),
            "'a' in pylock.toml needs Python >=3.13",
        ),
        (
            package("a", "marker = \"nonsense\""),
            "marker that cannot be evaluated",
        ),
    ] {
        let error = lock(&text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    for text in [
        "requires-python = \"==3.12.*\"".to_owned(),
        "environments = [\"sys_platform == 'win32'\", \"python_version >= \\\"3.11\\\"\"]"
            .to_owned(),
        package("a", "requires-python = \">=3.12\""),
        package(
            "a",
            "requires-python = \">=3.13\"\nmarker = \"sys_platform == 'win32'\"",
        ),
    ] {
        assert!(lock(&text).is_ok(), "{text}");
    }
    for (version, taken) in [("1.0", true), ("1.7", true), ("2.0", false), ("", false)] {
        let lock = read(
            &format!("lock-version = \"{version}\"\n"),
            &platform(),
            None,
            &Selection::default(),
        );
        assert_eq!(lock.is_ok(), taken, "{version}");
    }
}
