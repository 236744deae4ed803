//! The addresses and digests that lock files of the application list.
//!
//! A component can name only what is listed, so it cannot send what it read to a server in the form of a path. Nothing
//! here knows which tool wrote a file or what it means: an entry is any table that holds an address and a digest. A file
//! whose name ends in `.txt` is a requirements file, which lists packages with digests and an index.

mod requirements;

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use cnb::address::{FileUrl, RemoteUrl, RemoteUrlError};
use cnb::names::{LockFileName, PackageName};
use cnb::sha256::Sha256;
use dir::{Dir, DirError};
use toml::{Table, Value};

use self::requirements::Requirements;

/// The limit on a lock file, in bytes. The largest real ones have 3 MiB. The component for Python's packages has the
/// same limit.
const LARGEST: u64 = 8 << 20;
/// The limit on [`signs`] of a file. Real files of 6 MiB have half as many.
const MOST_SIGNS: usize = 400_000;
/// The limit on [`signs`] of one of the [`parts`] of a file, which is in memory as values: up to 520 bytes for each sign,
/// and the shortest value takes two bytes of a file. A real part with a hundred files has a thousand signs.
const MOST_SIGNS_OF_PART: usize = 40_000;
/// A dot in a key makes a table, which takes more memory than other values.
const SIGNS_OF_TABLE: usize = 4;

/// The entries of an application's lock files.
#[derive(Debug, Default)]
pub struct Listing {
    entries: BTreeSet<(String, Sha256)>,
    /// Packages with a digest and without an address.
    packages: BTreeSet<(PackageName, Sha256)>,
    /// The index that a file names for them.
    pub(super) index: Option<Result<RemoteUrl, RemoteUrlError>>,
    /// The error of a requirements file that can't be read. It counts only if packages are asked for: an application
    /// may have such a file beside its lock.
    pub(super) unread: Option<Arc<ListingError>>,
    /// The names of the files that exist.
    pub(super) read: Vec<LockFileName>,
    /// The names of the files in which an address contains a user name or a password.
    pub(super) with_password: Vec<LockFileName>,
}

/// A lock file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    #[error(transparent)]
    Read(#[from] DirError),
    #[error("'{file}' is not UTF-8")]
    Utf8 { file: LockFileName },
    #[error("'{file}' has more values than a lock file needs")]
    Values { file: LockFileName },
    /// Without the text, which may contain a password.
    #[error("line {line} of '{file}' is not valid TOML: {reason}")]
    Syntax {
        file: LockFileName,
        line: usize,
        /// The parser's own text.
        reason: String,
    },
}

impl Listing {
    /// Reads those of the files that the application has. A link is refused.
    pub(super) fn read(app: &Dir, files: &[LockFileName]) -> Result<Self, ListingError> {
        let mut listing = Self::default();
        for file in files {
            match listing.read_one(app, file) {
                Err(error) if file.is_requirements() => {
                    listing.read.push(file.clone());
                    listing.unread = Some(Arc::new(error));
                }
                read => read?,
            }
        }
        Ok(listing)
    }

