//! Mutates known inputs. The same seed makes the same inputs on every machine.
//!
//! No coverage guides the mutation, so that it is cheap enough for every test run.

/// The greatest size of a mutated input, in bytes.
const LONGEST: usize = 4096;
/// Bytes at which ranges end or parsers split.
const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, b'/', b'.', b'\n'];

/// A pseudorandom generator (`SplitMix64`): predictable, and good enough for mutation.
#[derive(Debug)]
pub struct Numbers(u64);

impl Numbers {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Picks an item, or `None` if there are none.
    pub fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// A number below `end`; zero if `end` is zero.
    pub fn below(&mut self, end: usize) -> usize {
        let number = self.next() % (end.max(1) as u64);
        usize::try_from(number).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// Changes an input in up to four places, and may insert parts of `other`.
#[must_use]
pub fn mutate(input: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut input = input.to_vec();
    for _ in 0..=numbers.below(4) {
        change(&mut input, other, numbers);
    }
    input.truncate(LONGEST);
    input
}

fn change(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let at = numbers.below(input.len());
    let range = |bytes: &[u8], numbers: &mut Numbers| {
        let start = numbers.below(bytes.len());
        start..(start + 1 + numbers.below(16)).min(bytes.len())
    };
    match numbers.below(7) {
        0 => input.insert(at, numbers.byte()),
        1 => {
            let part = range(input, numbers);
            input.drain(part);
        }
        2 => {
            let part = input[range(input, numbers)].to_vec();
            input.splice(at..at, part);
        }
        3 => {
            let part = other[range(other, numbers)].to_vec();
            input.splice(at..at, part);
        }
        choice => {
            let Some(byte) = input.get_mut(at) else {
                return;
            };
            *byte = match choice {
                4 => *byte ^ (1 << numbers.below(8)),
                5 => EDGES[numbers.below(EDGES.len())],
                _ => numbers.byte(),
            };
        }
    }
}
