use super::*;
use crate::making::{Part, deflated, file, part, stored, zip as made};

fn refused(bytes: &[u8]) -> String {
    let file = file(bytes);
    let error = match read(&file) {
        Ok(zip) => contents(&file, &zip).unwrap_err(),
        Err(error) => error,
    };
    text::chain(&error)
}

/// Reads an archive and all its contents.
fn taken(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let file = file(bytes);
    let zip = read(&file).unwrap();
    contents(&file, &zip).unwrap()
}

fn contents(file: &File, zip: &Zip) -> Result<Vec<(String, Vec<u8>)>, ZipError> {
    let mut reader = Reader::new(file);
    let members = zip.members.iter();
    let contents = members.map(|member| Ok((member.name.clone(), reader.whole(member)?)));
    contents.collect()
}

fn one(part: Part) -> String {
    refused(&made(&[part]))
}

fn plain() -> Part {
    part("a/b", b"content of a file")
}

#[test]
fn members_are_read_in_the_order_of_their_bytes_whatever_the_directory_says() {
    let large: Vec<u8> = (0..700_000_u32)
        .flat_map(|n| (n / 3).to_le_bytes())
        .collect();
    let parts = [
        part("large", &large),
        part("empty", b""),
        part("d/", b""),
        stored("s", b"stored"),
    ];
    let mut bytes = made(&parts);
    let expected = [
        ("large", &large[..]),
        ("empty", b""),
        ("d/", b""),
        ("s", b"stored"),
    ];
    let expected: Vec<_> = expected
        .map(|(name, content)| (name.to_owned(), content.to_vec()))
        .into();
    assert_eq!(taken(&bytes), expected);
    // The first two entries of the directory, exchanged.
    let start = bytes.len() - 22 - (46 * 4 + 5 + 5 + 2 + 1);
    let (first, second) = (
        bytes[start..start + 51].to_vec(),
        bytes[start + 51..start + 102].to_vec(),
    );
    bytes[start..start + 51].copy_from_slice(&second);
    bytes[start + 51..start + 102].copy_from_slice(&first);
    assert_eq!(taken(&bytes), expected);
}

#[test]
fn an_archive_has_no_bytes_that_belong_to_nothing() {
    let whole = made(&[plain(), plain().both(|said| said.name = b"c".to_vec())]);
    assert_eq!(taken(&whole).len(), 2);
    let in_front = [b"MZ".as_slice(), &whole].concat();
    assert_eq!(
        refused(&in_front),
        "its directory does not match its end record"
    );
    let behind = [&whole, b"\n".as_slice()].concat();
    let no_end = "it does not end with the end record of a zip archive that has no comment";
    assert_eq!(refused(&behind), no_end);
    let mut comment = whole.clone();
    let at = comment.len() - 2;
    comment[at] = 1;
    comment.push(b'x');
    assert_eq!(refused(&comment), no_end);
    for short in [0, 21] {
        assert_eq!(refused(&whole[..short]), no_end);
    }
    let gap = plain().with(|part| part.before = vec![0; 4]);
    assert_eq!(
        one(gap.clone()),
        "the bytes from 0 to 4 belong to none of its parts"
    );
    let last = plain().with(|part| part.behind = vec![0; 4]);
    assert!(one(last).contains("belong to none of its parts"));
}

#[test]
fn two_members_never_share_bytes() {
    let one = part("a", b"content");
    let twice = one
        .clone()
        .both(|said| said.name = b"b".to_vec())
        .with(|part| part.at = Some(0));
    let text = refused(&made(&[one.clone(), twice]));
    assert!(
        text.contains("share the bytes") || text.contains("not where the directory"),
        "{text}"
    );
    let longer = one.clone().both(|said| said.packed += 40);
    let text = refused(&made(&[longer, part("b", b"content")]));
    assert!(
        text.starts_with("two of its parts share the bytes from"),
        "{text}"
    );
}

#[test]
fn an_end_record_that_says_something_else_is_refused() {
    let whole = made(&[plain()]);
    let end = whole.len() - 22;
    let change = |at: usize, bytes: &[u8]| {
        let mut changed = whole.clone();
        changed[end + at..end + at + bytes.len()].copy_from_slice(bytes);
        refused(&changed)
    };
    assert_eq!(change(4, &[1, 0]), "it is one part of several");
    assert_eq!(change(8, &[2, 0]), "it is one part of several");
    assert_eq!(
        change(8, &[2, 0, 2, 0]),
        "its directory ends within an entry"
    );
    assert_eq!(
        change(8, &[0, 0, 0, 0]),
        "its directory does not match its end record"
    );
    assert!(change(8, &[0xff; 4]).contains("zip64"));
    assert!(change(16, &[0xff; 4]).contains("zip64"));
    assert_eq!(
        change(12, &[1, 0, 0, 0]),
        "its directory does not match its end record"
    );
}

