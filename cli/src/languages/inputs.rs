//! The digest of all that a slow tool of a language reads, so that its component need not be made twice.

use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use ring::digest::{Context, SHA256};

use super::project::{DEEPEST, is_left_out};

/// Returns the digest of a project's own files and of the folders with its dependencies. Those are large, so their files
/// count by size and time. `tool` names the tool and its version.
pub(super) fn digest(dir: &Path, tool: &str, dependencies: &[PathBuf]) -> anyhow::Result<String> {
    let mut inputs = Inputs(Context::new(&SHA256));
    inputs.add(tool.as_bytes());
    inputs.folder(dir, DEEPEST, &Inputs::content)?;
    for folder in dependencies.iter().filter(|folder| folder.is_dir()) {
        inputs.folder(folder, DEEPEST, &Inputs::stamp)?;
    }
    let digest = inputs.0.finish();
    let mut text = String::new();
    for byte in digest.as_ref() {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

struct Inputs(Context);

impl Inputs {
    /// Adds bytes with their length, so that no two lists of texts have the same digest.
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(&bytes.len().to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds the files of a folder in the order of their names. It follows links, as the tools do.
    fn folder(
        &mut self,
        folder: &Path,
        depth: usize,
        add: &dyn Fn(&mut Self, &Path, &Metadata) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        ensure!(
            depth > 0,
            "{} has folders in folders without end",
            folder.display()
        );
        let unreadable = || format!("can't read {}", folder.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).with_context(unreadable)? {
            names.push(entry.with_context(unreadable)?.file_name());
        }
        names.sort();
        for name in names {
            if is_left_out(&name, depth) {
                continue;
            }
            let path = folder.join(&name);
            // A link that leads nowhere is read by no tool.
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            self.add(name.as_encoded_bytes());
            if metadata.is_dir() {
                self.add(b"folder");
                self.folder(&path, depth - 1, add)?;
                self.add(b"end");
            } else {
                add(self, &path, &metadata)?;
            }
        }
        Ok(())
    }

    fn content(&mut self, path: &Path, _: &Metadata) -> anyhow::Result<()> {
        let content = fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
        self.add(&content);
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands where `content` does")]
    fn stamp(&mut self, _: &Path, metadata: &Metadata) -> anyhow::Result<()> {
        let stamp = [
            metadata.size().cast_signed(),
            metadata.mtime(),
            metadata.mtime_nsec(),
        ];
        self.add(&stamp.map(i64::to_le_bytes).concat());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;
    use std::time::{Duration, SystemTime};

    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn each_input_changes_the_digest_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        write(&dir.join("buildpack.py"), "1");
        write(&dir.join("lib/a.py"), "2");
        write(&dir.join(".venv/lib/b.py"), "3");
        let dependencies = [dir.join(".venv"), dir.join("node_modules")];
        let with = |tool: &str| digest(dir, tool, &dependencies).unwrap();
        let now = || with("tool 1");
        let first = now();
        assert_eq!(now(), first);
        assert_ne!(with("tool 2"), first);
        write(&dir.join("target/x"), "");
        write(&dir.join("samples/one/app/x"), "");
        write(&dir.join(".git/x"), "");
        write(&dir.join("buildpack.toml"), "1");
        write(&dir.join("package.toml"), "1");
        assert_eq!(now(), first);
        let mut before = first;
        for (path, text) in [
            ("lib/a.py", "3"),
            ("lib/c.py", "3"),
            ("more/a.py", "3"),
            ("more/buildpack.toml", "3"),
            (".venv/lib/c.py", ""),
        ] {
            write(&dir.join(path), text);
            assert_ne!(now(), before, "{path}");
            before = now();
        }
        let later = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1));
        let file = fs::File::options()
            .write(true)
            .open(dir.join(".venv/lib/b.py"));
        file.unwrap().set_times(later).unwrap();
        assert_ne!(now(), before);
    }
}
