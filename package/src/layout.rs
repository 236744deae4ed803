//! The names, modes and times in a buildpack directory. They are the same whoever packages it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cnb::descriptor::Descriptor;
use cnb::sbom::Format;
use engine::artifact::{ARTIFACT_FILE, COMPONENT_FILE, RECORD_FILE};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};

use crate::sbom;

pub const DESCRIPTOR: &str = "buildpack.toml";

/// The host, under the first of its names.
pub const DETECT: &str = "bin/detect";

/// The host's other name, which is a link.
pub const BUILD: &str = "bin/build";

/// The target of that link.
pub const LINKS_TO: &str = "detect";

/// The mode of folders and of the host.
const EXECUTABLE: u32 = 0o755;

/// The mode of all other files.
const PLAIN: u32 = 0o644;

/// The time of all files, in seconds since 1970: 1980-01-01T00:00:01Z, as in the images that `pack` makes.
pub const TIME: u64 = 315_532_801;

/// Sets the fixed mode and time of a folder and everything in it, regardless of the umask and the clock. Buildpack
/// directories may be at any depth in it.
pub fn settle(path: &Path) -> anyhow::Result<()> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_dir() {
        fs::set_permissions(path, Permissions::from_mode(EXECUTABLE))?;
        let entries = fs::read_dir(path);
        for entry in entries.with_context(|| format!("can't list {}", path.display()))? {
            settle(&entry?.path())?;
        }
    } else if kind.is_file() {
        fs::set_permissions(path, Permissions::from_mode(mode_of(path)))?;
    }
    let time = Timespec {
        tv_sec: TIME.cast_signed(),
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    Ok(rustix::fs::utimensat(
        CWD,
        path,
        &times,
        AtFlags::SYMLINK_NOFOLLOW,
    )?)
}

/// The required type of an entry in a buildpack directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Folder,
    /// A file with this mode.
    File(u32),
    /// The host's other name, [`BUILD`].
    Link,
}

impl Shape {
    /// The required mode. A link has none.
    #[must_use]
    pub fn mode(self) -> Option<u32> {
        match self {
            Self::Folder => Some(EXECUTABLE),
            Self::File(mode) => Some(mode),
            Self::Link => None,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder => f.write_str("a folder"),
            Self::File(_) => f.write_str("a file"),
            Self::Link => write!(f, "a link to {LINKS_TO}"),
        }
    }
}

/// All entries of a buildpack directory, including the contents of the descriptor's vendored sources.
#[must_use]
pub fn shapes(descriptor: Option<&Descriptor>) -> BTreeMap<PathBuf, Shape> {
    let files = [
        DESCRIPTOR,
        DETECT,
        COMPONENT_FILE,
        ARTIFACT_FILE,
        RECORD_FILE,
    ];
    let files = files.into_iter().map(PathBuf::from);
    let files = files.chain(Format::ALL.map(sbom::place));
    let sources = descriptor.map(|descriptor| descriptor.sources.all());
    let vendored = sources.into_iter().flatten();
    let vendored = vendored.flat_map(|source| source.package_files());
    let files = files.chain(vendored).map(|path| {
        let mode = mode_of(&path);
        (path, Shape::File(mode))
    });
    let link = (PathBuf::from(BUILD), Shape::Link);
    let mut shapes: BTreeMap<_, _> = files.chain([link]).collect();
    let folders = shapes.keys().flat_map(|path| path.ancestors().skip(1));
    let folders: Vec<_> = folders.map(Path::to_owned).collect();
    shapes.extend(folders.into_iter().map(|path| (path, Shape::Folder)));
    shapes.remove(Path::new(""));
    shapes
}

fn mode_of(path: &Path) -> u32 {
    if path.ends_with(DETECT) {
        EXECUTABLE
    } else {
        PLAIN
    }
}
