use super::*;
use crate::making::{Part, wheel_parts};

fn of_parts(parts: &[Part]) -> Given {
    given("w-1-py3-none-any.whl", ArchiveFormat::Wheel, zip(parts))
}

/// Refuses `w-1` with these files.
fn refused_with(files: &[(&str, &[u8])]) -> String {
    refused(&[of_wheel("w-1", files)])
}

/// Refuses `w-1` after a change of its members.
fn refused_after(change: impl FnOnce(&mut Vec<Part>)) -> String {
    let mut parts = wheel_parts("w-1", &[("w/a.py", b"abc")]);
    change(&mut parts);
    refused(&[of_parts(&parts)])
}

/// A change of RECORD, and the reason to refuse it.
type Lie = (fn(String) -> String, &'static str);

/// Exchanges RECORD.
fn with_record(change: impl FnOnce(String) -> String) -> Given {
    let mut parts = wheel_parts("w-1", &[("w/a.py", b"abc")]);
    let whole = zip(&parts);
    let file = archived(&whole);
    let read = crate::zip::read(&file).unwrap();
    let record = read
        .members
        .iter()
        .find(|one| one.name.ends_with("RECORD"))
        .unwrap();
    let text = crate::zip::Reader::new(&file).whole(record).unwrap();
    let text = change(String::from_utf8(text).unwrap());
    parts.pop();
    parts.push(part("w-1.dist-info/RECORD", text.as_bytes()));
    of_parts(&parts)
}

#[test]
fn files_go_where_an_installer_puts_them() {
    let tree = tree(&[of_wheel(
        "Foo.Bar-1.0",
        &[
            ("foo/__init__.py", b"x = 1\n"),
            ("Foo.Bar-1.0.data/purelib/pure.py", b"p"),
            ("Foo.Bar-1.0.data/platlib/plat.so", b"\x7fELF"),
            ("Foo.Bar-1.0.data/scripts/run", b"#!python\r\nprint(1)\n"),
            ("Foo.Bar-1.0.data/scripts/elf", b"\x7fELF"),
            ("Foo.Bar-1.0.data/data/share/x/y", b"d"),
            ("Foo.Bar-1.0.data/headers/h.h", b"h"),
            (
                "Foo.Bar-1.0.dist-info/entry_points.txt",
                b"[console_scripts]\nfoo = foo.cli:main [x]\n",
            ),
        ],
    )]);
    assert_eq!(
        tree.paths(),
        [
            "Foo.Bar-1.0.dist-info/INSTALLER",
            "Foo.Bar-1.0.dist-info/METADATA",
            "Foo.Bar-1.0.dist-info/RECORD",
            "Foo.Bar-1.0.dist-info/WHEEL",
            "Foo.Bar-1.0.dist-info/entry_points.txt",
            "bin/elf",
            "bin/foo",
            "bin/run",
            "foo/__init__.py",
            "include/Foo.Bar/h.h",
            "plat.so",
            "pure.py",
            "share/x/y",
        ]
    );
    assert_eq!(tree.text("bin/run"), "#!/usr/bin/env python3\nprint(1)\n");
    assert_eq!(tree.text("bin/elf"), "\x7fELF");
    assert!(tree.text("bin/foo").contains("from foo.cli import main\n"));
    for path in ["bin/run", "bin/elf", "bin/foo"] {
        assert_eq!(tree.mode(path), 0o755, "{path}");
    }
    assert_eq!(tree.mode("foo/__init__.py"), 0o644);
    assert_eq!(
        tree.text("Foo.Bar-1.0.dist-info/INSTALLER"),
        "wasm-buildpacks\n"
    );
    let package = tree.packages[0].clone().unwrap();
    assert_eq!(
        (&*package.name, &*package.version, package.licence),
        ("Foo.Bar", "1.0", None)
    );
    assert_eq!(
        tree.warnings(),
        [
            "Foo.Bar-1.0-py3-none-any.whl has files for the prefix of Python; they are in the folder of packages, in 'share', and a program that looks in sys.prefix does not find them"
        ]
    );
}

#[test]
fn the_new_record_lists_every_file_of_the_wheel_as_it_is() {
    let tree = tree(&[of_wheel(
        "w-1",
        &[
            ("w/a,b.py", b"x"),
            ("w/c.pyc", b"y"),
            ("w-1.data/scripts/run", b"#!pythonw -E\nrun\n"),
            (
                "w-1.dist-info/entry_points.txt",
                b"[gui_scripts]\nw = w:w\n",
            ),
        ],
    )]);
    let record = tree.text("w-1.dist-info/RECORD");
    let mut expected = String::new();
    for (path, _, content) in &tree.files {
        let shown = if path.contains(',') {
            format!("\"{path}\"")
        } else {
            path.clone()
        };
        if path.ends_with("RECORD") {
            expected.extend([shown, ",,\n".to_owned()]);
        } else {
            let digest = Digest::of(content).text();
            expected.extend([format!("{shown},{digest},{}\n", content.len())]);
        }
    }
    assert_eq!(record, expected);
    assert!(
        record.contains("bin/run,sha256=") && !record.contains(".pyc"),
        "{record}"
    );
    assert_eq!(
        tree.warnings(),
        ["compiled files (.pyc) of w-1-py3-none-any.whl are left out: 1"]
    );
}

#[test]
fn modes_of_packers_and_directories_are_not_copied() {
    let mut parts = wheel_parts(
        "w-1",
        &[("w/bin/tool", b"x"), ("w/a.py", b"y"), ("w/b.py", b"")],
    );
    parts[0] = parts[0].clone().mode(0o100_700);
    parts[1] = parts[1].clone().mode(0o600);
    parts[2] = parts[2].clone().mode(0o106_777);
    parts.insert(0, part("w/", b""));
    parts.insert(0, part("w-1.libs/", b""));
    let tree = tree(&[of_parts(&parts)]);
    assert_eq!(
        (tree.mode("w/bin/tool"), tree.mode("w/a.py")),
        (0o755, 0o644)
    );
    assert_eq!(tree.mode("w/b.py"), 0o755);
    assert!(!tree.paths().contains(&"w-1.libs/"));
}

#[test]
fn record_must_say_what_the_wheel_has() {
    let accepted = |given: Given| tree(&[given]).paths().len();
    assert_eq!(accepted(with_record(|text| text)), 5);
    assert_eq!(accepted(with_record(|text| text.replace('\n', "\r\n"))), 5);
    let refused = |change: fn(String) -> String| refused(&[with_record(change)]);
    let wheel = "w-1-py3-none-any.whl is refused: its RECORD is refused: ";
    let table: [Lie; 9] = [
        (
            |text| text.replace("w/a.py,", "w/b.py,"),
            "it does not list 'w/a.py', which the wheel has",
        ),
        (
            |text| text + "w/b.py,,\n",
            "it lists 'w/b.py', which the wheel does not have",
        ),
        (
            |text| text.replace(",3\n", ",4\n"),
            "'w/a.py' has another size than it says",
        ),
        (
            |text| text.replace(",3\n", ",\n"),
            "its size of 'w/a.py' is not a number",
        ),
        (
            |text| text.replace(&Digest::of(b"abc").text(), &Digest::of(b"abd").text()),
            "'w/a.py' has another digest than it says",
        ),
        (
            |text| text.replace(&Digest::of(b"abc").text(), ""),
            "its digest of 'w/a.py' is not one of SHA-256, SHA-384 or SHA-512",
        ),
        (
            |text| text.replace(&Digest::of(b"abc").text(), "md5=kAFQmDzST7DWlj99KOF_cg"),
            "its digest of 'w/a.py' is not one of SHA-256, SHA-384 or SHA-512",
        ),
        (|text| text.clone() + &text, "it has 'w/a.py' twice"),
        (
            |text| text.replace("w/a.py", "w/../w/a.py"),
            "it does not list 'w/a.py', which the wheel has",
        ),
    ];
    for (change, reason) in table {
        assert_eq!(refused(change), format!("{wheel}{reason}"));
    }
}

#[test]
fn a_signature_of_record_needs_no_row_and_is_not_kept() {
    let mut parts = wheel_parts("w-1", &[("w/a.py", b"abc")]);
    parts.push(part("w-1.dist-info/RECORD.jws", b"{}"));
    let tree = tree(&[of_parts(&parts)]);
    assert!(!tree.paths().contains(&"w-1.dist-info/RECORD.jws"));
    let other = refused_after(|parts| parts.push(part("w-1.dist-info/RECORD.txt", b"")));
    assert!(
        other.contains("it does not list 'w-1.dist-info/RECORD.txt'"),
        "{other}"
    );
}

#[test]
fn a_digest_may_be_longer_than_sha256() {
    let mut long = Summing::new(Algorithm::Sha512);
    long.update(b"abc");
    let long = long.finish().text();
    let given = with_record(|text| text.replace(&Digest::of(b"abc").text(), &long));
    assert!(tree(&[given]).text("w-1.dist-info/RECORD").contains(&long));
}

#[test]
fn a_wheel_has_one_folder_of_metadata_named_after_it() {
    let no_info = refused_after(|parts| parts.retain(|part| part.central.name.starts_with(b"w/")));
    assert!(
        no_info.ends_with("it has no .dist-info folder"),
        "{no_info}"
    );
    for (path, reason) in [
        (
            "v-1.dist-info/METADATA",
            "its folder 'v-1.dist-info' is not named after",
        ),
        (
            "w-2.dist-info/x",
            "its folder 'w-2.dist-info' is not named after",
        ),
        (
            "v-1.data/data/x",
            "its folder 'v-1.data' is not named after",
        ),
    ] {
        let text = refused_after(|parts| parts.push(part(path, b"")));
        assert!(text.contains(reason), "{path}: {text}");
    }
    let mut parts = wheel_parts("w.x-1", &[]);
    parts.push(part("w_x-1.dist-info/x", b""));
    let text = refused(&[given(
        "w.x-1-py3-none-any.whl",
        ArchiveFormat::Wheel,
        zip(&parts),
    )]);
    assert!(text.ends_with("it has the folders 'w.x-1.dist-info' and 'w_x-1.dist-info', and only one of them is allowed"), "{text}");
    // Names are compared in their normal form.
    let parts = wheel_parts("W_x-1", &[("w/a.py", b"")]);
    let given = given("w.X-1-py3-none-any.whl", ArchiveFormat::Wheel, zip(&parts));
    assert_eq!(tree(&[given]).packages[0].as_ref().unwrap().name, "W_x");
}

#[test]
fn the_files_of_metadata_are_required() {
    for file in ["METADATA", "WHEEL", "RECORD"] {
        let name = format!("w-1.dist-info/{file}");
        let text = refused_after(|parts| parts.retain(|part| part.central.name != name.as_bytes()));
        assert!(text.ends_with(&format!("it lacks '{file}'")), "{text}");
    }
}

#[test]
fn the_texts_of_a_wheel_are_limited() {
    let limits = FolderLimits {
        bytes: 1 << 30,
        ..LIMITS
    };
    let unpack = |size: usize| {
        let numbers = (0..size / 4).flat_map(|number| number.to_le_bytes().into_iter().take(4));
        let text: Vec<u8> = numbers.collect();
        let given = of_wheel("w-1", &[("w-1.dist-info/entry_points.txt", &text)]);
        unpacked_in_order(&[given], &[0], limits)
            .unwrap_err()
            .to_string()
    };
    let text = unpack((1 << 20) + 4);
    assert!(
        text.ends_with("its 'entry_points.txt' is larger than 1048576 bytes"),
        "{text}"
    );
    let text = unpack(1 << 20);
    assert!(
        text.ends_with("its entry_points.txt is refused: it is not UTF-8"),
        "{text}"
    );
}

#[test]
fn what_only_an_installer_writes_is_refused() {
    for file in ["INSTALLER", "REQUESTED", "direct_url.json"] {
        let text = refused_with(&[(&format!("w-1.dist-info/{file}"), b"")]);
        assert!(
            text.ends_with(&format!("it has '{file}', which only an installer writes")),
            "{text}"
        );
    }
    let tree = tree(&[of_wheel(
        "w-1",
        &[
            ("w-1.dist-info/licenses/INSTALLER", b""),
            ("w/INSTALLER", b""),
        ],
    )]);
    assert!(tree.paths().contains(&"w/INSTALLER"));
}

#[test]
fn only_known_folders_of_data_are_placed() {
    for path in ["w-1.data/other/x", "w-1.data/x", "w-1.data/Scripts/x"] {
        let text = refused_with(&[(path, b"")]);
        let reason =
            format!("its '{path}' is in none of purelib, platlib, scripts, data and headers");
        assert!(text.ends_with(&reason), "{text}");
    }
}

#[test]
fn two_files_of_a_wheel_never_go_to_one_place() {
    for (one, other) in [
        ("x.py", "w-1.data/purelib/x.py"),
        ("w-1.data/purelib/x.py", "w-1.data/data/x.py"),
        ("bin/x", "w-1.data/scripts/x"),
        ("w-1.data/scripts/x", "w-1.data/data/bin/x"),
    ] {
        let text = refused_with(&[(one, b""), (other, b"")]);
        assert!(text.ends_with("the archive has it twice"), "{text}");
    }
    let points: &[u8] = b"[console_scripts]\nx = w:w\n";
    let text = refused_with(&[
        ("w-1.data/scripts/x", b""),
        ("w-1.dist-info/entry_points.txt", points),
    ]);
    assert!(
        text.contains("'bin/x' is refused: the archive has it twice"),
        "{text}"
    );
    for path in [
        "w-1.data/purelib/w-1.dist-info/RECORD",
        "w-1.data/data/w-1.dist-info/INSTALLER",
    ] {
        let text = refused_with(&[(path, b"")]);
        assert!(text.ends_with("the archive has it twice"), "{text}");
    }
    let text = refused_with(&[
        ("w-1.data/scripts/X", b""),
        ("w-1.dist-info/entry_points.txt", points),
    ]);
    assert!(text.contains("can't be told from that of 'X'"), "{text}");
}

#[test]
fn wheels_of_another_platform_or_form_are_refused_by_name() {
    let bytes = wheel("w-1", &[]);
    let text = refused(&[given(
        "w-1-cp311-cp311-win_amd64.whl",
        ArchiveFormat::Wheel,
        bytes.clone(),
    )]);
    assert_eq!(
        text,
        "w-1-cp311-cp311-win_amd64.whl is refused: it is for win_amd64, and the target is linux on x86_64"
    );
    tree(&[given(
        "w-1-cp311-cp311-linux_x86_64.whl",
        ArchiveFormat::Wheel,
        bytes.clone(),
    )]);
    let text = refused(&[given("w-1.whl", ArchiveFormat::Wheel, bytes)]);
    assert!(
        text.contains("its file name is not that of a wheel"),
        "{text}"
    );
}

#[test]
fn odd_texts_of_a_wheel_are_refused() {
    for (file, text, reason) in [
        (
            "WHEEL",
            "Wheel-Version: 2.0\n",
            "its WHEEL is refused: its Wheel-Version is '2.0'",
        ),
        (
            "METADATA",
            "Name: v\nVersion: 1\n",
            "its METADATA is refused: its Name is 'v'",
        ),
        (
            "entry_points.txt",
            "[console_scripts]\n../x = a:b\n",
            "its entry_points.txt is refused: its script '../x'",
        ),
    ] {
        let refused = refused_with(&[(&format!("w-1.dist-info/{file}"), text.as_bytes())]);
        assert!(refused.contains(reason), "{refused}");
    }
}

#[test]
fn surprises_are_warned_of_in_a_fixed_order() {
    let tree = tree(&[
        of_wheel(
            "b-1",
            &[
                ("tests/x", b""),
                ("b.pth", b"import b\n"),
                ("b/c.pth", b""),
                ("bin/y", b""),
            ],
        ),
        of_wheel("a-1", &[("docs/x", b""), ("a/tests/x", b"")]),
    ]);
    let expected = [
        "'b.pth' of b-1-py3-none-any.whl does nothing: Python runs no .pth file of a folder in PYTHONPATH",
        "b-1-py3-none-any.whl brings 'bin', 'tests' to the top of the folder of packages, where they can hide packages of the same names in the application",
        "a-1-py3-none-any.whl brings 'docs' to the top of the folder of packages, where they can hide packages of the same names in the application",
    ];
    assert_eq!(tree.warnings(), expected);
}

#[test]
fn a_wheel_names_no_more_folders_than_the_folder_may_have() {
    let deep: Vec<_> = (0..90).map(|top| format!("{top}/a/b/c/d.pyc")).collect();
    let files: Vec<_> = deep.iter().map(|path| (path.as_str(), &b""[..])).collect();
    tree(&[of_wheel("x-1", &files[..70])]);
    let text = refused(&[of_wheel("x-1", &files)]);
    assert_eq!(
        text,
        "the folder has more than 200 files, folders and links"
    );
    let text = refused(&[of_wheel("x-1", &[("a/b/c/d/e/f/g/h/i/j.pyc", b"")])]);
    assert!(
        text.ends_with("it lies in more than 8 nested folders"),
        "{text}"
    );
}
