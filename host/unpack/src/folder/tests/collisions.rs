use super::*;

/// Every order of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let mut orders = Vec::new();
    for shorter in self::orders(last) {
        for at in 0..=last {
            let mut order = shorter.clone();
            order.insert(at, last);
            orders.push(order);
        }
    }
    orders
}

/// Unpacks archives in every order, and requires the same result each time.
fn always(archives: &[Given]) -> Result<Tree, String> {
    let order = |order: &Vec<usize>| {
        unpacked_in_order(archives, order, LIMITS).map_err(|error| error.to_string())
    };
    let orders = orders(archives.len());
    let first = order(&orders[0]);
    for other in &orders[1..] {
        assert_same(&order(other), &first, other);
    }
    first
}

fn assert_same(one: &Result<Tree, String>, other: &Result<Tree, String>, order: &[usize]) {
    assert_eq!(one, other, "in the order {order:?}");
}

#[test]
fn the_same_bytes_are_one_file() {
    let archives = [
        of_wheel("backports.tarfile-1", &[("backports/__init__.py", b"same")]),
        of_wheel("backports.lru-1", &[("backports/__init__.py", b"same")]),
        of_zip("x.zip", &[("backports/__init__.py", b"same")]),
    ];
    let tree = always(&archives).unwrap();
    assert_eq!(tree.text("backports/__init__.py"), "same");
    assert_eq!(tree.finished.warnings, []);
    let same = tree
        .paths()
        .iter()
        .filter(|path| path.starts_with("backports/"))
        .count();
    assert_eq!(same, 1);
    assert_eq!(tree.finished.files, tree.files.len());
    let bytes: usize = tree.files.iter().map(|(_, _, content)| content.len()).sum();
    assert_eq!(tree.finished.bytes, bytes as u64);
}

#[test]
fn of_other_bytes_in_tests_the_first_by_name_wins_with_a_warning() {
    let archives = [
        of_wheel(
            "pytket_qiskit-1",
            &[("tests/conftest.py", b"of pytket"), ("pytket/a.py", b"")],
        ),
        of_wheel(
            "PennyLane-1",
            &[("tests/conftest.py", b"of pennylane, which is longer")],
        ),
        of_wheel(
            "zeta-1",
            &[("tests/conftest.py", b"of zeta"), ("README.md", b"zeta")],
        ),
        of_wheel("alpha-1", &[("README.md", b"alpha")]),
    ];
    let tree = always(&archives).unwrap();
    assert_eq!(
        tree.text("tests/conftest.py"),
        "of pennylane, which is longer"
    );
    assert_eq!(tree.text("README.md"), "alpha");
    let bytes: usize = tree.files.iter().map(|(_, _, content)| content.len()).sum();
    assert_eq!(tree.finished.bytes, bytes as u64);
    assert_eq!(
        tree.warnings()[3..],
        [
            "PennyLane-1-py3-none-any.whl and pytket_qiskit-1-py3-none-any.whl differ in 'tests/conftest.py'; the files of PennyLane-1-py3-none-any.whl are taken, because its name comes first",
            "PennyLane-1-py3-none-any.whl and zeta-1-py3-none-any.whl differ in 'tests/conftest.py'; the files of PennyLane-1-py3-none-any.whl are taken, because its name comes first",
            "alpha-1-py3-none-any.whl and zeta-1-py3-none-any.whl differ in 'README.md'; the files of alpha-1-py3-none-any.whl are taken, because its name comes first",
        ]
    );
}

#[test]
fn the_order_of_names_is_that_of_distributions_whatever_their_versions() {
    let archives = [
        of_wheel("foo-3", &[("tests/x", b"of foo")]),
        of_wheel("foo.2x-1", &[("tests/x", b"of foo.2x")]),
    ];
    assert_eq!(always(&archives).unwrap().text("tests/x"), "of foo");
}

#[test]
fn other_bytes_in_a_package_are_refused_by_both_names() {
    let archives = [
        of_wheel("qiskit_terra-0.46", &[("qiskit/version.py", b"terra")]),
        of_wheel("qiskit-2", &[("qiskit/version.py", b"new")]),
    ];
    assert_eq!(
        always(&archives).unwrap_err(),
        "'qiskit/version.py' is in qiskit-2-py3-none-any.whl and, with other bytes, in qiskit_terra-0.46-py3-none-any.whl"
    );
}

#[test]
fn the_first_of_several_collisions_is_named() {
    let archives = [
        of_wheel("b-1", &[("p/z", b"1"), ("p/a", b"1"), ("p/m", b"1")]),
        of_wheel("a-1", &[("p/m", b"2"), ("p/a", b"2")]),
        of_wheel("c-1", &[("p/z", b"3")]),
    ];
    assert!(
        always(&archives)
            .unwrap_err()
            .starts_with("'p/a' is in a-1-")
    );
}

#[test]
fn archives_that_are_no_wheels_never_have_other_bytes() {
    for path in ["tests/a", "a"] {
        let archives = [
            of_zip("a.zip", &[(path, b"1")]),
            of_wheel("b-1", &[(path, b"2")]),
        ];
        let text = always(&archives).unwrap_err();
        assert!(text.contains("and, with other bytes, in"), "{text}");
        let entries = [entry(b'0', path, "", b"1")];
        let archives = [of_tar("a.tar.gz", &entries), of_tar("b.tar.gz", &entries)];
        assert_eq!(always(&archives).unwrap().paths(), [path]);
    }
}

