use super::*;
use entry::places::steps;

#[derive(Default)]
struct Making(Objects);

impl Making {
    fn file(&mut self, content: &[u8]) -> ObjectId {
        self.0.insert(Kind::Blob, content.to_vec())
    }

    fn tree(&mut self, entries: &[(&str, &str, ObjectId)]) -> ObjectId {
        let mut content = Vec::new();
        for (mode, name, id) in entries {
            content.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            content.extend_from_slice(id.as_slice());
        }
        self.0.insert(Kind::Tree, content)
    }

    fn commit(&mut self, tree: ObjectId) -> ObjectId {
        self.0
            .insert(Kind::Commit, format!("tree {tree}\n\n").into_bytes())
    }

    fn walk(self, root: ObjectId) -> Result<Tree, TreeError> {
        walk(Arc::new(self.0), root, LIMITS)
    }

    fn refusal(self, root: ObjectId) -> String {
        self.walk(root).unwrap_err().to_string()
    }
}

const LIMITS: TreeLimits = TreeLimits {
    entries: 1000,
    bytes: 10_000,
    depth: 5,
    until: None,
};

fn paths(tree: &Tree) -> Vec<String> {
    let path = |entry: &Entry| entry.path.to_string();
    tree.entries().iter().map(path).collect()
}

#[test]
fn a_folder_is_listed_before_what_lies_in_it_and_all_is_counted() {
    let mut making = Making::default();
    let file = making.file(b"12345");
    let to = making.file(b"sub/file");
    let sub = making.tree(&[("100755", "file", file), ("100644", "other", file)]);
    let root = making.tree(&[
        ("120000", "link", to),
        ("40000", "sub", sub),
        ("100644", "z", file),
    ]);
    let tree = making.walk(root).unwrap();
    assert_eq!(paths(&tree), ["link", "sub", "sub/file", "sub/other", "z"]);
    assert_eq!((tree.files(), tree.bytes()), (3, 15));
    assert_eq!(tree.content(&tree.entries()[0]), Ok(b"sub/file"[..].into()));
    assert_eq!(tree.content(&tree.entries()[2]), Ok(b"12345"[..].into()));
    assert!(tree.lfs_pointers().is_empty());
}

#[test]
fn an_empty_folder_is_a_folder() {
    let mut making = Making::default();
    let root = making.tree(&[]);
    assert!(making.walk(root).unwrap().entries().is_empty());
}

#[test]
fn the_wanted_folder_is_found_by_its_path() {
    let mut making = Making::default();
    let file = making.file(b"x");
    let inner = making.tree(&[("100644", "f", file)]);
    let outer = making.tree(&[
        ("40000", "inner", inner),
        ("120000", "link", file),
        ("160000", "module", file),
    ]);
    let root = making.tree(&[
        ("100644", "file", file),
        ("40000", "outer", outer),
        ("140000", "socket", outer),
    ]);
    let commit = making.commit(root);
    let found = |path: &str| find(&making.0, commit, &path.parse().unwrap());
    assert_eq!(found("outer").unwrap(), outer);
    assert_eq!(found("outer/inner").unwrap(), inner);
    let missing = [
        ("absent", "there is no 'absent'"),
        ("oute", "there is no 'oute'"),
        ("Outer", "there is no 'Outer'"),
        ("outer/absent/deeper", "there is no 'outer/absent'"),
        ("file", "'file' is not a folder"),
        ("file/deeper", "'file' is not a folder"),
        ("outer/link", "'outer/link' is not a folder"),
        ("outer/module", "'outer/module' is not a folder"),
        ("socket", "'socket' is not a folder"),
    ];
    for (path, text) in missing {
        assert_eq!(found(path).unwrap_err().to_string(), text);
    }
}

#[test]
fn a_tree_that_was_not_sent_is_named() {
    let mut making = Making::default();
    let absent = ObjectId::from_hex(&[b'1'; 40]).unwrap();
    let root = making.tree(&[("40000", "outer", absent)]);
    let commit = making.commit(root);
    let error = find(&making.0, commit, &"outer/inner".parse().unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the pack lacks the tree {absent}")
    );
    let file = making.tree(&[("100644", "file", absent)]);
    let link = making.tree(&[("120000", "link", absent)]);
    for (id, kind) in [(root, "tree"), (file, "blob"), (link, "blob")] {
        let mut again = Making::default();
        for (id, kind) in making.0.iter() {
            let content = making.0.get(kind, id).unwrap();
            assert_eq!(again.0.insert(kind, content.to_vec()), id);
        }
        assert_eq!(
            again.refusal(id),
            format!("the pack lacks the {kind} {absent}")
        );
    }
}

