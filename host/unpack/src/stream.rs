//! The one compressed stream of a tar archive: gzip or zstd, read from the file's beginning to its end.
//!
//! Nothing here knows tar.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;

use crc32fast::Hasher;
use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::inflate::{InflateError, Inflater};

/// The size of a stream, in bytes, above which it may be at most [`RATIO`] times the size of its file.
const SMALL: u64 = 64 << 20;
const RATIO: u64 = 200;
/// The limit for zstd's window, in bytes: the one that every decoder should support by RFC 8878, 3.1.1.1.2.
const WINDOW: u64 = 8 << 20;
/// The limit for gzip's name, comment and extra field together, in bytes.
const LONGEST_HEADER: u64 = 64 << 10;

/// A stream that is refused.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error("can't read the archive")]
    Read(#[source] io::Error),
    #[error("it is not a gzip file")]
    NotGzip,
    #[error("its gzip header has fields that are not known or too long")]
    GzipHeader,
    #[error(transparent)]
    Inflate(#[from] InflateError),
    #[error("its gzip checksum or size is not that of its content")]
    GzipEnd,
    #[error("it is not a zstd file that needs at most {} MiB of memory", WINDOW >> 20)]
    ZstdHeader(#[source] FrameDecoderError),
    #[error("its data is not valid zstd")]
    Zstd(#[source] io::Error),
    #[error("there are bytes behind its end")]
    Trailing,
    #[error("it unpacks to more than {RATIO} times its size")]
    Ratio,
}

/// The content of a compressed file.
pub(crate) struct Stream<'a> {
    format: Compression<'a>,
    /// The size of the file.
    packed: u64,
    unpacked: u64,
    is_over: bool,
}

enum Compression<'a> {
    Gzip {
        file: &'a File,
        /// The offset of the next packed byte.
        at: u64,
        inflater: Inflater,
        crc: Hasher,
    },
    Zstd(Box<StreamingDecoder<BufReader<At<'a>>, FrameDecoder>>),
}

/// A file that is read from an offset of its own.
struct At<'a> {
    file: &'a File,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let came = self.file.read_at(into, self.at)?;
        self.at += came as u64;
        Ok(came)
    }
}

impl<'a> Stream<'a> {
    /// Reads the header of a file of one gzip member.
    pub(crate) fn gzip(file: &'a File) -> Result<Self, StreamError> {
        let packed = file.metadata().map_err(StreamError::Read)?.len();
        Ok(Self::new(
            Compression::Gzip {
                at: gzip_header(file)?,
                file,
                inflater: Inflater::new(),
                crc: Hasher::new(),
            },
            packed,
        ))
    }

    /// Reads the header of a file of one zstd frame.
    pub(crate) fn zstd(file: &'a File) -> Result<Self, StreamError> {
        let packed = file.metadata().map_err(StreamError::Read)?.len();
        let source = BufReader::with_capacity(128 << 10, At { file, at: 0 });
        let decoder = StreamingDecoder::new_with_max_window_size(source, WINDOW);
        let decoder = decoder.map_err(StreamError::ZstdHeader)?;
        Ok(Self::new(Compression::Zstd(Box::new(decoder)), packed))
    }

    fn new(format: Compression<'a>, packed: u64) -> Self {
        Self {
            format,
            packed,
            unpacked: 0,
            is_over: false,
        }
    }

    /// Fills `out` with the next bytes of the content, and returns their number. A smaller number than asked for means
    /// the end, and then checks that nothing follows it.
    pub(crate) fn fill(&mut self, out: &mut [u8]) -> Result<usize, StreamError> {
        let mut filled = 0;
        while filled < out.len() && !self.is_over {
            let came = self.read(&mut out[filled..])?;
            filled += came;
            self.unpacked += came as u64;
            if self.unpacked > SMALL && self.unpacked / RATIO > self.packed {
                return Err(StreamError::Ratio);
            }
            if came == 0 {
                self.is_over = true;
                self.end()?;
            }
        }
        Ok(filled)
    }

    fn read(&mut self, out: &mut [u8]) -> Result<usize, StreamError> {
        match &mut self.format {
            Compression::Gzip {
                file,
                at,
                inflater,
                crc,
            } => {
                let mut read = |into: &mut [u8]| {
                    let came = file.read_at(into, *at)?;
                    *at += came as u64;
                    Ok(came)
                };
                let came = inflater.inflate(&mut read, out)?;
                crc.update(&out[..came]);
                Ok(came)
            }
            Compression::Zstd(decoder) => decoder.read(out).map_err(StreamError::Zstd),
        }
    }

    fn end(&mut self) -> Result<(), StreamError> {
        match &mut self.format {
            Compression::Gzip {
                file,
                at,
                inflater,
                crc,
            } => {
                // The checksum and the size are the last eight bytes, and the stream ends before them.
                let end = *at - inflater.rest().len() as u64;
                if end.checked_add(8) != Some(self.packed) {
                    return Err(if end + 8 > self.packed {
                        InflateError::Short.into()
                    } else {
                        StreamError::Trailing
                    });
                }
                let mut trailer = [0; 8];
                file.read_exact_at(&mut trailer, end)
                    .map_err(StreamError::Read)?;
                let sum = crc.clone().finalize();
                // The size is modulo 2^32.
                let size = self.unpacked.to_le_bytes();
                if trailer[..4] != sum.to_le_bytes() || trailer[4..] != size[..4] {
                    return Err(StreamError::GzipEnd);
                }
            }
            Compression::Zstd(decoder) => {
                let rest = decoder.get_mut().fill_buf().map_err(StreamError::Read)?;
                if !rest.is_empty() {
                    return Err(StreamError::Trailing);
                }
            }
        }
        Ok(())
    }
}

/// Returns the offset after a gzip header. <https://www.rfc-editor.org/rfc/rfc1952#page-5>
fn gzip_header(file: &File) -> Result<u64, StreamError> {
    const CHECKED: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;

    let mut source = BufReader::new(At { file, at: 0 }.take(LONGEST_HEADER));
    let mut fixed = [0; 10];
    let not_gzip = |_| StreamError::NotGzip;
    source.read_exact(&mut fixed).map_err(not_gzip)?;
    let [0x1f, 0x8b, 8, flags, ..] = fixed else {
        return Err(StreamError::NotGzip);
    };
    if flags >= COMMENT * 2 {
        return Err(StreamError::GzipHeader);
    }
    let mut length = fixed.len();
    let mut skipped = Vec::new();
    let too_long = |_| StreamError::GzipHeader;
    if flags & EXTRA != 0 {
        let mut size = [0; 2];
        source.read_exact(&mut size).map_err(too_long)?;
        let size = usize::from(u16::from_le_bytes(size));
        skipped.resize(size, 0);
        source.read_exact(&mut skipped).map_err(too_long)?;
        length += 2 + size;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            skipped.clear();
            let size = source.read_until(0, &mut skipped).map_err(too_long)?;
            if skipped.last() != Some(&0) {
                return Err(StreamError::GzipHeader);
            }
            length += size;
        }
    }
    if flags & CHECKED != 0 {
        length += 2;
    }
    Ok(length as u64)
}

#[cfg(test)]
mod tests;
