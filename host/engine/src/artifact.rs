//! Loads the component, compiled ahead of time, from the buildpack's directory. Refuses it unless its engine and its
//! checksum or digest are the recorded ones.
//!
//! Nothing here calls the component. It has the one `unsafe` of this crate.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use rustix::fs::StatVfsMountFlags;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::config::ENGINE_VERSION;
use crate::machine::{Lack, errno};

/// The canonical component, the same bytes for every architecture.
pub const COMPONENT_FILE: &str = "guest.wasm";

/// The component compiled by packaging, for one architecture.
pub const ARTIFACT_FILE: &str = "guest.cwasm";

/// The record that packaging writes about both files.
pub const RECORD_FILE: &str = "artifact.toml";

/// The limit for the record, in bytes. A record has a few lines.
const RECORD_CAP: u64 = 64 << 10;

/// The content of `artifact.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Record {
    /// SHA-256 of `guest.wasm`, in lower-case hexadecimal digits.
    pub component_sha256: String,
    /// SHA-256 of `guest.cwasm`.
    pub artifact_sha256: String,
    /// CRC-32 of `guest.cwasm`, in the variant that gzip uses, as eight lower-case hexadecimal digits.
    pub artifact_crc32: String,
    /// The length of `guest.cwasm`, in bytes.
    pub artifact_bytes: u64,
    /// The exact version of wasmtime that compiled it.
    pub engine: String,
    /// The target architecture, by Go's name for it.
    pub arch: String,
}

/// An artifact that the host refuses to run.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    #[error("can't read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// The record is not valid TOML, or has other keys.
    #[error("{} can't be understood", path.display())]
    Record {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error(
        "{ARTIFACT_FILE} was compiled by wasmtime {found}, and this host is wasmtime {ENGINE_VERSION}"
    )]
    Engine {
        /// The recorded version.
        found: String,
    },
    #[error(
        "{ARTIFACT_FILE} was compiled for {found}, and this machine is {}",
        std::env::consts::ARCH
    )]
    Arch {
        /// The recorded architecture.
        found: String,
    },
    #[error("{ARTIFACT_FILE} has {found} bytes, and {RECORD_FILE} records {recorded}")]
    Length {
        /// The value of the file that was found.
        found: u64,
        /// The value of the file that was packaged.
        recorded: u64,
    },
    #[error(
        "{ARTIFACT_FILE} has the CRC-32 checksum {found}, and {RECORD_FILE} records {recorded}"
    )]
    Checksum {
        /// The value of the file that was found.
        found: String,
        /// The value of the file that was packaged.
        recorded: String,
    },
    #[error("{ARTIFACT_FILE} has the SHA-256 digest {found}, and {RECORD_FILE} records {recorded}")]
    Digest {
        /// The value of the file that was found.
        found: String,
        /// The value of the file that was packaged.
        recorded: String,
    },
    /// The machine lacks something that loading needs.
    #[error("the engine can't load {ARTIFACT_FILE}: {what}")]
    Machine {
        lack: Lack,
        /// The kernel's error.
        what: String,
    },
    #[error("the engine refuses {ARTIFACT_FILE}: {0}")]
    Refused(String),
}

/// The ways to compare an artifact with its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// By length and CRC-32, which find a broken package. detect uses this because it is fast, and detect runs in every
    /// build for every buildpack of a builder. An attacker who can forge a checksum can also replace the host.
    Checksum,
    /// By SHA-256. The layers' notes and the receipt record this digest, so it must be the digest of the component that
    /// ran.
    Digest,
}

/// The kind of an [`ArtifactError`], without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flaw {
    Read,
    Record,
    Engine,
    Arch,
    /// Its length, checksum or digest is not the recorded one.
    Changed,
    Refused,
}

impl ArtifactError {
    /// The flaw, or what the machine lacks to load it.
    pub fn flaw(&self) -> Result<Flaw, Lack> {
        Ok(match self {
            Self::Read { .. } => Flaw::Read,
            Self::Record { .. } => Flaw::Record,
            Self::Engine { .. } => Flaw::Engine,
            Self::Arch { .. } => Flaw::Arch,
            Self::Length { .. } | Self::Checksum { .. } | Self::Digest { .. } => Flaw::Changed,
            Self::Machine { lack, .. } => return Err(*lack),
            Self::Refused(_) => Flaw::Refused,
        })
    }
}

/// A loaded component, ready to be linked.
pub struct Artifact {
    component: Component,
}

/// An open artifact, with its record.
#[derive(Debug)]
pub struct ArtifactFile {
    pub record: Record,
    pub file: File,
}

impl ArtifactFile {
    /// Opens the artifact of a buildpack and reads its record. Nothing is trusted yet.
    pub fn open(buildpack_dir: &Path) -> Result<Self, ArtifactError> {
        let path = buildpack_dir.join(RECORD_FILE);
        let mut text = String::with_capacity(1 << 10);
        open(&path)?
            .take(RECORD_CAP)
            .read_to_string(&mut text)
            .map_err(|source| ArtifactError::Read {
                path: path.clone(),
                source,
            })?;
        let record = toml::from_str(&text).map_err(|source| ArtifactError::Record {
            path,
            source: Box::new(source),
        })?;
        let file = open(&buildpack_dir.join(ARTIFACT_FILE))?;
        Ok(Self { record, file })
    }
}

