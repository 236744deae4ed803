//! Fuzzes zip and tar archives, as plans of what an archive can hold and of the lies that it can tell.
//!
//! What was unpacked is compared with what other readers find: a walk over a zip archive from its front, and the crate
//! `tar`. Links are followed as the kernel does.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use dir::Dir;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::{DeflateEncoder, GzEncoder};
use unpack::{Archive, ArchiveFormat, Finished, Folder, FolderLimits, UnpackError};

use super::{assert_harmless, is_evil_name};
use crate::Verdict;
use crate::plan::Plan;

const LIMITS: FolderLimits = FolderLimits {
    time: Duration::from_hours(1),
    entries: 24,
    bytes: 2048,
    depth: 3,
};
const MOST_ENTRIES: usize = 8;

const NAMES: [&str; 16] = [
    "a",
    "b",
    "a/b",
    "c/d/e",
    "a/",
    "./b",
    "A",
    "..",
    "a/../b",
    "/b",
    "a//b",
    "a\\b",
    "e\u{301}",
    "\u{e9}",
    "f/g/h/i/j",
    "",
];

const CONTENTS: [&[u8]; 4] = [b"", b"x", b"content", &[b'l'; 700]];

/// The entry of a folder at a path.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    File(Vec<u8>),
    Link(Vec<u8>),
}

type Tree = BTreeMap<String, Found>;

pub(crate) fn zip(input: &[u8]) -> Verdict {
    let bytes = planned_zip(&mut Plan::new(input));
    let unpacked = unpacked(&bytes, ArchiveFormat::Zip);
    match &unpacked {
        Ok((tree, finished)) => {
            assert_counts(tree, finished);
            assert_eq!(
                *tree,
                from_the_front(&bytes),
                "another reader finds other files"
            );
        }
        Err(error) => assert_harmless(error),
    }
    Verdict::of(&unpacked)
}

pub(crate) fn tar(input: &[u8]) -> Verdict {
    let bytes = planned_tar(&mut Plan::new(input));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(&bytes).expect("memory can be written");
    let gzip = gzip.finish().expect("memory can be written");
    let unpacked = unpacked(&gzip, ArchiveFormat::TarGz);
    match &unpacked {
        Ok((tree, finished)) => {
            assert_counts(tree, finished);
            assert_eq!(
                *tree,
                by_another(&bytes),
                "another reader finds other files"
            );
        }
        Err(error) => assert_harmless(error),
    }
    Verdict::of(&unpacked)
}

/// Unpacks an archive into a folder, and lists all that is there.
fn unpacked(bytes: &[u8], format: ArchiveFormat) -> Result<(Tree, Finished), UnpackError> {
    let outer = tempfile::tempdir().expect("a temporary folder can be made");
    let unpacked = unpack_in(outer.path(), bytes, format);
    assert_alone(outer.path());
    let finished = unpacked?;
    let root = outer.path().join("made");
    let mut tree = Tree::new();
    list(&root, &root, &mut tree);
    Ok((tree, finished))
}

fn assert_alone(outer: &Path) {
    let beside = fs::read_dir(outer).expect("it is there").count();
    assert_eq!(beside, 1, "something was written beside the folder");
}

fn unpack_in(outer: &Path, bytes: &[u8], format: ArchiveFormat) -> Result<Finished, UnpackError> {
    let mut file = tempfile::tempfile().expect("a temporary file can be made");
    file.write_all(bytes).expect("it can be written");
    let folder = Folder::create(&Dir::open_ambient(outer)?, "made", LIMITS)?;
    folder.add(archive(file, format))?;
    folder.finish()
}

fn archive(file: File, format: ArchiveFormat) -> Archive<'static> {
    Archive {
        name: "archive",
        file,
        format,
        leading_folders: 0,
        arch: "amd64",
        position: 0,
    }
}

fn list(root: &Path, folder: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().expect("it has a name").as_encoded_bytes();
        // A repository's rules are not those of an archive.
        let of_git = name.to_ascii_lowercase().contains(&b'g');
        assert!(of_git || !is_evil_name(name), "{}", path.display());
        let shown = path.strip_prefix(root).expect("it lies in the folder");
        let shown = shown.to_str().expect("names are UTF-8").to_owned();
        let metadata = path.symlink_metadata().expect("it is there");
        if metadata.is_symlink() {
            if let Ok(end) = path.canonicalize() {
                let root = root.canonicalize().expect("it is there");
                assert!(
                    end.starts_with(root),
                    "{shown} leads out, to {}",
                    end.display()
                );
            }
            let target = fs::read_link(&path).expect("it is a link");
            tree.insert(
                shown,
                Found::Link(target.into_os_string().into_encoded_bytes()),
            );
        } else if metadata.is_dir() {
            list(root, &path, tree);
        } else {
            assert!(metadata.is_file(), "{shown} is a device or pipe");
            tree.insert(shown, Found::File(fs::read(&path).expect("it can be read")));
        }
    }
}

