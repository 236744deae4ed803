//! Tests the choice for whole applications.

use std::fs;

use tempfile::TempDir;

use super::*;

fn app(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn choice(files: &[(&str, &str)], variable: Option<&str>) -> Result<Choice, VersionError> {
    let folder = app(files);
    choose(&App::at(folder.path().to_str().unwrap()), variable)
}

fn minor(files: &[(&str, &str)], variable: Option<&str>) -> (u64, Origin) {
    let choice = choice(files, variable).unwrap();
    (choice.version.minor, choice.origin)
}

const PROJECT: (&str, &str) = (
    "pyproject.toml",
    "[project]\nrequires-python = \">=3.10,<3.12\"\n",
);
const LOCK: (&str, &str) = (
    "uv.lock",
    "version = 1\nrequires-python = \"==3.14.*\"\n\n[[package]]\nname = \"a\"\n",
);

#[test]
fn the_first_place_that_asks_is_heard() {
    let file = (".python-version", "# ours\n\n3.12\n3.13\n");
    let all = [file, PROJECT, LOCK];
    assert_eq!(minor(&all, Some("3.10.*")), (10, Origin::Variable));
    assert_eq!(minor(&all, Some(" ")), (12, Origin::VersionFile));
    assert_eq!(minor(&all, None), (12, Origin::VersionFile));
    assert_eq!(minor(&[PROJECT, LOCK], None), (11, Origin::Project));
    assert_eq!(minor(&[LOCK], None), (14, Origin::Lock("uv.lock")));
    assert_eq!(minor(&[], None), (DEFAULT.1, Origin::Default));
    let silent = ("pyproject.toml", "[project]\nname = \"a\"\n");
    assert_eq!(minor(&[silent, LOCK], None), (14, Origin::Lock("uv.lock")));
    let pylock = (
        "pylock.toml",
        "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\n",
    );
    assert_eq!(minor(&[pylock, LOCK], None), (DEFAULT.1, Origin::Default));
}

#[test]
fn the_newest_patch_is_taken_and_the_default_minor_where_it_is_allowed() {
    let known = releases().unwrap();
    let newest_of = |minor| {
        known
            .iter()
            .map(|one| one.version)
            .filter(|one| one.minor == minor)
            .max()
    };
    assert_eq!(
        choice(&[(".python-version", "3.12")], None)
            .unwrap()
            .version,
        newest_of(12).unwrap()
    );
    let open = choice(
        &[("pyproject.toml", "[project]\nrequires-python = \">=3.10\"")],
        None,
    );
    assert_eq!(open.unwrap().version, newest_of(DEFAULT.1).unwrap());
}

#[test]
fn an_unknown_version_is_refused_with_the_list() {
    let error = choice(&[(".python-version", "3.12.999")], None).unwrap_err();
    let text = error.explained().to_string();
    let newest = choice(&[(".python-version", "3.12")], None)
        .unwrap()
        .version
        .to_string();
    assert!(
        text.contains("no Python 3.12.999") && text.contains(".python-version"),
        "{text}"
    );
    assert!(text.contains(&newest), "{text}");
}

#[test]
fn a_version_that_is_not_understood_is_refused_by_its_place() {
    for (files, variable, place) in [
        (
            vec![(".python-version", "pypy3.10")],
            None,
            ".python-version",
        ),
        (vec![], Some("latest"), VARIABLE),
        (
            vec![("pyproject.toml", "[project]\nrequires-python = 3")],
            None,
            "pyproject.toml",
        ),
        (
            vec![("pyproject.toml", "[project]\nrequires-python = \"^3\"")],
            None,
            "pyproject.toml",
        ),
        (
            vec![("uv.lock", "requires-python = \"^3\"")],
            None,
            "uv.lock",
        ),
    ] {
        let text = choice(&files, variable)
            .unwrap_err()
            .explained()
            .to_string();
        assert!(
            text.contains(place) && text.contains("not understood"),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_refused_by_name() {
    let long = "#".repeat(5000);
    for (files, why) in [
        ([("pyproject.toml", "[project")], "not valid TOML"),
        (
            [(".python-version", long.as_str())],
            "larger than 4096 bytes",
        ),
    ] {
        let text = choice(&files, None).unwrap_err().explained().to_string();
        assert!(text.contains(files[0].0) && text.contains(why), "{text}");
    }
    let folder = app(&[]);
    fs::create_dir(folder.path().join(".python-version")).unwrap();
    let error = choose(&App::at(folder.path().to_str().unwrap()), None).unwrap_err();
    assert!(error.to_string().contains("it is a directory"), "{error}");
}
