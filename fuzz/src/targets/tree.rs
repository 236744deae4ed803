//! Fuzzes the folder of a repository: trees, names, modes and links, as a plan of what a repository can hold.
//!
//! Links are resolved here as the kernel does, one after the other, through everything in the folder.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cnb::address::Subpath;
use fetch::pack::{PackLimits, read};
use fetch::tree::{TreeLimits, find, walk};
use fetch::{Entry, Mode, Tree};
use gix_hash::ObjectId;
use gix_object::Kind;

use super::{assert_harmless, is_evil_name};
use crate::Verdict;
use crate::packing::{Packing, id};
use crate::plan::Plan;

const LIMITS: TreeLimits = TreeLimits {
    entries: 24,
    bytes: 2048,
    depth: 4,
    until: None,
};

/// The requested folder.
const WANTED: &str = "job";
const MOST_OBJECTS: usize = 40;
const MOST_ENTRIES: usize = 8;
/// The kernel's limit of links in one path.
const MOST_LINKS: usize = 40;

const MODES: [&str; 10] = [
    "100644", "40000", "120000", "100755", "160000", "100664", "040000", "0120000", "140000", "0",
];

const NAMES: [&str; 16] = [
    "a",
    "b",
    "c",
    "A",
    "job",
    "..",
    ".",
    ".git",
    ".GIT ",
    "git~1",
    ".gitmodules",
    "a/b",
    "",
    "\u{e9}",
    "e\u{301}",
    ".g\u{200c}it",
];

const TARGETS: [&str; 12] = [
    "a",
    "..",
    "../a",
    "../../a",
    "a/..",
    "b/../a",
    "/",
    "./a/",
    "a/b/../..",
    "c/../..",
    "",
    "a//..",
];

pub(crate) fn run(input: &[u8]) -> Verdict {
    let Planned {
        pack,
        commit,
        wanted,
    } = follow(&mut Plan::new(input));
    let limits = PackLimits {
        objects: u32::MAX,
        bytes: u64::MAX,
        memory: u64::MAX,
    };
    let objects = Arc::new(read(&pack[..], limits, None).expect("the pack itself is sound"));
    let subpath: Subpath = WANTED.parse().expect("it is a path");
    let found = find(&objects, commit, &subpath).expect("the folder is there");
    assert_eq!(found, wanted, "another folder was found");
    let tree = walk(objects, wanted, LIMITS);
    match &tree {
        Ok(tree) => assert_sound(tree),
        Err(error) => assert_harmless(error),
    }
    Verdict::of(&tree)
}

fn assert_sound(tree: &Tree) {
    let entries = tree.entries();
    assert!(entries.len() <= LIMITS.entries, "{} entries", entries.len());
    let mut modes: BTreeMap<Vec<&[u8]>, &Entry> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let (mut bytes, mut files) = (0, 0);
    for entry in entries {
        let parts: Vec<&[u8]> = entry.path.parts().collect();
        let path = entry.path.as_bytes();
        assert_eq!(parts.join(&b'/'), path, "{}", entry.path);
        assert!(
            path.len() <= 1024 && parts.len() <= LIMITS.depth + 1,
            "{}",
            entry.path
        );
        for part in &parts {
            assert!(!is_evil_name(part) && part.len() <= 255, "{}", entry.path);
        }
        let (_, folder) = parts.split_last().expect("an entry has a name");
        let lies_in = |folder: &[&[u8]]| modes.get(folder).map(|entry| entry.mode);
        assert!(
            folder.is_empty() || lies_in(folder) == Some(Mode::Dir),
            "{}",
            entry.path
        );
        assert!(
            seen.insert(path.to_ascii_lowercase()),
            "{} is there twice",
            entry.path
        );
        if let Mode::File { .. } = entry.mode {
            files += 1;
            bytes += tree.content(entry).expect("a file has its content").len() as u64;
        }
        modes.insert(parts, entry);
    }
    assert_eq!((tree.bytes(), tree.files()), (bytes, files));
    assert!(bytes <= LIMITS.bytes, "{bytes} bytes");
    for (parts, entry) in &modes {
        if entry.mode == Mode::Link {
            let mut at = parts.clone();
            at.pop();
            let mut way = Way {
                tree,
                modes: &modes,
                links: 0,
            };
            way.follow(&mut at, entry);
        }
    }
}

