use std::io::Write as _;

use gix_zlib::Compression;
use gix_zlib::stream::deflate;
use proptest::prelude::*;

use super::super::objects::Reading;
use super::*;

/// Builds a pack, valid or not.
#[derive(Clone, Default)]
pub(crate) struct Packing {
    body: Vec<u8>,
    count: u32,
}

impl Packing {
    /// Adds a whole object and returns its offset.
    pub(crate) fn whole(&mut self, kind: Kind, content: &[u8]) -> u64 {
        let kind = match kind {
            Kind::Commit => Header::Commit,
            Kind::Tree => Header::Tree,
            Kind::Blob => Header::Blob,
            Kind::Tag => Header::Tag,
        };
        self.entry(kind, content.len() as u64, &deflated(content))
    }

    fn difference(&mut self, base: Base, difference: &[u8]) -> u64 {
        let header = match base {
            Base::At(offset) => Header::OfsDelta {
                base_distance: self.offset().wrapping_sub(offset),
            },
            Base::Id(base_id) => Header::RefDelta { base_id },
        };
        self.entry(header, difference.len() as u64, &deflated(difference))
    }

    fn entry(&mut self, header: Header, claimed: u64, compressed: &[u8]) -> u64 {
        let offset = self.offset();
        header.write_to(claimed, &mut self.body).unwrap();
        self.body.extend_from_slice(compressed);
        self.count += 1;
        offset
    }

    fn offset(&self) -> u64 {
        (data::header::SIZE + self.body.len()) as u64
    }

    pub(crate) fn done(&self) -> Vec<u8> {
        self.claiming(self.count)
    }

    fn claiming(&self, count: u32) -> Vec<u8> {
        sealed([&b"PACK\0\0\0\x02"[..], &count.to_be_bytes(), &self.body].concat())
    }
}

/// Appends the right checksum.
fn sealed(mut pack: Vec<u8>) -> Vec<u8> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(&pack);
    pack.extend_from_slice(hasher.try_finalize().unwrap().as_slice());
    pack
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut stream = deflate::Write::new(Vec::new(), Compression::BEST_SPEED);
    stream.write_all(content).unwrap();
    stream.flush().unwrap();
    stream.into_inner()
}

const LIMITS: PackLimits = PackLimits {
    objects: 10_000,
    bytes: 1 << 20,
    memory: u64::MAX,
};

fn blob_id(content: &[u8]) -> ObjectId {
    gix_object::compute_hash(gix_hash::Kind::Sha1, Kind::Blob, content).unwrap()
}

fn blob(objects: &Objects, content: &[u8]) -> bool {
    objects.get(Kind::Blob, blob_id(content)) == Ok(content.into())
}

/// Returns the header of a delta: the sizes of base and result.
fn sizes(base: usize, result: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for mut size in [base, result] {
        while size > 0x7f {
            bytes.push(u8::try_from(size & 0x7f).unwrap() | 0x80);
            size >>= 7;
        }
        bytes.push(u8::try_from(size).unwrap());
    }
    bytes
}

/// Returns a delta that copies these bytes of its base and adds this text.
fn copy_and_add(base: &[u8], start: u8, length: u8, text: &[u8]) -> Vec<u8> {
    let mut difference = sizes(base.len(), usize::from(length) + text.len());
    difference.extend_from_slice(&[0x80 | 0x01 | 0x10, start, length]);
    difference.push(u8::try_from(text.len()).unwrap());
    difference.extend_from_slice(text);
    difference
}

/// Reads a pack with all objects in memory.
fn held(pack: &[u8], limits: PackLimits) -> Result<Objects, PackError> {
    read(pack, limits, None)
}

fn refusal(pack: &[u8], limits: PackLimits) -> String {
    held(pack, limits).unwrap_err().to_string()
}