    fn read_one(&mut self, app: &Dir, file: &LockFileName) -> Result<(), ListingError> {
        let bytes = match app.read(file, LARGEST) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read?,
        };
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| ListingError::Utf8 { file: file.clone() })?;
        self.add(file, &text)
    }

    /// Reads the text of one file.
    pub fn of(file: &LockFileName, text: &str) -> Result<Self, ListingError> {
        let mut listing = Self::default();
        listing.add(file, text)?;
        Ok(listing)
    }

    /// The digests of all entries and packages.
    pub fn digests(&self) -> impl Iterator<Item = Sha256> {
        let entries = self.entries.iter().map(|(_, sha256)| *sha256);
        entries.chain(self.packages.iter().map(|(_, sha256)| *sha256))
    }

    /// The names of the packages, each once for each of its digests.
    pub fn packages(&self) -> impl Iterator<Item = &PackageName> {
        self.packages.iter().map(|(name, _)| name)
    }

    fn add(&mut self, file: &LockFileName, text: &str) -> Result<(), ListingError> {
        if file.is_requirements() {
            self.add_requirements(file, text);
            return Ok(());
        }
        let mut all_signs = 0;
        let mut lines_before = 0;
        let mut has_password = false;
        for part in parts(text) {
            let signs = signs(part);
            all_signs += signs;
            if signs > MOST_SIGNS_OF_PART || all_signs > MOST_SIGNS {
                return Err(ListingError::Values { file: file.clone() });
            }
            let table: Result<Table, toml::de::Error> = part.parse();
            let table = table.map_err(|error| ListingError::Syntax {
                file: file.clone(),
                line: lines_before + line_of(part, error.span()),
                reason: error.message().to_owned(),
            })?;
            has_password |= self.add_tables(&Value::Table(table));
            lines_before += part.matches('\n').count();
        }
        self.read.push(file.clone());
        if has_password {
            self.with_password.push(file.clone());
        }
        Ok(())
    }

    fn add_requirements(&mut self, file: &LockFileName, text: &str) {
        let Requirements {
            packages,
            index,
            has_password,
        } = Requirements::read(text);
        self.packages.extend(packages);
        self.index = index.or(self.index.take());
        self.read.push(file.clone());
        if has_password {
            self.with_password.push(file.clone());
        }
    }

    /// Adds the entries of a value. Returns whether an address contains a user name or a password. The parser limits
    /// how deep values are nested.
    fn add_tables(&mut self, value: &Value) -> bool {
        match value {
            Value::Array(items) => items
                .iter()
                .fold(false, |found, item| self.add_tables(item) | found),
            Value::Table(table) => {
                let own = self.add_entry(table);
                table
                    .values()
                    .fold(own, |found, value| self.add_tables(value) | found)
            }
            _ => false,
        }
    }

    fn add_entry(&mut self, table: &Table) -> bool {
        let Some(Value::String(url)) = table.get("url") else {
            return false;
        };
        let Ok((url, has_user)) = FileUrl::without_userinfo(url) else {
            return false;
        };
        if let Some(sha256) = digest(table) {
            self.entries.insert((url.to_string(), sha256));
        }
        has_user
    }

    /// Whether a file lists this package with this digest.
    pub(super) fn has_package(&self, name: &PackageName, sha256: Sha256) -> bool {
        self.packages.contains(&(name.clone(), sha256))
    }

    /// Whether an entry has this address and this digest.
    pub(super) fn has(&self, url: &FileUrl, sha256: Sha256) -> bool {
        self.entries.contains(&(url.to_string(), sha256))
    }
}

/// Splits a file before each line such as `[[package]]`, so that not all of it is in memory as values at once.
///
/// Such a line in a string or an array begins no table, and splits a value into two. The part that ends there is then
/// not valid by itself, so the file is refused. Only a table that is repeated in another part is not noticed.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            if end > 0 && begins_part(line) {
                break;
            }
            end += line.len();
        }
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part).filter(|part| !part.is_empty())
    })
}

/// Whether a line is the header of an array of tables at the top of the file, without spaces or a comment.
fn begins_part(line: &str) -> bool {
    let header = line.trim_ascii_end();
    let name = header
        .strip_prefix("[[")
        .and_then(|rest| rest.strip_suffix("]]"));
    name.is_some_and(|name| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !name.is_empty() && name.bytes().all(plain)
    })
}

/// The number of the line in which a range begins.
fn line_of(text: &str, range: Option<Range<usize>>) -> usize {
    let before = range.and_then(|range| text.get(..range.start));
    before.unwrap_or_default().matches('\n').count() + 1
}

/// Counts the signs that can begin a value or a table. Strings are skipped, unless some of them can have several lines:
/// then those signs count too, so that no file can hide one.
fn signs(text: &str) -> usize {
    let skips = !text.contains("\"\"\"") && !text.contains("'''");
    text.lines().map(|line| signs_of_line(line, skips)).sum()
}

