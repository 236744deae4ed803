use super::*;
use crate::making::{block, entry, file, gzip, pax, sealed, tar as made};

/// The entries of an archive with their contents.
fn read(bytes: &[u8]) -> Result<Vec<(TarEntry, Vec<u8>)>, TarError> {
    let file = file(&gzip(bytes));
    let mut tar = Tar::new(Stream::gzip(&file)?);
    let mut buffer = vec![0; 1000];
    let mut entries = Vec::new();
    while let Some(entry) = tar.next(&mut buffer)? {
        let mut content = Vec::new();
        loop {
            match tar.read(&mut buffer)? {
                0 => break,
                came => content.extend_from_slice(&buffer[..came]),
            }
        }
        entries.push((entry, content));
    }
    Ok(entries)
}

fn taken(entries: &[Vec<u8>]) -> Vec<(TarEntry, Vec<u8>)> {
    read(&made(entries)).unwrap()
}

fn refused(bytes: &[u8]) -> String {
    text::chain(&read(bytes).unwrap_err())
}

fn plain(name: &str, size: u64) -> TarEntry {
    TarEntry {
        name: name.to_owned(),
        kind: TarKind::File { executable: false },
        size,
    }
}

#[test]
fn entries_are_read_with_their_contents_or_without_them() {
    let large = vec![7; 5000];
    let bytes = [
        entry(b'0', "./a", "", b"abc"),
        entry(0, "large", "", &large),
        entry(b'5', "dir/", "", b""),
        entry(b'2', "dir/link", "../a", b""),
        entry(b'1', "hard", "./a", b""),
        entry(b'0', "even", "", &[1; 512]),
    ];
    let entries = taken(&bytes);
    let kinds: Vec<_> = entries
        .iter()
        .map(|(entry, _)| entry.kind.clone())
        .collect();
    assert_eq!(entries[0], (plain("a", 3), b"abc".to_vec()));
    assert_eq!(entries[1].1, large);
    assert_eq!(entries[2].0.name, "dir");
    assert_eq!(kinds[2], TarKind::Dir);
    assert_eq!(
        kinds[3],
        TarKind::Link {
            target: "../a".to_owned()
        }
    );
    assert_eq!(
        kinds[4],
        TarKind::Hard {
            target: "a".to_owned()
        }
    );
    assert_eq!(entries[5].1.len(), 512);
    let file = file(&gzip(&made(&bytes)));
    let mut tar = Tar::new(Stream::gzip(&file).unwrap());
    let mut names = Vec::new();
    while let Some(entry) = tar.next(&mut [0; 700]).unwrap() {
        names.push(entry.name);
    }
    assert_eq!(names, ["a", "large", "dir", "dir/link", "hard", "even"]);
}

#[test]
fn a_long_name_is_in_the_prefix_or_in_an_extended_header() {
    let mut long = entry(b'0', "b", "", b"x");
    long[345..350].copy_from_slice(b"front");
    assert_eq!(taken(&[sealed(long.clone())])[0].0.name, "front/b");
    // GNU has other fields there.
    long[257..265].copy_from_slice(b"ustar  \0");
    assert_eq!(taken(&[sealed(long)])[0].0.name, "b");
    let name = "n/".repeat(100);
    let extended = pax(
        b'x',
        &[("mtime", "1.5"), ("path", &name), ("linkpath", "to")],
    );
    let entries = taken(&[
        extended,
        entry(b'2', "b", "c", b""),
        entry(b'0', "d", "", b""),
    ]);
    assert_eq!(entries[0].0.name, name.trim_end_matches('/'));
    assert_eq!(
        entries[0].0.kind,
        TarKind::Link {
            target: "to".to_owned()
        }
    );
    assert_eq!(
        entries[1].0.name, "d",
        "an extended header is for one entry"
    );
    let sized = [
        pax(b'x', &[("size", "3")]),
        block(b'0', "a", "", "00000000000"),
        b"abc".to_vec(),
        vec![0; 509],
    ];
    assert_eq!(taken(&sized)[0], (plain("a", 3), b"abc".to_vec()));
}

#[test]
fn harmless_keys_are_ignored_and_the_others_are_named() {
    let after = || entry(b'0', "a", "", b"");
    let harmless = [
        ("atime", "1"),
        ("comment", "x"),
        ("uname", "u"),
        ("gid", "1"),
    ];
    assert_eq!(taken(&[pax(b'x', &harmless), after()]).len(), 1);
    assert_eq!(
        taken(&[pax(b'g', &[("comment", "commit")]), after()]).len(),
        1
    );
    for key in [
        "GNU.sparse.major",
        "SCHILY.xattr.user.x",
        "hdrcharset",
        "PATH",
        "",
    ] {
        let text = refused(&made(&[pax(b'x', &[(key, "1")]), after()]));
        assert!(text.contains(&format!("has the key '{key}'")), "{text}");
    }
    let global = refused(&made(&[pax(b'g', &[("path", "b")]), after()]));
    assert!(global.contains("has the key 'path'"), "{global}");
}

