//! The directory at the end of a zip archive, and the record after it.
//!
//! Nothing here looks at local headers.

use text::shown_path;

use super::{
    Fields, LayoutReason, MEMBER_RATIO, Member, MemberReason, Method, ZipError, ZipKind, extras,
    is_harmless,
};

const END_MARK: u32 = 0x0605_4b50;
const ENTRY_MARK: u32 = 0x0201_4b50;

/// Bits for the packer's effort, the bit of a descriptor after the content, and the bit of UTF-8.
const HARMLESS_FLAGS: u16 = 0b0000_1000_0000_1110;
const ENCRYPTED: u16 = 1;

/// The type in a Unix mode.
const TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const DIRECTORY: u32 = 0o040_000;
const EXECUTABLE: u32 = 0o111;
/// The bit of MS-DOS for a directory.
const DOS_DIRECTORY: u32 = 0x10;

/// The record at the end.
pub(super) struct End {
    pub(super) entries: u16,
    /// The offset of the directory.
    pub(super) at: u64,
    /// The size of the directory.
    pub(super) size: u64,
}

pub(super) fn end(record: &[u8]) -> Result<End, LayoutReason> {
    let mut fields = Fields(record);
    if fields.u32() != Some(END_MARK) {
        return Err(LayoutReason::NoEnd);
    }
    let mut numbers = || {
        let disks = (fields.u16()?, fields.u16()?);
        let entries = (fields.u16()?, fields.u16()?);
        Some((disks, entries, fields.u32()?, fields.u32()?, fields.u16()?))
    };
    let Some((disks, entries, size, at, comment)) = numbers() else {
        return Err(LayoutReason::NoEnd);
    };
    if comment != 0 {
        return Err(LayoutReason::NoEnd);
    }
    if entries.1 == u16::MAX || size == u32::MAX || at == u32::MAX {
        return Err(LayoutReason::Zip64);
    }
    if disks != (0, 0) || entries.0 != entries.1 {
        return Err(LayoutReason::Split);
    }
    Ok(End {
        entries: entries.1,
        at: at.into(),
        size: size.into(),
    })
}

/// The members that the directory lists, in its order. `data` of each is still to be found.
pub(super) fn members(directory: &[u8], entries: u16) -> Result<Vec<Member>, ZipError> {
    let mut fields = Fields(directory);
    let mut members = Vec::with_capacity(entries.into());
    for _ in 0..entries {
        let raw = raw(&mut fields).ok_or(LayoutReason::Cut)?;
        if raw.mark != ENTRY_MARK {
            return Err(LayoutReason::Directory.into());
        }
        let member = judge(&raw).map_err(|reason| ZipError::Member {
            name: shown_path(raw.name),
            reason,
        })?;
        members.push(member);
    }
    if !fields.0.is_empty() {
        return Err(LayoutReason::Directory.into());
    }
    Ok(members)
}

/// An unchecked entry of the directory.
struct Raw<'a> {
    mark: u32,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    disk: u16,
    attributes: u32,
    header: u32,
    name: &'a [u8],
    extra: &'a [u8],
    comment: &'a [u8],
}

fn raw<'a>(fields: &mut Fields<'a>) -> Option<Raw<'a>> {
    let mark = fields.u32()?;
    let _made_by_and_needs = (fields.u16()?, fields.u16()?);
    let (flags, method) = (fields.u16()?, fields.u16()?);
    let _time_and_date = (fields.u16()?, fields.u16()?);
    let (crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let lengths = (fields.u16()?, fields.u16()?, fields.u16()?);
    let disk = fields.u16()?;
    let _internal_attributes = fields.u16()?;
    let (attributes, header) = (fields.u32()?, fields.u32()?);
    Some(Raw {
        mark,
        flags,
        method,
        crc,
        packed,
        size,
        disk,
        attributes,
        header,
        name: fields.bytes(lengths.0.into())?,
        extra: fields.bytes(lengths.1.into())?,
        comment: fields.bytes(lengths.2.into())?,
    })
}

fn judge(raw: &Raw<'_>) -> Result<Member, MemberReason> {
    // Some packers do not set the bit of UTF-8 for names in UTF-8, so only the name itself decides.
    let name = str::from_utf8(raw.name).map_err(|_| MemberReason::NotUtf8)?;
    if raw.flags & ENCRYPTED != 0 {
        return Err(MemberReason::Encrypted);
    }
    if raw.flags & !HARMLESS_FLAGS != 0 {
        return Err(MemberReason::Flags { flags: raw.flags });
    }
    let unknown = MemberReason::Method { method: raw.method };
    let method = Method::of(raw.method).ok_or(unknown)?;
    if !raw.comment.is_empty() {
        return Err(MemberReason::Comment);
    }
    if raw.disk != 0 {
        return Err(MemberReason::Split);
    }
    for extra in extras(raw.extra) {
        let (id, _) = extra.ok_or(MemberReason::CutExtra)?;
        if !is_harmless(id) {
            return Err(MemberReason::Extra { id });
        }
    }
    let kind = kind(name, raw.attributes)?;
    if kind == ZipKind::Dir && (raw.size, raw.packed) != (0, 0) {
        return Err(MemberReason::FilledDir);
    }
    if method == Method::Stored && raw.size != raw.packed {
        return Err(MemberReason::StoredSize);
    }
    let (size, packed) = (u64::from(raw.size), u64::from(raw.packed));
    if size > packed.saturating_mul(MEMBER_RATIO) {
        return Err(MemberReason::Ratio);
    }
    Ok(Member {
        name: name.to_owned(),
        kind,
        size,
        method,
        flags: raw.flags,
        crc: raw.crc,
        packed,
        header: raw.header.into(),
        data: 0,
    })
}

/// The type by the mode of Unix in the upper half of the attributes, which packers on other systems write as well. A
/// mode without a type means a file: many packers of wheels write only permissions.
fn kind(name: &str, attributes: u32) -> Result<ZipKind, MemberReason> {
    let mode = attributes >> 16;
    let is_dir = name.ends_with('/');
    match (mode & TYPE, is_dir) {
        (0 | DIRECTORY, true) => Ok(ZipKind::Dir),
        (0 | REGULAR, false) if attributes & DOS_DIRECTORY == 0 => Ok(ZipKind::File {
            executable: mode & EXECUTABLE != 0,
        }),
        _ => Err(MemberReason::Special { mode }),
    }
}
