//! The packages, digests and index of a requirements file, as pip reads it.
//!
//! Nothing here evaluates a marker or compares versions: a component can name only what is written here, and chooses.
//! <https://pip.pypa.io/en/stable/reference/requirements-file-format/>

use std::collections::BTreeSet;

use cnb::address::{RemoteUrl, RemoteUrlError, split_userinfo};
use cnb::names::PackageName;
use cnb::sha256::Sha256;
use unpack::wheel::name::normalized;

/// The contents of a requirements file.
#[derive(Debug, Default)]
pub(super) struct Requirements {
    /// Each package with one of its digests.
    pub(super) packages: BTreeSet<(PackageName, Sha256)>,
    /// The index that the file names. If it names several, the last one, as in pip.
    pub(super) index: Option<Result<RemoteUrl, RemoteUrlError>>,
    /// Whether an address of an index contains a user name or a password.
    pub(super) has_password: bool,
}

impl Requirements {
    pub(super) fn read(text: &str) -> Self {
        let mut all = Self::default();
        // pip accepts the mark of UTF-8 that some editors write.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for line in logical_lines(text) {
            all.add(&line);
        }
        all
    }

    fn add(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.next() else {
            return;
        };
        if first.starts_with('-') {
            let index = value(first, words.next(), &["-i", "--index-url"]);
            if let Some(index) = index {
                let (address, has_user) = split_userinfo(index);
                self.has_password |= has_user;
                self.index = Some(address.parse());
            }
            return;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = first.find(|c| !is_name(c)).unwrap_or(first.len());
        let Ok(name) = normalized(&first[..end]).parse::<PackageName>() else {
            return;
        };
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let hash = value(word, words.peek().copied(), &["--hash"]);
            let digest = hash.and_then(|hash| hash.strip_prefix("sha256:"));
            let digest = digest.and_then(|digest| digest.to_ascii_lowercase().parse().ok());
            self.packages
                .extend(digest.map(|digest| (name.clone(), digest)));
        }
    }
}

/// The value of an option that is one of `names`, as `--name=value` or as two words.
fn value<'w>(word: &'w str, next: Option<&'w str>, names: &[&str]) -> Option<&'w str> {
    if names.contains(&word) {
        return next;
    }
    let (name, value) = word.split_once('=')?;
    names.contains(&name).then_some(value)
}

/// Joins the lines that end in a backslash with the next one, and leaves out comments. A comment also ends a line that
/// goes on, as pip has it.
fn logical_lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut line = lines.next()?;
        let mut joined = String::new();
        loop {
            if line.trim_start().starts_with('#') {
                break;
            }
            let Some(before) = line.strip_suffix('\\') else {
                joined.push_str(line);
                break;
            };
            joined.push_str(before);
            let Some(next) = lines.next() else { break };
            line = next;
        }
        let comment = joined
            .char_indices()
            .zip(std::iter::once(' ').chain(joined.chars()))
            .find(|((_, c), before)| *c == '#' && before.is_whitespace())
            .map(|((at, _), _)| at);
        joined.truncate(comment.unwrap_or(joined.len()));
        Some(joined)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(text: &str) -> Sha256 {
        Sha256::of(text.as_bytes())
    }

    fn packages(text: &str) -> Vec<(String, Sha256)> {
        let packages = Requirements::read(text).packages.into_iter();
        let packages = packages.map(|(name, digest)| (name.to_string(), digest));
        packages.collect()
    }

    fn index(text: &str) -> Option<String> {
        let index = Requirements::read(text).index?;
        Some(index.map_or_else(|error| error.to_string(), |index| index.to_string()))
    }

    #[test]
    fn each_digest_belongs_to_the_name_of_its_line() {
        let (one, two, three) = (sha("1"), sha("2"), sha("3"));
        let text = format!(
            "# made by a tool\n\nNumPy==2.3.5 ; python_version >= '3.11' \\\n    --hash=sha256:{one} \\\n    --hash=sha256:{}\n    # via qiskit\n\
             ruamel.yaml[jinja2]==0.18 --hash sha256:{three} # why\r\n\
             six==1.17 --hash=md5:0 --hash=sha256:zz\nhttpx==0.28\n",
            two.to_string().to_uppercase()
        );
        let mut expected = vec![
            ("numpy".to_owned(), one),
            ("numpy".to_owned(), two),
            ("ruamel-yaml".to_owned(), three),
        ];
        expected.sort();
        assert_eq!(packages(&text), expected);
    }

    #[test]
    fn a_comment_hides_a_digest_and_ends_a_line_that_goes_on() {
        let one = sha("1");
        for text in [
            format!("# a==1 --hash=sha256:{one}"),
            format!("a==1 # --hash=sha256:{one}"),
            format!("a==1 \\\n# --hash=sha256:{one}"),
            format!("a==1 \\\n  # a comment \\\n--hash=sha256:{one}"),
            format!("--hash=sha256:{one}"),
            format!("./a --hash=sha256:{one}"),
            "a==1 \\".to_owned(),
            "\\".to_owned(),
        ] {
            assert_eq!(packages(&text), [], "{text}");
        }
        let text = format!("a==1 --hash=sha256:{one}#fragment");
        assert_eq!(packages(&text), []);
        let text = format!("a==1 \\\n\\\n --hash=sha256:{one}");
        assert_eq!(packages(&text), [("a".to_owned(), one)]);
    }

    #[test]
    fn the_last_index_counts_and_its_password_is_dropped() {
        let plain = Some("https://index.example.com/simple".to_owned());
        for text in [
            "--index-url https://index.example.com/simple/",
            "-i https://index.example.com/simple",
            "--index-url=https://index.example.com/simple\na==1",
            "-i https://first.example.com\n-i https://index.example.com/simple",
        ] {
            assert_eq!(index(text), plain, "{text}");
        }
        let text = "-i https://user:secret@index.example.com/simple";
        assert_eq!(index(text), plain);
        assert!(Requirements::read(text).has_password);
        for text in ["", "a==1", "-i", "--extra-index-url https://x.example"] {
            assert_eq!(index(text), None, "{text}");
        }
        let error = index("-i http://index.example.com/simple").unwrap();
        assert!(error.contains("https"), "{error}");
    }

    #[test]
    fn a_line_that_goes_on_for_a_whole_file_is_read_once() {
        let digest = sha("1");
        let lines = " \\\n".repeat(1 << 20);
        let text = format!("\u{feff}a==1{lines} --hash=sha256:{digest}");
        assert_eq!(packages(&text), [("a".to_owned(), digest)]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "[-a=#\\\\ \n\u{e9}:i]{0,60}") {
            let read = Requirements::read(&text);
            proptest::prop_assert!(read.packages.is_empty());
        }
    }
}