fn assert_counts(tree: &Tree, finished: &Finished) {
    let files: Vec<_> = tree
        .values()
        .filter_map(|found| match found {
            Found::File(content) => Some(content.len() as u64),
            Found::Link(_) => None,
        })
        .collect();
    assert_eq!(files.len(), finished.files);
    assert_eq!(files.iter().sum::<u64>(), finished.bytes);
    assert!(finished.bytes <= LIMITS.bytes && tree.len() <= LIMITS.entries);
    for path in tree.keys() {
        assert!(path.matches('/').count() <= LIMITS.depth, "{path}");
    }
}

const MODES: [u32; 8] = [
    0o100_644, 0, 0o100_755, 0o644, 0o104_777, 0o120_777, 0o040_755, 0o020_666,
];

/// Numbers that a header says.
struct Said {
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
}

impl Said {
    fn write(&self, into: &mut Vec<u8>, name: &[u8], extra: &[u8]) {
        for number in [self.flags, self.method, 0, 0x21] {
            into.extend(number.to_le_bytes());
        }
        for number in [self.crc, self.packed, self.size] {
            into.extend(number.to_le_bytes());
        }
        for length in [name.len(), extra.len()] {
            let length = u16::try_from(length).expect("names are short");
            into.extend(length.to_le_bytes());
        }
    }
}

