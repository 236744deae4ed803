//! The records of an extended header: a length, a key and a value.
//!
//! Nothing here reads a stream.

use text::shown;

use super::HeaderReason;

/// Keys that say nothing about a file's name, type or content.
const HARMLESS: [&str; 8] = [
    "atime", "comment", "ctime", "gid", "gname", "mtime", "uid", "uname",
];

/// The values that extended headers set for the next entry.
#[derive(Debug, Default)]
pub(super) struct Extended {
    pub(super) path: Option<String>,
    pub(super) linkpath: Option<String>,
    pub(super) size: Option<u64>,
}

impl Extended {
    /// Reads the records of an extended header. A global one may have no key that matters.
    pub(super) fn read(&mut self, records: &[u8], global: bool) -> Result<(), HeaderReason> {
        let mut rest = str::from_utf8(records).map_err(|_| HeaderReason::NotUtf8)?;
        while !rest.is_empty() {
            let (record, behind) = split(rest).ok_or(HeaderReason::Extended)?;
            rest = behind;
            let (key, value) = record.split_once('=').ok_or(HeaderReason::Extended)?;
            if HARMLESS.contains(&key) {
                continue;
            }
            let is_new = match key {
                _ if global => None,
                "path" => Some(self.path.replace(value.to_owned()).is_none()),
                "linkpath" => Some(self.linkpath.replace(value.to_owned()).is_none()),
                "size" => {
                    let is_plain = value.bytes().all(|byte| byte.is_ascii_digit());
                    let size = value.parse().ok().filter(|_| is_plain);
                    let size = size.ok_or(HeaderReason::Number { field: "size" })?;
                    Some(self.size.replace(size).is_none())
                }
                _ => None,
            };
            match is_new {
                Some(true) => {}
                Some(false) => return Err(HeaderReason::Extended),
                None => return Err(HeaderReason::Key { key: shown(key) }),
            }
        }
        Ok(())
    }
}

/// Splits a record, without its length and line end, from the text after it.
fn split(rest: &str) -> Option<(&str, &str)> {
    let (digits, _) = rest.split_once(' ')?;
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let length: usize = digits.parse().ok().filter(|_| is_plain)?;
    // A length so small that it ends within its own digits leaves no record.
    let record = rest.get(digits.len() + 1..length)?.strip_suffix('\n')?;
    Some((record, &rest[length..]))
}
