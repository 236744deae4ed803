//! Makes a git pack of a plain folder, as if a repository's folder had been fetched.
//!
//! The host reads such a pack as a source that a package contains. It checks names, modes and sizes then, so nothing is
//! checked here.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use engine::artifact::hex;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use ring::digest::{Digest, SHA1_FOR_LEGACY_USE_ONLY, digest};

/// The folder of a repository's own files, which is not content.
const GIT: &str = ".git";
/// The author and time of the commit, so that the same folder has the same ids.
const BY: &str = "wasm-buildpack <wasm-buildpack@localhost> 0 +0000";

/// A folder as git stores it: one commit that contains it.
#[derive(Debug)]
pub struct Packed {
    /// The commit's id in hexadecimal.
    pub commit: String,
    /// The folder's tree id in hexadecimal.
    pub tree: String,
    /// The pack with the commit, the trees and the files.
    pub pack: Vec<u8>,
    /// The number of files and links.
    pub files: usize,
}

/// The types of objects, with their numbers in a pack.
#[derive(Clone, Copy)]
enum Kind {
    Commit = 1,
    Tree = 2,
    Blob = 3,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

/// Packs a folder, without a `.git` at its top.
pub fn folder(folder: &Path) -> anyhow::Result<Packed> {
    let mut objects = Objects::default();
    let tree = objects.tree(folder, true)?;
    let tree_hex = hex(tree.as_ref());
    let text = format!("tree {tree_hex}\nauthor {BY}\ncommitter {BY}\n\nA folder\n");
    let commit = objects.add(Kind::Commit, text.as_bytes())?;
    Ok(Packed {
        commit: hex(commit.as_ref()),
        tree: tree_hex,
        files: objects.files,
        pack: objects.pack(),
    })
}

#[derive(Default)]
struct Objects {
    count: u32,
    /// The ids of the objects, so that equal files are in the pack once.
    ids: BTreeSet<Vec<u8>>,
    entries: Vec<u8>,
    files: usize,
}

impl Objects {
    /// Adds a folder with everything in it, in git's order: a folder's name is compared as if it ended with a slash.
    fn tree(&mut self, folder: &Path, is_top: bool) -> anyhow::Result<Digest> {
        let listing =
            fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
        let mut entries = Vec::new();
        for entry in listing {
            let entry = entry?;
            let name = entry.file_name();
            if is_top && name == GIT {
                continue;
            }
            let path = entry.path();
            let (mode, id) = self.entry(&path)?;
            let mut key = name.clone().into_vec();
            if mode == "40000" {
                key.push(b'/');
            }
            entries.push((key, mode, name, id));
        }
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        let mut bytes = Vec::new();
        for (_, mode, name, id) in entries {
            let name = name.as_bytes();
            bytes.extend_from_slice(mode.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(id.as_ref());
        }
        self.add(Kind::Tree, &bytes)
    }

    fn entry(&mut self, path: &Path) -> anyhow::Result<(&'static str, Digest)> {
        let unreadable = || format!("cannot read {}", path.display());
        let meta = fs::symlink_metadata(path).with_context(unreadable)?;
        if meta.is_dir() {
            return Ok(("40000", self.tree(path, false)?));
        }
        self.files += 1;
        if meta.is_symlink() {
            let target = fs::read_link(path).with_context(unreadable)?;
            return Ok((
                "120000",
                self.add(Kind::Blob, target.as_os_str().as_bytes())?,
            ));
        }
        if !meta.is_file() {
            bail!(
                "{} is a pipe, a socket or a device, which a source cannot contain",
                path.display()
            );
        }
        let is_program = meta.permissions().mode() & 0o100 != 0;
        let bytes = fs::read(path).with_context(unreadable)?;
        let mode = if is_program { "100755" } else { "100644" };
        Ok((mode, self.add(Kind::Blob, &bytes)?))
    }

    fn add(&mut self, kind: Kind, content: &[u8]) -> anyhow::Result<Digest> {
        let head = format!("{} {}\0", kind.name(), content.len());
        let id = digest(
            &SHA1_FOR_LEGACY_USE_ONLY,
            &[head.as_bytes(), content].concat(),
        );
        if !self.ids.insert(id.as_ref().to_vec()) {
            return Ok(id);
        }
        self.count = self.count.checked_add(1).context("too many files")?;
        // The first byte has the type and the length's lowest four bits, and each further byte has seven bits of the
        // length.
        let low = |number: usize, bits: usize| u8::try_from(number & bits).unwrap_or_default();
        let mut rest = content.len() >> 4;
        let more = |rest: usize| if rest > 0 { 0x80 } else { 0 };
        let first = (kind as u8) << 4 | low(content.len(), 0xf) | more(rest);
        self.entries.push(first);
        while rest > 0 {
            let byte = low(rest, 0x7f);
            rest >>= 7;
            self.entries.push(byte | more(rest));
        }
        let mut stream = ZlibEncoder::new(&mut self.entries, Compression::fast());
        stream.write_all(content)?;
        stream.finish()?;
        Ok(id)
    }

    fn pack(self) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend_from_slice(&self.count.to_be_bytes());
        pack.extend_from_slice(&self.entries);
        let checksum = digest(&SHA1_FOR_LEGACY_USE_ONLY, &pack);
        pack.extend_from_slice(checksum.as_ref());
        pack
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    /// Git itself reads the pack, and lists the folder. The host's reader is tried by the suite of the tool.
    #[test]
    fn git_reads_the_pack_as_the_same_folder() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for dir in [".git", "a", "a.b", "a/inner"] {
            fs::create_dir(at(dir)).unwrap();
        }
        fs::write(at(".git/config"), "secret").unwrap();
        fs::write(at("a/inner/one"), "x".repeat(5000)).unwrap();
        fs::write(at("a.b/two"), "same").unwrap();
        fs::write(at("three"), "same").unwrap();
        fs::set_permissions(at("three"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("three", at("link")).unwrap();
        let packed = super::folder(folder.path()).unwrap();
        assert_eq!(packed.files, 4);

        let repository = tempfile::tempdir().unwrap();
        let file = repository.path().join("folder.pack");
        fs::write(&file, &packed.pack).unwrap();
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.current_dir(repository.path()).args(arguments);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        git(&["init", "--quiet", "--bare", "."]);
        let stored = fs::File::open(&file).unwrap();
        let status = Command::new("git")
            .current_dir(repository.path())
            .args(["unpack-objects", "-q", "--strict"])
            .stdin(stored)
            .status()
            .unwrap();
        assert!(status.success());
        let tree = git(&["rev-parse", &format!("{}^{{tree}}", packed.commit)]);
        assert_eq!(tree.trim(), packed.tree);
        let listed = git(&[
            "ls-tree",
            "-r",
            "--format=%(objectmode) %(path)",
            &packed.tree,
        ]);
        assert_eq!(
            listed,
            "100644 a.b/two\n100644 a/inner/one\n120000 link\n100755 three\n"
        );
        let long = git(&["show", &format!("{}:a/inner/one", packed.tree)]);
        assert_eq!(long, "x".repeat(5000));
    }
}
