//! The component, compiled ahead of time: read from the buildpack's directory and run only if its checksum or its
//! digest, and its engine, are the recorded ones.
//!
//! Nothing here calls into it. Holds the one `unsafe` of the host.

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

/// What packaging compiled it to, for one architecture.
pub const ARTIFACT_FILE: &str = "guest.cwasm";

/// What packaging says about both.
pub const RECORD_FILE: &str = "artifact.toml";

/// The record is a few lines; more is none.
const RECORD_CAP: u64 = 64 << 10;

/// What packaging recorded, in `artifact.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Record {
    /// SHA-256 of `guest.wasm`, in lower-case hexadecimal digits.
    pub component_sha256: String,
    /// SHA-256 of `guest.cwasm`.
    pub artifact_sha256: String,
    /// CRC-32 of `guest.cwasm`, as gzip has it, in eight lower-case hexadecimal digits.
    pub artifact_crc32: String,
    /// The length of `guest.cwasm`, in bytes.
    pub artifact_bytes: u64,
    /// The exact version of wasmtime that compiled it.
    pub engine: String,
    /// The architecture it was compiled for, in Go's words.
    pub arch: String,
}

/// Why an artifact is not run.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// A file is not there or can't be read.
    #[error("can't read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The record can't be understood.
    #[error("{} can't be understood", path.display())]
    Record {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// The artifact is for another engine.
    #[error(
        "{ARTIFACT_FILE} was compiled by wasmtime {found}, and this host is wasmtime {ENGINE_VERSION}"
    )]
    Engine {
        /// The recorded version.
        found: String,
    },
    /// The artifact is for another kind of machine.
    #[error(
        "{ARTIFACT_FILE} was compiled for {found}, and this machine is {}",
        std::env::consts::ARCH
    )]
    Arch {
        /// The recorded architecture.
        found: String,
    },
    /// The artifact is longer or shorter than the recorded one.
    #[error("{ARTIFACT_FILE} has {found} bytes, and {RECORD_FILE} records {recorded}")]
    Length {
        /// Of the file that is there.
        found: u64,
        /// Of the file that was packaged.
        recorded: u64,
    },
    /// The artifact is not the recorded one, by its checksum.
    #[error(
        "{ARTIFACT_FILE} has the CRC-32 checksum {found}, and {RECORD_FILE} records {recorded}"
    )]
    Checksum {
        /// Of the file that is there.
        found: String,
        /// Of the file that was packaged.
        recorded: String,
    },
    /// The artifact is not the recorded one, by its digest.
    #[error("{ARTIFACT_FILE} has the SHA-256 digest {found}, and {RECORD_FILE} records {recorded}")]
    Digest {
        /// Of the file that is there.
        found: String,
        /// Of the file that was packaged.
        recorded: String,
    },
    /// The machine doesn't let it be loaded.
    #[error("the engine can't load {ARTIFACT_FILE}: {what}")]
    Machine {
        /// The thing that the machine lacks.
        lack: Lack,
        /// The kernel's answer.
        what: String,
    },
    /// The engine refuses it.
    #[error("the engine refuses {ARTIFACT_FILE}: {0}")]
    Refused(String),
}

/// How an artifact is compared with its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// By length and CRC-32, which find a broken package. detect runs in every build, of every buildpack in a builder,
    /// so it takes what is quick; who could make up a checksum could write the host too.
    Checksum,
    /// By SHA-256, which goes into notes and receipt: what they name is what was run.
    Digest,
}

/// What is wrong with an artifact, without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flaw {
    /// A file is missing or can't be read.
    Read,
    /// The record can't be understood.
    Record,
    /// It is for another engine.
    Engine,
    /// It is for another kind of machine.
    Arch,
    /// It is not the recorded one, by its length, checksum or digest.
    Changed,
    /// The engine refuses it.
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

/// A component that is ready to be linked.
pub struct Artifact {
    component: Component,
}

/// The files of an artifact, open, with their record.
#[derive(Debug)]
pub struct ArtifactFile {
    /// What packaging recorded.
    pub record: Record,
    /// The artifact itself.
    pub file: File,
}

impl ArtifactFile {
    /// Opens the artifact of a buildpack and reads its record. Nothing is believed yet.
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
        // SAFETY: `deserialize_file` runs the file's content as native code, so it must be what wasmtime's own
        // compiler wrote and must not change while it is mapped. Both hold as far as a host can see to it:
        // - The content is what packaging recorded: its checksum or its digest was compared just above, on this open
        //   file. Either finds what broke on the way. Neither is proof against someone who changes the record as
        //   well, who can change the host beside it, which is outside the wall.
        // - The same open file is mapped: the path leads to the descriptor, not to a name that could be moved. The
        //   buildpack's directory is read-only to the build's user in a builder image. Where it is not, the one
        //   who changes the file is again one who could change the host.
        // - A file of another version of wasmtime, another configuration or another processor is refused by the
        //   engine from its header.
        #[expect(unsafe_code, reason = "argued above")]
        let component = unsafe { Component::deserialize_file(engine, &path) };
        component
            .map(|component| Self { component })
            .map_err(|error| not_loaded(file, &path, &error))
    }

    /// The names of its imports and exports.
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

/// Tells apart what the machine doesn't let happen and what the engine refuses. The file is open, and `path` leads to it.
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

/// The architecture of this machine in Go's words, as the lifecycle and `artifact.toml` have it.
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

/// The SHA-256 digest of a file from its beginning, in lower-case hexadecimal digits.
pub fn sha256(file: &mut File) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    read_all(file, |bytes| context.update(bytes))?;
    Ok(hex(context.finish().as_ref()))
}

/// The CRC-32 checksum of a file from its beginning, as [`Record::artifact_crc32`] has it.
pub fn crc32(file: &mut File) -> io::Result<String> {
    let mut hasher = crc32fast::Hasher::new();
    read_all(file, |bytes| hasher.update(bytes))?;
    Ok(hex(&hasher.finalize().to_be_bytes()))
}

fn read_all(file: &mut File, mut update: impl FnMut(&[u8])) -> io::Result<()> {
    file.rewind()?;
    // Larger ones cost more in fresh pages than they save in calls.
    let mut buffer = vec![0; 16 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            n => update(&buffer[..n]),
        }
    }
}

/// Bytes in lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