fn open(path: &Path) -> Result<File, ArtifactError> {
    File::open(path).map_err(|source| ArtifactError::Read {
        path: path.to_owned(),
        source,
    })
}

impl Artifact {
    /// Compares an open artifact with its record and maps it.
    pub fn load(
        engine: &Engine,
        artifact: &mut ArtifactFile,
        compare: Compare,
    ) -> Result<Self, ArtifactError> {
        let ArtifactFile { record, file } = artifact;
        if record.engine != ENGINE_VERSION {
            return Err(ArtifactError::Engine {
                found: record.engine.clone(),
            });
        }
        if record.arch != go_arch() {
            return Err(ArtifactError::Arch {
                found: record.arch.clone(),
            });
        }
        let length = file.metadata().map_err(unread)?.len();
        if length == 0 {
            return Err(ArtifactError::Refused("it is empty".to_owned()));
        }
        match compare {
            Compare::Checksum if length != record.artifact_bytes => {
                return Err(ArtifactError::Length {
                    found: length,
                    recorded: record.artifact_bytes,
                });
            }
            Compare::Checksum => {
                let found = crc32(file).map_err(unread)?;
                if found != record.artifact_crc32 {
                    return Err(ArtifactError::Checksum {
                        found,
                        recorded: record.artifact_crc32.clone(),
                    });
                }
            }
            Compare::Digest => {
                let found = sha256(file).map_err(unread)?;
                if found != record.artifact_sha256 {
                    return Err(ArtifactError::Digest {
                        found,
                        recorded: record.artifact_sha256.clone(),
                    });
                }
            }
        }
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: `deserialize_file` runs the file's content as native code. So the content must come from wasmtime's
        // own compiler, and must not change while it is mapped. The host ensures both as far as it can:
        // - The content is the recorded one: its checksum or digest was compared just above, on this open file. That
        //   finds accidental damage. It does not stop an attacker who also changes the record, but such an attacker
        //   can also change the host, which lies in the same directory. The sandbox does not protect against that.
        // - The same open file is mapped: the path leads to the descriptor, not to a name that could be moved. In a
        //   builder image the build's user cannot write the buildpack's directory. Elsewhere, whoever can change the
        //   file can again change the host.
        // - The engine reads the file's header, and refuses another version of wasmtime, another configuration or
        //   another processor.
        #[expect(unsafe_code, reason = "argued above")]
        let component = unsafe { Component::deserialize_file(engine, &path) };
        component
            .map(|component| Self { component })
            .map_err(|error| not_loaded(file, &path, &error))
    }

    /// Returns the names of the imports and of the exports.
    #[must_use]
    pub fn names(&self, engine: &Engine) -> (Vec<String>, Vec<String>) {
        let component = self.component.component_type();
        let imports = component.imports(engine).map(|(name, _)| name.to_owned());
        let exports = component.exports(engine).map(|(name, _)| name.to_owned());
        (imports.collect(), exports.collect())
    }

    pub(super) fn component(&self) -> &Component {
        &self.component
    }
}

/// Decides whether the machine or the engine refused the artifact. `path` leads to the open `file`.
fn not_loaded(file: &File, path: &str, error: &wasmtime::Error) -> ArtifactError {
    let what = format!("{error:#}");
    let lack = match errno(error.chain()) {
        Some(Errno::NOENT) => Some(Lack::Proc),
        Some(Errno::ACCESS | Errno::PERM) if File::open(path).is_ok() => {
            let mount = rustix::fs::fstatvfs(file).map(|mount| mount.f_flag);
            let forbids = mount.is_ok_and(|flags| flags.contains(StatVfsMountFlags::NOEXEC));
            Some(if forbids {
                Lack::ExecutableMount
            } else {
                Lack::Code
            })
        }
        _ => Lack::among(error.chain()),
    };
    match lack {
        Some(lack) => ArtifactError::Machine { lack, what },
        None => ArtifactError::Refused(what),
    }
}

/// The architecture of this machine by Go's name for it, which the lifecycle and `artifact.toml` use.
#[must_use]
pub fn go_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn unread(source: io::Error) -> ArtifactError {
    ArtifactError::Read {
        path: ARTIFACT_FILE.into(),
        source,
    }
}

/// The SHA-256 digest of a whole file, in lower-case hexadecimal digits. Rewinds the file first.
pub fn sha256(file: &mut File) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    read_all(file, |bytes| context.update(bytes))?;
    Ok(hex(context.finish().as_ref()))
}

/// The CRC-32 checksum of a whole file, in the form of [`Record::artifact_crc32`]. Rewinds the file first.
pub fn crc32(file: &mut File) -> io::Result<String> {
    let mut hasher = crc32fast::Hasher::new();
    read_all(file, |bytes| hasher.update(bytes))?;
    Ok(hex(&hasher.finalize().to_be_bytes()))
}

fn read_all(file: &mut File, mut update: impl FnMut(&[u8])) -> io::Result<()> {
    file.rewind()?;
    // A larger buffer costs more page faults than it saves system calls.
    let mut buffer = vec![0; 16 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            n => update(&buffer[..n]),
        }
    }
}

/// Writes bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