#[test]
fn an_entry_that_is_another_kind_of_object_is_refused() {
    let mut making = Making::default();
    let file = making.file(b"x");
    let root = making.tree(&[("40000", "folder", file)]);
    assert_eq!(
        making.refusal(root),
        format!("{file} is a blob and not a tree")
    );
    let mut making = Making::default();
    let folder = making.tree(&[]);
    let root = making.tree(&[("100644", "file", folder)]);
    assert_eq!(
        making.refusal(root),
        format!("{folder} is a tree and not a blob")
    );
}

#[test]
fn each_danger_is_refused_by_its_name_wherever_it_lies() {
    let table = [
        (
            "100644",
            ".git",
            "'.git' is reserved for git, in every spelling",
        ),
        ("40000", "..", "its name is not a plain name"),
        ("100644", "", "its name is not a plain name"),
        ("100644", "a/b", "its name is not a plain name"),
        ("160000", "vendored", "a submodule can't be fetched"),
        (
            "104755",
            "setuid",
            "its mode 104755 is not that of a file, directory or link",
        ),
        (
            "140000",
            "socket",
            "its mode 140000 is not that of a file, directory or link",
        ),
        ("120000", "out", "it leads out of the fetched folder"),
    ];
    for (mode, name, reason) in table {
        let mut making = Making::default();
        let target = making.file(b"../../x");
        let sub = making.tree(&[(mode, name, target)]);
        let root = making.tree(&[("40000", "sub", sub)]);
        let text = format!("the repository's entry 'sub/{name}' is refused: {reason}");
        assert_eq!(making.refusal(root), text);
    }
}

#[test]
fn two_entries_of_one_name_are_refused_whatever_they_are() {
    for (one, other) in [
        ("100644", "40000"),
        ("120000", "40000"),
        ("100644", "100644"),
    ] {
        let mut making = Making::default();
        let file = making.file(b"x");
        let folder = making.tree(&[]);
        let id = |mode| if mode == "40000" { folder } else { file };
        let root = making.tree(&[(one, "same", id(one)), (other, "Same", id(other))]);
        let text = "the repository's entry 'Same' is refused: its name can't be told from that of 'same' where \
                    letter case or Unicode form is ignored";
        assert_eq!(making.refusal(root), text);
    }
    let mut making = Making::default();
    let file = making.file(b"x");
    let sub = making.tree(&[("100644", "same", file)]);
    let root = making.tree(&[
        ("40000", "a", sub),
        ("40000", "b", sub),
        ("100644", "same", file),
    ]);
    assert_eq!(
        making.walk(root).unwrap().files(),
        3,
        "one name in several folders"
    );
}

#[test]
fn links_are_judged_by_all_that_the_folder_holds() {
    // `up` alone is harmless, and so is the text of `through`: together they lead out.
    let mut making = Making::default();
    let up = making.file(b"../..");
    let through = making.file(b"a/b/up/..");
    let b = making.tree(&[("120000", "up", up)]);
    let a = making.tree(&[("40000", "b", b)]);
    let root = making.tree(&[("40000", "a", a), ("120000", "through", through)]);
    assert_eq!(
        making.refusal(root),
        "the repository's entry 'through' is refused: its target leads through another link"
    );
}

/// With whole paths, each step would cost the length of the path before it: here a thousand bytes.
#[test]
fn the_work_for_links_grows_with_their_texts_and_no_faster() {
    let mut making = Making::default();
    let bounce = "a/../".repeat(800);
    let to = making.file(bounce.as_bytes());
    let a = making.tree(&[]);
    let names: Vec<_> = (0..200).map(|number| format!("link-{number}")).collect();
    let mut entries = vec![("40000", "a", a)];
    entries.extend(names.iter().map(|name| ("120000", name.as_str(), to)));
    let mut id = making.tree(&entries);
    let deep = "d".repeat(200);
    for _ in 0..4 {
        id = making.tree(&[("40000", &deep, id)]);
    }
    let _before = steps::take();
    let tree = making.walk(id).unwrap();
    let paths = tree.entries().iter().map(|entry| entry.path.as_bytes());
    let text = paths.map(<[u8]>::len).sum::<usize>() * 2 + names.len() * bounce.len();
    let work = steps::take();
    assert!(work > names.len() * 800, "{work} bytes were looked for");
    assert!(work <= text, "{work} bytes were looked for, of {text}");
}

