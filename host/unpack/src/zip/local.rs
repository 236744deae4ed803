//! The headers before each member's content and the descriptors after it, compared with the directory.
//!
//! Nothing here reads content. Each byte before the directory must belong to exactly one member.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::{
    Fields, LayoutReason, LocalReason, Member, Method, ZIP64, ZipError, extras, is_harmless,
};

const HEADER_MARK: u32 = 0x0403_4b50;
const DESCRIPTOR_MARK: u32 = 0x0807_4b50;
/// The size of a header before the name.
const HEADER: usize = 30;
/// The bit of a descriptor after the content.
const DESCRIPTOR: u16 = 1 << 3;

/// Checks the header of each member, and finds its content. The members are in the order of their headers, and the
/// directory begins at `end`.
pub(super) fn check(file: &File, members: &mut [Member], end: u64) -> Result<(), ZipError> {
    let starts: Vec<u64> = members.iter().skip(1).map(|member| member.header).collect();
    let mut free = 0;
    let ends = starts.into_iter().chain([end]);
    let mut header = Vec::new();
    for (member, next) in members.iter_mut().zip(ends) {
        follows(free, member.header)?;
        // A directory that is shorter than it says would leave less than a header.
        let room = next.saturating_sub(member.header);
        member.data = data(file, member, room, &mut header)?;
        free = member
            .data
            .checked_add(member.packed)
            .filter(|free| *free <= next)
            .ok_or(LayoutReason::Overlap { at: next })?;
        if member.flags & DESCRIPTOR != 0 {
            descriptor(file, member, next - free)?;
            free = next;
        }
    }
    follows(free, end)?;
    Ok(())
}

fn follows(free: u64, next: u64) -> Result<(), LayoutReason> {
    match next.checked_sub(free) {
        Some(0) => Ok(()),
        Some(_) => Err(LayoutReason::Gap {
            from: free,
            to: next,
        }),
        None => Err(LayoutReason::Overlap { at: next }),
    }
}

/// Checks a header, and returns the offset after it. `room` is the number of bytes up to the next member.
fn data(file: &File, member: &Member, room: u64, header: &mut Vec<u8>) -> Result<u64, ZipError> {
    let refused = |reason| member.refused(reason);
    if room < HEADER as u64 {
        return Err(refused(LocalReason::NoHeader));
    }
    // The usual case needs one read: the name is as long as in the directory, and extra fields are short.
    let wanted = HEADER + member.name.len() + 64;
    header.resize(wanted.min(usize::try_from(room).unwrap_or(wanted)), 0);
    file.read_exact_at(header, member.header)?;
    let mut fields = Fields(header);
    let Some(raw) = raw(&mut fields).filter(|raw| raw.mark == HEADER_MARK) else {
        return Err(refused(LocalReason::NoHeader));
    };
    let length = HEADER + usize::from(raw.name) + usize::from(raw.extra);
    if length as u64 > room {
        return Err(LayoutReason::Overlap {
            at: member.header + room,
        }
        .into());
    }
    if length > header.len() {
        header.resize(length, 0);
        file.read_exact_at(header, member.header)?;
    }
    let (name, extra) = header[HEADER..length].split_at(raw.name.into());
    compare(member, &raw, name, extra).map_err(refused)?;
    Ok(member.header + length as u64)
}

/// An unchecked header.
struct Raw {
    mark: u32,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    name: u16,
    extra: u16,
}

fn raw(fields: &mut Fields<'_>) -> Option<Raw> {
    let mark = fields.u32()?;
    let _needs = fields.u16()?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    let _time_and_date = fields.u32()?;
    Some(Raw {
        mark,
        flags,
        method,
        crc: fields.u32()?,
        packed: fields.u32()?,
        size: fields.u32()?,
        name: fields.u16()?,
        extra: fields.u16()?,
    })
}

fn compare(member: &Member, raw: &Raw, name: &[u8], extra: &[u8]) -> Result<(), LocalReason> {
    let differs = |what| Err(LocalReason::Differs { what });
    if name != member.name.as_bytes() {
        return differs("name");
    }
    if raw.flags != member.flags {
        return differs("flags");
    }
    if Method::of(raw.method) != Some(member.method) {
        return differs("compression method");
    }
    let mut large = None;
    for extra in extras(extra) {
        match extra.ok_or(LocalReason::CutExtra)? {
            (ZIP64, bytes) if large.is_none() => large = Some(bytes),
            (id, _) if is_harmless(id) => {}
            (id, _) => return Err(LocalReason::Extra { id }),
        }
    }
    let later = member.flags & DESCRIPTOR != 0;
    if raw.crc != member.crc && !(later && raw.crc == 0) {
        return differs("checksum");
    }
    let mut large = large.map(Fields);
    let written = [(raw.size, member.size), (raw.packed, member.packed)];
    let hidden = written.iter().any(|(size, _)| *size == u32::MAX);
    for (short, size) in written {
        // Packers that don't know a size beforehand reserve room for a large one.
        let long = large.as_mut().and_then(Fields::u64);
        let is_right = |said: u64| said == size || (later && said == 0);
        let said = match (short, long) {
            (u32::MAX, Some(long)) => is_right(long),
            (u32::MAX, None) => false,
            (short, None) => is_right(short.into()),
            (short, Some(long)) => is_right(short.into()) && (long == 0 || is_right(long)),
        };
        if !said {
            return differs("sizes");
        }
    }
    // With sizes in the short fields, an empty extra field is only reserved room.
    match large {
        Some(rest) if !rest.0.is_empty() || (hidden && raw.size != raw.packed) => differs("sizes"),
        _ => Ok(()),
    }
}

/// Checks the bytes after a member's content: an optional mark, the checksum, and both sizes in 32 or 64 bits.
fn descriptor(file: &File, member: &Member, length: u64) -> Result<(), ZipError> {
    let refused = || member.refused(LocalReason::Descriptor);
    let (mut bytes, marked, wide) = match length {
        12 => (vec![0; 12], false, false),
        16 => (vec![0; 16], true, false),
        20 => (vec![0; 20], false, true),
        24 => (vec![0; 24], true, true),
        _ => return Err(refused()),
    };
    file.read_exact_at(&mut bytes, member.data + member.packed)?;
    let mut fields = Fields(&bytes);
    let mut is_right = || {
        if marked && fields.u32()? != DESCRIPTOR_MARK {
            return None;
        }
        let crc = fields.u32()?;
        let mut size = || {
            if wide {
                fields.u64()
            } else {
                fields.u32().map(u64::from)
            }
        };
        (crc == member.crc && size()? == member.packed && size()? == member.size).then_some(())
    };
    is_right().ok_or_else(refused)
}
