//! Zip archives, read from the directory at their end. Each byte of an archive belongs to one part of it.
//!
//! Nothing here knows wheels. <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

mod central;
mod local;
mod member;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use text::shown_path;

use super::inflate::InflateError;

pub(crate) use member::Reader;

/// The limit for the directory, in bytes. It is in memory as a whole, once for each archive that is being unpacked. The
/// largest real ones have a fifth of this size.
const LARGEST_DIRECTORY: u64 = 16 << 20;
/// The size of the record at the end.
const END: usize = 22;
/// The limit for a member's size, as a multiple of its packed size. Deflate itself reaches at most 1032.
const MEMBER_RATIO: u64 = 1000;
/// The unpacked size, in bytes, above which an archive may unpack to at most [`RATIO`] times its own size.
const SMALL: u64 = 64 << 20;
const RATIO: u64 = 200;

/// A zip archive that is refused.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    #[error("can't read the archive")]
    Read(#[source] io::Error),
    /// The archive as a whole is refused.
    #[error(transparent)]
    Layout(#[from] LayoutReason),
    /// One of its members is refused.
    #[error("its member '{name}' is refused: {reason}")]
    Member {
        /// The name as the directory has it, cleaned.
        name: String,
        reason: MemberReason,
    },
    #[error("its member '{name}' is refused: {reason}")]
    Local {
        /// The name as the directory has it, cleaned.
        name: String,
        reason: LocalReason,
    },
    #[error("its member '{name}' is refused: {reason}")]
    Content {
        /// The name as the directory has it, cleaned.
        name: String,
        reason: ContentReason,
    },
}

impl From<io::Error> for ZipError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// The reason to refuse an archive as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutReason {
    /// Bytes after the record, a comment in it, or another format.
    #[error("it does not end with the end record of a zip archive that has no comment")]
    NoEnd,
    #[error("it is one part of several")]
    Split,
    #[error("it has the records of zip64, which no archive of this size needs")]
    Zip64,
    #[error("its directory is larger than {LARGEST_DIRECTORY} bytes")]
    LargeDirectory,
    /// The directory does not end where the end record begins, or its entries don't fill it.
    #[error("its directory does not match its end record")]
    Directory,
    #[error("its directory ends within an entry")]
    Cut,
    /// Bytes before a member that belong to no member.
    #[error("the bytes from {from} to {to} belong to none of its parts")]
    Gap { from: u64, to: u64 },
    #[error("two of its parts share the bytes from {at}")]
    Overlap { at: u64 },
    #[error("it unpacks to more than {RATIO} times its size")]
    Ratio,
}

/// The reason to refuse a member by its entry in the directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberReason {
    #[error("its name is not UTF-8")]
    NotUtf8,
    #[error("it is encrypted")]
    Encrypted,
    #[error("its flags {flags:#06x} are not those of a plain file")]
    Flags { flags: u16 },
    #[error("its compression method is {method}; only deflate (8) and none (0) are known")]
    Method { method: u16 },
    #[error("it has a comment")]
    Comment,
    #[error("it is on another part of several")]
    Split,
    #[error("its extra field {id:#06x} is not one that can be ignored")]
    Extra { id: u16 },
    #[error("its extra fields are not whole")]
    CutExtra,
    /// A link or device, or a type that contradicts the name.
    #[error("its mode {mode:o} is not that of a file or directory")]
    Special { mode: u32 },
    #[error("it is a directory with content")]
    FilledDir,
    #[error("its size is more than {MEMBER_RATIO} times its packed size")]
    Ratio,
    #[error("its sizes differ, though it is not compressed")]
    StoredSize,
}

/// The reason to refuse a member by its local header and descriptor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalReason {
    #[error("its header is not where the directory says")]
    NoHeader,
    #[error("its header and the directory differ in the {what}")]
    Differs { what: &'static str },
    #[error("its extra field {id:#06x} is not one that can be ignored")]
    Extra { id: u16 },
    #[error("its extra fields are not whole")]
    CutExtra,
    #[error("its descriptor is not what the directory says")]
    Descriptor,
}