#[test]
fn nothing_is_judged_when_the_time_is_up() {
    let mut making = Making::default();
    let file = making.file(b"x");
    let root = making.tree(&[("100644", "file", file)]);
    let objects = Arc::new(making.0);
    let until = |until| TreeLimits {
        until: Some(until),
        ..LIMITS
    };
    let now = Instant::now();
    let error = walk(Arc::clone(&objects), root, until(now)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the folder could not be checked within the time for the download"
    );
    let later = now + std::time::Duration::from_hours(1);
    assert_eq!(walk(objects, root, until(later)).unwrap().files(), 1);
}

#[test]
fn a_bomb_of_entries_ends_at_the_limit() {
    let mut making = Making::default();
    let mut id = making.file(b"x");
    let mut mode = "100644";
    for _ in 0..5 {
        let names: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let entries: Vec<_> = names.iter().map(|name| (mode, name.as_str(), id)).collect();
        id = making.tree(&entries);
        mode = "40000";
    }
    assert_eq!(
        making.refusal(id),
        "the folder holds more than 1000 files, folders and links"
    );
}

#[test]
fn entries_bytes_and_depth_may_be_used_up_but_not_passed() {
    let files = |count: usize, size: usize| {
        let mut making = Making::default();
        let file = making.file(&vec![0; size]);
        let names: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        let entries: Vec<_> = names
            .iter()
            .map(|name| ("100644", name.as_str(), file))
            .collect();
        let root = making.tree(&entries);
        making.walk(root).map(|tree| tree.bytes())
    };
    assert_eq!(files(1000, 1).unwrap(), 1000);
    files(1001, 1).unwrap_err();
    assert_eq!(
        files(10, 1000).unwrap(),
        10_000,
        "the same content ten times"
    );
    let text = "the folder's files are larger than 10000 bytes together";
    assert_eq!(files(11, 1000).unwrap_err().to_string(), text);
    let deep = |levels: usize| {
        let mut making = Making::default();
        let mut id = making.tree(&[]);
        for _ in 0..levels {
            id = making.tree(&[("40000", "d", id)]);
        }
        making.walk(id)
    };
    assert_eq!(paths(&deep(5).unwrap()).pop().unwrap(), "d/d/d/d/d");
    assert_eq!(
        deep(6).unwrap_err().to_string(),
        "the folder 'd/d/d/d/d/d' lies more than 5 folders deep"
    );
}

#[test]
fn a_path_has_an_end_however_short_its_names() {
    let nested = |length: usize| {
        let mut making = Making::default();
        let mut id = making.file(b"x");
        let mut mode = "100644";
        for _ in 0..5 {
            id = making.tree(&[(mode, "d".repeat(length).as_str(), id)]);
            mode = "40000";
        }
        making.walk(id).map_err(|error| error.to_string())
    };
    nested(204).unwrap();
    let error = nested(205).unwrap_err();
    assert!(
        error.ends_with(" is refused: its path is longer than 1024 bytes"),
        "{error}"
    );
}

#[test]
fn a_malformed_tree_is_refused_and_not_read_halfway() {
    let good = b"100644 a\0AAAAAAAAAAAAAAAAAAAA";
    for end in 1..good.len() {
        let mut making = Making::default();
        let id = making.0.insert(Kind::Tree, good[..end].to_vec());
        assert_eq!(making.refusal(id), format!("the tree {id} is malformed"));
    }
    for bytes in [&b"\0"[..], b" ", b" \0", b"100644a\0AAAAAAAAAAAAAAAAAAAA"] {
        let mut making = Making::default();
        let id = making.0.insert(Kind::Tree, bytes.to_vec());
        assert_eq!(making.refusal(id), format!("the tree {id} is malformed"));
    }
}

#[test]
fn what_is_read_as_a_whole_is_refused_by_its_size() {
    const MOST: usize = 16 << 20;
    let mut making = Making::default();
    let large = vec![b'x'; MOST + 1];
    let tree = making.0.insert(Kind::Tree, large.clone());
    let commit = making.0.insert(Kind::Commit, large);
    let wanted = "job".parse().unwrap();
    let error = find(&making.0, commit, &wanted).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("the commit {commit} is larger than {MOST} bytes")
    );
    assert_eq!(
        making.refusal(tree),
        format!("the tree {tree} is larger than {MOST} bytes")
    );
    let mut making = Making::default();
    let just = making.0.insert(Kind::Tree, vec![b'x'; MOST]);
    assert_eq!(
        making.refusal(just),
        format!("the tree {just} is malformed")
    );
}

