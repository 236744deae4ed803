//! A difference between two objects: <https://git-scm.com/docs/gitformat-pack>.

/// What a difference says.
pub(super) struct Difference<'d> {
    /// How large its base is.
    pub(super) base: u64,
    /// How large the result is.
    pub(super) result: u64,
    commands: &'d [u8],
}

/// A difference that ends too early.
const CUT: &str = "its difference is cut";

impl<'d> Difference<'d> {
    pub(super) fn read(mut bytes: &'d [u8]) -> Result<Self, &'static str> {
        Ok(Self {
            base: size(&mut bytes).ok_or(CUT)?,
            result: size(&mut bytes).ok_or(CUT)?,
            commands: bytes,
        })
    }

    /// The next piece of the result, a part of the base or of the difference.
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
            let piece = piece.ok_or("its difference copies what its base doesn't hold")?;
            Ok(Some(piece))
        } else if command != 0 {
            let split = self.commands.split_at_checked(usize::from(command));
            let (piece, behind) = split.ok_or(CUT)?;
            self.commands = behind;
            Ok(Some(piece))
        } else {
            Err("its difference holds an unknown command")
        }
    }
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

/// A size: seven bits a byte, the lowest first, the high bit set on all but the last.
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

/// What a copy command copies: start and length. Each set bit stands for a byte that is written out.
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
