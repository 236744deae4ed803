//! Inflates the compressed entries of a pack, one piece at a time.

use std::io::BufRead;

use gix_zlib::{Decompress, FlushDecompress, Status};

use super::PackError;

/// The size of the output buffer, in bytes.
const PIECE: usize = 64 << 10;

/// The decompressor and its buffer, which are allocated once for all entries.
pub(super) struct Inflating {
    zlib: Decompress,
    piece: Vec<u8>,
}

impl Default for Inflating {
    fn default() -> Self {
        Self {
            zlib: Decompress::new(),
            piece: vec![0; PIECE],
        }
    }
}

impl Inflating {
    /// Passes exactly `size` bytes to `take`. Fails if there are fewer or more, and never passes more. `offset` is the
    /// start of the entry, for errors.
    pub(super) fn inflate(
        &mut self,
        from: &mut impl BufRead,
        offset: u64,
        size: u64,
        mut take: impl FnMut(&[u8]) -> Result<(), PackError>,
    ) -> Result<(), PackError> {
        let damaged = |what| PackError::Damaged { offset, what };
        let mut left = size;
        self.zlib.reset();
        loop {
            let before = (self.zlib.total_in(), self.zlib.total_out());
            // At the end of the input there are no bytes, so nothing more comes out: the size check below then fails.
            let bytes = from.fill_buf().map_err(PackError::Read)?;
            // The buffer may be larger than needed: zlib is slow when its output buffer is nearly full.
            let status = self
                .zlib
                .decompress(bytes, &mut self.piece, FlushDecompress::None)
                .map_err(|_| damaged("it can't be inflated"))?;
            let (used, came) = (
                self.zlib.total_in() - before.0,
                self.zlib.total_out() - before.1,
            );
            let is_over = status == Status::StreamEnd;
            let goes_on = used > 0 || came > 0;
            left = match left.checked_sub(came) {
                Some(left) if (is_over && left == 0) || (!is_over && goes_on) => left,
                _ => return Err(damaged("its size is not what its header says")),
            };
            from.consume(usize::try_from(used).unwrap_or(usize::MAX));
            take(&self.piece[..usize::try_from(came).unwrap_or(PIECE)])?;
            if is_over {
                return Ok(());
            }
        }
    }
}