#[test]
fn a_target_that_is_too_long_is_refused_before_it_is_read() {
    let mut making = Making::default();
    let target = making.file(&vec![b'x'; (16 << 20) + 1]);
    let root = making.tree(&[("120000", "link", target)]);
    assert_eq!(
        making.refusal(root),
        "the repository's entry 'link' is refused: its target is longer than 4095 bytes"
    );
}

#[test]
fn a_name_of_any_length_is_shown_in_short() {
    let mut making = Making::default();
    let file = making.file(b"x");
    let root = making.tree(&[("100644", "n".repeat(1 << 20).as_str(), file)]);
    let text = making.refusal(root);
    assert!(text.len() < 300, "{}", text.len());
    assert!(
        text.ends_with(": its name is longer than 255 bytes"),
        "{text}"
    );
}

#[test]
fn pointers_of_git_lfs_are_listed() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let mut making = Making::default();
    let yes = making.file(pointer);
    let large = making.file(&[&pointer[..], &[b'x'; 1024]].concat());
    let about = making.file(b"see version https://git-lfs.github.com/spec/v1\n");
    let sub = making.tree(&[
        ("100644", "about", about),
        ("100644", "large", large),
        ("100755", "yes", yes),
    ]);
    let root = making.tree(&[("40000", "sub", sub), ("100644", "top", yes)]);
    let tree = making.walk(root).unwrap();
    let pointers: Vec<_> = tree
        .lfs_pointers()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(pointers, ["sub/yes", "top"]);
}

#[test]
fn attributes_that_change_what_git_writes_are_listed() {
    let listed = |text: &str| {
        let mut making = Making::default();
        let file = making.file(text.as_bytes());
        let sub = making.tree(&[("100644", ".gitattributes", file)]);
        let other = ("100644", "gitattributes", file);
        let root = making.tree(&[other, ("40000", "sub", sub)]);
        let bytes = 1 << 20;
        let limits = TreeLimits { bytes, ..LIMITS };
        let tree = walk(Arc::new(making.0), root, limits).unwrap();
        let listed = tree.attributes().iter();
        listed.map(ToString::to_string).collect::<Vec<_>>()
    };
    for text in [
        "*.bat eol=crlf",
        "* text=auto\n*.c  diff ident\n",
        "a\tworking-tree-encoding=UTF-16LE",
        "*.py filter=black\r\n",
    ] {
        assert_eq!(listed(text), ["sub/.gitattributes"], "{text}");
    }
    for text in [
        "",
        "* text=auto eol=lf -ident !filter",
        "# * eol=crlf",
        "ident text\neol=crlf",
        "*.bin filter=lfs diff=lfs merge=lfs -text",
        &format!("* eol=crlf\n{}", "#".repeat(64 * 1024)),
    ] {
        assert_eq!(listed(text), [""; 0], "{text}");
    }
}

/// Makes a folder for tests: files as paths with their content, links as `path -> target`. A path that ends in `*` is
/// an executable file. All entries beneath `sub` are in one folder.
pub(crate) fn folder(entries: &[(&str, &[u8])]) -> Tree {
    try_folder(entries).unwrap()
}

/// Like [`folder`], but the folder may be refused.
pub(crate) fn try_folder(entries: &[(&str, &[u8])]) -> Result<Tree, TreeError> {
    let mut making = Making::default();
    let mut root = Vec::new();
    let mut sub = Vec::new();
    for (path, content) in entries {
        let (path, mode, content) = match path.split_once(" -> ") {
            Some((path, target)) => (path, "120000", target.as_bytes()),
            None if path.ends_with('*') => (path.trim_end_matches('*'), "100755", *content),
            None => (*path, "100644", *content),
        };
        let id = making.file(content);
        match path.strip_prefix("sub/") {
            Some(name) => sub.push((mode, name, id)),
            None => root.push((mode, path, id)),
        }
    }
    let sub = making.tree(&sub);
    root.push(("40000", "sub", sub));
    let root = making.tree(&root);
    making.walk(root)
}

impl Tree {
    /// Makes the tree invalid, as no walk would return it: with the same file twice.
    pub(crate) fn repeat_first_file(&mut self) {
        let twin = self.entries.iter().find(|entry| entry.is_file());
        let twin = twin.cloned().unwrap();
        self.entries.insert(0, twin);
    }
}
