//! Reads the application directory safely: by name, up to a size limit, with the same error text natively and in
//! WASI, whose error numbers differ from Linux's.
//!
//! The meaning of the files' content does not belong here.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use wasm_buildpack_sdk::App;
pub(crate) use wasm_buildpack_sdk::Entry;

/// The size limit of one file. The files that this buildpack reads are a few kilobytes long.
const SIZE_LIMIT: u64 = 1024 * 1024;

pub(crate) struct Application(App);

impl Application {
    /// The application in `root`, which need not exist.
    pub(crate) fn at(root: &str) -> Self {
        Self(App::at(root))
    }

    /// The kind of the entry `name`, with links followed.
    pub(crate) fn entry(&self, name: &str) -> Entry {
        self.0.entry(name)
    }

    /// The text of the file `name`, without a byte order mark; on failure the reason, worded to stand in brackets.
    ///
    /// Bytes that are not UTF-8 become replacement characters. These occur neither in JSON's syntax nor in Python's
    /// keywords.
    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        let bytes = self.0.read_or_why(name, SIZE_LIMIT + 1)?;
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err("it is larger than 1 MiB".to_owned());
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
    }
}

/// The warning for a file that exists but was not checked.
pub(crate) fn unchecked(name: &str, why: &str) -> String {
    format!(
        "{name} could not be read ({why}), so it was not checked. What can't be read here may fail later, in PlanQK \
         or when the job starts: make it a plain file of at most 1 MiB that can be read."
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::vec;

    use super::*;

    fn at(dir: &tempfile::TempDir) -> Application {
        Application::at(dir.path().to_str().unwrap())
    }

    #[test]
    fn entry_tells_what_stands_under_a_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        let application = at(&dir);
        for (name, expected) in [
            ("file", Entry::File),
            ("folder", Entry::Directory),
            ("nothing", Entry::Absent),
            ("nothing/in/it", Entry::Absent),
            ("file/below", Entry::Absent),
        ] {
            assert_eq!(application.entry(name), expected, "{name}");
        }
    }

    #[test]
    fn an_application_that_is_not_there_has_no_entries() {
        let application = Application::at("/nonexistent/application");
        assert_eq!(application.entry("planqk.json"), Entry::Absent);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_a_loop_is_hidden() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        symlink("file", dir.path().join("to-file")).unwrap();
        symlink("nothing", dir.path().join("to-nothing")).unwrap();
        symlink("loop", dir.path().join("loop")).unwrap();
        let application = at(&dir);
        assert_eq!(application.entry("to-file"), Entry::File);
        assert_eq!(application.entry("to-nothing"), Entry::Absent);
        assert!(matches!(application.entry("loop"), Entry::Hidden(_)));
        assert!(application.text("loop").is_err());
    }

    #[test]
    fn text_drops_a_byte_order_mark_and_survives_other_encodings() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("bom"), b"\xef\xbb\xbfrun").unwrap();
        fs::write(dir.path().join("latin-1"), b"run # \xfc").unwrap();
        let application = at(&dir);
        assert_eq!(application.text("bom").unwrap(), "run");
        assert_eq!(application.text("latin-1").unwrap(), "run # \u{fffd}");
    }

    #[test]
    fn text_refuses_what_is_larger_than_the_limit_and_takes_what_just_fits() {
        let dir = tempfile::tempdir().unwrap();
        let limit = usize::try_from(SIZE_LIMIT).unwrap();
        fs::write(dir.path().join("fits"), vec![b'#'; limit]).unwrap();
        fs::write(dir.path().join("large"), vec![b'#'; limit + 1]).unwrap();
        let application = at(&dir);
        assert_eq!(application.text("fits").unwrap().len(), limit);
        assert_eq!(
            application.text("large").unwrap_err(),
            "it is larger than 1 MiB"
        );
    }

    #[test]
    fn text_says_why_a_directory_has_none() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        let error = at(&dir).text("folder").unwrap_err();
        assert!(error.contains("directory"), "{error}");
    }
}
