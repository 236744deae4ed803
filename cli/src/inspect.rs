//! Shows a buildpack's component: its digests, its architecture, and what it imports and exports. Runs none of it, and
//! loads only what this tool itself compiled: see `recompiled`.

use std::fmt::{self, Display};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use cnb::descriptor::Descriptor;
use dir::Dir;
use engine::artifact::{self, ArtifactFile, Compare, sha256};
use engine::{Artifact, CallError, Guest, engine_for};
use host::phase::{InputError, PhaseError};
use serde::Serialize;

use crate::answer::{self, Format};
use crate::assets::Assets;
use crate::recompiled::{self, Recompiled};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The buildpack directory.
    #[arg(long, value_name = "DIR")]
    buildpack: PathBuf,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let dir = open(&options.buildpack)?;
    let descriptor = Descriptor::read(&dir).map_err(PhaseError::from)?;
    let folder = tempfile::tempdir().context(
        "The folder for temporary files can't be used\n\
         Check that you may write it (TMPDIR), and that the disk is not full.",
    )?;
    let recompiled = recompiled::write(&dir, &Assets::new()?, folder.path())?;
    let inspection = Inspection::of(&dir, folder.path(), recompiled, &descriptor)?;
    answer::show(&inspection, options.format);
    Ok(ExitCode::SUCCESS)
}

/// The component, its record and its interface.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection {
    /// The buildpack, as `id@version`.
    buildpack: String,
    /// SHA-256 of the component, computed from the file.
    component_sha256: String,
    /// SHA-256 of the compiled component, computed from the file.
    artifact_sha256: String,
    /// SHA-256 of what this tool compiles of the component. Only this is loaded.
    own_artifact_sha256: String,
    /// The architecture of the compiled component.
    arch: &'static str,
    /// The engine of this tool. The same version compiled the component.
    engine: String,
    /// SHA-256 of the buildpack's host, computed from the file.
    pub(crate) host_sha256: String,
    /// The interfaces that the component imports.
    imports: Vec<String>,
    /// The interfaces that the component exports.
    exports: Vec<String>,
}

impl Inspection {
    /// Inspects the buildpack `package`, whose component was compiled again into `folder`.
    pub(crate) fn of(
        package: &Dir,
        folder: &Path,
        recompiled: Recompiled,
        descriptor: &Descriptor,
    ) -> anyhow::Result<Self> {
        let mut file = ArtifactFile::open(folder).map_err(PhaseError::from)?;
        let limits = host::limits::guest(&descriptor.limits);
        let engine = engine_for(&limits).map_err(|error| phase(CallError::set_up(&error)))?;
        let artifact =
            Artifact::load(&engine, &mut file, Compare::Digest).map_err(PhaseError::from)?;
        let (imports, exports) = artifact.names(&engine);
        // Linking fails if the host does not offer an import.
        Guest::link(engine, &artifact).map_err(phase)?;
        Ok(Self {
            buildpack: format!("{}@{}", descriptor.id, descriptor.version),
            component_sha256: recompiled.component,
            artifact_sha256: recompiled.artifact,
            own_artifact_sha256: recompiled.own,
            arch: artifact::go_arch(),
            engine: format!("wasmtime {}", engine::ENGINE_VERSION),
            host_sha256: recompiled::host(package)?,
            imports,
            exports,
        })
    }
}

fn phase(error: CallError) -> PhaseError {
    error.into()
}

/// The SHA-256 digest of a file, in hexadecimal.
pub(crate) fn digest(path: &Path) -> anyhow::Result<String> {
    let digest = File::open(path).and_then(|mut file| sha256(&mut file));
    digest.with_context(|| {
        format!(
            "A program can't be read: '{}'\nName a complete buildpack directory, and check that you may read it.",
            path.display()
        )
    })
}

/// Opens a buildpack directory.
pub(crate) fn open(buildpack: &Path) -> anyhow::Result<Dir> {
    ensure!(
        buildpack.is_dir(),
        "The buildpack directory does not exist: '{}'\n\
         Name a complete one. 'wasm-buildpack build' makes one of a project, in 'target/buildpack'.",
        buildpack.display()
    );
    let dir = Dir::open_ambient(buildpack);
    Ok(dir.map_err(|error| PhaseError::Input(InputError::Descriptor(error.into())))?)
}

impl Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Buildpack: {}", self.buildpack)?;
        writeln!(f, "Host: {}, SHA-256 {}", self.engine, self.host_sha256)?;
        writeln!(f, "Component: SHA-256 {}", self.component_sha256)?;
        writeln!(
            f,
            "  compiled for {}: SHA-256 {}",
            self.arch, self.artifact_sha256
        )?;
        if self.own_artifact_sha256 != self.artifact_sha256 {
            writeln!(
                f,
                "  this tool compiles another one of the component, and uses only that: SHA-256 {}",
                self.own_artifact_sha256
            )?;
        }
        answer::list(f, "  imports", &self.imports)?;
        answer::list(f, "  exports", &self.exports)
    }
}
