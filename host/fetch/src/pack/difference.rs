//! Parses git's deltas: the difference between two objects. <https://git-scm.com/docs/gitformat-pack>

/// A parsed delta.
pub(super) struct Difference<'d> {
    /// The size of the base, in bytes.
    pub(super) base: u64,
    /// The size of the result, in bytes.
    pub(super) result: u64,
    commands: &'d [u8],
}

/// The defect of a delta that ends too early.
const CUT: &str = "its delta is cut short";

impl<'d> Difference<'d> {
    pub(super) fn read(mut bytes: &'d [u8]) -> Result<Self, &'static str> {
        Ok(Self {
            base: size(&mut bytes).ok_or(CUT)?,
            result: size(&mut bytes).ok_or(CUT)?,
            commands: bytes,
        })
    }

    /// Returns the next piece of the result: a part of the base or of the delta.
    pub(super) fn next<'p>(&mut self, base: &'p [u8]) -> Result<Option<&'p [u8]>, &'static str>
    where
        'd: 'p,
    {
        let Some(command) = byte(&mut self.commands) else {
            return Ok(None);
        };
        if command & 0x80 != 0 {
            let (start, length) = copy_range(command, &mut self.commands).ok_or(CUT)?;
            let piece = base.get(start..start.saturating_add(length));
            let piece = piece.ok_or("its delta copies bytes that its base doesn't have")?;
            Ok(Some(piece))
        } else if command != 0 {
            let split = self.commands.split_at_checked(usize::from(command));
            let (piece, behind) = split.ok_or(CUT)?;
            self.commands = behind;
            Ok(Some(piece))
        } else {
            Err("its delta has an unknown command")
        }
    }
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

/// Reads a size: seven bits in each byte, the lowest first. The high bit is set in all bytes but the last.
fn size(rest: &mut &[u8]) -> Option<u64> {
    let mut size = 0_u64;
    for shift in (0..63).step_by(7) {
        let part = byte(rest)?;
        size |= u64::from(part & 0x7f) << shift;
        if part & 0x80 == 0 {
            return Some(size);
        }
    }
    None
}

/// Reads the range of a copy command: start and length. Each set bit means that the byte is present; others are zero.
fn copy_range(command: u8, rest: &mut &[u8]) -> Option<(usize, usize)> {
    let mut number = |bits: std::ops::Range<u32>| {
        let mut number = 0_usize;
        for (place, bit) in bits.enumerate() {
            if command & (1 << bit) != 0 {
                number |= usize::from(byte(rest)?) << (8 * place);
            }
        }
        Some(number)
    };
    let start = number(0..4)?;
    let length = number(4..7)?;
    Some((start, if length == 0 { 0x1_0000 } else { length }))
}