#[test]
fn a_directory_is_limited_before_it_is_read() {
    let sparse = tempfile::tempfile().unwrap();
    let size = LARGEST_DIRECTORY + 1;
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend(u32::try_from(size).unwrap().to_le_bytes());
    end.extend([0; 6]);
    sparse.write_all_at(&end, size).unwrap();
    let text = read(&sparse).unwrap_err().to_string();
    assert_eq!(text, "its directory is larger than 16777216 bytes");
}

#[test]
fn a_member_is_a_plain_file_or_directory() {
    let cases: [(Part, &str); 12] = [
        (plain().both(|said| said.flags = 1), "it is encrypted"),
        (
            plain().both(|said| said.flags = 1 << 5),
            "its flags 0x0020 are not those of a plain file",
        ),
        (
            plain().both(|said| said.method = 12),
            "its compression method is 12",
        ),
        (
            plain().both(|said| said.method = 93),
            "its compression method is 93",
        ),
        (
            plain().both(|said| said.name = vec![0xe9]),
            "its name is not UTF-8",
        ),
        (
            plain().with(|part| part.comment = b"x".to_vec()),
            "it has a comment",
        ),
        (
            plain().with(|part| part.disk = 1),
            "it is on another part of several",
        ),
        (
            plain().mode(0o120_777),
            "its mode 120777 is not that of a file or directory",
        ),
        (plain().mode(0o020_666), "its mode 20666 is not"),
        (plain().mode(0o040_755), "its mode 40755 is not"),
        (part("d/", b"").mode(0o100_644), "its mode 100644 is not"),
        (stored("d/", b"x"), "it is a directory with content"),
    ];
    for (part, reason) in cases {
        let text = one(part);
        assert!(text.contains(reason), "{text}");
        assert!(text.starts_with("its member '"), "{text}");
    }
}

#[test]
fn what_real_packers_write_is_accepted() {
    let times = [0x55, 0x54, 5, 0, 1, 0, 0, 0, 0];
    let room = [&[1, 0, 16, 0][..], &[0; 16]].concat();
    let sizes = |part: &Part| {
        let mut extra = vec![1, 0, 16, 0];
        extra.extend(u64::from(part.central.size).to_le_bytes());
        extra.extend(u64::from(part.central.packed).to_le_bytes());
        extra
    };
    let long = plain().with(|part| {
        part.local.extra = sizes(part);
        (part.local.size, part.local.packed) = (u32::MAX, u32::MAX);
    });
    let both = plain().with(|part| part.local.extra = sizes(part));
    let cases = [
        plain().mode(0o644),
        plain().mode(0o104_755),
        plain().with(|part| part.attributes = 0x20),
        part("d/", b"").with(|part| part.attributes = 0x10),
        part("d/", b"").with(|part| part.attributes = 0),
        plain().both(|said| said.flags = 1 << 11),
        plain().both(|said| said.extra = times.to_vec()),
        plain().with(|part| part.local.extra = room),
        long,
        both,
    ];
    for part in cases {
        let name = String::from_utf8(part.central.name.clone()).unwrap();
        assert_eq!(taken(&made(&[part]))[0].0, name);
    }
}

#[test]
fn executables_are_told_by_any_of_the_three_bits() {
    let kind = |mode| {
        let bytes = made(&[plain().mode(mode)]);
        read(&file(&bytes)).unwrap().members[0].kind
    };
    for mode in [0o100_755, 0o100_700, 0o110, 0o1] {
        assert_eq!(kind(mode), ZipKind::File { executable: true }, "{mode:o}");
    }
    for mode in [0o100_644, 0o100_666, 0o600, 0] {
        assert_eq!(kind(mode), ZipKind::File { executable: false }, "{mode:o}");
    }
}

