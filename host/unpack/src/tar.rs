//! Tar archives: ustar, with the extended headers of pax.
//!
//! Nothing here knows how the archive is compressed. Owners and times are ignored.
//! <https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06>

mod header;
mod pax;

use text::shown_path;

use super::stream::{Stream, StreamError};
use header::{Block, Header, Type};
use pax::Extended;

/// The size of a header, and of what content is padded to.
const BLOCK: usize = 512;
/// The limit for an extended header, in bytes.
const LARGEST_EXTENDED: u64 = 64 << 10;

/// The limit for the bytes of an archive that are not content: headers, padding, and zeros at the end, in bytes. Each entry adds to
/// it. The content itself is counted by the caller.
const OTHER: u64 = 4 << 20;
const OTHER_OF_ENTRY: u64 = 8 << 10;

/// A tar archive that is refused.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error("it ends within an entry, or without its end")]
    Cut,
    #[error("it has bytes other than zero after its end")]
    Trailing,
    #[error("its headers and the zeros at its end are far larger than its entries need")]
    Padded,
    #[error("its header at {at} is refused: {reason}")]
    Header {
        /// The offset in the unpacked archive.
        at: u64,
        reason: HeaderReason,
    },
    #[error("its entry '{name}' is refused: {reason}")]
    Entry {
        /// Cleaned.
        name: String,
        reason: TypeReason,
    },
}

/// The reason to refuse a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderReason {
    #[error("its checksum is wrong")]
    Checksum,
    #[error("it is neither that of ustar nor that of GNU")]
    Magic,
    #[error("its {field} is not an octal number")]
    Number { field: &'static str },
    #[error("its name or its link's target is not UTF-8")]
    NotUtf8,
    #[error("its extended header is larger than {LARGEST_EXTENDED} bytes")]
    LargeExtended,
    #[error("its extended header is not valid")]
    Extended,
    #[error("its extended header has the key '{key}', which is not one that can be ignored")]
    Key {
        /// Cleaned.
        key: String,
    },
    #[error("no entry comes after its extended header")]
    NoEntry,
}

/// The reason to refuse an entry by its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypeReason {
    #[error("it is {what}")]
    Special { what: &'static str },
    #[error("its type '{shown}' is not known")]
    Unknown { shown: String },
    #[error("it is {what} with content")]
    Filled { what: &'static str },
}

/// The type of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TarKind {
    Dir,
    File {
        executable: bool,
    },
    /// A symbolic link.
    Link {
        target: String,
    },
    /// Another name of an earlier file.
    Hard {
        target: String,
    },
}

/// A file, directory or link in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TarEntry {
    /// Without `./` at the front and without `/` at the end. Empty for the archive's own folder.
    pub(crate) name: String,
    pub(crate) kind: TarKind,
    /// The bytes of a file.
    pub(crate) size: u64,
}

/// The entries of an archive, in its order.
pub(crate) struct Tar<'a> {
    stream: Stream<'a>,
    /// The offset in the unpacked archive.
    at: u64,
    /// The bytes of the last entry that were not read.
    left: u64,
    padding: usize,
    /// The number of bytes that may still come and are not content.
    room: u64,
}

impl<'a> Tar<'a> {
    pub(crate) fn new(stream: Stream<'a>) -> Self {
        Self {
            stream,
            at: 0,
            left: 0,
            padding: 0,
            room: OTHER,
        }
    }

    /// Reads the next entry. Skips the rest of the entry before it.
    pub(crate) fn next(&mut self, buffer: &mut [u8]) -> Result<Option<TarEntry>, TarError> {
        while self.read(buffer)? > 0 {}
        let mut extended = Extended::default();
        let mut is_announced = false;
        loop {
            let at = self.at;
            let refused = |reason| TarError::Header { at, reason };
            let mut block = [0; BLOCK];
            self.exact(&mut block)?;
            let block = Block(&block);
            if block.is_zero() {
                if is_announced {
                    return Err(refused(HeaderReason::NoEntry));
                }
                self.end(buffer)?;
                return Ok(None);
            }
            let header = block.parse().map_err(refused)?;
            match header.kind {
                Type::Extended { global } => {
                    let records = self.extended(&header).map_err(|error| match error {
                        Fault::Refused(reason) => refused(reason),
                        Fault::Tar(error) => error,
                    })?;
                    extended.read(&records, global).map_err(refused)?;
                    if is_announced && !global {
                        return Err(refused(HeaderReason::NoEntry));
                    }
                    is_announced |= !global;
                }
                _ => return self.entry(&header, extended).map(Some),
            }
        }
    }