fn signs_of_line(line: &str, skips: bool) -> usize {
    let mut quote = None;
    let mut count = 0;
    let mut bytes = line.bytes();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(b'"'), b'\\') => {
                bytes.next();
            }
            (Some(open), byte) if open == byte => quote = None,
            (None, b'"' | b'\'') if skips => quote = Some(byte),
            (None, b'=' | b',' | b'[' | b'{') => count += 1,
            (None, b'.') => count += SIGNS_OF_TABLE,
            _ => {}
        }
    }
    count
}

/// The digest of an entry: `hash = "sha256:…"`, or `hashes = { sha256 = "…" }`.
fn digest(table: &Table) -> Option<Sha256> {
    let text = match (table.get("hash"), table.get("hashes")) {
        (Some(Value::String(hash)), _) => hash.strip_prefix("sha256:")?,
        (_, Some(Value::Table(hashes))) => hashes.get("sha256")?.as_str()?,
        _ => return None,
    };
    text.to_ascii_lowercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use text::chain;

    fn sha(text: &str) -> Sha256 {
        Sha256::of(text.as_bytes())
    }

    fn listing(text: &str) -> Listing {
        Listing::of(&"uv.lock".parse().unwrap(), text).unwrap()
    }

    fn has(listing: &Listing, url: &str, digest: Sha256) -> bool {
        listing.has(&url.parse().unwrap(), digest)
    }

    #[test]
    fn both_forms_of_a_digest_are_read_wherever_their_tables_are() {
        let (one, two, three) = (sha("1"), sha("2"), sha("3"));
        let text = format!(
            "[[package]]\nwheels = [\n{{ url = \"https://files.example.com/a.whl\", hash = \"sha256:{one}\", size = 1 }},\n]\n\
             [package.sdist]\nurl = \"https://files.example.com/a.tar.gz\"\nhash = \"sha256:{two}\"\n\
             [[packages]]\narchive = {{ url = \"https://other.example.com/b.whl\", hashes = {{ sha256 = \"{}\" }} }}\n",
            three.to_string().to_uppercase()
        );
        let listing = listing(&text);
        assert!(has(&listing, "https://files.example.com/a.whl", one));
        assert!(has(&listing, "https://files.example.com/a.tar.gz", two));
        assert!(has(&listing, "https://other.example.com/b.whl", three));
        assert_eq!(listing.entries.len(), 3);
    }

    #[test]
    fn an_address_counts_only_with_its_own_digest() {
        let text = format!(
            "[[w]]\nurl = \"https://files.example.com/a\"\nhash = \"sha256:{}\"\n\
             [[w]]\nurl = \"https://files.example.com/b\"\nhash = \"sha256:{}\"\n",
            sha("a"),
            sha("b")
        );
        let listing = listing(&text);
        assert!(has(&listing, "https://files.example.com/a", sha("a")));
        assert!(!has(&listing, "https://files.example.com/a", sha("b")));
        for other in [
            "https://files.example.com/b",
            "https://files.example.com:444/a",
        ] {
            assert!(!has(&listing, other, sha("a")), "{other}");
        }
    }

    #[test]
    fn what_has_no_usable_address_or_digest_is_no_entry() {
        for entry in [
            format!(
                "url = \"http://files.example.com/a\"\nhash = \"sha256:{}\"",
                sha("a")
            ),
            format!("url = \"file:///tmp/a\"\nhash = \"sha256:{}\"", sha("a")),
            format!("path = \"a.whl\"\nhash = \"sha256:{}\"", sha("a")),
            format!(
                "url = \"https://files.example.com/a\"\nhash = \"md5:{}\"",
                sha("a")
            ),
            format!(
                "url = \"https://files.example.com/a\"\nhash = \"{}\"",
                sha("a")
            ),
            "url = \"https://files.example.com/a\"".to_owned(),
            "url = 1\nhash = 2".to_owned(),
        ] {
            assert!(listing(&entry).entries.is_empty(), "{entry}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_dropped_and_its_file_named() {
        let text = format!(
            "[w]\nurl = \"https://user:secret@files.example.com/a\"\nhash = \"sha256:{}\"\n",
            sha("a")
        );
        let listing = listing(&text);
        assert!(has(&listing, "https://files.example.com/a", sha("a")));
        assert_eq!(listing.with_password, ["uv.lock".parse().unwrap()]);
        assert!(!format!("{listing:?}").contains("secret"));
    }

    #[test]
    fn a_file_or_a_part_of_it_with_very_many_values_is_refused() {
        let file = "uv.lock".parse().unwrap();
        let most = MOST_SIGNS_OF_PART;
        let array = |count: usize| format!("a=[{}]\n", "0,".repeat(count));
        let mut listing = Listing::default();
        listing.add(&file, &array(most - 2)).unwrap();
        let part = format!("[[a]]\n{}", array(most - 4));
        let parts = part.repeat(MOST_SIGNS / most);
        listing.add(&file, &parts).unwrap();
        let texts = format!("a=[{}]", "\"0.1,[2]={}\",'a\".b',".repeat(most / 4));
        listing.add(&file, &texts).unwrap();
        let tables = ".a".repeat(most / SIGNS_OF_TABLE);
        for many in [
            array(most),
            format!("{parts}[[a]]\n"),
            "[[ a ]]\n".repeat(most / 2 + 1),
            format!("a={}", "{".repeat(most)),
            format!("a{tables}=1"),
            // Only looks like the beginning of a string.
            format!("# \"\na{tables}=1"),
            format!("a=[\"\\\"\", {}]", "0,".repeat(most)),
            format!("a=[\"\"\"\n\"\"\", {}]", "0,".repeat(most)),
            format!("a=['''\n''', {}]", "0,".repeat(most)),
        ] {
            let error = listing.add(&file, &many).unwrap_err().to_string();
            assert_eq!(error, "'uv.lock' has more values than a lock file needs");
        }
    }

    #[test]
    fn a_file_is_read_part_by_part_as_it_is_as_a_whole() {
        for text in [
            include_str!("../../../../guest/python-packages/samples/starter/app/uv.lock"),
            include_str!("../../../../guest/python-packages/samples/uv-export/app/pylock.toml"),
            include_str!("../../../../guest/python-packages/samples/pip/app/pylock.toml"),
            include_str!("../../../../guest/python-packages/samples/pdm/app/pylock.toml"),
            include_str!("../../../../guest/python-packages/samples/poetry/app/pylock.toml"),
        ] {
            let mut whole = Listing::default();
            whole.add_tables(&Value::Table(text.parse().unwrap()));
            let by_parts = listing(text);
            assert!(by_parts.entries.len() >= 5 && by_parts.entries == whole.entries);
            assert!(parts(text).count() >= 5);
            assert_eq!(parts(text).collect::<String>(), text);
            let windows = text.replace('\n', "\r\n");
            assert_eq!(listing(&windows).entries, whole.entries);
        }
    }

    #[test]
    fn a_line_in_a_string_or_an_array_begins_no_table() {
        let entry = format!(
            "url = \"https://files.example.com/a\"\nhash = \"sha256:{}\"\n",
            sha("a")
        );
        let file = "uv.lock".parse().unwrap();
        let (basic, literal) = ("\"".repeat(3), "'".repeat(3));
        for (before, after) in [
            (format!("a = {basic}\n"), format!("{basic}\n")),
            (format!("a = {literal}\n"), format!("{literal}\n")),
            (format!("a = {basic}\n"), format!("b = {basic}\n")),
            ("a = [\n".to_owned(), "]\n".to_owned()),
        ] {
            let text = format!("{before}[[w]]\n{entry}{after}");
            let mut listing = Listing::default();
            let refused = listing.add(&file, &text).unwrap_err();
            assert!(matches!(refused, ListingError::Syntax { .. }), "{refused}");
            assert!(listing.entries.is_empty(), "{text}");
        }
        let text = format!("a = \"[[w]]\"\n[[w]]\n{entry}");
        assert_eq!(listing(&text).entries.len(), 1);
    }

    #[test]
    fn the_component_for_packages_reads_as_large_a_lock_file_as_the_host() {
        let guest = include_str!("../../../../guest/python-packages/src/lock/reading.rs");
        let limit = format!("const LARGEST: u64 = {} << 20;", LARGEST >> 20);
        assert!(guest.contains(&limit), "{limit}");
    }

    #[test]
    fn a_requirements_file_that_cannot_be_read_counts_only_if_packages_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let app = Dir::open_ambient(folder.path()).unwrap();
        let names = ["uv.lock", "requirements.txt"].map(|name| name.parse().unwrap());
        let entry = format!(
            "url = \"https://files.example.com/a\"\nhash = \"sha256:{}\"",
            sha("a")
        );
        fs::write(folder.path().join("uv.lock"), entry).unwrap();
        fs::write(folder.path().join("requirements.txt"), b"a\0=\0\xff").unwrap();
        let read = Listing::read(&app, &names).unwrap();
        assert_eq!((read.entries.len(), read.read.len()), (1, 2));
        let unread = read.unread.unwrap().to_string();
        assert_eq!(unread, "'requirements.txt' is not UTF-8");
        fs::write(folder.path().join("requirements.txt"), "-i ${INDEX}\n").unwrap();
        let read = Listing::read(&app, &names).unwrap();
        assert!(read.unread.is_none() && read.index.unwrap().is_err());
    }

    #[test]
    fn an_error_names_the_line_and_repeats_nothing_of_it() {
        let file = "uv.lock".parse().unwrap();
        for wrong in [
            "url = \"https://user:secret@files.example.com/a",
            "url = https://user:secret@files.example.com/a",
            "https://user:secret@files.example.com = 1",
            "\"user:secret\" = 1\n\"user:secret\" = 2",
            "url = \"user:secret\\q\"",
            "[[user]]\n[[secret]]\nurl = \"user:secret",
        ] {
            let text = format!("# user:secret\n{wrong}\n");
            let error = Listing::default().add(&file, &text).unwrap_err();
            let said = format!("{} {error:?}", chain(&error));
            assert!(!said.contains("secret"), "{said}");
            assert!(said.contains(" of 'uv.lock' is not valid TOML: "), "{said}");
            assert!(
                said.starts_with(&format!("line {} ", text.lines().count())),
                "{said}"
            );
        }
    }

    #[test]
    fn files_that_exist_are_read_and_links_and_other_texts_refused() {
        let folder = tempfile::tempdir().unwrap();
        let app = Dir::open_ambient(folder.path()).unwrap();
        let names = ["uv.lock", "pylock.toml"].map(|name| name.parse().unwrap());
        let entry = format!(
            "url = \"https://files.example.com/a\"\nhash = \"sha256:{}\"",
            sha("a")
        );
        assert!(Listing::read(&app, &names).unwrap().read.is_empty());
        fs::write(folder.path().join("pylock.toml"), &entry).unwrap();
        let read = Listing::read(&app, &names).unwrap();
        assert_eq!((read.read, read.entries.len()), (vec![names[1].clone()], 1));
        symlink("pylock.toml", folder.path().join("uv.lock")).unwrap();
        let error = Listing::read(&app, &names).unwrap_err();
        assert!(chain(&error).contains("uv.lock"), "{error}");
        fs::remove_file(folder.path().join("uv.lock")).unwrap();
        for (bytes, why) in [
            (&b"[["[..], "not valid TOML"),
            (b"a = \"\xff\"", "not UTF-8"),
        ] {
            fs::write(folder.path().join("uv.lock"), bytes).unwrap();
            let error = Listing::read(&app, &names).unwrap_err().to_string();
            assert!(error.contains("uv.lock") && error.contains(why), "{error}");
        }
        let deep = format!("a = {}{}", "[".repeat(200), "]".repeat(200));
        fs::write(folder.path().join("uv.lock"), deep).unwrap();
        assert!(Listing::read(&app, &names).is_err());
    }
}