/// A change of a member, and the reason to refuse it.
type Lie = (fn(&mut Part), &'static str);

#[test]
fn a_header_that_differs_from_the_directory_is_refused_by_what_differs() {
    let changes: [Lie; 9] = [
        (
            |part| part.local.name = b"a/c".to_vec(),
            "differ in the name",
        ),
        (|part| part.local.flags = 2, "differ in the flags"),
        (
            |part| part.local.method = 0,
            "differ in the compression method",
        ),
        (|part| part.local.crc ^= 1, "differ in the checksum"),
        (|part| part.local.size += 1, "differ in the sizes"),
        (|part| part.local.packed -= 1, "differ in the sizes"),
        (|part| part.local.size = u32::MAX, "differ in the sizes"),
        (
            |part| part.local.extra = vec![1, 0, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0],
            "differ in the sizes",
        ),
        (|part| part.at = Some(1), "belong to none of its parts"),
    ];
    for (change, reason) in changes {
        let text = one(plain().with(change));
        assert!(text.contains(reason), "{reason}: {text}");
    }
}

#[test]
fn an_extra_field_that_can_change_a_member_is_refused() {
    // Another name, in the field that Info-ZIP has for it.
    let name = [0x75, 0x70, 1, 0, 1].to_vec();
    assert!(
        one(plain().with(|part| part.central.extra = name.clone())).contains("extra field 0x7075")
    );
    assert!(one(plain().with(|part| part.local.extra = name)).contains("extra field 0x7075"));
    let cut = [0x55, 0x54, 5, 0, 1].to_vec();
    assert!(one(plain().with(|part| part.central.extra = cut.clone())).contains("not whole"));
    assert!(one(plain().with(|part| part.local.extra = cut)).contains("not whole"));
    let zip64 = [1, 0, 0, 0].to_vec();
    assert!(one(plain().with(|part| part.central.extra = zip64)).contains("extra field 0x0001"));
}

/// The file with its sizes behind its content.
fn described(file: Part, marked: bool, wide: bool) -> Part {
    file.both(|said| said.flags = 1 << 3).with(|part| {
        if marked {
            part.behind.extend(b"PK\x07\x08");
        }
        part.behind.extend(part.central.crc.to_le_bytes());
        for size in [part.central.packed, part.central.size] {
            let bytes = u64::from(size).to_le_bytes();
            part.behind.extend(&bytes[..if wide { 8 } else { 4 }]);
        }
        (part.local.crc, part.local.size, part.local.packed) = (0, 0, 0);
    })
}

#[test]
fn a_descriptor_is_accepted_if_it_says_what_the_directory_says() {
    for (marked, wide) in [(false, false), (true, false), (false, true), (true, true)] {
        let part = described(plain(), marked, wide);
        assert_eq!(taken(&made(&[part.clone(), stored("b", b"")])).len(), 2);
        let last = part.behind.len() - 1;
        for at in [0, 4, last] {
            let lie = part.clone().with(|part| part.behind[at] ^= 1);
            assert!(
                one(lie).contains("its descriptor is not what the directory says"),
                "{at}"
            );
        }
        let short = part.with(|part| part.behind.truncate(last));
        assert!(one(short).contains("its descriptor is not"));
    }
    let none = plain().both(|said| said.flags = 1 << 3);
    assert!(one(none).contains("its descriptor is not"));
}

#[test]
fn a_file_that_is_not_compressed_may_have_a_descriptor() {
    let part = described(stored("s", b"stored"), true, false);
    assert_eq!(
        taken(&made(&[part])),
        [("s".to_owned(), b"stored".to_vec())]
    );
}

#[test]
fn content_that_is_not_what_the_headers_say_is_refused() {
    let crc = plain().both(|said| said.crc ^= 1);
    assert!(one(crc).contains("its checksum is not that of its content"));
    for change in [1, -1] {
        let size = plain().both(|said| said.size = said.size.checked_add_signed(change).unwrap());
        assert!(one(size).contains("its content is not as large as its header says"));
    }
    let trailing = plain()
        .both(|said| said.packed += 1)
        .with(|part| part.data.push(0));
    assert!(one(trailing).contains("there are packed bytes behind its end"));
    let cut = plain().both(|said| said.packed -= 1).with(|part| {
        part.data.pop();
    });
    assert!(one(cut).contains("its data ends too early"));
    let garbage = plain().with(|part| part.data.fill(0xff));
    assert!(one(garbage).contains("its data is not valid deflate"));
    let unequal = stored("a", b"abc").both(|said| said.size = 2);
    assert!(one(unequal).contains("its sizes differ, though it is not compressed"));
}

#[test]
fn a_member_of_nothing_but_zeros_is_too_good_to_be_true() {
    let zeros = vec![0; 4 << 20];
    let text = one(part("a", &zeros));
    assert!(
        text.contains("its size is more than 1000 times its packed size"),
        "{text}"
    );
    let mut near = zeros;
    for at in (0..near.len()).step_by(4096) {
        near[at..at + 2].copy_from_slice(&u16::try_from(at / 4096).unwrap().to_le_bytes());
    }
    assert_eq!(taken(&made(&[part("a", &near)])).len(), 1);
}

#[test]
fn a_large_archive_unpacks_to_at_most_two_hundred_times_its_size() {
    let mut near = vec![0; 9 << 20];
    for at in (0..near.len()).step_by(4096) {
        near[at..at + 2].copy_from_slice(&u16::try_from(at / 4096).unwrap().to_le_bytes());
    }
    let part = |name: &str| {
        let content = &near;
        part(name, content)
    };
    let parts: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h"]
        .into_iter()
        .map(part)
        .collect();
    assert_eq!(
        refused(&made(&parts)),
        "it unpacks to more than 200 times its size"
    );
    let file = file(&made(&parts[..7]));
    assert_eq!(read(&file).unwrap().size(), 63 << 20);
    assert!(deflated(&near).len() < near.len() / 200);
}
