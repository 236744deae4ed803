//! Marks the files that this user's tool keeps in a project, so that a file that came with the project is not taken for one.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use ring::hmac::{self, HMAC_SHA256, Key};
use ring::rand::SystemRandom;

/// The length of the mark at the beginning of a file, and that of the secret, in bytes.
const LENGTH: usize = 32;

/// A secret that only this user has.
pub(crate) struct Seal(Key);

impl Seal {
    /// Reads this user's secret, or makes it. Returns nothing if the user has no folder for it.
    pub(crate) fn of_this_user() -> Option<Self> {
        let folder = variable("XDG_CACHE_HOME").map(PathBuf::from);
        let folder = folder.or_else(|| Some(Path::new(&variable("HOME")?).join(".cache")))?;
        Self::kept_in(&folder.join("wasm-buildpack"))
    }

    fn kept_in(folder: &Path) -> Option<Self> {
        let path = folder.join("seal");
        if !path.exists() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .ok()?;
            let secret: [u8; LENGTH] = ring::rand::generate(&SystemRandom::new()).ok()?.expose();
            // Only this user can read a temporary file. Another process may make the same file: the first one stays.
            let mut staged = tempfile::NamedTempFile::new_in(folder).ok()?;
            staged.write_all(&secret).ok()?;
            let _made = staged.persist_noclobber(&path);
        }
        let secret = fs::read(path)
            .ok()
            .filter(|secret| secret.len() == LENGTH)?;
        Some(Self(Key::new(HMAC_SHA256, &secret)))
    }

    /// The file for this content. `about` describes the content, and is part of the mark.
    pub(crate) fn close(&self, about: &str, content: &[u8]) -> Vec<u8> {
        let mark = hmac::sign(&self.0, &marked(about, content));
        [mark.as_ref(), content].concat()
    }

    /// The content of a file, if this user's tool made the file with the same `about`.
    pub(crate) fn open<'a>(&self, about: &str, file: &'a [u8]) -> Option<&'a [u8]> {
        let (mark, content) = file.split_at_checked(LENGTH)?;
        let verified = hmac::verify(&self.0, &marked(about, content), mark);
        verified.ok().map(|()| content)
    }
}

fn marked(about: &str, content: &[u8]) -> Vec<u8> {
    [about.as_bytes(), b"\0", content].concat()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the variables by which all programs find a user's cache"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_user_made_of_the_same_thing_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let user = |name: &str| Seal::kept_in(&folder.path().join(name)).unwrap();
        let file = user("one").close("about", b"content");
        assert_eq!(user("one").open("about", &file), Some(&b"content"[..]));
        assert_eq!(user("one").open("another", &file), None);
        assert_eq!(user("other").open("about", &file), None);
        let mut changed = file.clone();
        changed[LENGTH] ^= 1;
        assert_eq!(user("one").open("about", &changed), None);
        assert_eq!(user("one").open("about", &file[..LENGTH - 1]), None);
    }
}