#[test]
fn objects_are_found_by_what_they_are() {
    let mut packing = Packing::default();
    packing.whole(Kind::Blob, b"hello");
    packing.whole(Kind::Blob, b"");
    packing.whole(Kind::Tree, b"");
    packing.whole(Kind::Blob, b"hello");
    let objects = held(&packing.done(), LIMITS).unwrap();
    assert!(blob(&objects, b"hello") && blob(&objects, b""));
    let hello = blob_id(b"hello");
    let texts = [
        (
            objects.get(Kind::Tree, hello),
            format!("{hello} is a blob and not a tree"),
        ),
        (
            objects.get(Kind::Blob, blob_id(b"other")),
            format!("the pack lacks the blob {}", blob_id(b"other")),
        ),
    ];
    for (got, text) in texts {
        assert_eq!(got.unwrap_err().to_string(), text);
    }
}

#[test]
fn a_pack_of_nothing_is_a_pack() {
    let objects = held(&Packing::default().done(), LIMITS).unwrap();
    assert!(objects.iter().next().is_none());
}

#[test]
fn differences_build_on_what_is_there_wherever_it_lies() {
    let first = b"0123456789";
    let second = b"345abc";
    let third = b"45abcZ";
    let mut packing = Packing::default();
    // A delta by id, before its base, which is itself a delta.
    packing.difference(Base::Id(blob_id(second)), &copy_and_add(second, 1, 5, b"Z"));
    let at = packing.whole(Kind::Blob, first);
    packing.difference(Base::At(at), &copy_and_add(first, 3, 3, b"abc"));
    let objects = held(&packing.done(), LIMITS).unwrap();
    assert!(blob(&objects, first) && blob(&objects, second) && blob(&objects, third));
}

#[test]
fn a_copy_of_length_zero_means_64_kib() {
    let base = vec![7; 0x1_0000];
    let mut packing = Packing::default();
    let at = packing.whole(Kind::Blob, &base);
    let difference = [sizes(base.len(), base.len()), vec![0x80]].concat();
    packing.difference(Base::At(at), &difference);
    let objects = held(&packing.done(), LIMITS).unwrap();
    assert!(blob(&objects, &base));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let pack = varied().done();
    for place in 0..pack.len() {
        for bit in 0..8 {
            let mut flipped = pack.clone();
            flipped[place] ^= 1 << bit;
            let error = held(&flipped, LIMITS).unwrap_err();
            assert!(
                matches!(error, PackError::Checksum),
                "{place}.{bit}: {error}"
            );
        }
    }
}

#[test]
fn every_cut_is_noticed_and_so_is_every_byte_too_many() {
    let pack = varied().done();
    for end in 0..pack.len() {
        held(&pack[..end], LIMITS).unwrap_err();
        // The same cut with the right checksum for it.
        held(&sealed(pack[..end.saturating_sub(20)].to_vec()), LIMITS).unwrap_err();
    }
    let longer = [&pack[..], b"x"].concat();
    assert_eq!(refusal(&longer, LIMITS), "the pack's checksum is wrong");
    let mut longer = pack[..pack.len() - 20].to_vec();
    longer.push(0);
    assert_eq!(
        refusal(&sealed(longer), LIMITS),
        "the pack has bytes after its last object"
    );
}

/// A flipped bit with the right checksum may give any result, but no panic, and no object under an id that isn't its
/// own.
#[test]
fn a_forged_checksum_makes_no_object_something_else() {
    let pack = varied().done();
    let body = &pack[..pack.len() - 20];
    for place in 0..body.len() {
        for bit in 0..8 {
            let mut flipped = body.to_vec();
            flipped[place] ^= 1 << bit;
            if let Ok(objects) = held(&sealed(flipped), LIMITS) {
                for (id, kind) in objects.iter() {
                    let content = objects.get(kind, id).unwrap();
                    let computed = gix_object::compute_hash(gix_hash::Kind::Sha1, kind, &content);
                    assert_eq!(computed.unwrap(), id);
                }
            }
        }
    }
}

/// Builds a pack with entries of each form.
fn varied() -> Packing {
    let mut packing = Packing::default();
    let base = b"the quick brown fox";
    let at = packing.whole(Kind::Blob, base);
    packing.difference(Base::At(at), &copy_and_add(base, 4, 5, b" dog"));
    packing.difference(Base::Id(blob_id(base)), &copy_and_add(base, 0, 9, b"!"));
    packing.whole(
        Kind::Tree,
        &[b"100644 a\0", blob_id(base).as_slice()].concat(),
    );
    packing.whole(
        Kind::Commit,
        b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\n",
    );
    packing.whole(Kind::Tag, b"object");
    packing
}

