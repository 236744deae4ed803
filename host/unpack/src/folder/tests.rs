use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::CollisionError;
use crate::making::{entry, file as archived, gzip, part, tar, wheel, zip, zstd};

mod collisions;
mod deadline;
mod model;
mod trees;
mod wheels;

const LIMITS: FolderLimits = FolderLimits {
    entries: 200,
    bytes: 1 << 20,
    depth: 6,
    time: Duration::from_hours(1),
};

/// An archive for a test.
#[derive(Clone)]
struct Given {
    name: String,
    format: ArchiveFormat,
    bytes: Vec<u8>,
    leading: u32,
}

fn given(name: &str, format: ArchiveFormat, bytes: Vec<u8>) -> Given {
    Given {
        name: name.to_owned(),
        format,
        bytes,
        leading: 0,
    }
}

fn of_wheel(stem: &str, files: &[(&str, &[u8])]) -> Given {
    let name = format!("{stem}-py3-none-any.whl");
    given(&name, ArchiveFormat::Wheel, wheel(stem, files))
}

fn of_zip(name: &str, files: &[(&str, &[u8])]) -> Given {
    let parts: Vec<_> = files
        .iter()
        .map(|(path, content)| part(path, content))
        .collect();
    given(name, ArchiveFormat::Zip, zip(&parts))
}

fn of_tar(name: &str, entries: &[Vec<u8>]) -> Given {
    given(name, ArchiveFormat::TarGz, gzip(&tar(entries)))
}

/// A folder that was unpacked.
#[derive(Debug, PartialEq, Eq)]
struct Tree {
    /// Each path with its mode, and the content of a file or the target of a link.
    files: Vec<(String, u32, Vec<u8>)>,
    finished: Finished,
    packages: Vec<Option<Package>>,
}

impl Tree {
    fn paths(&self) -> Vec<&str> {
        self.files.iter().map(|(path, ..)| path.as_str()).collect()
    }

    fn text(&self, path: &str) -> &str {
        let found = self.files.iter().find(|(other, ..)| other == path);
        str::from_utf8(&found.unwrap_or_else(|| panic!("{path} is missing")).2).unwrap()
    }

    fn mode(&self, path: &str) -> u32 {
        self.files
            .iter()
            .find(|(other, ..)| other == path)
            .unwrap()
            .1
    }

