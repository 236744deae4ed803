//! Tests packs that git never sends: false sizes and counts, and deltas that grow without limit.

use fetch::{FetchError, ObjectError, PackError};
use tests::git_server::fault::{Fault, When};
use tests::git_server::packet::answer_with_pack;
use tests::repository::Repository;
use tests::repository::object::{Entry, Mode, tree};
use tests::repository::pack::{Pack, repeating_delta, sealed};

use crate::support::{Ask, LONGEST, WANTED, World};

const COMMIT: u8 = 1;
const TREE: u8 = 2;
const BLOB: u8 = 3;
/// The number of the request for the folder's content.
const CONTENT: usize = 2;

/// A folder with one file of this text twice; the test makes the pack with its content.
struct Forged {
    world: World,
    half: Vec<u8>,
    /// The tree object of the folder.
    wanted: Vec<u8>,
}

impl Forged {
    fn new() -> Self {
        let repository = Repository::empty().unwrap();
        let half = b"a text that is long enough to be worth a difference\n".repeat(20);
        let file = repository.blob(&half.repeat(2)).unwrap();
        let entries = [Entry::new(Mode::FILE, "twice", &file)];
        let root = repository.tree(&entries).unwrap();
        let root = repository.wrapped(&root, &[WANTED]).unwrap();
        repository.commit("main", &root, "Twice").unwrap();
        let world = World::new(repository);
        Self {
            world,
            half,
            wanted: tree(&entries),
        }
    }

    /// Asks while the server answers with this pack.
    fn ask(&self, pack: &[u8]) -> Ask {
        let next = self.world.requests() + CONTENT;
        let fault = Fault::body(answer_with_pack(pack));
        self.world.server.fault(When::Number(next), 1, fault);
        self.world.ask().limits(|limits| {
            limits.bytes = 1 << 20;
            limits.objects = 100;
        })
    }

    fn with_tree(&self) -> Pack {
        let mut pack = Pack::default();
        pack.object(TREE, &self.wanted);
        pack
    }

    fn refused(&self, what: &str, pack: &[u8]) -> PackError {
        let before = self.world.requests();
        let error = self.ask(pack).error();
        assert_eq!(
            self.world.requests() - before,
            CONTENT + 1,
            "{what}: never a second try"
        );
        let FetchError::Pack(error) = error else {
            panic!("{what}: {error:?}")
        };
        error
    }
}

#[test]
fn a_pack_by_hand_with_differences_is_taken_when_it_is_right() {
    let forged = Forged::new();
    let expected = forged.world.expected("main", WANTED);
    let size = forged.half.len() as u64;

    let mut pack = forged.with_tree();
    let base = pack.object(BLOB, &forged.half);
    pack.delta(base, &repeating_delta(size, 2));
    assert_eq!(forged.ask(&pack.bytes().unwrap()).fetch().entries, expected);

    let mut whole = forged.with_tree();
    whole.object(BLOB, &forged.half.repeat(2));
    assert_eq!(
        forged.ask(&whole.bytes().unwrap()).fetch().entries,
        expected
    );
}

#[test]
fn differences_that_grow_beyond_the_limit_are_refused_before_they_grow() {
    let forged = Forged::new();
    let started = std::time::Instant::now();

    let mut one = forged.with_tree();
    let base = one.object(BLOB, &vec![0; 1 << 16]);
    one.delta(base, &repeating_delta(1 << 16, 1 << 14));

    let mut chain = forged.with_tree();
    let (mut base, mut size) = (chain.object(BLOB, &[0; 100]), 100);
    for _ in 0..5 {
        base = chain.delta(base, &repeating_delta(size, 100));
        size = (size * 100).min(1_000_000);
        if size >= 1_000_000 {
            break;
        }
    }
    chain.delta(base, &repeating_delta(size, 100));

    let mut claimed = forged.with_tree();
    let base = claimed.object(BLOB, b"0");
    // A base of 1 byte and a result of 2^62 bytes: no memory may be reserved for the result.
    claimed.delta(
        base,
        &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40],
    );

    let mut many = forged.with_tree();
    let base = many.object(BLOB, &vec![0; 1 << 16]);
    for _ in 0..50 {
        many.delta(base, &repeating_delta(1 << 16, 1));
    }

    for (what, pack) in [
        ("one", one),
        ("chain", chain),
        ("claimed", claimed),
        ("many", many),
    ] {
        let error = forged.refused(what, &pack.bytes().unwrap());
        assert!(
            matches!(error, PackError::TooLarge { most: 0x10_0000 }),
            "{what}: {error:?}"
        );
        assert!(error.to_string().contains("1048576"), "{what}: {error}");
    }
    assert!(started.elapsed() < LONGEST, "{:?}", started.elapsed());
}