#[test]
fn an_extended_header_is_records_and_nothing_else() {
    let after = || entry(b'0', "a", "", b"");
    for records in [
        "x",
        "5 a=b",
        "6 a=b\n",
        "99 a=b\n",
        "2 a=b\n",
        "0 a=b\n",
        "6 ab\n",
        "+6 a=b\n",
        "6a=bc\n",
        "6 a=b\n\n",
    ] {
        let text = refused(&made(&[entry(b'x', "", "", records.as_bytes()), after()]));
        let known =
            text.contains("its extended header is not valid") || text.contains("has the key 'a'");
        assert!(known, "{records:?}: {text}");
    }
    let twice = refused(&made(&[
        pax(b'x', &[("path", "b"), ("path", "c")]),
        after(),
    ]));
    assert!(
        twice.contains("its extended header is not valid"),
        "{twice}"
    );
    for size in ["-1", "+1", "0x1", "99999999999999999999", ""] {
        let text = refused(&made(&[pax(b'x', &[("size", size)]), after()]));
        assert!(
            text.contains("its size is not an octal number"),
            "{size}: {text}"
        );
    }
    for record in [("path", "b"), ("mtime", "1")] {
        let alone = refused(&made(&[pax(b'x', &[record])]));
        assert!(
            alone.contains("no entry comes after its extended header"),
            "{alone}"
        );
    }
    let two = [
        pax(b'x', &[("mtime", "1")]),
        pax(b'x', &[("mtime", "1")]),
        after(),
    ];
    let two = refused(&made(&two));
    assert!(
        two.contains("no entry comes after its extended header"),
        "{two}"
    );
    assert!(taken(&[pax(b'g', &[("comment", "commit")])]).is_empty());
    let large = refused(&made(&[entry(b'x', "", "", &vec![b'x'; 65537]), after()]));
    assert!(
        large.contains("its extended header is larger than 65536 bytes"),
        "{large}"
    );
}

#[test]
fn a_header_with_a_wrong_checksum_magic_or_number_is_refused() {
    let change = |at: usize, bytes: &[u8]| {
        let mut entry = entry(b'0', "a", "", b"");
        entry[at..at + bytes.len()].copy_from_slice(bytes);
        entry
    };
    assert_eq!(
        refused(&made(&[change(0, b"b")])),
        "its header at 0 is refused: its checksum is wrong"
    );
    let magic = refused(&made(&[sealed(change(257, b"\0\0\0\0\0\0\0\0"))]));
    assert!(
        magic.contains("neither that of ustar nor that of GNU"),
        "{magic}"
    );
    for number in [
        &b"\x80\0\0\0\0\0\0\0\0\0\0\x01"[..],
        b"-0000000001\0",
        b"00000000009\0",
        b"0 000000001\0",
    ] {
        let text = refused(&made(&[sealed(change(124, number))]));
        assert!(
            text.contains("its size is not an octal number"),
            "{number:?}: {text}"
        );
    }
    let mode = refused(&made(&[sealed(change(100, b"rwxrwxrw"))]));
    assert!(mode.contains("its mode is not an octal number"), "{mode}");
    let spaces = sealed(change(100, b"   755 \0"));
    let executable = TarKind::File { executable: true };
    assert_eq!(taken(&[spaces])[0].0.kind, executable);
    let setuid = sealed(change(100, b"0004711\0"));
    assert_eq!(taken(&[setuid])[0].0.kind, executable);
}

#[test]
fn other_types_are_refused_by_their_name() {
    for (kind, what) in [
        (b'3', "it is a device"),
        (b'4', "it is a device"),
        (b'6', "it is a pipe"),
        (b'S', "it is a sparse file"),
        (b'L', "it is a long name in GNU's own form"),
        (b'K', "it is a long name in GNU's own form"),
        (b'7', "its type '7' is not known"),
        (b'A', "its type 'A' is not known"),
    ] {
        let text = refused(&made(&[entry(kind, "a", "", b"")]));
        assert!(
            text.starts_with("its entry 'a' is refused: ") && text.contains(what),
            "{text}"
        );
    }
    for (kind, what) in [
        (b'5', "a directory"),
        (b'2', "a link"),
        (b'1', "a hard link"),
    ] {
        let text = refused(&made(&[entry(kind, "a", "b", b"x")]));
        assert!(
            text.contains(&format!("it is {what} with content")),
            "{text}"
        );
    }
}

#[test]
fn an_archive_ends_with_two_zero_blocks_and_zeros() {
    let one = entry(b'0', "a", "", b"abc");
    let whole = made(std::slice::from_ref(&one));
    assert_eq!(read(&[&whole[..], &[0; 9000]].concat()).unwrap().len(), 1);
    assert_eq!(read(&made(&[])).unwrap(), []);
    for length in [0, 100, 512, 514, 1000, 1024, 1536] {
        let text = refused(&whole[..length]);
        assert_eq!(
            text, "it ends within an entry, or without its end",
            "{length}"
        );
    }
    let trailing = "it has bytes other than zero after its end";
    assert_eq!(refused(&[&whole[..], &one].concat()), trailing);
    assert_eq!(refused(&[&one[..], &[0; 512], &one].concat()), trailing);
}

#[test]
fn what_is_no_content_is_limited_by_what_the_entries_need() {
    let entry = entry(b'0', "a", "", b"abc");
    let with = |zeros: u64| {
        let mut bytes = entry.clone();
        bytes.resize(usize::try_from(zeros).unwrap(), 0);
        read(&bytes).map(|entries| entries.len())
    };
    assert_eq!(with(OTHER).unwrap(), 1);
    let text = with(OTHER + 2 * OTHER_OF_ENTRY).unwrap_err().to_string();
    assert_eq!(
        text,
        "its headers and the zeros at its end are far larger than its entries need"
    );
    let comment = "x".repeat(60_000);
    let headers = |count| -> Vec<_> {
        let headers = (0..count).map(|_| pax(b'g', &[("comment", &comment)]));
        headers.chain([entry.clone()]).collect()
    };
    assert_eq!(taken(&headers(60)).len(), 1);
    assert_eq!(refused(&made(&headers(80))), text);
}