    fn warnings(&self) -> Vec<String> {
        self.finished
            .warnings
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

/// Unpacks archives in this order. The position of each is its index in `archives`.
fn unpacked_in_order(
    archives: &[Given],
    order: &[usize],
    limits: FolderLimits,
) -> Result<Tree, UnpackError> {
    let parent = tempfile::tempdir().unwrap();
    let dir = Dir::open_ambient(parent.path()).unwrap();
    let folder = Folder::create(&dir, "made", limits)?;
    let mut packages = vec![None; archives.len()];
    for position in order {
        packages[*position] = folder
            .add(archive(&archives[*position], *position))?
            .package;
    }
    let finished = folder.finish()?;
    let mut files = Vec::new();
    list(&parent.path().join("made"), "", &mut files);
    files.sort();
    Ok(Tree {
        files,
        finished,
        packages,
    })
}

fn archive(given: &Given, position: usize) -> Archive<'_> {
    Archive {
        name: &given.name,
        file: archived(&given.bytes),
        format: given.format,
        leading_folders: given.leading,
        arch: "amd64",
        position,
    }
}

fn unpacked(archives: &[Given]) -> Result<Tree, UnpackError> {
    let order: Vec<_> = (0..archives.len()).collect();
    unpacked_in_order(archives, &order, LIMITS)
}

fn tree(archives: &[Given]) -> Tree {
    unpacked(archives).unwrap_or_else(|error| panic!("{}", text::chain(&error)))
}

fn refused(archives: &[Given]) -> String {
    text::chain(&unpacked(archives).unwrap_err())
}

fn list(folder: &Path, above: &str, files: &mut Vec<(String, u32, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{above}{}", entry.file_name().to_str().unwrap());
        let metadata = entry.path().symlink_metadata().unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_symlink() {
            let target = std::fs::read_link(entry.path()).unwrap();
            files.push((path, 0, target.to_str().unwrap().into()));
        } else if metadata.is_dir() {
            assert_eq!(mode, 0o755, "{path}");
            if entry.path().read_dir().unwrap().next().is_none() {
                files.push((format!("{path}/"), mode, Vec::new()));
            }
            list(&entry.path(), &format!("{path}/"), files);
        } else {
            files.push((path, mode, std::fs::read(entry.path()).unwrap()));
        }
    }
}

#[test]
fn a_file_is_written_under_its_name() {
    let tree = tree(&[given("data.bin", ArchiveFormat::File, b"abc".to_vec())]);
    assert_eq!(
        tree.files,
        [("data.bin".to_owned(), 0o644, b"abc".to_vec())]
    );
    assert_eq!((tree.finished.files, tree.finished.bytes), (1, 3));
}

#[test]
fn an_archive_has_a_plain_name() {
    for name in ["", "..", "a/b", "a\nb", "a\\b"] {
        let text = refused(&[given(name, ArchiveFormat::File, Vec::new())]);
        assert!(
            text.ends_with("is refused: its file name is not a plain name"),
            "{text}"
        );
    }
}

#[test]
fn leading_folders_belong_to_archives_only() {
    for format in [ArchiveFormat::File, ArchiveFormat::Wheel] {
        let mut given = given("a", format, Vec::new());
        given.leading = 1;
        let text = refused(&[given]);
        assert_eq!(
            text,
            "a is refused: leading folders can be left off only in tar and zip archives"
        );
    }
}

#[test]
fn all_archives_together_have_limits() {
    let limits = |entries, bytes, depth| FolderLimits {
        entries,
        bytes,
        depth,
        ..LIMITS
    };
    let archives = [
        of_zip("a.zip", &[("d/one", b"12345"), ("d/two", b"12345")]),
        of_zip("b.zip", &[("d/three", b"12345")]),
    ];
    let within = |limits| unpacked_in_order(&archives, &[0, 1], limits).map(drop);
    within(limits(4, 15, 1)).unwrap();
    let text = within(limits(3, 15, 1)).unwrap_err().to_string();
    assert_eq!(text, "the folder has more than 3 files, folders and links");
    let text = within(limits(4, 14, 1)).unwrap_err().to_string();
    assert_eq!(text, "the folder's files have more than 14 bytes");
    let text = within(limits(4, 15, 0)).unwrap_err().to_string();
    assert_eq!(
        text,
        "a.zip is refused: its entry 'd/one' is refused: it lies in more than 0 nested folders"
    );
}

#[test]
fn a_folder_with_a_refused_archive_is_never_finished() {
    let parent = tempfile::tempdir().unwrap();
    let dir = Dir::open_ambient(parent.path()).unwrap();
    let folder = Folder::create(&dir, "made", LIMITS).unwrap();
    folder
        .add(archive(&of_zip("a.zip", &[("../a", b"")]), 0))
        .unwrap_err();
    folder
        .add(archive(&of_zip("b.zip", &[("a", b"")]), 1))
        .unwrap();
    assert!(matches!(folder.finish(), Err(UnpackError::Incomplete)));
    let again = Folder::create(&dir, "made", LIMITS).unwrap_err();
    assert!(matches!(again, UnpackError::Dir(_)), "a folder is new");
}

#[test]
fn a_path_that_several_archives_have_counts_for_each() {
    let same = |name: &str| of_zip(name, &[("d/one", b""), ("d/two", b"")]);
    let archives = [same("a.zip"), same("b.zip")];
    let with = |entries| {
        let limits = FolderLimits { entries, ..LIMITS };
        unpacked_in_order(&archives, &[0, 1], limits).map(|tree| tree.finished.files)
    };
    assert_eq!(with(5).unwrap(), 2);
    let text = with(4).unwrap_err().to_string();
    assert_eq!(text, "the folder has more than 4 files, folders and links");
    let link = entry(b'2', "a", "b", b"");
    let links = |name: &str| of_tar(name, &[link.clone(), entry(b'0', "b", "", b"")]);
    let archives = [links("a.tar.gz"), links("b.tar.gz")];
    let limits = FolderLimits {
        entries: 3,
        ..LIMITS
    };
    unpacked_in_order(&archives, &[0, 1], limits).unwrap_err();
}

#[test]
fn folders_that_only_paths_name_are_counted_before_anything_is_written() {
    let limits = FolderLimits {
        entries: 20,
        ..LIMITS
    };
    let deep: Vec<_> = (0..5).map(|top| format!("{top}/a/b/c/d/e")).collect();
    let files: Vec<_> = deep.iter().map(|path| (path.as_str(), &b""[..])).collect();
    let with = |files: &[(&str, &[u8])]| {
        unpacked_in_order(&[of_zip("a.zip", files)], &[0], limits).map(drop)
    };
    with(&files[..3]).unwrap();
    let text = with(&files).unwrap_err().to_string();
    assert_eq!(text, "the folder has more than 20 files, folders and links");
}
