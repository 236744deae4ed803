//! Inflates a raw deflate stream, in pieces of the caller's size.
//!
//! Nothing here knows the format around the stream.

use std::io;

use zlib_rs::{Inflate, InflateFlush, Status};

/// The size of the buffer for packed bytes.
const PACKED: usize = 128 << 10;
/// The largest window of deflate, as a power of two.
const WINDOW_BITS: u8 = 15;

/// A stream that can't be inflated.
#[derive(Debug, thiserror::Error)]
pub enum InflateError {
    #[error("can't read the archive")]
    Read(#[source] io::Error),
    #[error("its data is not valid deflate")]
    Corrupt,
    #[error("its data ends too early")]
    Short,
}

/// The state and the buffer, which are allocated once for all streams of an archive.
pub(crate) struct Inflater {
    zlib: Inflate,
    packed: Box<[u8]>,
    /// The part of `packed` that is not inflated yet.
    unread: std::ops::Range<usize>,
    is_over: bool,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self {
            zlib: Inflate::new(false, WINDOW_BITS),
            packed: vec![0; PACKED].into(),
            unread: 0..0,
            is_over: false,
        }
    }

    /// Begins with a new stream. Packed bytes that were read and not inflated are dropped.
    pub(crate) fn begin(&mut self) {
        self.zlib.reset(false);
        self.unread = 0..0;
        self.is_over = false;
    }

    /// Fills `out` with the next bytes of the stream, and returns their number. Zero is the end of the stream.
    ///
    /// `read` reads packed bytes, and returns zero when there are no more.
    pub(crate) fn inflate(
        &mut self,
        read: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
        out: &mut [u8],
    ) -> Result<usize, InflateError> {
        let mut filled = 0;
        while filled < out.len() && !self.is_over {
            let mut ended = false;
            if self.unread.is_empty() {
                let came = read(&mut self.packed).map_err(InflateError::Read)?;
                self.unread = 0..came;
                ended = came == 0;
            }
            let before = (self.zlib.total_in(), self.zlib.total_out());
            let packed = &self.packed[self.unread.clone()];
            let status = self
                .zlib
                .decompress(packed, &mut out[filled..], InflateFlush::NoFlush)
                .map_err(|_| InflateError::Corrupt)?;
            let used = as_size(self.zlib.total_in() - before.0);
            let came = as_size(self.zlib.total_out() - before.1);
            self.unread.start += used;
            filled += came;
            self.is_over = status == Status::StreamEnd;
            if ended && came == 0 && !self.is_over {
                return Err(InflateError::Short);
            }
        }
        Ok(filled)
    }

    /// Returns the bytes after the stream's end that were read with it.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.packed[self.unread.clone()]
    }
}

/// A count of bytes in a buffer. It fits, because buffers do.
fn as_size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