/// Follows a plan: members, each with a name, content, method, mode and perhaps a lie.
fn planned_zip(plan: &mut Plan<'_>) -> Vec<u8> {
    let (mut zip, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    while !plan.is_over() && usize::from(count) < MOST_ENTRIES {
        member(plan, &mut zip, &mut directory);
        count += 1;
    }
    let lie = plan.byte();
    let at = u32::try_from(zip.len()).expect("it is short") + u32::from(lie == 1);
    let size = u32::try_from(directory.len()).expect("it is short");
    zip.extend(&directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count.to_le_bytes());
    zip.extend((count + u16::from(lie == 2)).to_le_bytes());
    zip.extend(size.to_le_bytes());
    zip.extend(at.to_le_bytes());
    zip.extend([0, 0]);
    if lie == 3 {
        zip.push(0);
    }
    zip
}

fn member(plan: &mut Plan<'_>, zip: &mut Vec<u8>, directory: &mut Vec<u8>) {
    let name = NAMES[plan.choice(NAMES.len())];
    let content = if name.ends_with('/') {
        b""
    } else {
        CONTENTS[plan.choice(CONTENTS.len())]
    };
    let deflates = plan.choice(2) == 1 && !name.ends_with('/');
    let mode = match MODES[plan.choice(MODES.len())] {
        0o100_644 if name.ends_with('/') => 0o040_755,
        mode => mode,
    };
    let mut data = content.to_vec();
    if deflates {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(content).expect("memory can be written");
        data = deflate.finish().expect("memory can be written");
    }
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let said = |lie: u8| Said {
        flags: match lie {
            1 => 1,
            2 => 1 << 11,
            3 => 1 << 3,
            _ => 0,
        },
        method: if deflates { 8 } else { 0 } + u16::from(lie == 4),
        crc: crc.sum() ^ u32::from(lie == 5),
        packed: u32::try_from(data.len()).expect("it is short") + u32::from(lie == 6),
        size: u32::try_from(content.len()).expect("it is short") + u32::from(lie == 7),
    };
    // A lie of the header alone, of the directory alone, or of both.
    let (lie, teller) = (plan.byte(), plan.choice(3));
    let (local, central) = match teller {
        0 => (said(lie), said(lie)),
        1 => (said(lie), said(0)),
        _ => (said(0), said(lie)),
    };
    let other = NAMES[usize::from(lie) % NAMES.len()];
    let local_name = if lie >= 0xf0 { other } else { name };
    let extra: &[u8] = match lie {
        8 => b"UT\x05\0\x01\0\0\0\0",
        9 => b"\x01\0\0\0",
        10 => b"up\x01\0\x01",
        _ => b"",
    };
    if lie == 11 {
        zip.push(0);
    }
    let at =
        u32::try_from(zip.len()).expect("it is short") - u32::from(lie == 12 && !zip.is_empty());
    zip.extend(b"PK\x03\x04\x14\0");
    local.write(zip, local_name.as_bytes(), extra);
    zip.extend(local_name.as_bytes());
    zip.extend(extra);
    zip.extend(&data);
    if lie == 13 {
        zip.extend(b"PK\x03\x04");
    }
    directory.extend(b"PK\x01\x02\x14\x03\x14\0");
    central.write(directory, name.as_bytes(), b"");
    directory.extend([0; 6]);
    directory.extend((mode << 16).to_le_bytes());
    directory.extend(at.to_le_bytes());
    directory.extend(name.as_bytes());
}

/// Reads an archive from its front, header by header, as a program does that can't seek.
fn from_the_front(zip: &[u8]) -> Tree {
    let mut tree = Tree::new();
    let mut rest = zip;
    while rest.starts_with(b"PK\x03\x04") {
        let short = |at: usize| usize::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
        let long = |at: usize| short(at) | short(at + 2) << 16;
        let (method, packed) = (short(8), long(18));
        let name = &rest[30..30 + short(26)];
        let data = &rest[30 + short(26) + short(28)..][..packed];
        let mut content = data.to_vec();
        if method == 8 {
            content.clear();
            let read = DeflateDecoder::new(data).read_to_end(&mut content);
            read.expect("it can be inflated");
        }
        if !name.ends_with(b"/") {
            let name = String::from_utf8(name.to_vec()).expect("names are UTF-8");
            let before = tree.insert(name, Found::File(content));
            assert_eq!(before, None, "a file was there twice");
        }
        rest = &rest[30 + short(26) + short(28) + packed..];
    }
    assert!(rest.starts_with(b"PK\x01\x02") || rest.starts_with(b"PK\x05\x06"));
    tree
}

const TYPES: [u8; 10] = [b'0', b'5', b'2', b'1', b'x', 0, b'g', b'L', b'3', b'7'];
const TARGETS: [&str; 10] = [
    "a", "..", "../a", "b/../a", "/a", "./a/", "c/d/e", "", "../../a", "a/b/..",
];
const RECORDS: [&str; 8] = [
    "8 path=b\n",
    "17 path=c/d/e/../e\n",
    "12 linkpath=\n",
    "14 linkpath=a\n",
    "13 mtime=1.5\n",
    "9 size=1\n",
    "18 GNU.sparse.x=1\n",
    "8 path=\n",
];

/// Follows a plan: entries, each with a type, a name, a target or content, and perhaps a lie.
fn planned_tar(plan: &mut Plan<'_>) -> Vec<u8> {
    let (mut tar, mut count) = (Vec::new(), 0);
    while !plan.is_over() && count < MOST_ENTRIES {
        tar.extend(planned_entry(plan));
        count += 1;
    }
    let end = match plan.byte() {
        1 => 512,
        2 => 1536,
        _ => 1024,
    };
    tar.resize(tar.len() + end, 0);
    tar
}

fn planned_entry(plan: &mut Plan<'_>) -> Vec<u8> {
    let kind = TYPES[plan.choice(TYPES.len())];
    let name = NAMES[plan.choice(NAMES.len())];
    let (mut target, mut content) = ("", &b""[..]);
    match kind {
        b'1' | b'2' => target = TARGETS[plan.choice(TARGETS.len())],
        b'x' | b'g' => content = RECORDS[plan.choice(RECORDS.len())].as_bytes(),
        b'0' | 0 if !name.ends_with('/') => content = CONTENTS[plan.choice(CONTENTS.len())],
        _ => {}
    }
    let lie = plan.byte();
    let mut entry = vec![0; 512];
    let mut put = |at: usize, bytes: &[u8]| entry[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, if lie == 1 { b"0104755\0" } else { b"0000644\0" });
    let size = content.len() + usize::from(lie == 2);
    put(124, format!("{size:011o}").as_bytes());
    put(156, &[kind]);
    put(157, target.as_bytes());
    put(
        257,
        if lie == 3 {
            b"ustar  \0"
        } else {
            b"ustar\x0000"
        },
    );
    if lie == 4 {
        put(345, b"front");
    }
    put(148, b"        ");
    let sum = entry.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let sum = format!("{:06o}\0 ", sum + u32::from(lie == 5));
    entry[148..156].copy_from_slice(sum.as_bytes());
    entry.extend(content);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

/// Reads an archive with the crate `tar`.
fn by_another(tar: &[u8]) -> Tree {
    let mut tree = Tree::new();
    let mut archive = tar::Archive::new(tar);
    for entry in archive.entries().expect("memory can be read") {
        let mut entry = entry.expect("it is valid");
        let plain = |name: &[u8]| {
            let name = str::from_utf8(name).expect("names are UTF-8");
            let name = name.strip_prefix("./").unwrap_or(name);
            name.trim_end_matches('/').to_owned()
        };
        let is_dir = entry.path_bytes().ends_with(b"/");
        let name = plain(&entry.path_bytes());
        let target = entry.link_name_bytes().unwrap_or_default().into_owned();
        let found = match entry.header().entry_type().as_byte() {
            b'0' | 0 if !is_dir => {
                let mut content = Vec::new();
                let read = entry.read_to_end(&mut content);
                read.expect("memory can be read");
                Found::File(content)
            }
            b'2' => Found::Link(target),
            b'1' => match tree.get(&plain(&target)) {
                Some(Found::File(content)) => Found::File(content.clone()),
                other => panic!("{name} is a hard link to {other:?}"),
            },
            _ => continue,
        };
        let before = tree.insert(name, found);
        assert_eq!(before, None, "a file was there twice");
    }
    tree
}
