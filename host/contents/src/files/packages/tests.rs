use super::*;
use cnb::check::CheckedPackages;

fn package(name: &str, contents: &[&str]) -> CheckedPackage {
    CheckedPackage {
        name: name.parse().unwrap(),
        sha256: contents.iter().map(|text| sha(text)).collect(),
    }
}

fn sha(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

fn file(name: &str) -> IndexFile {
    IndexFile {
        name: name.to_owned(),
        url: Some(format!("https://files.example.com/{name}").parse().unwrap()),
        sha256: sha(name),
    }
}

/// Chooses among files with these names, by the order of these tags.
fn choice(names: &[&str], tags: &[&str]) -> Result<String, String> {
    let found: Vec<_> = names.iter().map(|name| file(name)).collect();
    let tags = tags
        .iter()
        .enumerate()
        .map(|(at, tag)| (*tag, at))
        .collect();
    match choose(&package("num-py", &[]), &found, &tags) {
        Ok((file, _)) => Ok(file.name.clone()),
        Err(reason) => Err(reason.to_string()),
    }
}

const TAGS: [&str; 4] = [
    "cp313-cp313-manylinux_2_28_x86_64",
    "cp313-cp313-manylinux_2_17_x86_64",
    "cp39-abi3-manylinux_2_17_x86_64",
    "py3-none-any",
];

#[test]
fn the_wheel_with_the_earliest_tag_is_chosen_whatever_the_order_of_the_page_is() {
    let mut names = vec![
        "num_py-1-py2.py3-none-any.whl",
        "num_py-1.tar.gz",
        "num_py-1-cp39-abi3-manylinux_2_17_x86_64.whl",
        "Num.Py-1-cp313-cp313-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        "num_py-1-cp313-cp313-win_amd64.whl",
        "other-1-cp313-cp313-manylinux_2_28_x86_64.whl",
    ];
    for _ in 0..names.len() {
        names.rotate_left(1);
        let expected = "Num.Py-1-cp313-cp313-manylinux2014_x86_64.manylinux_2_17_x86_64.whl";
        assert_eq!(choice(&names, &TAGS), Ok(expected.to_owned()));
    }
    assert_eq!(
        choice(&names, &TAGS[3..]),
        Ok("num_py-1-py2.py3-none-any.whl".to_owned())
    );
}

#[test]
fn of_two_wheels_with_one_tag_the_higher_build_tag_is_chosen() {
    let names = [
        "num_py-1-9-py3-none-any.whl",
        "num_py-1-10-py3-none-any.whl",
        "num_py-1-py3-none-any.whl",
    ];
    assert_eq!(choice(&names, &TAGS), Ok(names[1].to_owned()));
}

#[test]
fn a_package_without_a_fitting_wheel_is_refused_by_its_reason() {
    let refused = |names: &[&str]| choice(names, &TAGS).unwrap_err();
    assert!(refused(&[]).contains("none of its files has one of the digests"));
    let said = refused(&["num_py-1.tar.gz"]);
    assert!(
        said.contains("num_py-1.tar.gz, which is not a wheel"),
        "{said}"
    );
    let said = refused(&["num_py-1.tar.gz", "num_py-1-cp311-cp311-win_amd64.whl"]);
    assert!(said.contains("are for cp311-cp311-win_amd64"), "{said}");
    assert!(refused(&["other-1-py3-none-any.whl"]).contains("is not a wheel"));
    let found = IndexFile {
        url: None,
        ..file("num_py-1-py3-none-any.whl")
    };
    let tags = HashMap::from([("py3-none-any", 0)]);
    let said = choose(&package("num-py", &[]), &[found], &tags).unwrap_err();
    assert!(said.to_string().contains("no https address"), "{said}");
}

#[test]
fn noted_files_count_only_if_each_fits_its_package() {
    let folder = CheckedFolder {
        into: "site".parse().unwrap(),
        files: Vec::new(),
        packages: vec![CheckedPackages {
            source: "packages".parse().unwrap(),
            packages: vec![package("a", &["a1", "a2"]), package("b", &["b1"])],
            tags: vec!["py3-none-any".to_owned()],
        }],
    };
    let noted = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(name, content)| ChosenFile {
            name: (*name).to_owned(),
            sha256: sha(content).to_string(),
        });
        files.collect::<Vec<_>>()
    };
    let (a, b) = (
        ("a-1-py3-none-any.whl", "a2"),
        ("b-1-py3-none-any.whl", "b1"),
    );
    let known = noted(&[a, b]);
    assert_eq!(chosen(&folder, Some(&known)), Some(known));
    for other in [
        noted(&[a]),
        noted(&[b, a]),
        noted(&[a, b, b]),
        noted(&[("a-1-py3-none-any.whl", "b1"), b]),
        noted(&[("c-1-py3-none-any.whl", "a1"), b]),
        noted(&[("a\u{202e}.whl", "a1"), b]),
        noted(&[("a-1-cp27-none-win32.whl", "a1"), b]),
        noted(&[
            (&format!("a-{}-py3-none-any.whl", "1".repeat(300)), "a1"),
            b,
        ]),
    ] {
        assert_eq!(chosen(&folder, Some(&other)), None, "{other:?}");
    }
    assert_eq!(chosen(&folder, None), None);
    let without = CheckedFolder {
        packages: Vec::new(),
        files: Vec::new(),
        into: folder.into,
    };
    assert_eq!(chosen(&without, None), Some(Vec::new()));
}