#[test]
fn sizes_and_counts_that_are_lies_are_refused() {
    let forged = Forged::new();
    let content = forged.half.repeat(2);
    let size = content.len() as u64;
    let lie = |size| {
        let mut pack = forged.with_tree();
        pack.liar(BLOB, size, &content);
        pack.bytes().unwrap()
    };
    for size in [0, 1, size - 1, size + 1, 2 * size] {
        let error = forged.refused(&format!("size {size}"), &lie(size));
        assert!(
            matches!(error, PackError::Damaged { .. }),
            "{size}: {error:?}"
        );
    }
    for size in [2 << 20, 1 << 40, (1 << 62) - 1] {
        let error = forged.refused(&format!("size {size}"), &lie(size));
        assert!(
            matches!(
                error,
                PackError::TooLarge { .. } | PackError::Damaged { .. }
            ),
            "{size}: {error:?}"
        );
    }

    let mut pack = forged.with_tree();
    pack.object(BLOB, &content);
    let claiming =
        |count| forged.refused(&format!("{count}"), &pack.bytes_claiming(count).unwrap());
    for count in [0, 1] {
        let error = claiming(count);
        assert!(matches!(error, PackError::Overlong), "{count}: {error:?}");
    }
    for count in [3, 100] {
        let error = claiming(count);
        assert!(
            matches!(error, PackError::Damaged { .. }),
            "{count}: {error:?}"
        );
    }
    for count in [101, u32::MAX] {
        let error = claiming(count);
        assert!(
            matches!(error, PackError::TooManyObjects { most: 100 }),
            "{count}: {error:?}"
        );
    }
}

#[test]
fn differences_to_what_is_not_there_are_refused() {
    let forged = Forged::new();
    let size = forged.half.len() as u64;

    let mut absent = forged.with_tree();
    absent.delta_upon([0x12; 20], &repeating_delta(size, 2));
    let error = forged.refused("an absent base", &absent.bytes().unwrap());
    assert!(matches!(error, PackError::NoBase { .. }), "{error:?}");

    let damaged: [(&str, Vec<u8>); 6] = [
        ("another base", repeating_delta(size + 1, 2)),
        ("nothing", vec![]),
        ("a cut size", vec![0x80]),
        ("no command", vec![0xd0, 0x08, 0x01, 0x00]),
        ("less than it says", vec![0x90, 0x08, 0x7f]),
        (
            "a copy from behind the end",
            vec![0x90, 0x08, 0x05, 0x93, 0xff, 0xff, 0x05],
        ),
    ];
    for (what, delta) in damaged {
        let mut pack = forged.with_tree();
        let base = pack.object(BLOB, &forged.half);
        pack.delta(base, &delta);
        let error = forged.refused(what, &pack.bytes().unwrap());
        assert!(
            matches!(error, PackError::Damaged { .. }),
            "{what}: {error:?}"
        );
    }
}

#[test]
fn a_pack_without_what_was_asked_for_is_refused_by_name() {
    let forged = Forged::new();
    let expect_missing = |what: &str, pack: &Pack, id: &str| {
        let error = forged.ask(&pack.bytes().unwrap()).error();
        assert!(
            matches!(&error, FetchError::Object(ObjectError::Missing { .. }))
                || matches!(
                    &error,
                    FetchError::Tree(fetch::TreeError::Object(ObjectError::Missing { .. }))
                ),
            "{what}: {error:?}"
        );
        assert!(error.to_string().contains(id), "{what}: {error}");
    };
    let folder = forged.world.repository.id("main:job-template").unwrap();
    let file = forged
        .world
        .repository
        .id("main:job-template/twice")
        .unwrap();
    expect_missing("nothing at all", &Pack::default(), &folder);
    expect_missing("no file", &forged.with_tree(), &file);
    let mut other = forged.with_tree();
    other.object(BLOB, b"another text");
    expect_missing("another file", &other, &file);
    let mut disguised = Pack::default();
    disguised.object(COMMIT, &forged.wanted);
    disguised.object(BLOB, &forged.half.repeat(2));
    expect_missing("a tree that says it is a commit", &disguised, &folder);
}

#[test]
fn objects_of_unknown_kinds_and_packs_of_unknown_versions_are_refused() {
    let forged = Forged::new();
    for kind in [0, 5] {
        let mut pack = forged.with_tree();
        pack.object(kind, b"text");
        let error = forged.refused(&format!("kind {kind}"), &pack.bytes().unwrap());
        assert!(
            matches!(error, PackError::Damaged { .. }),
            "{kind}: {error:?}"
        );
    }
    for header in [
        &b"PACK\0\0\0\x04\0\0\0\0"[..],
        b"KCAP\0\0\0\x02\0\0\0\0",
        b"PACK\0\0",
    ] {
        let error = forged.refused("a header", &sealed(header).unwrap());
        assert!(matches!(error, PackError::NotAPack), "{error:?}");
    }
}

#[test]
fn bytes_between_the_last_object_and_the_checksum_are_refused() {
    let forged = Forged::new();
    let mut pack = forged.with_tree();
    pack.object(BLOB, &forged.half.repeat(2));
    let bytes = pack.bytes().unwrap();
    let body = &bytes[..bytes.len() - 20];
    let error = forged.refused("one more byte", &sealed(&[body, b"\0"].concat()).unwrap());
    assert!(matches!(error, PackError::Overlong), "{error:?}");
}
