//! Tests packs that change on their way: flipped bits, a missing end, extra bytes after the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dir::Dir;
use fetch::{FetchError, PackError, Resolved, Session};
use tests::folder::{Entry, paths, snapshot};
use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Response;
use tests::git_server::packet::{answer_with_pack, pack_of};
use tests::repository::Repository;
use tests::repository::object::{Entry as TreeEntry, Mode};
use tests::repository::pack::sealed;

use crate::support::{WANTED, World, assert_no_secret};

type Change = Box<dyn Fn(&[u8], usize) -> Vec<u8> + Send + Sync>;

/// One session that fetches the content many times, each time with another change to its pack.
struct Line {
    world: World,
    session: Session<'static>,
    resolved: Resolved,
    /// The pack as git sends it.
    pack: Vec<u8>,
    expected: Vec<Entry>,
    folder: tempfile::TempDir,
}

impl Line {
    fn new(repository: Repository) -> Self {
        let world = World::new(repository);
        let ask = world.ask();
        let mut session = ask.open().unwrap();
        let resolved = ask.resolve(&mut session).unwrap();
        session.download(&resolved).unwrap();
        let exchanges = world.server.exchanges();
        let pack = pack_of(&exchanges.last().unwrap().response.body);
        let expected = world.expected("main", WANTED);
        let folder = tempfile::tempdir().unwrap();
        Self {
            world,
            session,
            resolved,
            pack,
            expected,
            folder,
        }
    }

    /// Makes the n-th answer from now on contain the n-th change of the pack.
    fn change(&self, change: Change) {
        let (pack, count) = (self.pack.clone(), Arc::new(AtomicUsize::new(0)));
        let fault = Fault::AnswerWith(Box::new(move |_| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            let body = answer_with_pack(&change(&pack, number));
            Response {
                status: 200,
                headers: Vec::new(),
                body,
            }
            .with("Content-Type", "application/x-git-upload-pack-result")
        }));
        self.world
            .server
            .fault(When::Command("fetch"), usize::MAX, fault);
    }

    /// Downloads and writes. Returns the entries on disk, or the error.
    fn fetch(&mut self) -> Result<Vec<Entry>, FetchError> {
        let dir = Dir::open_ambient(self.folder.path()).unwrap();
        match self.session.download(&self.resolved) {
            Ok(tree) => {
                tree.stage(&dir, "staged").unwrap();
                let entries = snapshot(&self.folder.path().join("staged")).unwrap();
                dir.remove_tree("staged").unwrap();
                Ok(entries)
            }
            Err(error) => {
                assert_nothing_staged(self.folder.path());
                assert_no_secret(&error);
                Err(error)
            }
        }
    }
}

fn assert_nothing_staged(folder: &Path) {
    let left = paths(&snapshot(folder).unwrap());
    assert!(left.is_empty(), "{left:?}");
}

fn small() -> Repository {
    let repository = Repository::empty().unwrap();
    let text = repository
        .blob(&b"the same line again\n".repeat(20))
        .unwrap();
    let other = repository
        .blob(&b"the same line again\n".repeat(21))
        .unwrap();
    let link = repository.blob(b"text").unwrap();
    let wanted = repository
        .tree(&[
            TreeEntry::new(Mode::FILE, "text", &text),
            TreeEntry::new(Mode::PROGRAM, "other", &other),
            TreeEntry::new(Mode::LINK, "link", &link),
        ])
        .unwrap();
    let root = repository.wrapped(&wanted, &[WANTED]).unwrap();
    repository.commit("main", &root, "Small").unwrap();
    repository
}

#[test]
fn a_bit_turned_round_anywhere_in_the_pack_is_refused() {
    let mut line = Line::new(Repository::varied(12).unwrap());
    line.change(Box::new(|pack, number| {
        let mut pack = pack.to_vec();
        pack[number] ^= 1 << (number % 8);
        pack
    }));
    assert!(line.pack.len() > 1000, "{}", line.pack.len());
    for byte in 0..line.pack.len() {
        let error = line.fetch().unwrap_err();
        assert!(
            matches!(&error, FetchError::Pack(PackError::Checksum)),
            "byte {byte}: {error:?}"
        );
    }
    assert_eq!(
        line.world.requests(),
        3 + line.pack.len(),
        "never a second try"
    );
}

#[test]
fn a_turned_bit_under_a_right_checksum_is_refused_or_changes_nothing() {
    let mut line = Line::new(small());
    line.change(Box::new(|pack, number| {
        let mut pack = pack[..pack.len() - 20].to_vec();
        pack[number / 8] ^= 1 << (number % 8);
        sealed(&pack).unwrap()
    }));
    let (mut refused, mut same) = (0, 0);
    for bit in 0..(line.pack.len() - 20) * 8 {
        match line.fetch() {
            // Some bits of a stream only record the level of compression.
            Ok(entries) => {
                assert_eq!(entries, line.expected, "bit {bit}");
                same += 1;
            }
            Err(FetchError::Pack(_) | FetchError::Object(_) | FetchError::Tree(_)) => refused += 1,
            Err(error) => panic!("bit {bit}: {error:?}"),
        }
    }
    assert!(
        refused > 20 * same && refused > 500,
        "{refused} refused, {same} the same"
    );
}

#[test]
fn a_pack_cut_to_any_length_is_refused() {
    let mut line = Line::new(small());
    let length = line.pack.len();
    line.change(Box::new(|pack, number| pack[..number].to_vec()));
    for kept in 0..length {
        let error = line.fetch().unwrap_err();
        assert!(
            matches!(
                &error,
                FetchError::Pack(PackError::NotAPack | PackError::Checksum)
            ),
            "{kept}: {error:?}"
        );
    }
    assert_eq!(line.fetch().unwrap(), line.expected, "all of it");
}

#[test]
fn a_pack_cut_to_any_length_under_a_right_checksum_is_refused() {
    let mut line = Line::new(small());
    let length = line.pack.len() - 20;
    line.change(Box::new(|pack, number| sealed(&pack[..number]).unwrap()));
    for kept in 0..length {
        let error = line.fetch().unwrap_err();
        assert!(
            matches!(
                &error,
                FetchError::Pack(PackError::NotAPack | PackError::Damaged { .. })
            ),
            "{kept}: {error:?}"
        );
    }
    assert_eq!(line.fetch().unwrap(), line.expected, "all of it");
}

#[test]
fn bytes_behind_the_pack_are_refused() {
    let mut line = Line::new(small());
    line.change(Box::new(|pack, number| {
        [pack, &vec![0; number][..]].concat()
    }));
    assert_eq!(line.fetch().unwrap(), line.expected, "nothing behind it");
    for behind in 1..50 {
        let error = line.fetch().unwrap_err();
        assert!(
            matches!(&error, FetchError::Pack(PackError::Checksum)),
            "{behind}: {error:?}"
        );
    }
}

#[test]
fn two_packs_in_a_row_are_refused() {
    let mut line = Line::new(small());
    line.change(Box::new(|pack, _| [pack, pack].concat()));
    let error = line.fetch().unwrap_err();
    assert!(matches!(&error, FetchError::Pack(_)), "{error:?}");
}