#[test]
fn a_pack_holds_no_more_objects_than_allowed() {
    let mut packing = Packing::default();
    for number in 0..3_u8 {
        packing.whole(Kind::Blob, &[number]);
    }
    let limits = |objects| PackLimits { objects, ..LIMITS };
    held(&packing.done(), limits(3)).unwrap();
    assert_eq!(
        refusal(&packing.done(), limits(2)),
        "the pack holds more than 2 objects"
    );
    assert_eq!(
        refusal(&packing.claiming(u32::MAX), LIMITS),
        "the pack holds more than 10000 objects"
    );
    assert!(refusal(&packing.claiming(4), LIMITS).contains("its header can't be read"));
    assert!(refusal(&packing.claiming(2), LIMITS).contains("after its last object"));
}

#[test]
fn what_comes_out_of_a_pack_is_bounded_together() {
    let limits = |bytes| PackLimits { bytes, ..LIMITS };
    let mut packing = Packing::default();
    let at = packing.whole(Kind::Blob, &[0; 1000]);
    packing.whole(Kind::Blob, &[1; 1000]);
    held(&packing.done(), limits(2000)).unwrap();
    let text = "the pack's objects are larger than 1999 bytes together";
    assert_eq!(refusal(&packing.done(), limits(1999)), text);
    // Objects from deltas count like inflated ones.
    let difference = [sizes(1000, 1000), vec![0xb0, 0xe8, 0x03]].concat();
    let whole = 2000 + difference.len() as u64 + 1000;
    packing.difference(Base::At(at), &difference);
    held(&packing.done(), limits(whole)).unwrap();
    held(&packing.done(), limits(whole - 1)).unwrap_err();
}

#[test]
fn a_bomb_of_differences_ends_at_the_limit() {
    // Each object is twice as large as its base, by copying 64 KiB again and again: the last has a gigabyte.
    let mut packing = Packing::default();
    let mut at = packing.whole(Kind::Blob, &vec![0; 0x1_0000]);
    for doubling in 0..14 {
        let size = 0x1_0000 << doubling;
        let copies = vec![0x80; 2 << doubling];
        at = packing.difference(Base::At(at), &[sizes(size, 2 * size), copies].concat());
    }
    assert!(packing.done().len() < 1 << 12);
    let text = "the pack's objects are larger than 1048576 bytes together";
    assert_eq!(refusal(&packing.done(), LIMITS), text);
}

#[test]
fn a_bomb_of_zeros_ends_at_the_limit() {
    let mut packing = Packing::default();
    packing.whole(Kind::Blob, &vec![0; 16 << 20]);
    let pack = packing.done();
    assert!(pack.len() < 1 << 18, "small on the way: {}", pack.len());
    assert!(refusal(&pack, LIMITS).contains("larger than 1048576 bytes"));
    let mut claiming = Packing::default();
    claiming.entry(Header::Blob, u64::MAX >> 8, &deflated(b"small"));
    assert!(refusal(&claiming.done(), LIMITS).contains("larger than 1048576 bytes"));
}

#[test]
fn a_chain_of_differences_has_an_end() {
    let chain = |length: u16| {
        let mut packing = Packing::default();
        let mut at = packing.whole(Kind::Blob, &[0; 2]);
        for number in 0..length {
            let difference = [&sizes(2, 2)[..], &[2], &number.to_le_bytes()].concat();
            at = packing.difference(Base::At(at), &difference);
        }
        packing.done()
    };
    held(&chain(4095), LIMITS).unwrap();
    let text = refusal(&chain(4096), LIMITS);
    assert!(
        text.ends_with("it is the end of a chain of too many deltas"),
        "{text}"
    );
}

