//! The files that the tool brings along: the hosts that it lays out, the compiler that it calls, the templates of new
//! projects and the kits of the languages.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ::package::aot::{self, Compiled};
use ::package::arch::Arch;
use ::package::assets::{self, COMPILER, LOCK, VARIABLE};
use ::package::programs::{Document, Programs};
use ::package::sbom;
use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// A file in the tool: its name and its content.
pub(crate) type Embedded = (&'static str, &'static [u8]);

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The files of the templates beneath a folder such as `python`, with paths relative to it.
pub(crate) fn template(folder: &str) -> Vec<Embedded> {
    beneath(TEMPLATES, folder)
}

/// The files of the kit in a folder of `sdk/`, such as `python`, with paths relative to it.
pub(crate) fn kit(folder: &str) -> Vec<Embedded> {
    beneath(KITS, folder)
}

fn beneath(files: &[Embedded], folder: &str) -> Vec<Embedded> {
    let in_folder = files.iter().filter_map(|(path, bytes)| {
        let path = path.strip_prefix(folder)?.strip_prefix('/')?;
        Some((path, *bytes))
    });
    in_folder.collect()
}

/// The programs and the texts about them.
pub(crate) enum Assets {
    /// A folder that a person named in place of what is in the tool.
    Named(PathBuf),
    /// A temporary folder. A program in the tool becomes a file there when it is first used.
    Unpacked(TempDir),
}

impl Assets {
    /// Finds the programs. Fails if the tool has none.
    pub(crate) fn new() -> anyhow::Result<Self> {
        if let Some(folder) = variable().filter(|folder| !folder.is_empty()) {
            return Ok(Self::Named(folder.into()));
        }
        if PROGRAMS.is_empty() {
            bail!(
                "This tool was built without its programs\n\
                 It is a build for development, which has neither hosts nor a compiler in it.\n\
                 Name a folder with them in {VARIABLE} (cargo xtask assets makes one), or install the tool: \
                 cargo install --path cli"
            );
        }
        let folder = tempfile::Builder::new().prefix("wasm-buildpack-").tempdir();
        Ok(Self::Unpacked(folder.context(
            "The folder for temporary files can't be used\n\
             Check that you may write it (TMPDIR), and that the disk is not full.",
        )?))
    }

    /// The path of a file among the assets.
    fn file(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = match self {
            Self::Named(folder) => {
                return folder.join(name).canonicalize().with_context(|| {
                    format!(
                        "A file of the tool is missing: '{name}'\n\
                         It must be in the folder that {VARIABLE} names, '{}'.\n\
                         Make that folder again: cargo xtask assets",
                        folder.display()
                    )
                });
            }
            Self::Unpacked(folder) => folder.path(),
        };
        let embedded = PROGRAMS.iter().find(|(known, _)| *known == name);
        let (_, bytes) = embedded.with_context(|| {
            format!("The tool is incomplete: it lacks '{name}'\nInstall it again, and report this if that does not help.")
        })?;
        let path = folder.join(name);
        unpack(&path, bytes).with_context(|| {
            format!(
                "'{}' can't be written\nCheck that the disk is not full.",
                path.display()
            )
        })?;
        Ok(path)
    }

    fn text(&self, name: &str) -> anyhow::Result<String> {
        let path = self.file(name)?;
        fs::read_to_string(&path).with_context(|| {
            format!(
                "'{}' can't be read\nInstall the tool again.",
                path.display()
            )
        })
    }

    /// The compiler, as a file.
    pub(crate) fn compiler(&self) -> anyhow::Result<PathBuf> {
        self.file(COMPILER)
    }
}

/// Writes a program once, with the mode to start it. Another thread may have begun: then its file is complete, because it
/// gets its name last.
fn unpack(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let staged = path.with_extension(format!("{:?}", std::thread::current().id()));
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o755)
        .open(&staged)?;
    file.write_all(bytes)?;
    drop(file);
    match fs::rename(&staged, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

impl Programs for Assets {
    fn host(&self, arch: Arch) -> anyhow::Result<PathBuf> {
        self.file(&assets::host(arch))
    }

    fn bills(&self, arch: Arch) -> anyhow::Result<Vec<Document>> {
        sbom::documents_of(&self.text(&assets::crates(arch))?, &self.text(LOCK)?)
    }

    fn compile(&self, component: &[u8], arch: Arch) -> anyhow::Result<Compiled> {
        aot::compile_by(&self.compiler()?, component, arch).context(
            "The component can't be compiled\n\
             'wasm-buildpack check FILE' says what the host does not run in it.",
        )
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person or a test names the programs by a variable"
)]
fn variable() -> Option<OsString> {
    std::env::var_os(VARIABLE)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_has_its_own_files_and_not_those_of_one_with_a_longer_name() {
        const FILES: &[Embedded] = &[("js/a", b"1"), ("js/b/c", b"2"), ("jsx/d", b"3")];
        let found = beneath(FILES, "js");
        assert_eq!(found, [("a", &b"1"[..]), ("b/c", b"2")]);
    }

    #[test]
    fn a_program_is_unpacked_once_and_can_be_started() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compiler");
        unpack(&path, b"one").unwrap();
        unpack(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o111, 0o111);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