/// The path that the kernel takes from a link.
struct Way<'t> {
    tree: &'t Tree,
    modes: &'t BTreeMap<Vec<&'t [u8]>, &'t Entry>,
    links: usize,
}

impl<'t> Way<'t> {
    /// A missing name is passed through too, since it may exist later.
    fn follow(&mut self, at: &mut Vec<&'t [u8]>, link: &'t Entry) {
        self.links += 1;
        if self.links > MOST_LINKS {
            return;
        }
        let tree = self.tree;
        let target = match tree.content(link).expect("a link has its target") {
            Cow::Borrowed(target) => target,
            Cow::Owned(_) => panic!("all is held"),
        };
        assert!(!target.is_empty() && !target.contains(&0), "{}", link.path);
        assert!(!target.starts_with(b"/"), "{} is absolute", link.path);
        for part in target.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => assert!(at.pop().is_some(), "{} leads out", link.path),
                name => {
                    at.push(name);
                    let entry = self.modes.get(at).copied();
                    if let Some(next) = entry.filter(|entry| entry.mode == Mode::Link) {
                        at.pop();
                        self.follow(at, next);
                    }
                }
            }
        }
    }
}

struct Planned {
    pack: Vec<u8>,
    commit: ObjectId,
    wanted: ObjectId,
}

/// Objects refer to earlier objects. The last tree is the wanted one.
fn follow(plan: &mut Plan<'_>) -> Planned {
    let mut packing = Packing::default();
    let mut objects: Vec<(Kind, ObjectId)> = Vec::new();
    let mut wanted = packing.whole(Kind::Tree, b"");
    while !plan.is_over() && objects.len() < MOST_OBJECTS {
        let (kind, content) = match plan.choice(8) {
            0 => (Kind::Blob, plan.bytes().to_vec()),
            1 => (Kind::Blob, TARGETS[plan.choice(TARGETS.len())].into()),
            2 => (Kind::Tree, plan.bytes().to_vec()),
            3 => (Kind::Blob, vec![b'x'; 16 * usize::from(plan.byte())]),
            _ => (Kind::Tree, folder(plan, &objects)),
        };
        let id = packing.whole(kind, &content);
        if kind == Kind::Tree {
            wanted = id;
        }
        objects.push((kind, id));
    }
    let root = packing.whole(Kind::Tree, &entry(b"40000", WANTED.as_bytes(), wanted));
    let text = format!("tree {root}\nauthor A <a> 0 +0000\ncommitter A <a> 0 +0000\n\n");
    let commit = packing.whole(Kind::Commit, text.as_bytes());
    Planned {
        pack: packing.done(0),
        commit,
        wanted,
    }
}

/// An entry's id usually belongs to an object of the kind that its mode requires.
fn folder(plan: &mut Plan<'_>, objects: &[(Kind, ObjectId)]) -> Vec<u8> {
    let mut content = Vec::new();
    for _ in 0..plan.choice(MOST_ENTRIES + 1) {
        let mode = match plan.choice(MODES.len() + 1) {
            known if known < MODES.len() => MODES[known].as_bytes(),
            _ => plan.bytes(),
        };
        let name = match plan.choice(NAMES.len() + 4) {
            known if known < NAMES.len() => NAMES[known].as_bytes(),
            _ => plan.bytes(),
        };
        let kind = if mode.ends_with(b"40000") {
            Kind::Tree
        } else {
            Kind::Blob
        };
        let fitting: Vec<_> = objects.iter().filter(|(found, _)| *found == kind).collect();
        let object = match plan.choice(32) {
            31 => None,
            30 => objects.last(),
            chosen => fitting.iter().rev().cycle().nth(chosen).copied(),
        };
        let absent = || id(kind, b"nobody has this");
        content.extend(entry(mode, name, object.map_or_else(absent, |(_, id)| *id)));
    }
    content
}

fn entry(mode: &[u8], name: &[u8], id: ObjectId) -> Vec<u8> {
    [mode, b" ", name, b"\0", id.as_slice()].concat()
}