#[test]
fn a_difference_that_says_one_thing_and_does_another_is_refused() {
    let base = b"0123456789";
    let table: [(&str, Vec<u8>); 12] = [
        ("its delta is cut short", vec![]),
        ("its delta is cut short", vec![0x80]),
        ("its delta is cut short", vec![10]),
        ("its delta is cut short", vec![0x80; 12]),
        (
            "its delta is for another base",
            [sizes(9, 1), vec![1, b'x']].concat(),
        ),
        ("its delta makes less than it says", sizes(10, 1)),
        (
            "its delta makes less than it says",
            [sizes(10, 3), vec![2, b'x', b'y']].concat(),
        ),
        (
            "its delta makes more than it says",
            [sizes(10, 1), vec![2, b'x', b'y']].concat(),
        ),
        (
            "its delta is cut short",
            [sizes(10, 5), vec![5, b'x']].concat(),
        ),
        (
            "its delta is cut short",
            [sizes(10, 5), vec![0x91, 1]].concat(),
        ),
        (
            "its delta copies bytes that its base doesn't have",
            [sizes(10, 5), vec![0x91, 6, 5]].concat(),
        ),
        (
            "its delta has an unknown command",
            [sizes(10, 5), vec![0]].concat(),
        ),
    ];
    for (what, difference) in table {
        let mut packing = Packing::default();
        let at = packing.whole(Kind::Blob, base);
        let offset = packing.difference(Base::At(at), &difference);
        assert_eq!(
            refusal(&packing.done(), LIMITS),
            format!("the pack's object at byte {offset} is damaged: {what}"),
            "{difference:?}"
        );
    }
    let mut packing = Packing::default();
    let at = packing.whole(Kind::Blob, base);
    packing.difference(Base::At(at), &[sizes(10, 5), vec![0x91, 5, 5]].concat());
    assert!(blob(&held(&packing.done(), LIMITS).unwrap(), b"56789"));
}

#[test]
fn a_difference_needs_its_base_in_the_pack() {
    let base = b"0123456789";
    let difference = copy_and_add(base, 0, 1, b"x");
    let mut packing = Packing::default();
    let offset = packing.difference(Base::Id(blob_id(base)), &difference);
    let text = format!(
        "the pack's object at byte {offset} needs a base object that the pack doesn't contain"
    );
    assert_eq!(refusal(&packing.done(), LIMITS), text);
    // No entry begins at the base's offset.
    let mut packing = Packing::default();
    let at = packing.whole(Kind::Blob, base);
    packing.difference(Base::At(at + 1), &difference);
    assert!(refusal(&packing.done(), LIMITS).contains("needs a base object"));
    for base in [0, 4, 11] {
        let mut packing = Packing::default();
        packing.whole(Kind::Blob, b"x");
        packing.difference(Base::At(base), &difference);
        assert!(refusal(&packing.done(), LIMITS).contains("its base lies before the pack"));
    }
    // A delta whose base is itself.
    let mut packing = Packing::default();
    packing.difference(Base::At(packing.offset()), &difference);
    assert!(refusal(&packing.done(), LIMITS).contains("its base lies before the pack"));
}

#[test]
fn an_object_is_as_large_as_its_header_says() {
    for claimed in [4, 6, 0, 100] {
        let mut packing = Packing::default();
        packing.entry(Header::Blob, claimed, &deflated(b"hello"));
        let text = refusal(&packing.done(), LIMITS);
        assert!(
            text.ends_with("its size is not what its header says"),
            "{claimed}: {text}"
        );
    }
    let mut packing = Packing::default();
    packing.entry(Header::Blob, 5, b"not compressed at all");
    assert!(refusal(&packing.done(), LIMITS).ends_with("it can't be inflated"));
}

