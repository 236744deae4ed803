//! RECORD of a wheel: its files with their digests and sizes, as CSV.
//!
//! Nothing here reads an archive. <https://packaging.python.org/specifications/recording-installed-packages/#the-record-file>

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use text::shown_path;

use super::super::digest::Digest;

/// The rows beyond the number of files that are read, so that a message can name one of them.
const NEEDLESS_ROWS: usize = 1000;

/// The reason to refuse RECORD.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordReason {
    #[error("it is not UTF-8")]
    NotUtf8,
    #[error("its line {line} is not a path, a digest and a size")]
    Line { line: usize },
    #[error("it has '{path}' twice")]
    Twice { path: String },
    /// A digest that is missing, of another algorithm, or not in base64.
    #[error("its digest of '{path}' is not one of SHA-256, SHA-384 or SHA-512")]
    Digest { path: String },
    #[error("its size of '{path}' is not a number")]
    Size { path: String },
    #[error("it has far more rows than the wheel has files")]
    TooMany,
    #[error("it lists '{path}', which the wheel does not have")]
    NoMember { path: String },
    #[error("it does not list '{path}', which the wheel has")]
    NotListed { path: String },
    #[error("'{path}' has another size than it says")]
    OtherSize { path: String },
    #[error("'{path}' has another digest than it says")]
    OtherDigest { path: String },
}

/// The digest and the size of a file in RECORD. Both are missing for RECORD itself and its signatures only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    digest: Option<Digest>,
    size: Option<u64>,
}

impl Row {
    /// Returns the digest and the size of a file that must have both.
    pub(crate) fn required(self, path: &str) -> Result<(Digest, u64), RecordReason> {
        let path = || shown_path(path.as_bytes());
        let digest = self
            .digest
            .ok_or_else(|| RecordReason::Digest { path: path() })?;
        let size = self
            .size
            .ok_or_else(|| RecordReason::Size { path: path() })?;
        Ok((digest, size))
    }
}

/// Parses RECORD. Returns its rows by their paths, as they are written.
pub fn parse(text: &[u8]) -> Result<HashMap<String, Row>, RecordReason> {
    parse_at_most(text, usize::MAX)
}

/// Parses RECORD of a wheel with this number of files. A row takes a dozen times more memory than its text, and texts
/// of similar rows compress well.
pub(crate) fn parse_at_most(
    text: &[u8],
    files: usize,
) -> Result<HashMap<String, Row>, RecordReason> {
    let most = files.saturating_add(NEEDLESS_ROWS);
    let text = str::from_utf8(text).map_err(|_| RecordReason::NotUtf8)?;
    let mut rows = HashMap::new();
    let mut rest = text;
    let mut line = 0;
    while !rest.is_empty() {
        line += 1;
        let (fields, behind) = fields(rest).ok_or(RecordReason::Line { line })?;
        rest = behind;
        let [path, digest, size] = fields;
        if path.is_empty() {
            return Err(RecordReason::Line { line });
        }
        let shown = || shown_path(path.as_bytes());
        let digest = match digest.as_str() {
            "" => None,
            text => {
                Some(Digest::parse(text).ok_or_else(|| RecordReason::Digest { path: shown() })?)
            }
        };
        let size = match size.as_str() {
            "" => None,
            text => Some(number(text).ok_or_else(|| RecordReason::Size { path: shown() })?),
        };
        match rows.entry(path) {
            Entry::Vacant(new) => new.insert(Row { digest, size }),
            Entry::Occupied(row) => {
                let path = shown_path(row.key().as_bytes());
                return Err(RecordReason::Twice { path });
            }
        };
        if rows.len() > most {
            return Err(RecordReason::TooMany);
        }
    }
    Ok(rows)
}

fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// Splits a line of three fields from the text after it. A field may be in quotes, and has its own quotes doubled then.
fn fields(mut rest: &str) -> Option<([String; 3], &str)> {
    let mut fields = [const { String::new() }; 3];
    for (index, field) in fields.iter_mut().enumerate() {
        if let Some(quoted) = rest.strip_prefix('"') {
            rest = quoted;
            loop {
                let (part, behind) = rest.split_once('"')?;
                field.push_str(part);
                rest = behind;
                let Some(behind) = rest.strip_prefix('"') else {
                    break;
                };
                field.push('"');
                rest = behind;
            }
        } else {
            let end = rest.find([',', '\n', '"', '\r']).unwrap_or(rest.len());
            field.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        if index < 2 {
            rest = rest.strip_prefix(',')?;
        }
    }
    let behind = rest
        .strip_prefix("\r\n")
        .or_else(|| rest.strip_prefix('\n'));
    // The last line may lack its end.
    let behind = behind.or_else(|| rest.is_empty().then_some(rest))?;
    Some((fields, behind))
}

/// Writes a RECORD, sorted by path. `own` is its own path, which has neither a digest nor a size.
pub(crate) fn write(mut files: Vec<(String, String, u64)>, own: &str) -> Vec<u8> {
    files.sort_unstable();
    let mut text = String::new();
    let mut own = Some(own);
    for (path, digest, size) in &files {
        if let Some(own) = own.take_if(|own| *own < path.as_str()) {
            push_field(&mut text, own);
            text.push_str(",,\n");
        }
        push_field(&mut text, path);
        text.push_str(&[",", digest, ",", &size.to_string(), "\n"].concat());
    }
    if let Some(own) = own {
        push_field(&mut text, own);
        text.push_str(",,\n");
    }
    text.into_bytes()
}

fn push_field(text: &mut String, field: &str) {
    if field.contains(['"', ',']) {
        text.push('"');
        text.push_str(&field.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";

    fn refused(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn rows_are_read_with_either_line_end_and_in_quotes() {
        for end in ["\n", "\r\n"] {
            let text = format!("a,{DIGEST},3{end}\"b,\"\"c\"\"\",{DIGEST},0{end}x/RECORD,,{end}");
            let rows = parse(text.as_bytes()).unwrap();
            assert_eq!(rows.len(), 3);
            assert_eq!(rows["a"].clone().required("a"), Ok((Digest::of(b"abc"), 3)));
            assert_eq!(rows["b,\"c\""].size, Some(0));
            assert!(rows["x/RECORD"].clone().required("x/RECORD").is_err());
        }
        assert_eq!(parse(format!("a,{DIGEST},3").as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_row_is_refused_by_its_line() {
        for bad in [
            "a",
            "a,b",
            "a,,,",
            "\"a,,",
            "a\"b,,",
            "\"a\"b,,",
            "a,,\n\nb,,",
            ",,",
            "a,,\rb,,",
        ] {
            let text = refused(bad);
            assert!(
                text.contains("is not a path, a digest and a size"),
                "{bad:?}: {text}"
            );
        }
    }

    #[test]
    fn digests_sizes_and_repetitions_are_refused_by_their_path() {
        let twice = format!("a,{DIGEST},3\na,{DIGEST},3\n");
        assert_eq!(refused(&twice), "it has 'a' twice");
        let weak = "a,md5=kAFQmDzST7DWlj99KOF_cg,3\n";
        assert_eq!(
            refused(weak),
            "its digest of 'a' is not one of SHA-256, SHA-384 or SHA-512"
        );
        for size in ["-1", "+1", "x", "1 ", "99999999999999999999"] {
            let text = refused(&format!("a,{DIGEST},{size}\n"));
            assert_eq!(text, "its size of 'a' is not a number");
        }
    }

    #[test]
    fn far_more_rows_than_files_are_not_read() {
        let read = |count: usize| {
            let rows: Vec<_> = (0..count).map(|row| format!("{row},,\n")).collect();
            parse_at_most(rows.concat().as_bytes(), 5).map(|rows| rows.len())
        };
        assert_eq!(read(NEEDLESS_ROWS + 5), Ok(NEEDLESS_ROWS + 5));
        let refused = read(NEEDLESS_ROWS + 6).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "it has far more rows than the wheel has files"
        );
    }

    #[test]
    fn what_is_written_is_sorted_and_can_be_read() {
        let row = |path: &str| (path.to_owned(), DIGEST.to_owned(), 3);
        let written = write(
            vec![row("z"), row("a,\"b\""), row("bin/x")],
            "d.dist-info/RECORD",
        );
        let expected = format!(
            "\"a,\"\"b\"\"\",{DIGEST},3\nbin/x,{DIGEST},3\nd.dist-info/RECORD,,\nz,{DIGEST},3\n"
        );
        assert_eq!(str::from_utf8(&written), Ok(&*expected));
        assert_eq!(parse(&written).unwrap().len(), 4);
    }
}
