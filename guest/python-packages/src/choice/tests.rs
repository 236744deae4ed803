//! Tests the choice of one wheel, and each reason for none beside the nearest package that has one.

use super::*;
use crate::platform::tests::{platform, platform_on_arm};

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn file(name: &str) -> LockedFile {
    LockedFile {
        place: Place::Url(format!("https://files.example.com/{name}")),
        sha256: Some(DIGEST.to_owned()),
    }
}

fn package(wheels: Vec<LockedFile>) -> Locked {
    Locked {
        name: "a".parse().unwrap(),
        version: Some("1.0".to_owned()),
        origin: PackageOrigin::Files,
        wheels,
        has_source: true,
    }
}

fn chosen(names: &[&str]) -> Result<String, Reason> {
    let wheels = names.iter().map(|name| file(name)).collect();
    wheel(&package(wheels), &platform().tags).map(|chosen| chosen.address.file_name)
}

#[test]
fn the_best_wheel_is_chosen_in_any_order() {
    let mut names = [
        "a-1.0-py3-none-any.whl",
        "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
        "a-1.0-cp312-cp312-manylinux_2_39_x86_64.whl",
        "a-1.0-cp39-abi3-manylinux_2_34_x86_64.whl",
        "a-1.0-cp312-cp312-win_amd64.whl",
    ];
    for _ in 0..names.len() {
        names.rotate_left(1);
        assert_eq!(
            chosen(&names).unwrap(),
            "a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"
        );
    }
}

#[test]
fn each_architecture_gets_the_wheel_for_it_and_for_glibc() {
    let of = |tag: &str| format!("a-1.0-cp312-cp312-{tag}.whl");
    let tags = [
        "musllinux_1_2_aarch64",
        "musllinux_1_2_x86_64",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "manylinux_2_17_aarch64.manylinux2014_aarch64",
        "manylinux_2_39_aarch64",
    ];
    let on_arm = |tags: &[&str]| {
        let wheels = tags.iter().map(|tag| file(&of(tag))).collect();
        let chosen = wheel(&package(wheels), &platform_on_arm().tags);
        chosen.map(|chosen| chosen.address.file_name)
    };
    assert_eq!(on_arm(&tags).unwrap(), of(tags[3]));
    let names: Vec<_> = tags.iter().map(|tag| of(tag)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(chosen(&names).unwrap(), of(tags[2]));
    let error = on_arm(&tags[..3]).unwrap_err().to_string();
    assert!(error.contains("musllinux_1_2_aarch64"), "{error}");
    let set = "musllinux_1_2_aarch64.manylinux_2_28_aarch64";
    assert_eq!(on_arm(&[set]).unwrap(), of(set));
}

#[test]
fn a_higher_build_tag_wins_between_equals() {
    for names in [
        ["a-1.0-2-py3-none-any.whl", "a-1.0-10-py3-none-any.whl"],
        ["a-1.0-10-py3-none-any.whl", "a-1.0-py3-none-any.whl"],
    ] {
        assert_eq!(chosen(&names).unwrap(), "a-1.0-10-py3-none-any.whl");
    }
}

#[test]
fn a_wheel_of_another_name_does_not_count() {
    assert_eq!(chosen(&["b-1.0-py3-none-any.whl"]), Err(Reason::Source));
    assert_eq!(
        chosen(&["A-1.0-py3-none-any.whl"]).unwrap(),
        "A-1.0-py3-none-any.whl"
    );
}

#[test]
fn other_platforms_are_named_and_shortened() {
    let error = chosen(&[
        "a-1.0-cp312-cp312-win_amd64.whl",
        "a-1.0-cp311-cp311-macosx_11_0_arm64.whl",
    ])
    .unwrap_err();
    let expected = "there is none for this platform, but only for cp311-cp311-macosx_11_0_arm64, cp312-cp312-win_amd64";
    assert_eq!(error.to_string(), expected);
    let many: Vec<String> = (1..12)
        .map(|minor| format!("a-1.0-cp3{minor}-cp3{minor}-win32.whl"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(
        chosen(&many)
            .unwrap_err()
            .to_string()
            .ends_with(", and 3 more")
    );
}

#[test]
fn each_reason_for_no_wheel_is_told_apart() {
    let tags = platform().tags;
    let good = package(vec![file("a-1.0-py3-none-any.whl")]);
    assert!(wheel(&good, &tags).is_ok());
    let with = |change: &dyn Fn(&mut Locked)| {
        let mut other = good.clone();
        change(&mut other);
        wheel(&other, &tags).unwrap_err()
    };
    let name = "a-1.0-py3-none-any.whl".to_owned();
    assert_eq!(with(&|one| one.wheels.clear()), Reason::Source);
    assert_eq!(
        with(&|one| {
            one.wheels.clear();
            one.has_source = false;
        }),
        Reason::Nothing
    );
    assert_eq!(
        with(&|one| one.origin = PackageOrigin::Repository),
        Reason::Repository
    );
    assert_eq!(
        with(&|one| one.origin = PackageOrigin::Folder),
        Reason::Folder
    );
    assert_eq!(
        with(&|one| one.wheels[0].sha256 = None),
        Reason::NoDigest(name.clone())
    );
    assert_eq!(
        with(&|one| one.wheels[0].sha256 = Some("ab".to_owned())),
        Reason::NoDigest(name.clone())
    );
    for place in [
        Place::Path(format!("wheels/{name}")),
        Place::Url(format!("file:///wheels/{name}")),
    ] {
        assert_eq!(
            with(&|one| one.wheels[0].place = place.clone()),
            Reason::Local(name.clone())
        );
    }
    for url in [
        "http://files.example.com/",
        "git+https://files.example.com/",
    ] {
        let place = Place::Url(format!("{url}{name}"));
        assert_eq!(
            with(&|one| one.wheels[0].place = place.clone()),
            Reason::Address(name.clone())
        );
    }
}

#[test]
fn all_packages_without_a_wheel_are_in_one_message() {
    let mut folder = package(vec![]);
    folder.origin = PackageOrigin::Folder;
    folder.version = None;
    let refused = choose(
        &[
            package(vec![]),
            package(vec![file("a-1.0-py3-none-any.whl")]),
            folder,
        ],
        &platform().tags,
    );
    let refused = refused.unwrap_err();
    assert_eq!(refused.len(), 2);
    let text = explained("uv.lock", "Python 3.12.4", &refused).to_string();
    for part in [
        "wheels of 2 packages",
        "a 1.0: it has a source distribution only",
        "a: it comes from a folder",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(text.matches("Build the wheel once").count(), 1, "{text}");
}

#[test]
fn a_password_is_not_in_a_message() {
    let mut other = package(vec![file("a-1.0-py3-none-any.whl")]);
    other.wheels[0].place = Place::Url(
        "http://user:hunter2@files.example.com/a-1.0-py3-none-any.whl?hunter2".to_owned(),
    );
    let refused = choose(&[other], &platform().tags).unwrap_err();
    let text = explained("uv.lock", "", &refused).to_string();
    assert!(
        text.contains("a-1.0-py3-none-any.whl") && !text.contains("hunter2"),
        "{text}"
    );
}
