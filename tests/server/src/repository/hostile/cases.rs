//! The cases as tables: entries that must be refused, and the nearest ones that must not.
//!
//! The parent module makes repositories of them.

use super::{Case, Content};
use crate::repository::object::Mode;

const fn entry(name: &'static str, mode: Mode, path: &'static [u8], target: &'static str) -> Case {
    Case {
        name,
        path,
        content: Content::Entry(mode, path, target),
    }
}

const fn pair(
    name: &'static str,
    one: (Mode, &'static [u8]),
    other: (Mode, &'static [u8]),
) -> Case {
    Case {
        name,
        path: other.1,
        content: Content::Pair(one, other),
    }
}

/// Git's own folder, in every spelling that some file system treats as `.git`.
pub const DOT_GIT: &[Case] = &[
    entry("a folder .git", Mode::TREE, b".git", ""),
    entry(
        "a file .git",
        Mode::FILE,
        b".git",
        "gitdir: /tmp/elsewhere\n",
    ),
    entry("a link .git", Mode::LINK, b".git", "app"),
    entry("a folder .GIT", Mode::TREE, b".GIT", ""),
    entry("a folder .Git", Mode::TREE, b".Git", ""),
    entry("the short name git~1", Mode::TREE, b"git~1", ""),
    entry("the short name GIT~1", Mode::TREE, b"GIT~1", ""),
    entry(".git and a space", Mode::TREE, b".git ", ""),
    entry(".git and a full stop", Mode::TREE, b".git.", ""),
    entry(
        ".git and a stream",
        Mode::TREE,
        b".git::$INDEX_ALLOCATION",
        "",
    ),
    entry(
        ".git with a joiner in it",
        Mode::TREE,
        ".g\u{200c}it".as_bytes(),
        "",
    ),
    entry(
        ".git behind a byte order mark",
        Mode::TREE,
        "\u{feff}.git".as_bytes(),
        "",
    ),
];

/// Names and types that lead out of the folder, or that no build may write.
pub const ENTRIES: &[Case] = &[
    entry("a folder ..", Mode::TREE, b"..", ""),
    entry("a file ..", Mode::FILE, b"..", "out\n"),
    entry("a folder .", Mode::TREE, b".", ""),
    entry(
        "a name with a slash",
        Mode::FILE,
        b"a/b",
        "two levels in one name\n",
    ),
    entry("a name that climbs", Mode::FILE, b"../escaped", "out\n"),
    entry("an absolute name", Mode::FILE, b"/tmp/escaped", "out\n"),
    entry("an absolute link", Mode::LINK, b"passwd", "/etc/passwd"),
    entry(
        "a link that climbs out",
        Mode::LINK,
        b"passwd",
        "../../../../../etc/passwd",
    ),
    entry("a link to just above", Mode::LINK, b"above", ".."),
    entry(
        "a link that goes in and climbs out",
        Mode::LINK,
        b"above",
        "app/../../escaped",
    ),
    entry("a link to nothing", Mode::LINK, b"nothing", ""),
    entry("a submodule", Mode::COMMIT, b"vendored", ""),
    entry("a device", Mode("20000"), b"console", ""),
    entry("a block device", Mode("60000"), b"disk", ""),
    entry("a pipe", Mode("10000"), b"pipe", ""),
    entry("a mode that is none", Mode("0"), b"odd", ""),
    entry("a setuid program", Mode("104755"), b"setuid", "#!/bin/sh\n"),
    entry("a setgid program", Mode("102755"), b"setgid", "#!/bin/sh\n"),
];

/// Two names that some file system treats as the same.
pub const COLLISIONS: &[Case] = &[
    pair(
        "a link and a folder of one name",
        (Mode::LINK, b"same"),
        (Mode::TREE, b"same"),
    ),
    pair(
        "a file and a folder of one name",
        (Mode::FILE, b"same"),
        (Mode::TREE, b"same"),
    ),
    pair(
        "two files of one name",
        (Mode::FILE, b"same"),
        (Mode::FILE, b"same"),
    ),
    pair(
        "names that differ in case",
        (Mode::FILE, b"README"),
        (Mode::FILE, b"Readme"),
    ),
    pair(
        "a link and a folder that differ in case",
        (Mode::LINK, b"SAME"),
        (Mode::TREE, b"same"),
    ),
    pair(
        "names that differ in case beyond ASCII",
        (Mode::FILE, "\u{c4}rger".as_bytes()),
        (Mode::FILE, "\u{e4}rger".as_bytes()),
    ),
    pair(
        "names that differ in their normal form",
        (Mode::FILE, "caf\u{e9}".as_bytes()),
        (Mode::FILE, "cafe\u{301}".as_bytes()),
    ),
];

/// Content that exceeds a build's limits: few objects that become large when written.
pub const BOMBS: &[Case] = &[
    Case {
        name: "ten thousand million entries",
        path: b"bomb",
        content: Content::Entries(10),
    },
    Case {
        name: "a hundred thousand entries",
        path: b"bomb",
        content: Content::Entries(5),
    },
    Case {
        name: "a hundred files of a hundred megabytes",
        path: b"bomb",
        content: Content::Zeros {
            files: 100,
            bytes: 100 << 20,
        },
    },
    Case {
        name: "one file of three hundred megabytes",
        path: b"bomb",
        content: Content::Zeros {
            files: 1,
            bytes: 300 << 20,
        },
    },
    Case {
        name: "two hundred folders in each other",
        path: b"d/d/d",
        content: Content::Deep(200),
    },
    Case {
        name: "three thousand folders in each other",
        path: b"d/d/d",
        content: Content::Deep(3000),
    },
];

/// The nearest innocent neighbours of all those, which a build must accept.
pub const INNOCENT: &[Case] = &[
    entry("a file .gitignore", Mode::FILE, b".gitignore", "*.pyc\n"),
    entry("a folder .github", Mode::TREE, b".github", ""),
    entry(
        "a file .git-blame-ignore-revs",
        Mode::FILE,
        b".git-blame-ignore-revs",
        "\n",
    ),
    entry("a file git", Mode::FILE, b"git", "about git\n"),
    entry("a file ...", Mode::FILE, b"...", "three\n"),
    entry(
        "a file that begins with two full stops",
        Mode::FILE,
        b"..a",
        "two\n",
    ),
    entry("a backslash", Mode::FILE, b"a\\b", "only Windows minds\n"),
    entry("a colon", Mode::FILE, b"a:b", "only Windows minds\n"),
    entry(
        "a device's name on Windows",
        Mode::FILE,
        b"CON",
        "only Windows minds\n",
    ),
    entry(
        "a space at the end",
        Mode::FILE,
        b"end ",
        "only Windows minds\n",
    ),
    entry(
        "a name in Unicode",
        Mode::FILE,
        "r\u{e9}sum\u{e9} \u{1f600}".as_bytes(),
        "fine\n",
    ),
    entry("a link inwards", Mode::LINK, b"main.py", "app/__main__.py"),
    entry(
        "a link that climbs and stays within",
        Mode::LINK,
        b"main.py",
        "app/../app/__main__.py",
    ),
    entry(
        "a link to a missing neighbour",
        Mode::LINK,
        b"later",
        "app/made-later",
    ),
    entry("a program", Mode::PROGRAM, b"start", "#!/bin/sh\n"),
    entry(
        "a file that its group may write, as old gits had it",
        Mode("100664"),
        b"old",
        "old\n",
    ),
    entry("an empty file", Mode::FILE, b"empty", ""),
    pair(
        "names that one letter tells apart",
        (Mode::FILE, b"README"),
        (Mode::FILE, b"READMF"),
    ),
    Case {
        name: "twenty folders in each other",
        path: b"d/d/d",
        content: Content::Deep(20),
    },
    Case {
        name: "a hundred entries",
        path: b"bomb",
        content: Content::Entries(2),
    },
];

/// The pointer file that Git LFS stores in place of a file.
pub const LFS_POINTER: Case = entry(
    "a pointer of Git LFS",
    Mode::FILE,
    b"model.bin",
    "version https://git-lfs.github.com/spec/v1\n\
     oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n\
     size 12345\n",
);

pub const NOT_UTF8: Case = entry("a name in Latin-1", Mode::FILE, b"caf\xe9", "old\n");
