//! Fuzzes packs: as bytes with a correct checksum, and as plans of what a server could pack.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::sync::LazyLock;

use dir::Dir;
use fetch::pack::{PackLimits, read};
use fetch::{Objects, PackError};
use gix_hash::ObjectId;
use gix_object::Kind;
use tempfile::TempDir;

use super::assert_harmless;
use crate::Verdict;
use crate::packing::{Form, Packing, id, sealed, size};
use crate::plan::Plan;

const LIMITS: PackLimits = PackLimits {
    objects: 32,
    bytes: 1 << 14,
    memory: u64::MAX,
};

/// The folder for spilled objects.
static SCRATCH: LazyLock<(TempDir, Dir)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let dir = Dir::open_ambient(folder.path()).expect("it can be opened");
    (folder, dir)
});

const KINDS: [Kind; 4] = [Kind::Blob, Kind::Tree, Kind::Commit, Kind::Tag];

/// The greatest number of entries in a plan: more than the limit allows.
const MOST_ENTRIES: usize = 40;

/// The input is a pack without its checksum. With a wrong checksum nothing is accepted.
pub(crate) fn bytes(input: &[u8]) -> Verdict {
    let whole = sealed(input);
    let read = read_soundly(&whole);
    let mut flipped = whole;
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    assert!(
        read_soundly(&flipped).is_err(),
        "the checksum was not compared"
    );
    Verdict::of(&read)
}

/// The input is a plan of the pack's entries and their order. An honest pack yields exactly the packed objects.
pub(crate) fn planned(input: &[u8]) -> Verdict {
    let Planned { pack, honest } = follow(&mut Plan::new(input));
    let read = read_soundly(&pack);
    if let Some(expected) = honest {
        let objects = read.as_ref().expect("an honest pack is taken");
        let found = objects
            .iter()
            .map(|(id, kind)| (id, (kind, content(objects, kind, id))));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    }
    Verdict::of(&read)
}

fn content(objects: &Objects, kind: Kind, id: ObjectId) -> Vec<u8> {
    let content = objects.get(kind, id).expect("what is listed is there");
    content.into_owned()
}

fn read_soundly(pack: &[u8]) -> Result<Objects, PackError> {
    let objects = read(pack, LIMITS, None);
    match &objects {
        Ok(objects) => assert_sound(pack, objects),
        Err(error) => assert_harmless(error),
    }
    assert_the_same_aside(pack, &objects);
    objects
}

/// The result does not depend on how much fits in memory, or how the pack is split into reads.
fn assert_the_same_aside(pack: &[u8], held: &Result<Objects, PackError>) {
    let little = PackLimits {
        memory: 8,
        ..LIMITS
    };
    let dripped = BufReader::with_capacity(1, pack);
    match (held, read(dripped, little, Some(&SCRATCH.1))) {
        (Ok(held), Ok(aside)) => {
            let sorted = |objects: &Objects| objects.iter().collect::<BTreeMap<_, _>>();
            assert_eq!(sorted(held), sorted(&aside));
            for (id, kind) in held.iter() {
                assert_eq!(content(held, kind, id), content(&aside, kind, id));
            }
        }
        // The first flaw that is found in an object depends on how much of it has been read.
        (Err(PackError::Damaged { offset, .. }), Err(PackError::Damaged { offset: other, .. })) => {
            assert_eq!(*offset, other);
        }
        (Err(held), Err(aside)) => assert_eq!(held.to_string(), aside.to_string()),
        (held, aside) => panic!("{held:?}, but spilled {aside:?}"),
    }
}

/// The objects are within the limits, and each has the id of its content.
fn assert_sound(pack: &[u8], objects: &Objects) {
    let (mut count, mut bytes) = (0, 0);
    for (found, kind) in objects.iter() {
        let content = content(objects, kind, found);
        assert_eq!(found, id(kind, &content));
        assert_eq!(objects.size(kind, found), Ok(content.len() as u64));
        count += 1;
        bytes += content.len() as u64;
    }
    assert!(count <= LIMITS.objects, "{count} objects");
    assert!(bytes <= LIMITS.bytes, "{bytes} bytes");
    if let Some(bytes) = bytes.checked_sub(1) {
        let tight = read(pack, PackLimits { bytes, ..LIMITS }, None);
        let refused = matches!(tight, Err(PackError::TooLarge { .. }));
        assert!(refused, "within {bytes} bytes: {tight:?}");
    }
}

struct Planned {
    pack: Vec<u8>,
    /// The expected objects, if the pack has no flaw.
    honest: Option<BTreeMap<ObjectId, (Kind, Vec<u8>)>>,
}