/// The reason to refuse a member by its content.
#[derive(Debug, thiserror::Error)]
pub enum ContentReason {
    #[error(transparent)]
    Inflate(#[from] InflateError),
    #[error("its content is not as large as its header says")]
    Size,
    #[error("its checksum is not that of its content")]
    Checksum,
    #[error("there are packed bytes behind its end")]
    Trailing,
}

/// The compression of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Stored,
    Deflate,
}

impl Method {
    fn of(number: u16) -> Option<Self> {
        match number {
            0 => Some(Self::Stored),
            8 => Some(Self::Deflate),
            _ => None,
        }
    }
}

/// The type of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZipKind {
    Dir,
    File { executable: bool },
}

/// A file or directory in an archive.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// As it is written. The name of a directory ends with a slash.
    pub(crate) name: String,
    pub(crate) kind: ZipKind,
    /// The size after inflation.
    pub(crate) size: u64,
    method: Method,
    flags: u16,
    crc: u32,
    packed: u64,
    /// The offset of the local header.
    header: u64,
    /// The offset of the packed bytes.
    data: u64,
}

impl Member {
    fn refused(&self, reason: LocalReason) -> ZipError {
        ZipError::Local {
            name: shown_path(self.name.as_bytes()),
            reason,
        }
    }
}

/// The members of an archive, in the order of their bytes.
#[derive(Debug)]
pub(crate) struct Zip {
    pub(crate) members: Vec<Member>,
}

impl Zip {
    /// The bytes of all members.
    pub(crate) fn size(&self) -> u64 {
        self.members.iter().map(|member| member.size).sum()
    }
}

/// Reads the directory of an archive, and checks it against all local headers. No content is read.
pub(crate) fn read(file: &File) -> Result<Zip, ZipError> {
    let length = file.metadata()?.len();
    let end = length.checked_sub(END as u64).ok_or(LayoutReason::NoEnd)?;
    let mut record = [0; END];
    file.read_exact_at(&mut record, end)?;
    let central::End { entries, at, size } = central::end(&record)?;
    if size > LARGEST_DIRECTORY {
        return Err(LayoutReason::LargeDirectory.into());
    }
    if at.checked_add(size) != Some(end) {
        return Err(LayoutReason::Directory.into());
    }
    let size = usize::try_from(size).map_err(|_| LayoutReason::LargeDirectory)?;
    let mut directory = vec![0; size];
    file.read_exact_at(&mut directory, at)?;
    let mut members = central::members(&directory, entries)?;
    drop(directory);
    members.sort_by_key(|member| member.header);
    local::check(file, &mut members, at)?;
    let zip = Zip { members };
    if zip.size() > SMALL && zip.size() / RATIO > length {
        return Err(LayoutReason::Ratio.into());
    }
    Ok(zip)
}

/// Reads little-endian numbers and bytes from the front of a slice.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }
}

/// The extra field with sizes of 64 bits.
const ZIP64: u16 = 0x0001;

/// Extra fields that say nothing about a file's name, type or content: times and owners of several systems, and the mark
/// of Java archives. <https://libzip.org/specifications/extrafld.txt>
const HARMLESS: [u16; 6] = [0x000a, 0x000d, 0x5455, 0x5855, 0x7855, 0x7875];
const JAVA: u16 = 0xcafe;

/// The extra fields of a header, each with its content. `None` for a field that is cut short.
fn extras(bytes: &[u8]) -> impl Iterator<Item = Option<(u16, &[u8])>> {
    let mut fields = Fields(bytes);
    std::iter::from_fn(move || {
        if fields.0.is_empty() {
            return None;
        }
        let mut next = || {
            let (id, size) = (fields.u16()?, fields.u16()?);
            Some((id, fields.bytes(usize::from(size))?))
        };
        let field = next();
        if field.is_none() {
            fields.0 = &[];
        }
        Some(field)
    })
}

fn is_harmless(id: u16) -> bool {
    id == JAVA || HARMLESS.contains(&id)
}

#[cfg(test)]
mod tests;