#[test]
fn what_does_not_fit_in_memory_is_put_aside_and_comes_back() {
    let (folder, dir) = crate::tests::world();
    let (small, large) = (&b"small"[..], vec![7; 200_000]);
    let twice = [&large[..], b"and more"].concat();
    let mut packing = Packing::default();
    packing.whole(Kind::Blob, small);
    let at = packing.whole(Kind::Blob, &large);
    let commands = [&[0xf0, 0x40, 0x0d, 0x03, 8][..], b"and more"].concat();
    let difference = [sizes(large.len(), twice.len()), commands].concat();
    packing.difference(Base::At(at), &difference);
    packing.whole(Kind::Tree, b"");
    let pack = packing.done();
    for memory in [0, 5, 100, 100_000, 200_004, 200_005, 500_000] {
        let limits = PackLimits { memory, ..LIMITS };
        let objects = read(&pack[..], limits, Some(&dir)).unwrap();
        assert!(dir.names(1).unwrap().is_empty(), "it has no name");
        for content in [small, &large, &twice] {
            assert!(blob(&objects, content), "{memory}");
            let id = blob_id(content);
            assert_eq!(
                objects.size(Kind::Blob, id),
                Ok(content.len() as u64),
                "{memory}"
            );
            let mut again = Vec::new();
            let mut reading = objects.open(Kind::Blob, id).unwrap();
            reading.read_to_end(&mut again).unwrap();
            assert_eq!(again, content, "{memory}");
        }
        let is_aside = |content| {
            let reading = objects.open(Kind::Blob, blob_id(content)).unwrap();
            matches!(reading, Reading::Aside { .. })
        };
        assert_eq!(is_aside(&large), memory < 200_005, "{memory}");
        assert_eq!(is_aside(small), memory < 5, "{memory}");
    }
    drop(folder);
}

#[test]
fn a_difference_that_was_applied_makes_room_again() {
    let (_folder, dir) = crate::tests::world();
    let mut packing = Packing::default();
    let at = packing.whole(Kind::Blob, b"0123456789");
    let difference = copy_and_add(b"0123456789", 0, 9, b"!");
    packing.difference(Base::At(at), &difference);
    let limits = PackLimits {
        memory: 20 + difference.len() as u64 - 1,
        ..LIMITS
    };
    let objects = read(&packing.done()[..], limits, Some(&dir)).unwrap();
    let made = objects.open(Kind::Blob, blob_id(b"012345678!")).unwrap();
    assert!(matches!(made, Reading::Aside { .. }), "both at once");
    let mut packing = Packing::default();
    let at = packing.whole(Kind::Blob, b"0123456789");
    packing.difference(Base::At(at), &difference);
    let second = copy_and_add(b"0123456789", 0, 9, b"?");
    packing.difference(Base::At(at), &second);
    let limits = PackLimits {
        // With the first result in memory, the second fits only if the first delta's memory was freed.
        memory: 30 + difference.len() as u64,
        ..LIMITS
    };
    let objects = read(&packing.done()[..], limits, Some(&dir)).unwrap();
    for made in [b"012345678!", b"012345678?"] {
        let made = objects.open(Kind::Blob, blob_id(made)).unwrap();
        assert!(matches!(made, Reading::Held(_)), "one after the other");
    }
}

/// If each piece were stored alone, this would be ten million calls.
#[test]
fn a_result_of_the_least_pieces_is_put_aside_in_larger_ones() {
    const PIECES: usize = 10_000_000;
    let (_folder, dir) = crate::tests::world();
    let mut packing = Packing::default();
    let at = packing.whole(Kind::Blob, b"");
    let difference = [sizes(0, PIECES), [1, b'x'].repeat(PIECES)].concat();
    packing.difference(Base::At(at), &difference);
    let limits = PackLimits {
        bytes: 40_000_000,
        memory: 1 << 20,
        ..LIMITS
    };
    let objects = read(&packing.done()[..], limits, Some(&dir)).unwrap();
    assert!(blob(&objects, &vec![b'x'; PIECES]));
}

/// If the base were loaded for each delta, this would be forty gigabytes.
#[test]
fn a_base_that_was_put_aside_is_loaded_once_for_all_that_is_made_of_it() {
    let (_folder, dir) = crate::tests::world();
    let base = vec![3; 8 << 20];
    let mut packing = Packing::default();
    let at = packing.whole(Kind::Blob, &base);
    for n in 0..5000_u16 {
        let [high, low] = n.to_be_bytes();
        let difference = [sizes(base.len(), 3), vec![3, 1, high, low]].concat();
        packing.difference(Base::At(at), &difference);
    }
    let limits = PackLimits {
        bytes: 16 << 20,
        memory: 1 << 20,
        ..LIMITS
    };
    let objects = read(&packing.done()[..], limits, Some(&dir)).unwrap();
    assert_eq!(objects.iter().count(), 5001);
    assert!(blob(
        &objects,
        &[1, 4999_u16.to_be_bytes()[0], 4999_u16.to_be_bytes()[1]]
    ));
    assert!(blob(&objects, &base));
}