/// A planned entry, and the object that it must become.
struct Entry {
    form: Form,
    packed: Vec<u8>,
    kind: Kind,
    content: Vec<u8>,
    offset: u64,
}

fn follow(plan: &mut Plan<'_>) -> Planned {
    let backwards = plan.byte() & 1 == 1;
    let more = plan.lie(16);
    let mut honest = more == 0;
    let mut packing = Packing::default();
    let mut entries: Vec<Entry> = Vec::new();
    let mut inflated = 0;
    while !plan.is_over() && entries.len() < MOST_ENTRIES {
        let mut entry = next(plan, &entries, backwards, packing.offset(), &mut honest);
        inflated += entry.packed.len() as u64;
        if !matches!(entry.form, Form::Whole(_)) {
            inflated += entry.content.len() as u64;
        }
        if !backwards {
            honest &= write(plan, &mut packing, &mut entry);
        }
        entries.push(entry);
    }
    // Bases come after the deltas that need them.
    if backwards {
        for entry in entries.iter_mut().rev() {
            honest &= write(plan, &mut packing, entry);
        }
    }
    let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    honest &= inflated <= LIMITS.bytes && count <= LIMITS.objects;
    let objects = entries.into_iter();
    let objects =
        objects.map(|entry| (id(entry.kind, &entry.content), (entry.kind, entry.content)));
    Planned {
        honest: honest.then(|| objects.collect()),
        pack: packing.done(more),
    }
}

/// Packs an entry, and returns whether its claimed size is true.
fn write(plan: &mut Plan<'_>, packing: &mut Packing, entry: &mut Entry) -> bool {
    let lie = plan.lie(32);
    entry.offset = packing.offset();
    let claimed = (entry.packed.len() as u64).wrapping_add(lie.into());
    packing.entry(entry.form, claimed, &entry.packed);
    lie == 0
}

fn next(
    plan: &mut Plan<'_>,
    entries: &[Entry],
    backwards: bool,
    at: u64,
    honest: &mut bool,
) -> Entry {
    let choice = plan.choice(8);
    let base = plan.choice(entries.len());
    let Some((base, choice)) = entries.get(base).zip(choice.checked_sub(KINDS.len())) else {
        let content = plan.bytes().to_vec();
        let kind = KINDS[choice % KINDS.len()];
        return Entry {
            form: Form::Whole(kind),
            packed: content.clone(),
            kind,
            content,
            offset: at,
        };
    };
    let lie = plan.lie(32);
    *honest &= lie == 0;
    let form = if choice % 2 == 0 && !backwards {
        Form::Back((at - base.offset).wrapping_add(lie.into()))
    } else if lie == 0 {
        Form::Of(id(base.kind, &base.content))
    } else {
        Form::Of(id(Kind::Blob, &lie.to_le_bytes()))
    };
    let (packed, content) = difference(plan, &base.content, honest);
    Entry {
        form,
        packed,
        kind: base.kind,
        content,
        offset: at,
    }
}

/// A delta, and the content that it makes of its base.
fn difference(plan: &mut Plan<'_>, base: &[u8], honest: &mut bool) -> (Vec<u8>, Vec<u8>) {
    let (mut commands, mut content) = (Vec::new(), Vec::new());
    for _ in 0..plan.choice(5) {
        if plan.byte() & 1 == 0 {
            let text = plan.bytes();
            if !text.is_empty() {
                let length = text.len().min(0x7f);
                commands.push(u8::try_from(length).unwrap_or(0x7f));
                commands.extend_from_slice(&text[..length]);
                content.extend_from_slice(&text[..length]);
            }
        } else {
            let (start, length) = (plan.byte(), plan.byte());
            commands.extend([0x80 | 0x01 | 0x10, start, length]);
            let length = if length == 0 { 0x1_0000 } else { length.into() };
            let start = usize::from(start);
            match base.get(start..start + length) {
                Some(piece) => content.extend_from_slice(piece),
                None => *honest = false,
            }
        }
    }
    let (of_base, of_content) = (plan.lie(32), plan.lie(32));
    *honest &= of_base == 0 && of_content == 0;
    let mut packed = size((base.len() as u64).wrapping_add(of_base.into()));
    packed.extend(size((content.len() as u64).wrapping_add(of_content.into())));
    packed.extend(commands);
    (packed, content)
}

impl Plan<'_> {
    /// Usually zero; in one of `one_in` cases a number that makes a claim false.
    fn lie(&mut self, one_in: u8) -> u32 {
        if self.byte() % one_in == one_in - 1 {
            u32::from(self.byte()) << (8 * self.choice(4))
        } else {
            0
        }
    }
}