    /// Fills `buffer` with the next bytes of the entry's content, and returns their number. Zero is the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, TarError> {
        let most = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        self.content(&mut buffer[..most])?;
        self.left -= most as u64;
        if self.left == 0 && self.padding > 0 {
            let mut padding = [0; BLOCK];
            let length = std::mem::take(&mut self.padding);
            self.exact(&mut padding[..length])?;
        }
        Ok(most)
    }

    fn entry(&mut self, header: &Header<'_>, extended: Extended) -> Result<TarEntry, TarError> {
        let Extended {
            path,
            linkpath,
            size,
        } = extended;
        let at = self.at - BLOCK as u64;
        let text = |long: Option<String>, short: &[u8]| match long {
            Some(long) => Ok(long),
            None => String::from_utf8(short.to_vec()).map_err(|_| TarError::Header {
                at,
                reason: HeaderReason::NotUtf8,
            }),
        };
        let name = text(path, &header.name)?;
        let target = text(linkpath, header.target)?;
        let size = size.unwrap_or(header.size);
        let refused = |reason| TarError::Entry {
            name: shown_path(name.as_bytes()),
            reason,
        };
        let kind = match header.kind {
            // Before POSIX, a slash at the end of the name was the mark of a directory.
            Type::File if name.ends_with('/') => TarKind::Dir,
            Type::File => TarKind::File {
                executable: header.executable,
            },
            Type::Dir => TarKind::Dir,
            Type::Link => TarKind::Link { target },
            Type::Hard => TarKind::Hard {
                target: plain(&target).to_owned(),
            },
            Type::Special { what } => return Err(refused(TypeReason::Special { what })),
            // Read before, so that none is left here.
            Type::Extended { .. } => {
                let what = "an extended header";
                return Err(refused(TypeReason::Special { what }));
            }
            Type::Unknown { byte } => {
                let shown = shown_path(&[byte]);
                return Err(refused(TypeReason::Unknown { shown }));
            }
        };
        let what = match &kind {
            TarKind::File { .. } => None,
            TarKind::Dir => Some("a directory"),
            TarKind::Link { .. } => Some("a link"),
            TarKind::Hard { .. } => Some("a hard link"),
        };
        if let Some(what) = what.filter(|_| size != 0) {
            return Err(refused(TypeReason::Filled { what }));
        }
        self.left = size;
        self.padding = padding(size);
        self.room += OTHER_OF_ENTRY;
        Ok(TarEntry {
            name: plain(&name).to_owned(),
            kind,
            size,
        })
    }

    fn extended(&mut self, header: &Header<'_>) -> Result<Vec<u8>, Fault> {
        if header.size > LARGEST_EXTENDED {
            return Err(Fault::Refused(HeaderReason::LargeExtended));
        }
        let size = usize::try_from(header.size).unwrap_or(0);
        let mut records = vec![0; size + padding(header.size)];
        self.exact(&mut records).map_err(Fault::Tar)?;
        records.truncate(size);
        Ok(records)
    }

    /// Checks that a second zero block follows, and nothing but zeros up to the end of the stream.
    fn end(&mut self, buffer: &mut [u8]) -> Result<(), TarError> {
        let mut block = [0; BLOCK];
        self.exact(&mut block)?;
        if !Block(&block).is_zero() {
            return Err(TarError::Trailing);
        }
        loop {
            let came = self.stream.fill(buffer)?;
            self.take_room(came)?;
            if buffer[..came].iter().any(|byte| *byte != 0) {
                return Err(TarError::Trailing);
            }
            if came < buffer.len() {
                return Ok(());
            }
        }
    }

    /// Reads bytes that are not content.
    fn exact(&mut self, buffer: &mut [u8]) -> Result<(), TarError> {
        self.take_room(buffer.len())?;
        self.content(buffer)
    }

    fn take_room(&mut self, bytes: usize) -> Result<(), TarError> {
        let room = self.room.checked_sub(bytes as u64);
        self.room = room.ok_or(TarError::Padded)?;
        Ok(())
    }

    fn content(&mut self, buffer: &mut [u8]) -> Result<(), TarError> {
        let came = self.stream.fill(buffer)?;
        self.at += came as u64;
        if came < buffer.len() {
            return Err(TarError::Cut);
        }
        Ok(())
    }
}

enum Fault {
    Refused(HeaderReason),
    Tar(TarError),
}

/// The number of bytes after content of this size.
fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

/// Leaves off `./` at the front, which many packers write, and the slash at the end of a directory's name.
fn plain(name: &str) -> &str {
    let name = name.strip_prefix("./").unwrap_or(name);
    let name = name.strip_suffix('/').unwrap_or(name);
    if name == "." { "" } else { name }
}

#[cfg(test)]
mod tests;