#[test]
fn a_disk_that_takes_nothing_aside_is_told_whatever_the_checksum() {
    let (folder, dir) = crate::tests::world();
    drop(folder);
    let limits = PackLimits {
        memory: 3,
        ..LIMITS
    };
    let mut pack = varied().done();
    if let Some(last) = pack.last_mut() {
        *last ^= 1;
    }
    let error = read(&pack[..], limits, Some(&dir)).unwrap_err();
    assert!(matches!(error, PackError::Scratch(_)), "{error:?}");
    assert!(error.to_string().starts_with("can't create "), "{error}");
    assert!(matches!(held(&pack, limits), Err(PackError::Checksum)));
}

#[test]
fn a_pack_is_the_same_however_it_comes_in() {
    let pack = varied().done();
    let dripped = |pack: &[u8]| {
        let objects = read(io::BufReader::with_capacity(1, pack), LIMITS, None);
        objects.map(|objects| objects.iter().collect::<std::collections::BTreeMap<_, _>>())
    };
    let whole = held(&pack, LIMITS).unwrap().iter().collect();
    assert_eq!(dripped(&pack).unwrap(), whole);
    for end in 0..pack.len() {
        let cut = &pack[..end];
        assert_eq!(
            dripped(cut).unwrap_err().to_string(),
            refusal(cut, LIMITS),
            "{end}"
        );
    }
}

#[test]
fn a_pack_that_can_not_be_read_on_is_told_from_one_that_ends() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("it broke"))
        }
    }
    let pack = varied().done();
    for end in 0..pack.len() {
        let broken = io::BufReader::new(pack[..end].chain(Broken));
        let error = read(broken, LIMITS, None).unwrap_err();
        assert!(matches!(error, PackError::Read(_)), "{end}: {error}");
    }
}

#[test]
fn only_packs_are_packs() {
    let long = [0; 100];
    for bytes in [
        &b""[..],
        b"PACK",
        b"<html>",
        &long[..32],
        &sealed(b"PACK\0\0\0\x02".to_vec()),
    ] {
        held(bytes, LIMITS).unwrap_err();
    }
    let version = |version: u8| sealed([&b"PACK\0\0\0"[..], &[version], &[0; 4]].concat());
    held(&version(2), LIMITS).unwrap();
    assert_eq!(
        refusal(&version(4), LIMITS),
        "the received data is not a pack"
    );
    assert_eq!(
        refusal(&sealed(b"PUCK\0\0\0\x02\0\0\0\0".to_vec()), LIMITS),
        "the received data is not a pack"
    );
}

#[test]
fn a_commit_leads_to_its_tree() {
    let mut objects = Objects::default();
    let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let good = objects.insert(
        Kind::Commit,
        format!("tree {tree}\nauthor a\n\n").into_bytes(),
    );
    assert_eq!(objects.root_tree(good).unwrap().to_string(), tree);
    for bad in [
        "",
        "tree ",
        "tree 4b825dc\n",
        "parent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n",
    ] {
        let id = objects.insert(Kind::Commit, bad.into());
        let text = objects.root_tree(id).unwrap_err().to_string();
        assert_eq!(text, format!("the commit {id} is malformed"));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(body in prop::collection::vec(any::<u8>(), 0..200), count in 0..4_u32) {
        let pack = sealed([&b"PACK\0\0\0\x02"[..], &count.to_be_bytes(), &body].concat());
        drop(held(&pack, LIMITS));
    }

    #[test]
    fn no_difference_makes_applying_panic(difference in prop::collection::vec(any::<u8>(), 0..60)) {
        let base = b"0123456789";
        let applied = |difference: &[u8]| {
            let mut packing = Packing::default();
            let at = packing.whole(Kind::Blob, base);
            packing.difference(Base::At(at), difference);
            held(&packing.done(), LIMITS)
        };
        drop(applied(&difference));
        let named = [sizes(10, 30), difference].concat();
        if let Ok(objects) = applied(&named) {
            let made = objects.iter().filter(|(id, _)| *id != blob_id(base));
            for (id, kind) in made {
                prop_assert_eq!(objects.size(kind, id), Ok(30));
            }
        }
    }
}