#[test]
fn a_file_is_no_folder_of_another_archive() {
    let archives = [
        of_wheel("a-1", &[("tests/a/b", b"")]),
        of_wheel("b-1", &[("tests/a", b"")]),
        of_wheel("c-1", &[("tests/a", b"")]),
    ];
    assert_eq!(
        always(&archives).unwrap_err(),
        "'tests/a' is a folder or link in a-1-py3-none-any.whl and something else in b-1-py3-none-any.whl"
    );
}

#[test]
fn the_mode_is_that_of_the_archive_that_wins() {
    let program = zip(&[part("run", b"same").mode(0o755)]);
    let archives = [
        given("b.zip", ArchiveFormat::Zip, program.clone()),
        of_zip("c.zip", &[("run", b"same")]),
    ];
    assert_eq!(always(&archives).unwrap().mode("run"), 0o755);
    let archives = [
        given("b.zip", ArchiveFormat::Zip, program),
        of_zip("a.zip", &[("run", b"same")]),
    ];
    assert_eq!(always(&archives).unwrap().mode("run"), 0o644);
}

#[test]
fn one_link_is_the_same_in_several_archives_or_refused() {
    let of = |name: &str, target: &str| of_tar(name, &[entry(b'2', "l", target, b"")]);
    assert_eq!(
        always(&[of("a.tar.gz", "x"), of("b.tar.gz", "x")])
            .unwrap()
            .text("l"),
        "x"
    );
    assert_eq!(
        always(&[of("a.tar.gz", "x"), of("b.tar.gz", "y")]).unwrap_err(),
        "'l' is in a.tar.gz and, with other bytes, in b.tar.gz"
    );
}

#[test]
fn letter_case_tells_files_of_several_archives_apart() {
    // The folder lies on Linux, and no archive is to blame for the other.
    let archives = [
        of_wheel("a-1", &[("P/a", b"1")]),
        of_wheel("b-1", &[("p/a", b"2")]),
    ];
    let tree = always(&archives).unwrap();
    assert_eq!((tree.text("P/a"), tree.text("p/a")), ("1", "2"));
}

#[test]
fn files_of_every_kind_replace_those_of_others() {
    let shebang = b"#!python\nprint()\n";
    let archives = [
        of_wheel(
            "b-1",
            &[("b-1.data/scripts/tests", b"1"), ("scripts/x", b"b")],
        ),
        of_wheel(
            "c-1",
            &[("c-1.data/data/scripts/x", b"c"), ("tests/y", b"c")],
        ),
        of_wheel(
            "a-1",
            &[("a-1.data/data/scripts/x", shebang), ("tests/y", b"a")],
        ),
    ];
    let tree = always(&archives).unwrap();
    assert_eq!(
        (tree.text("scripts/x"), tree.text("tests/y")),
        ("#!python\nprint()\n", "a")
    );
}

#[test]
fn the_same_wheel_twice_is_one() {
    let one = of_wheel(
        "a-1",
        &[
            ("a/b", b"1"),
            (
                "a-1.dist-info/entry_points.txt",
                b"[console_scripts]\nx=a:b\n",
            ),
        ],
    );
    let tree = always(&[one.clone(), one.clone()]).unwrap();
    assert_eq!(tree.paths(), super::tree(&[one]).paths());
}

#[test]
fn threads_change_nothing() {
    let stems = ["e-1", "c-1", "a-1", "d-1", "b-1"];
    let archives: Vec<_> = stems
        .iter()
        .map(|stem| {
            let own = format!("{stem}/file");
            let content = stem.repeat(1000);
            of_wheel(
                stem,
                &[
                    ("tests/x", stem.as_bytes()),
                    (&own, content.as_bytes()),
                    ("docs/same", b"same"),
                ],
            )
        })
        .collect();
    let expected = tree(&archives);
    assert_eq!(expected.text("tests/x"), "a-1");
    for _ in 0..20 {
        let parent = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient(parent.path()).unwrap();
        let folder = Folder::create(&dir, "made", LIMITS).unwrap();
        std::thread::scope(|scope| {
            for (position, given) in archives.iter().enumerate() {
                let folder = &folder;
                scope.spawn(move || folder.add(archive(given, position)).unwrap());
            }
        });
        let finished = folder.finish().unwrap();
        let mut files = Vec::new();
        list(&parent.path().join("made"), "", &mut files);
        files.sort();
        assert_eq!((&files, &finished), (&expected.files, &expected.finished));
    }
}

#[test]
fn an_error_of_a_collision_has_both_archives() {
    let archives = [
        of_zip("a.zip", &[("x", b"1")]),
        of_zip("b.zip", &[("x", b"2")]),
    ];
    let error = unpacked(&archives).unwrap_err();
    let UnpackError::Collision(CollisionError::OtherBytes { path, one, other }) = error else {
        panic!("{error}");
    };
    assert_eq!(
        (path.as_bytes(), &*one, &*other),
        (&b"x"[..], "a.zip", "b.zip")
    );
}

#[test]
fn a_module_at_the_top_is_of_one_wheel_only() {
    let wheels = |file: &str| {
        [
            of_wheel("aaa-1", &[(file, b"other")]),
            of_wheel("six-1", &[(file, b"six")]),
        ]
    };
    for module in [
        "six.py",
        "SIX.PY",
        "_six.cpython-311-x86_64-linux-gnu.so",
        "six.pth",
    ] {
        let text = refused(&wheels(module));
        let expected = format!(
            "'{module}' is in aaa-1-py3-none-any.whl and, with other bytes, in six-1-py3-none-any.whl"
        );
        assert_eq!(text, expected);
    }
    for text in ["README.md", "LICENSE", "requirements.txt", "setup.py"] {
        assert_eq!(tree(&wheels(text)).finished.warnings.len(), 1, "{text}");
    }
}
